"""Tables and results of queries as texts for a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.guards.data_wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.guards.sql import Rows, Table

__all__ = ["columns_text", "result_text", "rows_text"]

_BROKEN: Final = re.compile(r"\s*[\r\n]+\s*")


def columns_text(table: Table, more: Mapping[str, str] | None = None) -> str:
    """Return a table's name and its columns, a line each.

    Args:
        table: as a reader describes it.
        more: what else is known about columns, by their names.
    """
    title = f"{table.name} -- {_cell(table.comment)}" if table.comment else table.name
    known = more or {}
    lines = (
        f"  {', '.join([f'{one.name} {one.type}', *one.notes, *filter(None, [known.get(one.name)])])}"
        for one in table.columns
    )
    return "\n".join([title, *lines])


def result_text(rows: Rows) -> str:
    """Return the rows with their number, and whether there are more."""
    if not rows.rows:
        return say("no rows")
    text = "({count:,} rows)"
    if not rows.complete:
        text = "(the first {count:,} rows; there are more: add conditions, count, or a LIMIT)"
    return f"{rows_text(rows)}\n{say(text, count=len(rows.rows))}"


def rows_text(rows: Rows) -> str:
    """Return names and values, a line for each row.

    Example:
        >>> from clovax_agents.guards.sql import Rows
        >>> print(rows_text(Rows(("id", "name"), [[1, None]])))
        id | name
        1 | NULL
    """
    return "\n".join(" | ".join(map(_cell, line)) for line in [rows.columns, *rows.rows])


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return _BROKEN.sub(" ⏎ ", text)
