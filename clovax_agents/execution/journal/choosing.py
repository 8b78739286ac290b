"""Which journal is used when none is given: one that lives as long as what could resume a run (decision 9).

CLOVAX_JOURNAL is set                      that one: "memory", a path, "sqlite:///path", "postgresql://..."
in LangGraph's server                      Postgres where the server has one, else a file beside its state
no checkpointer, or one in memory          memory
SqliteSaver, AsyncSqliteSaver              the same file
PostgresSaver, AsyncPostgresSaver          the same database
any other checkpointer                     .clovax/journal.sqlite in the working directory
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal
from clovax_agents.execution.journal.writer import JournalWriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.execution.journal.base import Journal

__all__ = ["SETTING", "choose", "location_of", "open_journal"]

SETTING: Final = "CLOVAX_JOURNAL"
MEMORY: Final = "memory"
ELSEWHERE: Final = ".clovax/journal.sqlite"
IN_SERVER: Final = ".langgraph_api/clovax-journal.sqlite"
_SERVERS_DATABASE: Final = ("POSTGRES_URI", "DATABASE_URI")

_lock = threading.Lock()
_writers: dict[str, JournalWriter] = {}
_chosen: WeakKeyDictionary[Any, JournalWriter] = WeakKeyDictionary()


def open_journal(given: str | os.PathLike[str] | Journal) -> JournalWriter:
    """Return a journal by its location, the same one each time, or one of the user's own.

    Args:
        given: ``"memory"``, a path, ``"sqlite:///path"``, ``"postgresql://..."``, or a `Journal`.

    Example:
        >>> open_journal("memory").durable
        False
    """
    if not isinstance(given, str | os.PathLike):
        return JournalWriter(given)
    location = os.fspath(given)
    if not location.strip():
        raise ConfigurationError("the journal has no name: give 'memory', a path, or 'postgresql://...'")
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
    setting = os.environ.get(SETTING)
    if setting or in_server:
        return open_journal(location_of(checkpointer, os.environ, in_server=in_server, file=None))
    holder = node if checkpointer is None else checkpointer
    found = _chosen.get(holder)
    if found is None:
        file = await _file_of(checkpointer)
        location = location_of(checkpointer, os.environ, in_server=False, file=file)
        # what is in memory goes with the checkpointer, whose threads another one knows nothing of
        found = JournalWriter(MemoryJournal()) if location == MEMORY else open_journal(location)
        _chosen[holder] = found
    return found


def location_of(checkpointer: Any, environment: Mapping[str, str], *, in_server: bool, file: str | None) -> str:
    """Return where the journal is kept, by the table above.

    Args:
        checkpointer: of the graph; None if it has none.
        environment: variables of the process.
        in_server: whether the graph runs in LangGraph's server.
        file: of a SQLite checkpointer; empty if it is in memory.
    """
    if setting := environment.get(SETTING):
        return setting
    if in_server:
        return next((environment[name] for name in _SERVERS_DATABASE if environment.get(name)), IN_SERVER)
    kind = _kind(checkpointer)
    if checkpointer is None or kind == "InMemorySaver":
        return MEMORY
    if kind in {"SqliteSaver", "AsyncSqliteSaver"}:
        return file or MEMORY
    if kind in {"PostgresSaver", "AsyncPostgresSaver", "ShallowPostgresSaver", "AsyncShallowPostgresSaver"}:
        return _conninfo(checkpointer.conn) or ELSEWHERE
    return ELSEWHERE


def _kind(checkpointer: Any) -> str:
    """Return the name of LangGraph's class that it is, or is made from."""
    names = [kind.__name__ for kind in type(checkpointer).__mro__ if kind.__module__.startswith("langgraph.checkpoint")]
    return next((name for name in names if name.endswith("Saver") and name != "BaseCheckpointSaver"), "")


async def _file_of(checkpointer: Any) -> str | None:
    """Ask a SQLite checkpointer for its file; without the event loop having to wait."""
    if "SqliteSaver" not in _kind(checkpointer):
        return None
    connection = checkpointer.conn
    question = "PRAGMA database_list"
    if inspect.iscoroutinefunction(connection.execute) or hasattr(connection, "_tx"):
        cursor = await connection.execute(question)
        rows = await cursor.fetchall()
    else:
        rows = await asyncio.to_thread(lambda: connection.execute(question).fetchall())
    return next((row[2] for row in rows if row[1] == "main"), "") or ""


def _conninfo(connection: Any) -> str | None:
    """Return the connection string of a psycopg connection or pool, its password included."""
    given = getattr(connection, "conninfo", None)
    if isinstance(given, str):
        return given
    info = getattr(connection, "info", None)
    if info is None:
        return None
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415  # who has a connection has psycopg

    parameters: dict[str, Any] = {**info.get_parameters(), "password": info.password or None}
    return make_conninfo("", **parameters)


def _made(location: str) -> Journal:
    if location == MEMORY:
        return MemoryJournal()
    if location.startswith(("postgresql://", "postgres://")) or "dbname=" in location or "host=" in location:
        return PostgresJournal(location)
    if location.startswith("sqlite:"):
        return SqliteJournal(location.removeprefix("sqlite:").removeprefix("//").removeprefix("/") or MEMORY)
    if "://" in location:
        raise ConfigurationError(
            f"a journal cannot be kept at {location.partition('://')[0]}://; give 'memory', a path, 'sqlite:///path' "
            "or 'postgresql://...'"
        )
    return SqliteJournal(location)
