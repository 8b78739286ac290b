"""What a model is told about tables: their columns, comments, and the values that are in them: pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from clovax_agents.guards.sql import Rows
from clovax_agents.guards.sql_text import columns_text
from clovax_agents.querying.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovax_agents.guards.sql import Cell, Column, Table

__all__ = ["Known", "commented", "is_text", "tables_text", "titles_text"]

_FEW: Final = 12
"""Values that are all told."""
_EXAMPLES: Final = 3
_LONGEST: Final = 40
"""Characters of a value that is told."""
_NO_TEXT: Final = re.compile(
    r"(?i)\b(?:\w*int\w*|\w*serial\d*|real|float\d*|double|numeric|decimal|money|bool\w*|date\w*|time\w*|json\w*|"
    r"byte\w*|blob|uuid|xml|tsvector)\b|\[\]"
)


class Known(NamedTuple):
    """A table, and rows of it that were looked at; ``complete`` if these are all of them."""

    table: Table
    rows: Rows = Rows(())


def is_text(column: Column) -> bool:
    """Whether a column holds texts, which a query compares with.

    Example:
        >>> from clovax_agents.guards.sql import Column
        >>> is_text(Column("status", "character varying(20)")), is_text(Column("won", "INTEGER"))
        (True, False)
    """
    return _NO_TEXT.search(column.type) is None


def commented(table: Table, comments: Mapping[str, str]) -> Table:
    """Return a table with comments that the database does not have.

    Args:
        table: as the database describes it.
        comments: by ``table`` and ``table.column``.
    """
    columns = tuple(
        replace(one, notes=(*one.notes, about)) if (about := comments.get(f"{table.name}.{one.name}")) else one
        for one in table.columns
    )
    return replace(table, columns=columns, comment=comments.get(table.name) or table.comment)


def titles_text(titles: Mapping[str, str]) -> str:
    r"""Return names of tables with their comments, a line each.

    Example:
        >>> titles_text({"orders": "주문", "x": ""})
        '- orders: 주문\n- x'
    """
    return "\n".join(f"- {name}: {about}" if about else f"- {name}" for name, about in titles.items())


def tables_text(known: Iterable[Known]) -> str:
    """Return the tables as the model reads them.

    Args:
        known: each table with some of its rows, of which it is told what their texts look like.
    """
    return "\n\n".join(columns_text(one.table, _values(one)) for one in known)


def _values(known: Known) -> dict[str, str]:
    places = {name: place for place, name in enumerate(known.rows.columns)}
    texts = (one.name for one in known.table.columns if is_text(one) and one.name in places)
    whole = known.rows.complete
    told = ((name, _told([row[places[name]] for row in known.rows.rows], whole=whole)) for name in texts)
    return {name: text for name, text in told if text}


def _told(cells: list[Cell], *, whole: bool) -> str:
    """Return all values of a column that has few, else some; nothing of one that has none."""
    different = list(dict.fromkeys(cell for cell in cells if isinstance(cell, str) and cell))
    if not different:
        return ""
    are_few = len(different) <= _FEW and (whole or 2 * len(different) <= len(cells))
    shown = ", ".join(_quoted(value) for value in (different if are_few else different[:_EXAMPLES]))
    return (
        say("all values: {values}", values=shown) if are_few and whole else say("for instance {values}", values=shown)
    )


def _quoted(value: str) -> str:
    short = " ".join(value[:_LONGEST].split())
    return f"'{short}…'" if len(value) > _LONGEST else f"'{short}'"
