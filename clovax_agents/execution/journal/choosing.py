"""Which journal is used when none is given: one that lives as long as what could resume a run (decision 9).

CLOVAX_JOURNAL is set                      that one: "memory", a path, "sqlite:///path", "postgresql://..."
in LangGraph's server                      Postgres where the server has one, else a file beside its state
no checkpointer, or one in memory          memory
SqliteSaver, AsyncSqliteSaver              the same file
PostgresSaver, AsyncPostgresSaver          the same database
any other checkpointer                     .clovax/journal.sqlite in the working directory

CLOVAX_JOURNAL_DAYS says for how many days it keeps the results of finished calls: 30 if it is not set, or "forever".
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.retention import KEEP_DAYS, checked_days
from clovax_agents.execution.journal.sqlite import SqliteJournal
from clovax_agents.execution.journal.writer import JournalWriter
from clovax_agents.execution.texts import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.execution.journal.base import Journal

__all__ = ["DAYS", "ELSEWHERE", "IN_SERVER", "MEMORY", "SETTING", "choose", "location_of", "open_journal"]

SETTING: Final = "CLOVAX_JOURNAL"
DAYS: Final = "CLOVAX_JOURNAL_DAYS"
MEMORY: Final = "memory"
ELSEWHERE: Final = ".clovax/journal.sqlite"
IN_SERVER: Final = ".langgraph_api/clovax-journal.sqlite"
_SERVERS_DATABASE: Final = ("POSTGRES_URI", "DATABASE_URI")
_POSTGRES: Final = ("postgresql://", "postgres://")
_KEY_AND_VALUE: Final = re.compile(r"\s*(?:host|hostaddr|port|dbname|user|password|service|passfile|sslmode)\s*=")
_WAYS: Final = "give 'memory', a path, 'sqlite:///path' or 'postgresql://user:password@host/database'"

_lock = threading.Lock()
_writers: dict[str, JournalWriter] = {}
_chosen: WeakKeyDictionary[Any, JournalWriter] = WeakKeyDictionary()
_chosen_by_id: dict[int, tuple[Any, JournalWriter]] = {}
"""For holders that cannot be found by a weak reference; it keeps them, so that their ids stay theirs."""


def open_journal(given: str | os.PathLike[str] | Journal) -> JournalWriter:
    """Return a journal by its location, or one of the user's own; the same writer each time.

    Opens nothing: that is done by the writer's thread, at the first use.

    Args:
        given: ``"memory"``, a path, ``"sqlite:///path"``, ``"postgresql://..."``, or a `Journal`.

    Raises:
        ConfigurationError: there can be no journal at such a place.

    Example:
        >>> open_journal("memory").durable
        False
    """
    if not isinstance(given, str | os.PathLike):
        return _kept(given, JournalWriter(given))
    location = os.fspath(given).strip()
    with _lock:
        if location not in _writers:
            _writers[location] = JournalWriter(_made(location))
        return _writers[location]


async def choose(checkpointer: Any, node: object, *, in_server: bool) -> JournalWriter:
    """Return the journal that keeps the promise beside this checkpointer.

    Args:
        checkpointer: of the graph; None if it has none.
        node: that asks; without a checkpointer, the journal lives as long as it does.
        in_server: whether the graph runs in LangGraph's server.
    """
    if in_server or os.environ.get(SETTING):
        return open_journal(location_of(checkpointer, os.environ, in_server=in_server, file=None))
    holder = node if checkpointer is None else checkpointer
    found = _found(holder)
    if found is None:
        file = await _file_of(checkpointer)
        location = location_of(checkpointer, os.environ, in_server=False, file=file)
        # what is in memory goes with the checkpointer, whose threads another one knows nothing of
        found = _kept(holder, JournalWriter(MemoryJournal()) if location == MEMORY else open_journal(location))
    return found


def location_of(checkpointer: Any, environment: Mapping[str, str], *, in_server: bool, file: str | None) -> str:
    """Return where the journal is kept, by the table above.

    Args:
        checkpointer: of the graph; None if it has none.
        environment: variables of the process.
        in_server: whether the graph runs in LangGraph's server.
        file: of a SQLite checkpointer; empty if it is in memory, None if it cannot be told.
    """
    if setting := environment.get(SETTING):
        return setting
    if in_server:
        found = (environment.get(name, "") for name in _SERVERS_DATABASE)
        # the server for development has ":memory:" there
        return next((uri for uri in found if uri.startswith(_POSTGRES)), IN_SERVER)
    kind = _kind(checkpointer)
    if checkpointer is None or kind in {"InMemorySaver", "MemorySaver"}:
        return MEMORY
    if kind in {"SqliteSaver", "AsyncSqliteSaver"}:
        return ELSEWHERE if file is None else file or MEMORY
    if kind in {"PostgresSaver", "AsyncPostgresSaver", "ShallowPostgresSaver", "AsyncShallowPostgresSaver"}:
        return _conninfo(checkpointer.conn) or ELSEWHERE
    return ELSEWHERE


def _kind(checkpointer: Any) -> str:
    """Return the name of LangGraph's class that it is, or is made from."""
    names = [kind.__name__ for kind in type(checkpointer).__mro__ if kind.__module__.startswith("langgraph.checkpoint")]
    return next((name for name in names if name.endswith("Saver") and name != "BaseCheckpointSaver"), "")


async def _file_of(checkpointer: Any) -> str | None:
    """Ask a SQLite checkpointer for its file, without the event loop having to wait; None if it does not tell."""
    kind = _kind(checkpointer)
    question = "PRAGMA database_list"
    try:
        if kind == "AsyncSqliteSaver":
            async with checkpointer.conn.execute(question) as cursor:
                rows = await cursor.fetchall()
        elif kind == "SqliteSaver":
            rows = await asyncio.to_thread(lambda: checkpointer.conn.execute(question).fetchall())
        else:
            return None
    except Exception:  # noqa: BLE001  # closed, or bound to its thread: a file of our own is as good
        return None
    return next((row[2] or "" for row in rows if row[1] == "main"), "")


def _conninfo(connection: Any) -> str | None:
    """Return the connection string of a psycopg connection or pool, its password included; None if it has none."""
    from psycopg import conninfo, pq  # noqa: PLC0415  # who has a connection has psycopg

    given: Any = getattr(connection, "conninfo", None)
    if isinstance(given, str):
        options = cast("dict[str, Any]", getattr(connection, "kwargs", None) or {})
        known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
        named: dict[str, Any] = {name: value for name, value in options.items() if name in known}
        return conninfo.make_conninfo(given, **named)
    info = getattr(connection, "info", None)
    if info is None or getattr(connection, "closed", True):
        return None
    parameters: dict[str, Any] = {**info.get_parameters(), "password": info.password or None}
    return conninfo.make_conninfo("", **parameters)


def _made(location: str) -> Journal:
    if location == MEMORY:
        return MemoryJournal()
    if location.startswith(_POSTGRES) or _KEY_AND_VALUE.match(location):
        return PostgresJournal(location, keep_days=_keep_days(os.environ.get(DAYS, "")))
    if location.startswith("sqlite://"):
        location = location.removeprefix("sqlite://").removeprefix("/")
    if not location or location == ":memory:" or "://" in location:
        raise ConfigurationError(f"a journal cannot be kept at {masked(location)!r}; {_WAYS}")
    return SqliteJournal(location, keep_days=_keep_days(os.environ.get(DAYS, "")))


def _keep_days(setting: str) -> float | None:
    if (text := setting.strip().lower()) in {"", "forever"}:
        return None if text else KEEP_DAYS
    try:
        return checked_days(float(text))
    except ValueError as error:
        raise ConfigurationError(f'{DAYS}={setting!r}: give a number of days from 0 on, or "forever"') from error


def _found(holder: Any) -> JournalWriter | None:
    with _lock:
        try:
            return _chosen.get(holder)
        except TypeError:
            return _chosen_by_id.get(id(holder), (None, None))[1]


def _kept(holder: Any, writer: JournalWriter) -> JournalWriter:
    """Keep a holder's writer, and return the one that it has: another thread may have been faster."""
    with _lock:
        try:
            return _chosen.setdefault(holder, writer)
        except TypeError:
            return _chosen_by_id.setdefault(id(holder), (holder, writer))[1]
