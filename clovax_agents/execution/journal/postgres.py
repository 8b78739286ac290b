"""A journal in Postgres: for several hosts, and beside LangGraph's Postgres checkpointer."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError, JournalError
from clovax_agents.execution.journal.audit import next_record
from clovax_agents.execution.journal.base import AuditRecord
from clovax_agents.execution.journal.owners import LEASE, this_owner
from clovax_agents.execution.journal.rules import Row, claimed, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from clovax_agents.execution.journal.base import Claim, Ended, Standing

__all__ = ["PostgresJournal"]

_LOCK: Final = 0x636C6F766178
"""Of the audit's end, and of everything that is noted there: events of one journal are in one order."""
_NOBODY: Final = "nobody|0|gone|"
_TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS clovax_journal (
        key TEXT PRIMARY KEY, status TEXT NOT NULL, effect TEXT NOT NULL, owner TEXT NOT NULL,
        lease_until DOUBLE PRECISION NOT NULL, attempts INTEGER NOT NULL, started_at DOUBLE PRECISION NOT NULL,
        result BYTEA NOT NULL, consumed INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS clovax_audit (
        number BIGINT PRIMARY KEY, time DOUBLE PRECISION NOT NULL, event TEXT NOT NULL, key TEXT NOT NULL,
        facts TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
    )
    """,
)
_READ: Final = """
SELECT key, status, effect, owner, lease_until, attempts, started_at, result, consumed
FROM clovax_journal WHERE key = ANY(%s)
"""
_WRITE: Final = """
INSERT INTO clovax_journal VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (key) DO UPDATE SET status = EXCLUDED.status, effect = EXCLUDED.effect, owner = EXCLUDED.owner,
    lease_until = EXCLUDED.lease_until, attempts = EXCLUDED.attempts, started_at = EXCLUDED.started_at,
    result = EXCLUDED.result, consumed = EXCLUDED.consumed
"""
_RENEW: Final = "UPDATE clovax_journal SET lease_until = %s WHERE owner = %s AND status = 'started'"
_LAST: Final = "SELECT number, time, event, key, facts, previous, hash FROM clovax_audit ORDER BY number DESC LIMIT 1"
_ALL: Final = "SELECT number, time, event, key, facts, previous, hash FROM clovax_audit ORDER BY number"
_NOTE: Final = "INSERT INTO clovax_audit VALUES (%s, %s, %s, %s, %s, %s, %s)"


class PostgresJournal:
    """A `Journal` in Postgres.

    Args:
        conninfo: ``postgresql://user:password@host/database``, or ``key=value`` pairs as libpq reads them.
        clock: Unix time.

    Raises:
        ConfigurationError: psycopg is not installed.
        JournalError: in every method, if the database cannot be reached or written.
    """

    durable = True

    def __init__(self, conninfo: str, *, clock: Callable[[], float] = time.time) -> None:
        try:
            import psycopg  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise ConfigurationError(
                "a journal in Postgres needs psycopg: pip install 'clovax-agents[postgres]'"
            ) from error
        self._psycopg = psycopg
        self._conninfo = conninfo
        self._clock = clock
        self._owner = this_owner()
        self._lock = threading.Lock()
        self._connections: dict[int, Any] = {}
        self._held: set[str] = set()  # of claims that were given out as ours to run

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls in one transaction; one standing for each, in order."""
        standings: list[Standing] = self._again(lambda: self._begin(claims))
        states = zip(claims, standings, strict=True)
        self._held.update(claim.key for claim, found in states if found.state in {"run", "interrupted"})
        return standings

    def end(self, calls: Sequence[Ended]) -> None:
        """Note in one transaction how calls ended."""
        self._again(lambda: self._end(calls))
        self._held.difference_update(call.key for call in calls)

    def renew(self) -> None:
        """Say that the calls which this process runs are still running."""
        with self._transaction() as cursor:
            cursor.execute(_RENEW, (self._clock() + LEASE, self._owner.name))

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first."""
        with self._transaction() as cursor:
            records = [_record(found) for found in cursor.execute(_ALL).fetchall()]
        return (record for record in records if thread_id in {None, record.facts.get("thread")})

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        with self._lock:
            connection = self._connections.pop(os.getpid(), None)
            if connection is not None:
                connection.close()

    def _begin(self, claims: Sequence[Claim]) -> list[Standing]:
        with self._transaction() as cursor:
            last = self._last(cursor)
            rows = _rows(cursor, [claim.key for claim in claims])
            standings: list[Standing] = []
            for claim in claims:
                standing, written = self._claim(claim, rows.get(claim.key))
                if written is not None:
                    rows[claim.key] = written
                    cursor.execute(_WRITE, _values(claim.key, written))
                if standing.state != "wait":
                    last = self._note(cursor, last, standing.state, claim.key, claim.facts)
                standings.append(standing)
            return standings

    def _claim(self, claim: Claim, row: Row | None) -> tuple[Standing, Row | None]:
        now = self._clock()
        if (
            row is not None
            and row.status == "started"
            and row.owner == self._owner.name
            and claim.key not in self._held
        ):
            # written by us, and then the connection was lost before we knew: nothing has been run
            claim, row = replace(claim, again=True), replace(row, attempts=row.attempts - 1, owner=_NOBODY)
        lives = row is not None and self._owner.lives(row.owner, row.lease_until, now)
        return claimed(claim, row, owner=self._owner.name, now=now, lease=now + LEASE, lives=lives)

    def _end(self, calls: Sequence[Ended]) -> None:
        with self._transaction() as cursor:
            last = self._last(cursor)
            rows = _rows(cursor, [call.key for call in calls])
            for call in calls:
                row = ended(call, rows.get(call.key))
                if row is not None:
                    rows[call.key] = row
                    cursor.execute(_WRITE, _values(call.key, row))
                last = self._note(cursor, last, call.how, call.key, call.facts)

    def _note(
        self, cursor: Any, last: AuditRecord | None, event: str, key: str, facts: Mapping[str, Any]
    ) -> AuditRecord:
        record = next_record(last, time=self._clock(), event=event, key=key, facts=facts)
        text = json.dumps(record.facts)
        values = (record.number, record.time, record.event, record.key, text, record.previous, record.hash)
        cursor.execute(_NOTE, values)
        return record

    @staticmethod
    def _last(cursor: Any) -> AuditRecord | None:
        """Take the journal's lock, until the transaction ends, and read the end of the audit."""
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = cursor.execute(_LAST).fetchone()
        return None if found is None else _record(found)

    def _again(self, work: Callable[[], Any]) -> Any:
        """Do it, and once more if the connection was gone: nothing of it was written then, or all of it."""
        try:
            return work()
        except JournalError as error:
            if not isinstance(error.__cause__, self._psycopg.OperationalError):
                raise
            self.close()
            return work()

    @contextmanager
    def _transaction(self) -> Generator[Any]:
        with self._lock:
            try:
                with self._open().transaction(), self._open().cursor() as cursor:
                    yield cursor
            except self._psycopg.Error as error:
                raise JournalError(f"the journal in Postgres cannot be used ({error})") from error

    def _open(self) -> Any:
        pid = os.getpid()  # a connection is not to be carried over a fork
        connection = self._connections.get(pid)
        if connection is None or connection.closed:
            connection = self._psycopg.connect(self._conninfo, autocommit=True, connect_timeout=10)
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                for table in _TABLES:
                    cursor.execute(table)
            self._connections[pid] = connection
        return connection


def _rows(cursor: Any, keys: list[str]) -> dict[str, Row]:
    found = cast("list[tuple[Any, ...]]", cursor.execute(_READ, (keys,)).fetchall())
    names = ("status", "effect", "owner", "lease_until", "attempts", "started_at", "result", "consumed")
    return {key: Row(**dict(zip(names, values, strict=True))) for key, *values in found}


def _values(key: str, row: Row) -> tuple[Any, ...]:
    parts = (row.status, row.effect, row.owner, row.lease_until, row.attempts, row.started_at)
    return (key, *parts, row.result, row.consumed)


def _record(found: tuple[Any, ...]) -> AuditRecord:
    number, moment, event, key, facts, previous, digest = found
    return AuditRecord(
        number=number, time=moment, event=event, key=key, facts=json.loads(facts), previous=previous, hash=digest
    )
