"""Things that a forked child must not share with its parent: locks, connections and threads."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Desk", "PerProcess"]

Thing = TypeVar("Thing")
_PATIENCE: Final = 5.0
_desks: WeakSet[Desk] = WeakSet()
_held: list[Desk] = []


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


@dataclass(slots=True, eq=False, weakref_slot=True)
class Desk:
    """A connection of one process, given back when nobody has it any more.

    The process does not fork while its lock is held: a child that begins in the middle of another thread's transaction
    inherits the locks inside the database's library, and nobody there would ever open them.

    Attributes:
        lock: for the audit may be read by any thread.
        connection: None until it is used.
        committing: whether what was asked for may have been committed.
        pid: of the process.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    connection: Any = None
    committing: bool = False
    pid: int = field(default_factory=os.getpid)

    def __post_init__(self) -> None:
        _desks.add(self)

    def close(self) -> None:
        """Close the connection; what is not committed is undone."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(Exception):  # it may be broken, which is why it is closed
                connection.close()

    def __del__(self) -> None:
        if self.pid == os.getpid():
            self.close()


def _before_fork() -> None:
    """Wait until no transaction is under way; not for ever, for one may be waiting for another process."""
    until = time.monotonic() + _PATIENCE
    _held.extend(desk for desk in list(_desks) if desk.lock.acquire(timeout=max(0.0, until - time.monotonic())))


def _after_fork() -> None:
    while _held:
        _held.pop().lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
