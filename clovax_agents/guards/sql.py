"""What a query may cost and what it gives, whichever database answers it; and who can answer one."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from clovax_agents.errors import ConfigurationError, QueryError, QueryRefusedError
from clovax_agents.guards.data_wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Cell", "Column", "QueryLimits", "Rows", "SqlReader", "Table", "check_query", "gather", "refuse_table"]

Cell: TypeAlias = str | int | float | bool | None
"""A value as JSON has it: what it has no type for is a text."""
_SAFE_INTEGER: Final = 1 << 63
_MOST_NAMES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """What one query may cost.

    Attributes:
        seconds: of its run.
        rows: of its result; what is more is left out, and said.
        columns: of its result.
        cell_characters: of one value in the result; the rest is cut off.
        result_characters: of all values together.
        value_bytes: of a value inside the query (SQLite), which refuses longer ones; what it does with two long texts
            in one step cannot be interrupted.
        sql_characters: of the query.
    """

    seconds: float = 10.0
    rows: int = 200
    columns: int = 100
    cell_characters: int = 1_000
    result_characters: int = 200_000
    value_bytes: int = 500_000
    sql_characters: int = 20_000

    def __post_init__(self) -> None:
        """Refuse limits that would let nothing through, or everything."""
        for each in fields(self):
            value: float = getattr(self, each.name)
            if not 0 < value < math.inf:
                raise ConfigurationError(f"{each.name}={value!r} of QueryLimits has to be a number above 0")


@dataclass(frozen=True, slots=True)
class Rows:
    """The result of a query.

    Attributes:
        columns: their names.
        rows: as far as the limits go.
        complete: whether these are all of them.
    """

    columns: tuple[str, ...]
    rows: list[list[Cell]] = field(default_factory=list[list[Cell]])
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: as a query writes it.
        type: as the database calls it.
        notes: what else is known: ``not null``, ``primary key``, ``refers to users(id)``, and its comment.
    """

    name: str
    type: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a view that may be read; ``comment`` is what the database has to say about it."""

    name: str
    columns: tuple[Column, ...]
    comment: str = ""


class SqlReader(Protocol):
    """Answers queries, and cannot do anything else.

    Attributes:
        dialect: the database's name, as a model knows it.
    """

    dialect: str

    def check(self, sql: str) -> None:
        """Have the database read a query without running any of it."""
        ...

    def query(self, sql: str) -> Rows:
        """Run one query."""
        ...

    def tables(self) -> list[str]:
        """Return the names of the tables that may be read, as a query writes them."""
        ...

    def describe(self, name: str) -> Table:
        """Return what is known about a table."""
        ...

    def sample(self, name: str, rows: int) -> Rows:
        """Return a few rows of a table."""
        ...

    def values(self, name: str, column: str, most: int) -> list[Cell]:
        """Return different values of a column, as many as there may be."""
        ...


def check_query(sql: str, limits: QueryLimits) -> None:
    """Refuse what no database need look at.

    Raises:
        QueryError: it is empty, too long, or no text that a database could read.
    """
    if not sql.strip():
        raise QueryError(say("there is no query in it; write one SELECT statement"))
    if len(sql) > limits.sql_characters:
        raise QueryError(say("the SQL is longer than {most:,} characters", most=limits.sql_characters))
    if "\0" in sql or (not sql.isascii() and any("\ud800" <= letter <= "\udfff" for letter in sql)):
        raise QueryError(say("the query is not written as the database writes it, near {place}", place="\\0"))


def refuse_table(name: str, known: Iterable[str]) -> QueryRefusedError:
    """Return what is raised for a table that may not be read."""
    there = sorted(known)
    listed = ", ".join(there[:_MOST_NAMES]) or say("none")
    text = "the table {name} may not be read; there are: {known}"
    return QueryRefusedError(say(text, name=repr(name), known=listed + (", …" if len(there) > _MOST_NAMES else "")))


def gather(columns: Sequence[str], found: Iterable[Sequence[Any]], limits: QueryLimits) -> Rows:
    """Take rows until a limit is reached.

    Example:
        >>> gather(["n"], ([n] for n in range(9)), QueryLimits(rows=2))
        Rows(columns=('n',), rows=[[0], [1]], complete=False)
    """
    rows: list[list[Cell]] = []
    left = limits.result_characters
    for values in found:
        if len(rows) >= limits.rows or left <= 0:
            return Rows(tuple(columns), rows, complete=False)
        row = [_cell(value, limits.cell_characters) for value in values]
        left -= sum(len(value) if isinstance(value, str) else 8 for value in row)
        rows.append(row)
    return Rows(tuple(columns), rows)


def _cell(value: Any, most: int) -> Cell:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_SAFE_INTEGER <= value < _SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    text = format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value)
    return text if len(text) <= most else f"{text[:most]}…"
