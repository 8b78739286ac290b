"""The database of an agent: what is in it, for a model to know, and the answers to its queries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from clovax_agents.errors import QueryError
from clovax_agents.guards.databases import open_reader
from clovax_agents.guards.sql import QueryLimits
from clovax_agents.querying.schema import Known, commented, is_text
from clovax_agents.querying.spelling import named_tables

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from clovax_agents.guards.sql import Rows, SqlReader, Table

    Place: TypeAlias = "str | os.PathLike[str]"

__all__ = ["Database"]

_LOOKED_AT: Final = 500
"""Rows of a table that are looked at for what its texts are like."""
_DIFFERENT: Final = 1_000
"""Different values of a column that are looked at for one that is meant."""
_SEARCHED: Final = 20
"""Columns that are looked at then."""
_TITLED: Final = 100
"""Tables whose comments are read for the choice among them."""
_LOOKING: Final = 3.0
"""Seconds that one look may take."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database that can be read only; it is opened when it is first needed.

    Attributes:
        source: path or URL, or a function that returns one.
        tables: that may be read; None: all.
        functions: that a query may call besides those that only compute.
        limits: of one query.
        comments: on tables and columns, by ``table`` and ``table.column``.
        samples: whether the model is told values of the tables.
        allow_powerful_role: connect to Postgres as a superuser, too.
    """

    source: Place | Callable[[], Place]
    tables: Sequence[str] | None = None
    functions: Sequence[str] = ()
    limits: QueryLimits = field(default_factory=QueryLimits)
    comments: Mapping[str, str] = field(default_factory=dict[str, str])
    samples: bool = True
    allow_powerful_role: bool = False

    def __post_init__(self) -> None:
        """Open what is named outright, so that a wrong name is an error at once."""
        if not callable(self.source):
            _ = self.reader

    @property
    def reader(self) -> SqlReader:
        """What answers queries; a function may name another place each time."""
        return self._opened(self.limits)

    @property
    def _looker(self) -> SqlReader:
        """What looks at many rows, of which little is shown."""
        seconds = min(self.limits.seconds, _LOOKING)
        return self._opened(replace(self.limits, rows=_DIFFERENT, cell_characters=200, seconds=seconds))

    def dialect(self) -> str:
        """Return the database's name, as a model knows it."""
        return self.reader.dialect

    def check(self, sql: str) -> None:
        """Have the database read a query without running it."""
        self.reader.check(sql)

    def query(self, sql: str) -> Rows:
        """Run a query."""
        return self.reader.query(sql)

    def names(self) -> list[str]:
        """Return the names of the tables that may be read."""
        return self.reader.tables()

    def titles(self, names: Sequence[str]) -> dict[str, str]:
        """Return the comments on tables by their names."""
        described = {name: self._described(name).comment for name in names[:_TITLED]}
        return {name: described.get(name) or self.comments.get(name, "") for name in names}

    def known(self, names: Sequence[str]) -> list[Known]:
        """Return what is known about tables."""
        return [self._known(name) for name in names]

    def values(self, sql: str) -> dict[str, list[str]]:
        """Return the texts that are in the tables which a query names, by ``table.column``."""
        tables = [self._described(name) for name in named_tables(sql, self.names())]
        places = [(table.name, one.name) for table in tables for one in table.columns if is_text(one)]
        found = {f"{table}.{column}": self._values(table, column) for table, column in places[:_SEARCHED]}
        return {place: values for place, values in found.items() if values}

    def _opened(self, limits: QueryLimits) -> SqlReader:
        place = self.source() if callable(self.source) else self.source
        return open_reader(
            place,
            tables=self.tables,
            functions=self.functions,
            limits=limits,
            allow_powerful_role=self.allow_powerful_role,
        )

    def _described(self, name: str) -> Table:
        return commented(self.reader.describe(name), self.comments)

    def _known(self, name: str) -> Known:
        table = self._described(name)
        if not self.samples:
            return Known(table)
        try:
            rows = self._looker.sample(name, _LOOKED_AT)
        except QueryError:  # not all of its columns are to be read, or they are too many, or it takes too long
            return Known(table)
        return Known(table, replace(rows, complete=rows.complete and len(rows.rows) < _LOOKED_AT))

    def _values(self, table: str, column: str) -> list[str]:
        try:
            found = self._looker.values(table, column, _DIFFERENT)
        except QueryError:
            return []
        return [value for value in found if isinstance(value, str)]
