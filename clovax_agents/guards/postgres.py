"""`PostgresReader`: queries to Postgres that can only read (fault S04)."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError, QueryError, QueryRefusedError, ToolError, ToolFailed
from clovax_agents.guards import postgres_catalog as catalog
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.postgres_rules import (
    POWERS,
    Function,
    Relation,
    check_functions,
    check_relations,
    check_role,
)
from clovax_agents.guards.postgres_tokens import Words, read_words
from clovax_agents.guards.sql import Column, QueryLimits, Rows, Table, check_query, gather, refuse_table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from clovax_agents.guards.sql import Cell

__all__ = ["PostgresReader"]

_PATIENCE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_SETTINGS: Final = """
SET LOCAL client_encoding = 'UTF8'; SET LOCAL standard_conforming_strings = on;
SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1;
SET LOCAL lock_timeout = {milliseconds}; SET LOCAL idle_in_transaction_session_timeout = {idle};
SET LOCAL statement_timeout = {milliseconds}
"""
_PLAIN: Final = frozenset({16, 20, 21, 23, 26, 700, 701, 1700})
"""Types whose values are short, and JSON's: booleans and numbers."""
_BYTES: Final = 17
_BEGINNINGS: Final = frozenset({"select", "with", "values", "table", "("})
_BATCH: Final = 50
_LONGEST_MESSAGE: Final = 500
_CANCELLED: Final = ("57014", "55P03")
_NOT_READING: Final = ("25006", "0A000", "25001")


class PostgresReader:
    """Answers queries from Postgres, each on a connection and in a read-only transaction of its own.

    The server parses a query before anything of it is run: it has to be one SELECT, of tables that may be read, which
    calls functions that only compute. What it runs then is a cursor over that SELECT, with a timeout.
    **The boundary is the role**: connect as one that may do nothing but read the tables in question. A superuser, or
    who may read the server's files, is refused.

    Args:
        url: ``postgresql://reader:password@host/database``, or ``key=value`` pairs as libpq reads them.
        tables: names of the tables and views that may be read; None: all that the role may read.
        functions: names of further functions that may be called.
        limits: of one query.
        allow_powerful_role: work for a superuser, too.

    Raises:
        ConfigurationError: psycopg is not installed, the role is too powerful, or a table of ``tables`` is not there
            (the last two at the first use).
    """

    dialect = "PostgreSQL"

    def __init__(
        self,
        url: str,
        *,
        tables: tuple[str, ...] | None = None,
        functions: tuple[str, ...] = (),
        limits: QueryLimits | None = None,
        allow_powerful_role: bool = False,
    ) -> None:
        self._psycopg = _psycopg()
        self._url = url
        self._tables = tables
        self._functions = frozenset(name.lower() for name in functions)
        self._limits = limits or QueryLimits()
        self._allow_powerful_role = allow_powerful_role

    def query(self, sql: str) -> Rows:
        """Run one query.

        Raises:
            QueryRefusedError: it would do more than read what may be read.
            ToolFailed: the database cannot be reached.
            QueryError: it is wrong, or takes too long; the text is the server's.
        """
        words = self._words(sql)
        with self._transaction() as connection:
            fields = self._described(connection, words.text)
            self._check(connection, words)
            columns = [name for name, _ in fields]
            return gather(columns, self._fetched(connection, _wrapped(words.text, fields, self._limits)), self._limits)

    def check(self, sql: str) -> None:
        """Have the server parse a query, and look at what it touches, without running it.

        Raises:
            QueryError: as `query`, but for what shows only when it runs.
        """
        words = self._words(sql)
        with self._transaction() as connection:
            self._described(connection, words.text)
            self._check(connection, words)

    def tables(self) -> list[str]:
        """Return the names of the tables and views that may be read, as a query writes them."""
        with self._transaction() as connection:
            self._check_role(connection)
            return [shown for _, _, shown in self._listed(connection)]

    def describe(self, name: str) -> Table:
        """Return the columns of a table, and the comments on them.

        Raises:
            QueryRefusedError: it may not be read, or there is none.
        """
        with self._transaction() as connection:
            self._check_role(connection)
            oid, shown = self._found(connection, name)
            columns = tuple(_column(row) for row in connection.execute(catalog.COLUMNS, [oid]))
            comment = connection.execute(catalog.DESCRIBED, [oid]).fetchone()[0]
            return Table(shown, columns, comment or "")

    def sample(self, name: str, rows: int) -> Rows:
        """Return a few rows of a table."""
        with self._transaction() as connection:
            _, shown = self._found(connection, name)
        return self.query(f"SELECT * FROM {shown} LIMIT {int(rows)}")  # noqa: S608  # as the server quotes it

    def values(self, name: str, column: str, most: int) -> list[Cell]:
        """Return different values of a column, as many as there may be."""
        place = '"' + column.replace('"', '""') + '"'
        with self._transaction() as connection:
            _, shown = self._found(connection, name)
        found = self.query(f"SELECT DISTINCT {place} FROM {shown} WHERE {place} IS NOT NULL LIMIT {int(most)}")  # noqa: S608  # both quoted
        return [row[0] for row in found.rows]

    def _words(self, sql: str) -> Words:
        """Refuse what the server need not look at."""
        check_query(sql, self._limits)
        words = read_words(sql)
        if words.begins in {"", ";"}:
            raise QueryError(say("there is no query in it; write one SELECT statement"))
        if words.begins not in _BEGINNINGS:  # for a better word than the server's, which would not run it either
            text = "only reading is allowed, and this would do something else; write one SELECT"
            raise QueryRefusedError(say(text))
        return words

    @contextmanager
    def _transaction(self) -> Generator[Any]:
        """Open a connection for one transaction, which changes nothing and ends with it."""
        try:
            connection = self._psycopg.connect(self._url, prepare_threshold=None, **_PATIENCE)
        except (self._psycopg.Error, OSError):  # its text may have what is in the URL
            raise ToolFailed(say("the database cannot be reached")) from None
        try:
            connection.read_only = True
            milliseconds = max(int(self._limits.seconds * 1_000), 1)
            connection.execute(_SETTINGS.format(milliseconds=milliseconds, idle=2 * milliseconds + 10_000))
            yield connection
        except self._psycopg.Error as error:
            raise self._explained(error) from None
        finally:
            connection.close()

    def _described(self, connection: Any, sql: str) -> list[tuple[str, int]]:
        """Have the query parsed, which takes one statement only; return names and types of its columns."""
        self._fine(connection.pgconn.prepare(b"", sql.encode()))
        result = self._fine(connection.pgconn.describe_prepared(b""))
        if not result.nfields:
            text = "only reading is allowed, and this would do something else; write one SELECT"
            raise QueryRefusedError(say(text))
        if result.nfields > self._limits.columns:
            text = "a result may have {most} columns, and this has {count}; name those that you need"
            raise QueryError(say(text, most=self._limits.columns, count=result.nfields))
        return [(result.fname(each).decode(errors="replace"), result.ftype(each)) for each in range(result.nfields)]

    def _fine(self, result: Any) -> Any:
        if result.status == self._psycopg.pq.ExecStatus.COMMAND_OK:
            return result
        raise self._psycopg.errors.error_from_result(result, encoding="utf-8")

    def _check(self, connection: Any, words: Words) -> None:
        """Look at what the query touches; nothing of it has been run."""
        locks = dict(connection.execute(catalog.LOCKS).fetchall())
        self._check_role(connection)
        found = connection.execute(catalog.FUNCTIONS, {"called": list(words.called), "names": list(words.names)})
        check_functions((Function(*row) for row in found), self._functions)
        rows = connection.execute(catalog.RELATIONS, [list(locks)]).fetchall()
        relations = [Relation(oid, schema, name, tuple(locks[oid])) for oid, schema, name in rows]
        allowed = None if self._tables is None else frozenset(self._resolved(connection, self._tables))
        check_relations(relations, words, allowed, [shown for _, _, shown in self._listed(connection)])

    def _check_role(self, connection: Any) -> None:
        if not self._allow_powerful_role:
            for role, is_super, powers in connection.execute(catalog.ROLE, [list(POWERS)]):
                check_role(role, ["a superuser"] if is_super else [f"a member of {power}" for power in powers])

    def _resolved(self, connection: Any, tables: tuple[str, ...]) -> dict[int, str]:
        found = {oid: name for name, oid in connection.execute(catalog.RESOLVED, [list(tables)])}
        if None in found:
            raise ConfigurationError(f"tables: there is no table {found[None]!r} that this role can see")
        return found

    def _listed(self, connection: Any) -> list[tuple[int, str, str]]:
        """Return oid, schema and name, and what a query writes, of each table that may be read."""
        rows = connection.execute(catalog.TABLES).fetchall()
        allowed = None if self._tables is None else self._resolved(connection, self._tables)
        return [
            (oid, f"{schema}.{name}", shown) for oid, schema, name, shown in rows if allowed is None or oid in allowed
        ]

    def _found(self, connection: Any, name: str) -> tuple[int, str]:
        listed = self._listed(connection)
        for oid, full, shown in listed:
            if name in {shown, full} or name.lower() == shown:
                return oid, shown
        raise refuse_table(name, [shown for _, _, shown in listed])

    def _fetched(self, connection: Any, sql: str) -> Iterator[tuple[Any, ...]]:
        """Read the rows through a cursor, and see that the time for all of them is kept."""
        end = time.monotonic() + self._limits.seconds
        with connection.cursor(name="clovax") as cursor:
            cursor.execute(sql.encode())
            while rows := cursor.fetchmany(_BATCH):
                yield from rows
                left = int((end - time.monotonic()) * 1_000)
                if left <= 0:
                    raise self._too_long()
                connection.execute(f"SET LOCAL statement_timeout = {left}")

    def _too_long(self) -> QueryError:
        text = "the query took longer than {seconds:g} s and was stopped; ask for less, with conditions or a LIMIT"
        return QueryError(say(text, seconds=self._limits.seconds))

    def _explained(self, error: Any) -> ToolError:
        """Make an error of psycopg's ours: the server's words, without anything about the connection."""
        if error.sqlstate in _CANCELLED:
            return self._too_long()
        message = " ".join(filter(None, [error.diag.message_primary, error.diag.message_hint]))[:_LONGEST_MESSAGE]
        if error.sqlstate in _NOT_READING:
            text = "only reading is allowed, and this would do something else; write one SELECT"
            return QueryRefusedError(f"{say(text)} ({message})")
        return QueryError(message) if message else ToolFailed(say("the database cannot be reached"))


def _wrapped(sql: str, fields: list[tuple[str, int]], limits: QueryLimits) -> str:
    """Return a SELECT over the query, which has the server cut what is too long before it is sent."""
    names = [f"c{number}" for number in range(len(fields))]
    shown = ", ".join(_shown(name, kind, limits) for name, (_, kind) in zip(names, fields, strict=True))
    return f"SELECT {shown} FROM (\n{sql}\n) AS q({', '.join(names)}) LIMIT {limits.rows + 1}"  # noqa: S608  # see above


def _shown(name: str, kind: int, limits: QueryLimits) -> str:
    if kind in _PLAIN:
        return name
    if kind == _BYTES:
        return f"'<' || pg_catalog.octet_length({name}) || ' bytes>'"
    return f"pg_catalog.left({name}::pg_catalog.text, {limits.cell_characters + 1})"


def _column(row: tuple[str, str, bool, bool, str | None, str | None]) -> Column:
    name, kind, not_null, is_key, refers, comment = row
    notes = ("primary key" if is_key else "", "not null" if not_null and not is_key else "")
    about = (f"refers to {refers}" if refers else "", comment or "")
    return Column(name, kind, tuple(filter(None, (*notes, *about))))


def _psycopg() -> Any:
    try:
        import psycopg  # noqa: PLC0415  # an extra
    except ImportError:
        raise ConfigurationError('Postgres needs psycopg: pip install "clovax-agents[postgres]"') from None
    return psycopg
