"""A journal in Postgres: for several hosts, and beside LangGraph's Postgres checkpointer."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from clovax_agents.errors import ConfigurationError, JournalError
from clovax_agents.execution.journal.audit import of_thread
from clovax_agents.execution.journal.deciding import Transaction
from clovax_agents.execution.journal.forks import Desk, PerProcess
from clovax_agents.execution.journal.owners import LEASE, Owner
from clovax_agents.execution.journal.retention import KEEP_DAYS, checked_days, horizon, in_pieces
from clovax_agents.execution.journal.rows import SCHEMA, audit_values, check_schema, read_audit, read_row, row_values
from clovax_agents.execution.texts import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from clovax_agents.execution.journal.base import AuditRecord, Claim, Ended, Standing
    from clovax_agents.execution.journal.inspecting import KeptCall, Settlement

__all__ = ["PostgresJournal"]

Result = TypeVar("Result")

_LOCK: Final = 0x636C6F766178
"""Of the audit's end, and with it of all that is written: its notes are in one order, and nothing deadlocks."""
# Read committed, because a snapshot that is taken before the lock would not show what its last holder wrote.
_BEGIN: Final = f"""
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '30s';
SELECT pg_advisory_xact_lock({_LOCK});
"""
_LAST: Final = """
SELECT extract(epoch FROM clock_timestamp())::double precision, number, time, event, key, facts, previous, hash
FROM (SELECT 1) AS always
LEFT JOIN (SELECT * FROM clovax_audit ORDER BY number DESC LIMIT 1) AS last ON true;
"""
_TABLES: Final = f"""
CREATE TABLE IF NOT EXISTS clovax_journal (
    key TEXT PRIMARY KEY, status TEXT NOT NULL, effect TEXT NOT NULL, owner TEXT NOT NULL,
    lease_until DOUBLE PRECISION NOT NULL, attempts INTEGER NOT NULL, started_at DOUBLE PRECISION NOT NULL,
    result BYTEA NOT NULL, consumed INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS clovax_started ON clovax_journal (owner) WHERE status = 'started';
CREATE INDEX IF NOT EXISTS clovax_ended ON clovax_journal (lease_until) WHERE status IN ('done', 'failed');
CREATE TABLE IF NOT EXISTS clovax_audit (
    number BIGINT PRIMARY KEY, time DOUBLE PRECISION NOT NULL, event TEXT NOT NULL, key TEXT NOT NULL,
    facts TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS clovax_schema (version INTEGER NOT NULL);
INSERT INTO clovax_schema SELECT {SCHEMA} WHERE NOT EXISTS (SELECT 1 FROM clovax_schema);
"""  # noqa: S608  # a number
_READ: Final = """
SELECT key, status, effect, owner, lease_until, attempts, started_at, result, consumed
FROM clovax_journal WHERE key = ANY(%s)
"""
_LIST: Final = """
SELECT key, status, effect, owner, lease_until, attempts, started_at, ''::bytea, consumed FROM clovax_journal
WHERE key > %s ORDER BY key LIMIT 1000
"""
_WRITE: Final = """
INSERT INTO clovax_journal VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (key) DO UPDATE SET status = EXCLUDED.status, effect = EXCLUDED.effect, owner = EXCLUDED.owner,
    lease_until = EXCLUDED.lease_until, attempts = EXCLUDED.attempts, started_at = EXCLUDED.started_at,
    result = EXCLUDED.result, consumed = EXCLUDED.consumed
"""
_RENEW: Final = """
UPDATE clovax_journal SET lease_until = extract(epoch FROM clock_timestamp()) + %s
WHERE owner = %s AND status = 'started'
"""
_OLD: Final = """
SELECT key, effect FROM clovax_journal WHERE status IN ('done', 'failed') AND lease_until < %s
ORDER BY lease_until LIMIT %s
"""
_EMPTY: Final = "UPDATE clovax_journal SET status = 'forgotten', result = '' WHERE key = ANY(%s)"
_DELETE: Final = "DELETE FROM clovax_journal WHERE key = ANY(%s)"
_PAGE: Final = """
SELECT number, time, event, key, facts, previous, hash FROM clovax_audit WHERE number > %s ORDER BY number LIMIT 1000
"""
_NOTE: Final = "INSERT INTO clovax_audit VALUES (%s, %s, %s, %s, %s, %s, %s)"
# Without these, a host that is switched off is waited for until the system gives up, after a quarter of an hour.
_PATIENCE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class PostgresJournal:
    """A `Journal` in Postgres. Time is the database's, whatever the clocks of the hosts say.

    Args:
        conninfo: ``postgresql://user:password@host/database``, or ``key=value`` pairs as libpq reads them.
        owner: who it claims calls for; None for this process.
        clock: Unix time, instead of the database's.
        keep_days: how long results of finished calls are kept, see `Journal.prune`; None: for ever.

    Raises:
        ConfigurationError: another value of ``keep_days``; at the first use: psycopg is not installed.
        JournalError: in every method, if the database cannot be reached or written.
    """

    durable = True

    def __init__(
        self,
        conninfo: str,
        *,
        owner: Owner | None = None,
        clock: Callable[[], float] | None = None,
        keep_days: float | None = KEEP_DAYS,
    ) -> None:
        self.keep_days: float | None = checked_days(keep_days)
        self._conninfo = conninfo
        self._owner = owner or Owner()
        self._clock = clock
        self._desks = PerProcess(Desk)

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls in one transaction; one standing for each, in order."""

        def work(cursor: Any) -> list[Standing]:
            transaction = self._read(cursor, [claim.key for claim in claims])
            standings = transaction.begin(claims)
            _write(cursor, transaction)
            return standings

        # Once more after a commit that was not confirmed, it would meet its own claims, and wait for itself.
        return self._transact(work, repeatable=False)

    def end(self, calls: Sequence[Ended]) -> None:
        """Note in one transaction how calls ended."""

        def work(cursor: Any) -> None:
            transaction = self._read(cursor, [call.key for call in calls])
            transaction.end(calls)
            _write(cursor, transaction)

        self._transact(work, repeatable=True)

    def renew(self) -> None:
        """Say that the calls which this process runs are still running."""
        self._transact(lambda cursor: cursor.execute(_RENEW, (LEASE, self._owner.name)), repeatable=True)

    def prune(self, *, before: float | None = None, limit: int | None = None) -> int:
        """Forget the results of calls that ended long ago, see `Journal`."""
        return in_pieces(
            lambda most: self._transact(lambda cursor: self._prune(cursor, before, most), repeatable=True), limit
        )

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first, in pieces: it may be long, and nobody has to wait for it."""
        number = 0
        while page := self._transact(partial(_page, after=number), repeatable=True, lock=False):
            number = page[-1].number
            yield from (record for record in page if of_thread(record, thread_id))

    def calls(self) -> Iterator[KeptCall]:
        """Read all calls, see `Inspectable`, in pieces."""
        key = ""
        while page := self._transact(partial(self._listed, after=key), repeatable=True, lock=False):
            key = page[-1].key
            yield from page

    def call(self, key: str) -> KeptCall | None:
        """Read one call, see `Inspectable`."""
        return self._transact(lambda cursor: self._read(cursor, [key]).kept(key), repeatable=True, lock=False)

    def settle(self, key: str, how: Settlement, *, result: bytes = b"", facts: Mapping[str, Any]) -> None:
        """Write down what a person has found out about a call that broke off, see `Inspectable`."""

        def work(cursor: Any) -> None:
            transaction = self._read(cursor, [key])
            transaction.settle(key, how, result, facts)
            _write(cursor, transaction)

        self._transact(work, repeatable=False)

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        desk = self._desks.get()
        with desk.lock:
            desk.close()

    def _prune(self, cursor: Any, before: float | None, most: int) -> int:
        work = self._read(cursor, [])
        since = horizon(before, keep_days=self.keep_days, now=work.now)
        count = work.prune(cursor.execute(_OLD, (since, most)).fetchall(), since)
        _write(cursor, work)
        return count

    def _listed(self, cursor: Any, after: str) -> list[KeptCall]:
        work = self._read(cursor, [])
        work.rows = {key: read_row(values) for key, *values in cursor.execute(_LIST, (after,)).fetchall()}
        return [one for key in work.rows if (one := work.kept(key)) is not None]

    def _read(self, cursor: Any, keys: list[str]) -> Transaction:
        now, *last = cursor.execute(_LAST).fetchone()
        rows = {key: read_row(values) for key, *values in cursor.execute(_READ, (keys,)).fetchall()}
        now = now if self._clock is None else self._clock()
        return Transaction(self._owner, now, rows, None if last[0] is None else read_audit(last))

    def _transact(self, work: Callable[[Any], Result], *, repeatable: bool, lock: bool = True) -> Result:
        """Do it in a transaction; once more if the connection was gone, unless it may have been committed."""
        desk = self._desks.get()
        with desk.lock:
            fresh = desk.connection is None
            try:
                return self._once(desk, work, lock=lock)
            except JournalError:
                if fresh or desk.connection is not None or (desk.committing and not repeatable):
                    raise
            return self._once(desk, work, lock=lock)

    def _once(self, desk: Desk, work: Callable[[Any], Result], *, lock: bool) -> Result:
        desk.committing = False
        with self._errors(desk):
            desk.connection = desk.connection or self._opened()
            with desk.connection.cursor() as cursor:
                cursor.execute(_BEGIN if lock else "BEGIN")
                result = work(cursor)
                desk.committing = True
                cursor.execute("COMMIT")
                return result

    @contextmanager
    def _errors(self, desk: Desk) -> Generator[None]:
        """Undo what is not committed, and give up a connection that is gone."""
        psycopg = _psycopg()
        try:
            yield
        except BaseException as error:
            if desk.connection is not None:
                with suppress(psycopg.Error):
                    desk.connection.rollback()
                if desk.connection.closed:
                    desk.connection = None
            if isinstance(error, psycopg.Error):
                text = masked(str(error).strip())
                raise JournalError(
                    f"the journal in Postgres cannot be used ({text}): see that the database runs, and that its user "
                    "may create and write tables"
                ) from error
            raise

    def _opened(self) -> Any:
        psycopg = _psycopg()
        given = psycopg.conninfo.conninfo_to_dict(self._conninfo)
        # prepared statements would be in the way of a pooler between us and the database
        options: dict[str, Any] = {**_PATIENCE, "application_name": "clovax-agents journal", **given}
        connection = psycopg.connect(**options, autocommit=True, prepare_threshold=None)
        try:
            with connection.cursor() as cursor:
                cursor.execute(_BEGIN)
                if cursor.execute("SELECT to_regclass('clovax_ended')").fetchone()[0] is None:
                    cursor.execute(_TABLES)
                check_schema(cursor.execute("SELECT max(version) FROM clovax_schema").fetchone()[0], "the database")
                cursor.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection


def _psycopg() -> Any:
    try:
        import psycopg  # noqa: PLC0415  # an extra, and slow to import; here it is the writer's thread that waits
    except ImportError as error:
        raise ConfigurationError(
            "a journal in Postgres needs psycopg: pip install 'clovax-agents[postgres]'"
        ) from error
    return psycopg


def _page(cursor: Any, after: int) -> list[AuditRecord]:
    return [read_audit(found) for found in cursor.execute(_PAGE, (after,)).fetchall()]


def _write(cursor: Any, transaction: Transaction) -> None:
    if transaction.changed:
        cursor.executemany(_WRITE, [row_values(key, row) for key, row in transaction.changed.items()])
    if transaction.emptied:
        cursor.execute(_EMPTY, (transaction.emptied,))
    if transaction.deleted:
        cursor.execute(_DELETE, (transaction.deleted,))
    if transaction.records:
        cursor.executemany(_NOTE, [audit_values(record) for record in transaction.records])
