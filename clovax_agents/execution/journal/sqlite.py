"""A journal in a SQLite file, which may be the one of LangGraph's checkpointer: it survives kill -9."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal.audit import next_record
from clovax_agents.execution.journal.base import AuditRecord
from clovax_agents.execution.journal.owners import LEASE, this_owner
from clovax_agents.execution.journal.rules import Row, claimed, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from clovax_agents.execution.journal.base import Claim, Ended, Standing

__all__ = ["SqliteJournal"]

_TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS clovax_journal (
        key TEXT PRIMARY KEY, status TEXT NOT NULL, effect TEXT NOT NULL, owner TEXT NOT NULL,
        lease_until REAL NOT NULL, attempts INTEGER NOT NULL, started_at REAL NOT NULL,
        result BLOB NOT NULL, consumed INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
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
_LAST: Final = "SELECT number, time, event, key, facts, previous, hash FROM clovax_audit ORDER BY number DESC LIMIT 1"
_ALL: Final = "SELECT number, time, event, key, facts, previous, hash FROM clovax_audit ORDER BY number"
_NOTE: Final = "INSERT INTO clovax_audit VALUES (?, ?, ?, ?, ?, ?, ?)"


class SqliteJournal:
    """A `Journal` in a SQLite file.

    Args:
        path: of the file; it and its folder are made if they are not there.
        synchronous: ``"NORMAL"`` survives the death of the process, ``"FULL"`` the loss of power, too, and is slower.
        timeout: seconds to wait while others write.
        clock: Unix time.

    Raises:
        JournalError: in every method, if the file cannot be read or written.
    """

    durable = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        timeout: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path)
        self._synchronous = synchronous
        self._timeout = timeout
        self._clock = clock
        self._owner = this_owner()
        self._lock = threading.Lock()
        self._connections: dict[int, sqlite3.Connection] = {}

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls in one transaction; one standing for each, in order."""
        with self._transaction() as connection:
            return self._notes(connection, [self._claim(connection, claim) for claim in claims], claims)

    def end(self, calls: Sequence[Ended]) -> None:
        """Note in one transaction how calls ended."""
        with self._transaction() as connection:
            last = self._last(connection)
            for call in calls:
                row = ended(call, self._row(connection, call.key))
                if row is not None:
                    connection.execute(_WRITE, _values(call.key, row))
                last = self._note(connection, last, call.how, call.key, call.facts)

    def renew(self) -> None:
        """Say that the calls which this process runs are still running."""
        with self._transaction() as connection:
            connection.execute(_RENEW, (self._clock() + LEASE, self._owner.name))

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first."""
        with self._transaction("DEFERRED") as connection:
            records = [_record(found) for found in connection.execute(_ALL)]
        return (record for record in records if thread_id in {None, record.facts.get("thread")})

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            connection = self._connections.pop(os.getpid(), None)
            if connection is not None:
                connection.close()

    def _claim(self, connection: sqlite3.Connection, claim: Claim) -> Standing:
        row = self._row(connection, claim.key)
        now = self._clock()
        lives = row is not None and self._owner.lives(row.owner, row.lease_until, now)
        standing, written = claimed(claim, row, owner=self._owner.name, now=now, lease=now + LEASE, lives=lives)
        if written is not None:
            connection.execute(_WRITE, _values(claim.key, written))
        return standing

    def _notes(
        self, connection: sqlite3.Connection, standings: list[Standing], claims: Sequence[Claim]
    ) -> list[Standing]:
        last = self._last(connection)
        for standing, claim in zip(standings, claims, strict=True):
            if standing.state != "wait":
                last = self._note(connection, last, standing.state, claim.key, claim.facts)
        return standings

    def _note(
        self,
        connection: sqlite3.Connection,
        last: AuditRecord | None,
        event: str,
        key: str,
        facts: Mapping[str, Any],
    ) -> AuditRecord:
        record = next_record(last, time=self._clock(), event=event, key=key, facts=facts)
        text = json.dumps(record.facts, ensure_ascii=False)
        values = (record.number, record.time, record.event, record.key, text, record.previous, record.hash)
        connection.execute(_NOTE, values)
        return record

    @staticmethod
    def _row(connection: sqlite3.Connection, key: str) -> Row | None:
        found = connection.execute(_READ, (key,)).fetchone()
        if found is None:
            return None
        status, effect, owner, lease, attempts, started, result, consumed = found
        return Row(
            status=status,
            effect=effect,
            owner=owner,
            lease_until=lease,
            attempts=attempts,
            started_at=started,
            result=result,
            consumed=consumed,
        )

    @staticmethod
    def _last(connection: sqlite3.Connection) -> AuditRecord | None:
        found = connection.execute(_LAST).fetchone()
        return None if found is None else _record(found)

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Generator[sqlite3.Connection]:
        with self._lock:
            try:
                connection = self._open()
                connection.execute(f"BEGIN {kind}")
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            except sqlite3.Error as error:
                raise JournalError(
                    f"the journal {self._path} cannot be used ({error}); is the disk full, or the file not writable?"
                ) from error

    def _open(self) -> sqlite3.Connection:
        pid = os.getpid()  # a connection is not to be carried over a fork
        connection = self._connections.get(pid)
        if connection is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise JournalError(f"the folder of the journal {self._path} cannot be made ({error})") from error
            connection = sqlite3.connect(
                self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={self._synchronous}")
            for table in _TABLES:
                connection.execute(table)
            self._connections[pid] = connection
        return connection


def _values(key: str, row: Row) -> tuple[Any, ...]:
    parts = (row.status, row.effect, row.owner, row.lease_until, row.attempts, row.started_at)
    return (key, *parts, row.result, row.consumed)


def _record(found: tuple[Any, ...]) -> AuditRecord:
    number, moment, event, key, facts, previous, digest = found
    return AuditRecord(
        number=number, time=moment, event=event, key=key, facts=json.loads(facts), previous=previous, hash=digest
    )
