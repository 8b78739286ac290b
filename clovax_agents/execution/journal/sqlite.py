"""A journal in a SQLite file, which may be the one of LangGraph's checkpointer: it survives kill -9."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from clovax_agents.errors import ConfigurationError, JournalError
from clovax_agents.execution.journal.audit import of_thread
from clovax_agents.execution.journal.deciding import Transaction
from clovax_agents.execution.journal.forks import Desk, PerProcess
from clovax_agents.execution.journal.owners import LEASE, Owner
from clovax_agents.execution.journal.retention import KEEP_DAYS, checked_days, horizon, in_pieces
from clovax_agents.execution.journal.rows import SCHEMA, audit_values, check_schema, read_audit, read_row, row_values

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from clovax_agents.execution.journal.base import AuditRecord, Claim, Ended, Standing
    from clovax_agents.execution.journal.inspecting import KeptCall, Settlement

__all__ = ["SqliteJournal"]

_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS clovax_schema (version INTEGER NOT NULL)",
    f"INSERT INTO clovax_schema SELECT {SCHEMA} WHERE NOT EXISTS (SELECT 1 FROM clovax_schema)",  # noqa: S608  # a number
    """
    CREATE TABLE IF NOT EXISTS clovax_journal (
        key TEXT PRIMARY KEY, status TEXT NOT NULL, effect TEXT NOT NULL, owner TEXT NOT NULL,
        lease_until REAL NOT NULL, attempts INTEGER NOT NULL, started_at REAL NOT NULL,
        result BLOB NOT NULL, consumed INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS clovax_started ON clovax_journal (owner) WHERE status = 'started'",
    "CREATE INDEX IF NOT EXISTS clovax_ended ON clovax_journal (lease_until) WHERE status IN ('done', 'failed')",
    """
    CREATE TABLE IF NOT EXISTS clovax_audit (
        number INTEGER PRIMARY KEY, time REAL NOT NULL, event TEXT NOT NULL, key TEXT NOT NULL,
        facts TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
    )
    """,
)
_READ: Final = """
SELECT status, effect, owner, lease_until, attempts, started_at, result, consumed FROM clovax_journal WHERE key = ?
"""
_WRITE: Final = "INSERT OR REPLACE INTO clovax_journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_RENEW: Final = "UPDATE clovax_journal SET lease_until = ? WHERE owner = ? AND status = 'started'"
_OLD: Final = """
SELECT key, effect FROM clovax_journal WHERE status IN ('done', 'failed') AND lease_until < ?
ORDER BY lease_until LIMIT ?
"""
_EMPTY: Final = "UPDATE clovax_journal SET status = 'forgotten', result = x'' WHERE key = ?"
_DELETE: Final = "DELETE FROM clovax_journal WHERE key = ?"
_LIST: Final = """
SELECT key, status, effect, owner, lease_until, attempts, started_at, x'', consumed FROM clovax_journal
WHERE key > ? ORDER BY key LIMIT 1000
"""
_LAST: Final = "SELECT number, time, event, key, facts, previous, hash FROM clovax_audit ORDER BY number DESC LIMIT 1"
_PAGE: Final = """
SELECT number, time, event, key, facts, previous, hash FROM clovax_audit WHERE number > ? ORDER BY number LIMIT 1000
"""
_NOTE: Final = "INSERT INTO clovax_audit VALUES (?, ?, ?, ?, ?, ?, ?)"
_BUSY_CODES: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "another program has been writing to it for too long; see that it ends its transactions",
    sqlite3.SQLITE_LOCKED: "another program has been writing to it for too long; see that it ends its transactions",
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_IOERR: "the disk does not work, or is full",
    sqlite3.SQLITE_NOTADB: "it is not a SQLite file: move it away, or choose another",
    sqlite3.SQLITE_CORRUPT: "it is damaged: bring it back from a backup, or move it away",
}
_UNWRITABLE: Final = "make its folder writable, or choose another place by journal=... or CLOVAX_JOURNAL"


class SqliteJournal:
    """A `Journal` in a SQLite file.

    Args:
        path: of the file; it and its folder are made at the first use. ``~`` is your home.
        synchronous: ``"NORMAL"`` survives the death of the process, ``"FULL"`` the loss of power, too, and is slower.
        timeout: seconds to wait while others write.
        keep_days: how long results of finished calls are kept, see `Journal.prune`; None: for ever.
        clock: Unix time.
        owner: who it claims calls for; None for this process.

    Raises:
        ConfigurationError: another value of ``synchronous`` or ``keep_days``, or no file.
        JournalError: in every method, if the file cannot be read or written.
    """

    durable = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        timeout: float = 30.0,
        keep_days: float | None = KEEP_DAYS,
        clock: Callable[[], float] = time.time,
        owner: Owner | None = None,
    ) -> None:
        if synchronous not in {"NORMAL", "FULL"}:
            raise ConfigurationError(f"synchronous={synchronous!r}: give 'NORMAL' or 'FULL'")
        if str(path) in {"", ".", ":memory:"}:
            raise ConfigurationError(f"{str(path)!r} is no file; give the path of one, or use a MemoryJournal")
        self.keep_days: float | None = checked_days(keep_days)
        self._path = Path(path)
        self._synchronous = synchronous
        self._timeout = timeout
        self._clock = clock
        self._owner = owner or Owner()
        self._desks = PerProcess(Desk)

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls in one transaction; one standing for each, in order."""
        with self._transaction() as connection:
            work = self._read(connection, (claim.key for claim in claims))
            standings = work.begin(claims)
            _write(connection, work)
        return standings

    def end(self, calls: Sequence[Ended]) -> None:
        """Note in one transaction how calls ended."""
        with self._transaction() as connection:
            work = self._read(connection, (call.key for call in calls))
            work.end(calls)
            _write(connection, work)

    def renew(self) -> None:
        """Say that the calls which this process runs are still running."""
        with self._transaction() as connection:
            connection.execute(_RENEW, (self._clock() + LEASE, self._owner.name))

    def prune(self, *, before: float | None = None, limit: int | None = None) -> int:
        """Forget the results of calls that ended long ago, see `Journal`; their room in the file is used again."""
        return in_pieces(lambda most: self._prune(before, most), limit)

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first, in pieces: it may be long, and nobody has to wait for it."""
        number = 0
        while True:
            with self._transaction("DEFERRED") as connection:
                page = [read_audit(found) for found in connection.execute(_PAGE, (number,))]
            if not page:
                return
            number = page[-1].number
            yield from (record for record in page if of_thread(record, thread_id))

    def calls(self) -> Iterator[KeptCall]:
        """Read all calls, see `Inspectable`, in pieces."""
        key, found = "", True
        while found:
            with self._transaction("DEFERRED") as connection:
                rows = {name: read_row(values) for name, *values in connection.execute(_LIST, (key,))}
                work = Transaction(self._owner, self._clock(), rows, None)
                page = [work.kept(name) for name in rows]
            found = bool(page)
            key = next(reversed(rows), "")
            yield from (one for one in page if one is not None)

    def call(self, key: str) -> KeptCall | None:
        """Read one call, see `Inspectable`."""
        with self._transaction("DEFERRED") as connection:
            return self._read(connection, [key]).kept(key)

    def settle(self, key: str, how: Settlement, *, result: bytes = b"", facts: Mapping[str, Any]) -> None:
        """Write down what a person has found out about a call that broke off, see `Inspectable`."""
        with self._transaction() as connection:
            work = self._read(connection, [key])
            work.settle(key, how, result, facts)
            _write(connection, work)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        desk = self._desks.get()
        with desk.lock:
            desk.close()

    def _prune(self, before: float | None, most: int) -> int:
        with self._transaction() as connection:
            work = self._read(connection, ())
            since = horizon(before, keep_days=self.keep_days, now=work.now)
            count = work.prune(connection.execute(_OLD, (since, most)).fetchall(), since)
            _write(connection, work)
        return count

    def _read(self, connection: sqlite3.Connection, keys: Iterable[str]) -> Transaction:
        found = {key: connection.execute(_READ, (key,)).fetchone() for key in keys}
        rows = {key: read_row(values) for key, values in found.items() if values is not None}
        last = connection.execute(_LAST).fetchone()
        return Transaction(self._owner, self._clock(), rows, None if last is None else read_audit(last))

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Generator[sqlite3.Connection]:
        desk = self._desks.get()
        with desk.lock:
            try:
                connection = desk.connection = desk.connection or self._opened()
                connection.execute(f"BEGIN {kind}")
                yield connection
                connection.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                desk.close()  # nothing of it is kept, and whatever was wrong with it, the next one is new
                raise JournalError(f"the journal {self._path} cannot be used ({error}): {_advice(error)}") from error
            except BaseException:
                desk.close()
                raise

    def _opened(self) -> sqlite3.Connection:
        # by its full name from now on, wherever the program goes
        self._path = self._path.expanduser().absolute()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError as error:  # SQLite itself does not wait for this
                if _code(error) not in _BUSY_CODES or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            connection.execute(statement)
        check_schema(connection.execute("SELECT max(version) FROM clovax_schema").fetchone()[0], str(self._path))
        connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, work: Transaction) -> None:
    for key, row in work.changed.items():
        connection.execute(_WRITE, row_values(key, row))
    connection.executemany(_EMPTY, [(key,) for key in work.emptied])
    connection.executemany(_DELETE, [(key,) for key in work.deleted])
    for record in work.records:
        connection.execute(_NOTE, audit_values(record))


def _code(error: BaseException) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _advice(error: BaseException) -> str:
    return _ADVICE.get(_code(error), _UNWRITABLE)
