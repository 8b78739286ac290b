"""Which threads there are: a table beside the checkpoints of the same SQLite file."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clovax_agents.budgets.usage import RunUsage, as_usage
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["Thread", "Threads"]

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS clovax_threads (
    id TEXT PRIMARY KEY, graph TEXT NOT NULL, title TEXT NOT NULL, updated REAL NOT NULL, usage TEXT NOT NULL
)
"""
_WRITE: Final = "INSERT OR REPLACE INTO clovax_threads VALUES (?, ?, ?, ?, ?)"
_READ: Final = "SELECT id, graph, title, updated, usage FROM clovax_threads ORDER BY updated DESC"
_LONGEST: Final = 60


@dataclass(slots=True)
class Thread:
    """A conversation.

    Attributes:
        graph: with which it is held.
        id: of the thread.
        title: the beginning of its first message; empty before that.
        updated: Unix time, seconds.
        usage: of all its turns, those that were taken back included.
    """

    graph: str
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    title: str = ""
    updated: float = 0.0
    usage: RunUsage = field(default_factory=RunUsage)


class Threads:
    """The threads of a file.

    Args:
        path: of the SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[Thread]:
        """Return all of them, the last one first."""
        with self._open() as connection:
            rows = connection.execute(_READ).fetchall()
        return [
            Thread(graph, id_, title, updated, as_usage(json.loads(usage)))
            for id_, graph, title, updated, usage in rows
        ]

    def keep(self, thread: Thread, message: str = "") -> None:
        """Write down a thread as it is now.

        Args:
            thread: that was used.
            message: that was said; the first one is its title.
        """
        thread.title = thread.title or " ".join(message.split())[:_LONGEST]
        thread.updated = time.time()
        values = (thread.id, thread.graph, thread.title, thread.updated, json.dumps(thread.usage.as_dict()))
        with self._open() as connection:
            connection.execute(_WRITE, values)

    def find(self, named: str) -> Thread:
        """Return a thread by its number in the list, its id, or the beginning of it.

        Raises:
            ConfigurationError: there is none, or more than one.
        """
        known = self.all()
        if named.isdecimal() and 1 <= int(named) <= len(known) and not any(one.id == named for one in known):
            return known[int(named) - 1]
        found = [one for one in known if one.id == named] or [
            one for one in known if named and one.id.startswith(named)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigurationError(
                say("{count} threads begin with {named}: give more of the id", count=len(found), named=named)
            )
        raise ConfigurationError(say("there is no thread {named}: clovax chat --threads lists them", named=repr(named)))

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
                connection.execute(_TABLE)
                yield connection
        except (sqlite3.Error, OSError) as error:
            text = "the threads in {path} cannot be used ({error}): choose another file with --db"
            raise ConfigurationError(say(text, path=self._path, error=error)) from error
