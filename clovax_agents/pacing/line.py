"""`Line`: who waits for room, in order: the more urgent first, and among equals who came first. Pure."""

from __future__ import annotations

from collections import OrderedDict
from itertools import chain, islice
from typing import Final, Generic, TypeVar

__all__ = ["PATIENCE", "Line"]

T = TypeVar("T")
PATIENCE: Final = 60.0
"""Seconds after which nobody more urgent goes first any more: so the last ones, too, get their turn."""


class Line(Generic[T]):
    """A queue with priorities; joining, leaving and looking who is next cost the same however long it is.

    Example:
        >>> line = Line[str]()
        >>> line.join("batch", 1, 0.0), line.join("chat", 0, 1.0)
        (None, None)
        >>> line.first(2.0), line.first(99.0)
        ('chat', 'batch')
    """

    __slots__ = ("_by_priority", "_length")

    def __init__(self) -> None:
        self._by_priority: dict[int, OrderedDict[T, float]] = {}
        self._length = 0

    def join(self, item: T, priority: int, now: float) -> None:
        """Stand at the end of those of this priority, smaller numbers first."""
        if priority not in self._by_priority:
            self._by_priority = dict(sorted([*self._by_priority.items(), (priority, OrderedDict[T, float]())]))
        self._length += item not in self._by_priority[priority]
        self._by_priority[priority][item] = now

    def push_in(self, item: T, priority: int, since: float) -> None:
        """Stand at the beginning of those of this priority: who was turned away has waited already."""
        self.join(item, priority, since)
        self._by_priority[priority].move_to_end(item, last=False)

    def __contains__(self, item: T) -> bool:
        return any(item in items for items in self._by_priority.values())

    def leave(self, item: T, priority: int) -> bool:
        """Step out; False if it did not stand there."""
        if self._by_priority.get(priority, OrderedDict[T, float]()).pop(item, None) is None:
            return False
        self._length -= 1
        return True

    def first(self, now: float) -> T | None:
        """Return who is next; None if nobody waits."""
        heads = [next(iter(items.items())) for items in self._by_priority.values() if items]
        if not heads:
            return None
        item, since = min(heads, key=lambda head: head[1])
        return item if now - since > PATIENCE else heads[0][0]

    def front(self, now: float, most: int) -> list[T]:
        """Return the first ones in the line, so many of them at most."""
        first = self.first(now)
        return [] if first is None else [first, *self.behind(first, most - 1)]

    def behind(self, item: T, most: int) -> list[T]:
        """Return the next ones in the line, so many of them at most, without this one."""
        items = chain.from_iterable(self._by_priority.values())
        return [other for other in islice(items, most + 1) if other is not item][:most]

    def __len__(self) -> int:
        return self._length
