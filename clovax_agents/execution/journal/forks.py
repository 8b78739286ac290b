"""Things that a forked child must not share with its parent: locks, connections and threads."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from clovax_agents.forking import lock_for_forks

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

__all__ = ["Desk", "PerProcess"]

Thing = TypeVar("Thing")


class PerProcess(Generic[Thing]):
    """One thing for each process, made when it is asked for.

    The parent's is kept, untouched, in the child: to close a connection there could end the parent's session.

    Example:
        >>> lists = PerProcess(list)
        >>> lists.get() is lists.get()
        True
    """

    def __init__(self, make: Callable[[], Thing]) -> None:
        self._make = make
        self._made: dict[int, Thing] = {}

    def get(self) -> Thing:
        """Return this process's thing."""
        pid = os.getpid()
        found = self._made.get(pid)
        return found if found is not None else self._made.setdefault(pid, self._make())


@dataclass(slots=True)
class Desk:
    """A connection of one process, given back when nobody has it any more.

    Attributes:
        lock: for the audit may be read by any thread, and a fork waits for transactions.
        connection: None until it is used.
        committing: whether what was asked for may have been committed.
        pid: of the process.
    """

    lock: threading.Lock = field(default_factory=lock_for_forks)
    connection: Any = None
    committing: bool = False
    pid: int = field(default_factory=os.getpid)

    def close(self) -> None:
        """Close the connection; what is not committed is undone."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(Exception):  # it may be broken, which is why it is closed
                connection.close()

    def __del__(self) -> None:
        if self.pid == os.getpid():
            self.close()
