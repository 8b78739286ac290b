"""Things that a forked child must not share with its parent: locks, connections and threads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PerProcess"]

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
