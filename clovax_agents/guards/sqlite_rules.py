"""What SQLite's authorizer is told: which steps of a query are reading, and of what may be read."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from typing import Final

__all__ = ["FUNCTIONS", "Rules"]

_NAMES: Final = """
    -> ->> abs avg bm25 ceil ceiling char coalesce concat concat_ws count cume_dist current_date current_time
    current_timestamp date datetime degrees dense_rank exp first_value floor glob group_concat hex
    highlight ifnull iif instr json json_array json_array_length json_each json_error_position json_extract
    json_group_array json_group_object json_insert json_object json_patch json_pretty json_quote json_remove
    json_replace json_set json_tree json_type json_valid julianday lag last_value lead length like likelihood likely
    ln log log10 log2 lower ltrim match matchinfo max median min mod nth_value ntile nullif octet_length offsets
    percent_rank percentile percentile_cont percentile_disc pi pow power quote radians random rank regexp replace
    round row_number rtrim sign snippet soundex sqrt strftime string_agg substr substring subtype sum time timediff
    total trim trunc typeof unhex unicode unistr unixepoch unlikely upper acos acosh asin asinh atan atan2 atanh cos
    cosh sin sinh tan tanh if
"""
FUNCTIONS: Final = frozenset(_NAMES.split())
"""Those of SQLite that only compute; the others make large values (zeroblob), load code, or tell about the process.

Not printf and format: one step of theirs may take seconds, and nothing could interrupt it.
"""
_TABLE_FUNCTIONS: Final = frozenset({"json_each", "json_tree"})
_PRAGMAS: Final = frozenset({"table_info", "table_xinfo", "index_list", "foreign_key_list"})
"""About one table, which is their argument."""
_OF_FTS: Final = "data_version"
"""A pragma that SQLite's own full-text search asks for."""
_QUOTES: Final = frozenset("\"'`[]")
"""Names with these may be written in several ways."""
_NOTHING: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})


@dataclass(slots=True)
class Rules:
    """An authorizer; it remembers what it refused.

    Attributes:
        readable: tables and views that may be read, in lower case.
        known: all tables, views and table functions of the database.
        functions: that may be called, in lower case.
        sql: the query.
        table: that was refused.
        function: that was refused.
        reading: nothing but reading was refused.
    """

    readable: frozenset[str]
    known: frozenset[str]
    functions: frozenset[str]
    sql: str
    table: str | None = None
    function: str | None = None
    reading: bool = True
    _named: dict[str, bool] = field(default_factory=dict[str, bool])

    def __call__(self, action: int, first: str | None, second: str | None, database: str | None, _: str | None) -> int:
        """Answer SQLite, which asks about every step before a statement is run."""
        return sqlite3.SQLITE_OK if self._allows(action, first or "", second or "", database) else sqlite3.SQLITE_DENY

    def _allows(self, action: int, first: str, second: str, database: str | None) -> bool:
        if action in _NOTHING:
            return True
        if action == sqlite3.SQLITE_READ:
            allowed = database in {None, "main"} and self._may_read(first.lower(), second)
            self.table = self.table if allowed else first
            return allowed
        if action == sqlite3.SQLITE_FUNCTION:
            allowed = second.lower() in self.functions
            self.function = self.function if allowed else second
            return allowed
        if action == sqlite3.SQLITE_PRAGMA:
            name = first.lower()
            if name == _OF_FTS or (name in _PRAGMAS and second.lower() in self.readable):
                return True
        self.reading = False
        return False

    def _may_read(self, table: str, column: str) -> bool:
        """Whether it is readable, or read by what is: by a view, or by the index of a full-text search.

        What a query reads itself, it has to name.
        """
        if table in self.readable or table in _TABLE_FUNCTIONS:
            return True
        if table.startswith(("sqlite_", "pragma_")):  # they have other names besides
            return False
        # Without a column, it is the name that the query gave to a part of itself, unless there is such a table.
        return not self._names(table) or (not column and table not in self.known)

    def _names(self, table: str) -> bool:
        """Whether the query has this name anywhere in it, were it in a comment: rather too often than too rarely."""
        if table not in self._named:
            found = re.search(rf"(?<![\w$]){re.escape(table)}(?![\w$])", self.sql.lower())
            self._named[table] = found is not None or not _QUOTES.isdisjoint(table)
        return self._named[table]
