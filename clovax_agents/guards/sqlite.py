"""`SqliteReader`: queries to an SQLite file that can only read (fault S04)."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from clovax_agents.errors import ConfigurationError, QueryError, QueryRefusedError, ToolFailed
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.sql import Column, QueryLimits, Rows, Table, check_query, gather, refuse_table
from clovax_agents.guards.sqlite_comments import read_comments
from clovax_agents.guards.sqlite_rules import FUNCTIONS, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from clovax_agents.guards.sql import Cell

__all__ = ["SqliteReader"]

_STEPS: Final = 2_000
"""Of SQLite's machine between two looks at the clock: less than a millisecond."""
_LONGEST_MESSAGE: Final = 500
_SETTINGS: Final = ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0")
_CONFIGURED: Final = (("SQLITE_DBCONFIG_DEFENSIVE", True), ("SQLITE_DBCONFIG_DQS_DML", False))
"""Where Python can set it (3.12): a column that does not exist is an error then, and not a text."""
_OBJECTS: Final = "SELECT name, type, sql FROM main.sqlite_master WHERE type IN ('table', 'view') ORDER BY name"


@dataclass(frozen=True, slots=True)
class _Schema:
    """The tables and views of a database by their names in lower case; and its table functions.

    Attributes:
        names: as they are written.
        written: the statements that made them.
        modules: its table functions.
    """

    names: dict[str, str]
    written: dict[str, str]
    modules: frozenset[str]


class SqliteReader:
    """Answers queries from an SQLite file, each on a connection of its own, opened for reading only.

    SQLite itself asks before each step of a statement (its authorizer): only reading of the tables given and
    functions that compute are allowed. There is one statement, no write, no pragma, no other file, no extension.

    Args:
        path: of the file, which has to exist.
        tables: names of the tables and views that may be read; None: all of them. What a view reads may be read
            through it, and not otherwise.
        functions: names of further functions that may be called.
        limits: of one query.

    Raises:
        ConfigurationError: there is no such file, or a name of ``tables`` is not in it (at the first use).

    Example:
        >>> import sqlite3, tempfile
        >>> path = tempfile.mkdtemp() + "/shop.db"
        >>> with sqlite3.connect(path) as shop:
        ...     _ = shop.execute("CREATE TABLE orders AS SELECT 1 AS id, 9000 AS won")
        >>> SqliteReader(path).query("SELECT sum(won) AS won FROM orders").rows
        [[9000]]
    """

    dialect = "SQLite"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        tables: tuple[str, ...] | None = None,
        functions: tuple[str, ...] = (),
        limits: QueryLimits | None = None,
    ) -> None:
        given: str = os.fspath(path)
        self._path = os.path.realpath(given)
        if not Path(self._path).is_file():
            raise ConfigurationError(f"there is no SQLite file {given!r}")
        self._tables = tables
        self._functions = FUNCTIONS | {name.lower() for name in functions}
        self._limits = limits or QueryLimits()

    def query(self, sql: str) -> Rows:
        """Run one query.

        Raises:
            QueryRefusedError: it would do more than read what may be read.
            ToolFailed: the database cannot be reached.
            QueryError: it is wrong, or takes too long; the text is SQLite's.
        """
        with self._confined(sql) as connection:
            cursor = connection.execute(sql)
            if cursor.description is None:
                raise QueryError(say("there is no query in it; write one SELECT statement"))
            _check_columns(len(cursor.description), self._limits)
            return gather([entry[0] for entry in cursor.description], cursor, self._limits)

    def check(self, sql: str) -> None:
        """Have SQLite compile a query, which asks the authorizer about all of it, without running it.

        Raises:
            QueryError: as `query`, but for what shows only when it runs.
        """
        with self._confined(sql) as connection:
            connection.execute(f"EXPLAIN {sql}").close()

    def tables(self) -> list[str]:
        """Return the names of the tables and views that may be read."""
        with closing(self._connect()) as connection:
            schema = _schema_of(connection)
            return sorted(schema.names[name] for name in self._readable(schema))

    def describe(self, name: str) -> Table:
        """Return the columns of a table, and the comments in the statement that made it.

        Raises:
            QueryRefusedError: it may not be read, or there is none.
        """
        with closing(self._connect()) as connection:
            schema = _schema_of(connection)
            readable = self._readable(schema)
            if name.lower() not in readable:
                raise refuse_table(name, [schema.names[each] for each in readable])
            about, comments = read_comments(schema.written[name.lower()])
            return Table(schema.names[name.lower()], tuple(_columns(connection, name, comments)), about)

    def sample(self, name: str, rows: int) -> Rows:
        """Return a few rows of a table."""
        return self.query(f"SELECT * FROM {_quoted(name)} LIMIT {int(rows)}")  # noqa: S608  # quoted, and checked

    def values(self, name: str, column: str, most: int) -> list[Cell]:
        """Return different values of a column, as many as there may be."""
        place = _quoted(column)
        found = self.query(f"SELECT DISTINCT {place} FROM {_quoted(name)} WHERE {place} IS NOT NULL LIMIT {int(most)}")  # noqa: S608  # quoted, and checked
        return [row[0] for row in found.rows]

    @contextmanager
    def _confined(self, sql: str) -> Generator[sqlite3.Connection]:
        """Open a connection on which this query can do nothing but read."""
        check_query(sql, self._limits)
        with closing(self._connect()) as connection:
            schema = _schema_of(connection)
            readable = self._readable(schema)
            rules = Rules(readable, frozenset(schema.names) | schema.modules, self._functions, sql)
            self._confine(connection, rules)
            with _Explained(rules, self._limits, [schema.names[name] for name in readable]):
                yield connection

    def _connect(self) -> sqlite3.Connection:
        place = f"file:{quote(self._path)}?mode=ro"
        try:
            connection = sqlite3.connect(
                place, uri=True, timeout=self._limits.seconds, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error:
            raise ToolFailed(say("the database cannot be reached")) from None
        try:
            for setting in _SETTINGS:
                connection.execute(f"PRAGMA {setting}")
            setconfig: Callable[[int, bool], None] | None = getattr(connection, "setconfig", None)
            for name, value in _CONFIGURED if setconfig else ():
                with suppress(sqlite3.Error, AttributeError):
                    setconfig(getattr(sqlite3, name), value)  # type: ignore[misc]
        except sqlite3.Error as error:
            connection.close()
            raise ConfigurationError(f"{self._path!r} cannot be read as an SQLite file: {error}") from None
        connection.text_factory = _text
        return connection

    def _readable(self, schema: _Schema) -> frozenset[str]:
        if self._tables is None:
            return frozenset(name for name in schema.names if not name.startswith("sqlite_"))
        wanted = frozenset(name.lower() for name in self._tables)
        if missing := wanted - schema.names.keys():
            raise ConfigurationError(
                f"tables={self._tables!r}: {self._path!r} has no table {min(missing)!r}; "
                f"it has: {', '.join(sorted(schema.names.values())) or 'none'}"
            )
        return wanted

    def _confine(self, connection: sqlite3.Connection, rules: Rules) -> None:
        """From here on, only what the rules allow, and no more than the limits."""
        limits = self._limits
        for category, most in (
            (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
            (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50),
            (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200),
            (sqlite3.SQLITE_LIMIT_LENGTH, limits.value_bytes),
            (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
            (sqlite3.SQLITE_LIMIT_SQL_LENGTH, limits.sql_characters * 4),
            (sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 16),  # full-text search has some of its own
            (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
        ):
            connection.setlimit(category, most)
        connection.set_authorizer(rules)
        end = time.monotonic() + limits.seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)


class _Explained:
    """Makes errors of SQLite's ours, with what helps to write the query again."""

    def __init__(self, rules: Rules, limits: QueryLimits, readable: list[str]) -> None:
        self._rules = rules
        self._limits = limits
        self._readable = readable

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error | sqlite3.Warning | OverflowError | MemoryError):
            raise self._ours(error) from None

    def _ours(self, error: BaseException) -> QueryError:
        rules = self._rules
        if not rules.reading:
            text = "only reading is allowed, and this would do something else; write one SELECT"
            return QueryRefusedError(say(text))
        if rules.table is not None:
            return refuse_table(rules.table, self._readable)
        if rules.function is not None:
            return QueryRefusedError(say("the function {name} may not be used", name=rules.function))
        message = str(error)
        if "one statement at a time" in message:
            return QueryRefusedError(say("only one statement is run at a time; write one SELECT"))
        if message == "interrupted":
            text = "the query took longer than {seconds:g} s and was stopped; ask for less, with conditions or a LIMIT"
            return QueryError(say(text, seconds=self._limits.seconds))
        return QueryError(message[:_LONGEST_MESSAGE])


def _schema_of(connection: sqlite3.Connection) -> _Schema:
    try:
        found = connection.execute(_OBJECTS).fetchall()
        # What is virtual is set up at its first use, which is more than reading.
        for name, kind, sql in [("json_each", "table", "VIRTUAL"), ("json_tree", "table", "VIRTUAL"), *found]:
            if kind == "table" and "VIRTUAL" in str(sql).upper():
                with suppress(sqlite3.Error):
                    connection.execute(f"SELECT 1 FROM {_quoted(name)} LIMIT 0").close()  # noqa: S608  # quoted
        modules = connection.execute("PRAGMA module_list").fetchall()
    except sqlite3.Error as error:
        raise ToolFailed(f"{say('the database cannot be reached')}: {error}") from None
    names = {str(name).lower(): str(name) for name, _, _ in found}
    written = {str(name).lower(): str(sql) for name, _, sql in found}
    return _Schema(names, written, frozenset(str(name).lower() for (name,) in modules))


def _columns(connection: sqlite3.Connection, table: str, comments: Mapping[str, str]) -> Iterator[Column]:
    quoted = _quoted(table)
    refers = {
        str(row[3]).lower(): f"refers to {row[2]}({row[4] or 'its key'})"
        for row in connection.execute(f"PRAGMA foreign_key_list({quoted})")
    }
    for _, name, kind, not_null, _, key, hidden in connection.execute(f"PRAGMA table_xinfo({quoted})"):
        if hidden == 1:  # of a virtual table, for its own use
            continue
        about = (refers.get(str(name).lower(), ""), comments.get(str(name).lower(), ""))
        notes = ("primary key" if key else "", "not null" if not_null else "", *about)
        yield Column(str(name), str(kind) or "any", tuple(filter(None, notes)))


def _check_columns(count: int, limits: QueryLimits) -> None:
    if count > limits.columns:
        text = "a result may have {most} columns, and this has {count}; name those that you need"
        raise QueryError(say(text, most=limits.columns, count=count))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(raw: bytes) -> Any:
    return raw.decode("utf-8", "replace")
