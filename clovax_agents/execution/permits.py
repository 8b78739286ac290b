"""Who may run now: caps per process, group and tool, given out in turns to the runs that wait (faults T03, T11)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import OrderedDict, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["PROCESS_CAP", "Cap", "Permits", "process_permits"]

PROCESS_CAP: Final = 256
"""How many tool calls of a process run at once, over all graphs."""

Key: TypeAlias = "tuple[str, tuple[Cap, ...], int]"
Waiting: TypeAlias = "tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many at once of whatever goes by this name.

    Attributes:
        name: of a tool, a group or a place.
        most: how many.
        per_level: tools that run inside of tools are counted apart; see `Permits`.
    """

    name: str
    most: int
    per_level: bool = False

    def at(self, level: int) -> str:
        """Return the name under which it is counted."""
        return f"{self.name}@{level}" if level and self.per_level else self.name


class Permits:
    """Counts what runs and lets the next one in; runs that wait take turns, each in its own order.

    Works over threads and event loops; nobody polls, and a waiter that is cancelled gives up its place.

    A tool that runs an agent holds its room while that agent's tools wait for theirs; where all of the room was held
    like that, nobody would ever move. So the process's own cap counts for each level of tools inside of tools apart.

    Args:
        most: how many may run at once, whatever their own caps are.
    """

    def __init__(self, most: int = PROCESS_CAP) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._all: dict[int, int] = {}
        self._busy: dict[str, int] = {}
        self._queues: OrderedDict[Key, deque[Waiting]] = OrderedDict()

    @asynccontextmanager
    async def held(self, run: str, caps: tuple[Cap, ...], level: int = 0) -> AsyncGenerator[None]:
        """Wait until all the caps have room, and take it for as long as the block lasts.

        Args:
            run: who asks; those of one run are served in order, different runs in turns.
            caps: besides the process's own.
            level: how many tools it runs inside of.
        """
        await self.take(run, caps, level)
        try:
            yield
        finally:
            self.give_back(caps, level)

    def try_take(self, caps: tuple[Cap, ...], level: int = 0) -> bool:
        """Take room if there is some and nobody waits for it."""
        with self._lock:
            return not self._queues and self._let_one_in(caps, level)

    async def take(self, run: str, caps: tuple[Cap, ...], level: int = 0) -> None:
        """Wait for room and take it."""
        key = (run, caps, level)
        if (place := self._try(key)) is None:
            return
        try:
            await place[1]
        except asyncio.CancelledError:
            self._leave(key, place)
            raise

    def give_back(self, caps: tuple[Cap, ...], level: int = 0) -> None:
        """Give the room back, and let in who waits for it."""
        with self._lock:
            self._uncount(caps, level)
            if self._queues:
                self._let_in()

    def _try(self, key: Key) -> Waiting | None:
        with self._lock:
            if key not in self._queues and self._let_one_in(*key[1:]):
                return None
            loop = asyncio.get_running_loop()
            place = (loop, loop.create_future())
            self._queues.setdefault(key, deque()).append(place)
            return place

    def _leave(self, key: Key, place: Waiting) -> None:
        with self._lock:
            queue = self._queues.get(key)
            if queue is not None and place in queue:
                queue.remove(place)
                if not queue:
                    del self._queues[key]
                return
        self.give_back(*key[1:])  # it was let in at the very moment in which it gave up

    def _let_in(self) -> None:
        """Go round the queues as long as somebody can be let in; who was served goes to the back."""
        served = True
        while served:
            served = False
            for key in list(self._queues):
                if self._let_one_in(*key[1:]):
                    self._serve(key)
                    served = True

    def _serve(self, key: Key) -> None:
        queue = self._queues[key]
        loop, future = queue.popleft()
        if queue:
            self._queues.move_to_end(key)
        else:
            del self._queues[key]
        try:
            loop.call_soon_threadsafe(_wake, future)
        except RuntimeError:  # its loop is closed: nobody is there to give the room back
            self._uncount(*key[1:])

    def _let_one_in(self, caps: tuple[Cap, ...], level: int) -> bool:
        """Count one more if all the caps have room; the lock is held."""
        running = self._all.get(level, 0)
        if running >= self._most:
            return False
        for cap in caps:
            if self._busy.get(cap.at(level), 0) >= cap.most:
                return False
        self._all[level] = running + 1
        for cap in caps:
            name = cap.at(level)
            self._busy[name] = self._busy.get(name, 0) + 1
        return True

    def _uncount(self, caps: tuple[Cap, ...], level: int) -> None:
        self._all[level] -= 1
        for cap in caps:
            self._busy[cap.at(level)] -= 1


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


_permits: dict[int, Permits] = {}


def process_permits() -> Permits:
    """Return the permits of this process; a forked child has its own."""
    pid = os.getpid()
    return _permits.get(pid) or _permits.setdefault(pid, Permits())
