"""What became of each question: a SQLite file that says what is in the answers, and that one process at a time holds.

An answer is written down here before it is added to the file of answers, so that a process that is killed in between
adds it when it comes back, and asks nothing again.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from clovax_agents.budgets.usage import RunUsage, as_usage
from clovax_agents.cli.batching.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from clovax_agents.cli.batching.questions import Question

__all__ = ["Entry", "Ledger", "Status", "open_ledger"]

Status = Literal["started", "answered", "failed", "needs_person"]
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS batch (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, thread TEXT NOT NULL, status TEXT NOT NULL, told TEXT NOT NULL,
    usage TEXT NOT NULL, attempts INTEGER NOT NULL, settled REAL
)
"""
_READ: Final = "SELECT id, digest, thread, status, told, usage, attempts, settled FROM entries ORDER BY settled"
_WRITE: Final = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One question, as far as it has come.

    Attributes:
        id: of the question.
        digest: of what was asked.
        thread: in which.
        status: how it stands.
        told: what is in the answers beside this.
        usage: of all attempts that could be counted.
        attempts: how often it was begun or gone on with.
        settled: when it came to its end, Unix time; None before.
    """

    id: str
    digest: str
    thread: str
    status: Status = "started"
    told: dict[str, Any] = field(default_factory=dict[str, Any])
    usage: RunUsage = field(default_factory=RunUsage)
    attempts: int = 0
    settled: float | None = None

    @property
    def line(self) -> str:
        """As it is among the answers."""
        counted = {"tokens": self.usage.tokens, "cost": round(self.usage.cost, 4), "attempts": self.attempts}
        parts = {"id": self.id, "thread": self.thread, "status": self.status, **self.told, **counted}
        return json.dumps(parts, ensure_ascii=False, default=str)


class Ledger:
    """The entries of a batch.

    Args:
        connection: that holds the file alone.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.entries: dict[str, Entry] = {}
        for id_, digest, thread, status, told, usage, attempts, settled in connection.execute(_READ):
            used = as_usage(json.loads(usage))
            self.entries[id_] = Entry(id_, digest, thread, status, json.loads(told), used, attempts, settled)

    def belongs_to(self, graph: str) -> None:
        """Note which graph is asked, and refuse another one.

        Raises:
            ConfigurationError: these are the answers of another graph.
        """
        with self._connection:
            self._connection.execute("INSERT OR IGNORE INTO batch VALUES ('graph', ?)", (graph,))
            (kept,) = self._connection.execute("SELECT value FROM batch WHERE name = 'graph'").fetchone()
        if kept != graph:
            raise ConfigurationError(
                say("this batch was begun with the graph {kept}: go on with it, or give another --out", kept=kept)
            )

    def check(self, questions: Iterable[Question]) -> None:
        """Refuse a question that is another one than was asked under its id.

        Raises:
            ConfigurationError: there is one.
        """
        for question in questions:
            known = self.entries.get(question.id)
            if known is not None and known.digest != question.digest:
                text = "question {id} is not what was asked before: give it an id of its own, or give another --out"
                raise ConfigurationError(say(text, id=question.id))

    def begin(self, question: Question) -> Entry:
        """Write down that a question is asked now."""
        before = self.entries.get(question.id) or Entry(question.id, question.digest, question.thread)
        return self._keep(replace(before, attempts=before.attempts + 1))

    def settle(self, entry: Entry, status: Status, told: dict[str, Any], usage: RunUsage) -> Entry:
        """Write down what a question came to."""
        return self._keep(replace(entry, status=status, told=told, usage=usage, settled=time.time()))

    def reopen(self, statuses: Iterable[Status]) -> None:
        """Let the questions that stand like this be asked again, from where they broke off."""
        wanted = set(statuses)
        for entry in [one for one in self.entries.values() if one.status in wanted]:
            self._keep(replace(entry, status="started", told={}, settled=None))

    def settled(self) -> list[Entry]:
        """Return what belongs into the answers, in the order in which it came to its end."""
        found = [entry for entry in self.entries.values() if entry.settled is not None]
        return sorted(found, key=lambda entry: entry.settled or 0.0)

    def _keep(self, entry: Entry) -> Entry:
        told, usage = json.dumps(entry.told, ensure_ascii=False, default=str), json.dumps(entry.usage.as_dict())
        row = (entry.id, entry.digest, entry.thread, entry.status, told, usage, entry.attempts, entry.settled)
        with self._connection:
            self._connection.execute(_WRITE, row)
        self.entries[entry.id] = entry
        return entry


@contextmanager
def open_ledger(path: Path) -> Generator[Ledger]:
    """Open a ledger; nobody else can until it is closed, or the process is gone.

    Raises:
        ConfigurationError: another process works on this batch, or the file cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            _take(connection)
            yield Ledger(connection)
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY":
            raise ConfigurationError(say("another process works on this batch: {path}", path=path)) from None
        raise ConfigurationError(
            say("{path} cannot be used ({error}): give another --out", path=path, error=error)
        ) from error


def _take(connection: sqlite3.Connection) -> None:
    """Lock the file for as long as the connection lives; every commit reaches the disk."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN EXCLUSIVE")
    connection.commit()
    connection.executescript(_TABLES)
