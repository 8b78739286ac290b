"""A store in an SQLite file, for several processes of one host."""

from __future__ import annotations

import math
import os
import sqlite3
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import RateLimitStoreError
from clovax_agents.forking import lock_for_forks
from clovax_agents.pacing.stores.deciding import Held, Waiter, decide
from clovax_agents.pacing.stores.lull import Lull
from clovax_agents.pacing.stores.protocol import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clovax_agents.pacing.stores.protocol import Exchange

__all__ = ["SqliteStore"]

_SCHEMA: Final = """
create table if not exists pacing_held
    (name text primary key, window text not null, process text not null, until real not null, tokens real not null)
    without rowid;
create index if not exists pacing_held_until on pacing_held (window, until);
create table if not exists pacing_waiting
    (window text, process text, since real not null, tokens real not null, seen real not null,
     primary key (window, process)) without rowid;
create table if not exists pacing_most
    (window text primary key, requests real not null, tokens real not null, told real not null) without rowid;
create table if not exists pacing_quiet
    (window text primary key, until real not null, refusals integer not null, refused real not null,
     probe real not null) without rowid;
create table if not exists pacing_passed
    (window text primary key, requests real not null, tokens real not null) without rowid;
"""
_LOCK_SECONDS: Final = 2.0
_SEEN_FOR: Final = 0.25
"""Of a window's time: who has not asked again by then does not wait any more."""
_REMEMBERED: Final = 10
"""Windows' times, after which what was learned is forgotten."""
_INFINITE: Final = 1e300
"""SQLite's JSON has no infinity, and its floats need none."""


class SqliteStore:
    """Keeps reservations in a file.

    Its time is the host's monotonic clock, which all processes of the host share and nobody sets. After a restart of
    the host it begins anew: what would count for longer than it can is left out.

    Args:
        path: of the file, made at first use.
        clock: seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._lock = lock_for_forks()
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._parents: list[sqlite3.Connection | None] = []

    @property
    def place(self) -> str:
        """The path."""
        return str(self._path)

    def exchange(self, asked: Exchange) -> Answer:
        """Do everything in one transaction; pacers of several models may share this store, each with its thread."""
        self._follow_fork()
        with self._lock:
            try:
                return self._transact(asked)
            except (sqlite3.Error, OSError) as error:
                self._hang_up()
                raise RateLimitStoreError(str(error)) from error
            except RateLimitStoreError:
                self._hang_up()
                raise

    def close(self) -> None:
        """Close the file; the next exchange opens it again."""
        self._follow_fork()
        with self._lock:
            self._hang_up()

    def _follow_fork(self) -> None:
        """Leave a parent's connection alone, which a child must neither use nor close, and its lock."""
        if self._process != os.getpid():
            self._parents.append(self._connection)
            self._lock, self._connection, self._process = lock_for_forks(), None, os.getpid()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _transact(self, asked: Exchange) -> Answer:
        if self._connection is not None and self._file != _file_at(self._path):
            raise RateLimitStoreError("its file was removed or replaced")  # and what it held with it: it is told again
        connection = self._connection = self._connection or self._open()
        connection.execute("begin immediate")
        try:
            answer = self._exchange(connection, asked)
            connection.execute("commit")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("rollback")
            raise
        return answer

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._file = _file_at(self._path)
        return connection

    @staticmethod
    def _prepare(connection: sqlite3.Connection) -> None:
        """Make the tables; where several processes begin at once, the change of the journal's mode does not wait."""
        ends = time.monotonic() + _LOCK_SECONDS
        connection.execute("pragma synchronous = off")  # what a power cut takes is older than a minute afterwards
        while True:
            try:
                connection.execute("pragma journal_mode = wal")
                connection.executescript(_SCHEMA)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                    raise
                time.sleep(0.01)
            else:
                return

    def _exchange(self, db: sqlite3.Connection, asked: Exchange) -> Answer:
        now = self._clock()
        self._clean(db, asked, now)
        before = self._used(db, asked)
        self._tell(db, asked, now)
        most = self._most(db, asked, now)
        granted, wait, lull = self._decide(db, asked, most, now)
        self._hold(db, asked, [(ask.name, now + asked.holds, ask.tokens) for ask in asked.asks[:granted]])
        self._wait(db, asked, granted, now)
        used = self._used(db, asked)
        passed = self._pass(db, asked, (used[0] - before[0], used[1] - before[1]))
        return Answer(granted, wait, used, most, self._processes(db, asked), lull.rest(now), passed)

    def _decide(
        self, db: sqlite3.Connection, asked: Exchange, most: tuple[float, float], now: float
    ) -> tuple[int, float, Lull]:
        """Return how many may go, when to ask for the next one, and the quiet time from now on."""
        rows = db.execute(
            "select until - ?, tokens from pacing_held where window = ? order by until", (now, asked.window)
        ).fetchall()
        others = db.execute(
            "select ? - since, tokens from pacing_waiting where window = ? and process <> ?",
            (now, asked.window, asked.process),
        ).fetchall()
        kept = self._lull(db, asked, now)
        lull = kept.told(asked.quiet, now)
        granted, wait = decide(
            asked.asks,
            [Held(*row) for row in rows],
            most,
            others=[Waiter(*row) for row in others],
            patience=asked.patience,
            closed=lull.until - now,
            alone=lull.alone(asked.spacing),
        )
        lull = lull.passed(now, asked.spacing) if granted else lull
        if lull != kept:
            self._keep(db, asked, lull)
        return granted, wait, lull

    @staticmethod
    def _used(db: sqlite3.Connection, asked: Exchange) -> tuple[int, float]:
        """Return the requests and tokens that count now."""
        query = "select count(*), total(tokens) from pacing_held where window = ?"
        with closing(db.execute(query, (asked.window,))) as found:
            requests, tokens = found.fetchone()
        return int(requests), float(tokens)

    @staticmethod
    def _pass(db: sqlite3.Connection, asked: Exchange, more: tuple[float, float]) -> tuple[float, float]:
        """Add to what was ever let through; return all of it."""
        row = db.execute("select requests, tokens from pacing_passed where window = ?", (asked.window,)).fetchone()
        requests, tokens = row or (0, 0.0)
        passed = requests + more[0], tokens + more[1]
        if more != (0, 0):
            db.execute("insert or replace into pacing_passed values (?, ?, ?)", (asked.window, *passed))
        return passed

    @staticmethod
    def _clean(db: sqlite3.Connection, asked: Exchange, now: float) -> None:
        latest = now + asked.holds * 2  # not all processes let it hold for equally long
        db.execute(
            "delete from pacing_held where window = ? and (until <= ? or until > ?)", (asked.window, now, latest)
        )
        old = now - asked.holds * _SEEN_FOR
        db.execute("delete from pacing_waiting where window = ? and (seen < ? or seen > ?)", (asked.window, old, now))

    def _tell(self, db: sqlite3.Connection, asked: Exchange, now: float) -> None:
        made = [(each.name, now - each.age + asked.holds, each.tokens) for each in asked.made]
        self._hold(db, asked, [row for row in made if row[1] > now])
        db.executemany(
            "update pacing_held set tokens = ? where name = ?", [(each.tokens, each.name) for each in asked.changed]
        )
        db.executemany("delete from pacing_held where name = ?", [(name,) for name in asked.removed])
        if asked.tell:
            requests, tokens = (min(each, _INFINITE) for each in asked.most)
            db.execute("insert or replace into pacing_most values (?, ?, ?, ?)", (asked.window, requests, tokens, now))

    @staticmethod
    def _hold(db: sqlite3.Connection, asked: Exchange, rows: list[tuple[str, float, float]]) -> None:
        db.executemany(
            "insert or replace into pacing_held values (?, ?, ?, ?, ?)",
            [(name, asked.window, asked.process, until, tokens) for name, until, tokens in rows],
        )

    @staticmethod
    def _most(db: sqlite3.Connection, asked: Exchange, now: float) -> tuple[float, float]:
        """Return what all try: what was told last, within the limit that this process knows."""
        row = db.execute(
            "select requests, tokens from pacing_most where window = ? and told between ? and ?",
            (asked.window, now - _REMEMBERED * asked.holds, now),
        ).fetchone()
        told = asked.most if row is None else tuple(math.inf if each >= _INFINITE else each for each in row)
        return min(told[0], asked.limit[0]), min(told[1], asked.limit[1])

    @staticmethod
    def _lull(db: sqlite3.Connection, asked: Exchange, now: float) -> Lull:
        """Return the quiet time that is kept, unless it is of a time before the host was restarted."""
        row = db.execute(
            "select until, refusals, refused, probe from pacing_quiet where window = ? and until <= ? and refused <= ?",
            (asked.window, now + asked.holds * 2, now),
        ).fetchone()
        if row is None:
            return Lull()
        until, refusals, refused, probe = row
        return Lull(until, refusals, refused if refused > -_INFINITE else -math.inf, probe)

    @staticmethod
    def _keep(db: sqlite3.Connection, asked: Exchange, lull: Lull) -> None:
        until, refused = max(lull.until, -_INFINITE), max(lull.refused, -_INFINITE)
        row = (asked.window, until, lull.refusals, refused, lull.probe)
        db.execute("insert or replace into pacing_quiet values (?, ?, ?, ?, ?)", row)

    @staticmethod
    def _wait(db: sqlite3.Connection, asked: Exchange, granted: int, now: float) -> None:
        """Remember who waits on, and for how long already."""
        if granted == len(asked.asks):
            db.execute("delete from pacing_waiting where window = ? and process = ?", (asked.window, asked.process))
            return
        first = asked.asks[granted]
        row = (asked.window, asked.process, now - first.age, first.tokens, now)
        db.execute("insert or replace into pacing_waiting values (?, ?, ?, ?, ?)", row)

    @staticmethod
    def _processes(db: sqlite3.Connection, asked: Exchange) -> int:
        query = """
            select count(*) from (select process from pacing_held where window = :window
            union select process from pacing_waiting where window = :window union select :process)
        """
        with closing(db.execute(query, {"window": asked.window, "process": asked.process})) as found:
            return int(found.fetchone()[0])


def _file_at(path: Path) -> tuple[int, int] | None:
    """Return which file a path leads to; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
