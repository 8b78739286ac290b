"""`ThreadDoor`: how an event loop hands jobs to threads: one hand-over for many jobs, one wake-up for many results.

A hand-over and a wake-up for each job would cost several times what a short job costs.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from clovax_agents.errors import ToolRefusedError, ToolTimeoutError
from clovax_agents.execution.places.threads import default_threads
from clovax_agents.execution.places.tickets import Ticket
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.execution.places.threads import ThreadPlace
    from clovax_agents.execution.places.tickets import Left

__all__ = ["LoopInbox", "LoopTicket", "ThreadDoor"]

R = TypeVar("R")


class LoopInbox:
    """Brings items from threads to a loop, and wakes the loop once for all that arrive meanwhile.

    Args:
        loop: on which ``receive`` is called.
        receive: takes one item.
    """

    __slots__ = ("_items", "_loop", "_receive", "_woken")

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Callable[[Any], object]) -> None:
        self._loop = loop
        self._receive = receive
        self._items: deque[Any] = deque()
        self._woken = False

    def put(self, item: object) -> bool:
        """Hand in an item from any thread; False if the loop is closed, so that nobody will take it."""
        self._items.append(item)
        # Both orders are safe: the loop clears the mark before it takes items, we append before we read the mark.
        if not self._woken:
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:
                return False
        return True

    def _drain(self) -> None:
        self._woken = False
        items, receive = self._items, self._receive
        while items:
            receive(items.popleft())


class LoopTicket(Ticket[R]):
    """A job in a thread that a coroutine waits for; `ThreadDoor.start` makes it."""

    __slots__ = ("_arrived", "_door")

    def __init__(
        self,
        job: Callable[[], R],
        door: ThreadDoor,
        context: contextvars.Context,
        late: Callable[[Ticket[R]], object] | None,
    ) -> None:
        """Take a place in the queue of the door's pool."""
        super().__init__(job, door.tell, context, late)
        self._door = door
        self._arrived: asyncio.Future[bool] = door.loop.create_future()

    async def wait(self, timeout: float = math.inf) -> LoopTicket[R]:  # noqa: ASYNC109  # it counts from the start
        """Wait for the end; what the job raised is in ``error``, and is not raised here.

        Args:
            timeout: seconds from when the job really starts; waiting for a thread does not count.

        Raises:
            ToolTimeoutError: the time is over; the job was abandoned.
            asyncio.CancelledError: we were cancelled; the job was abandoned, and ``left`` says how.
        """
        self._door.watch(self, timeout)
        try:
            in_time = await self._arrived
        except BaseException:
            self.abandon()
            raise
        finally:
            self._door.look_away(self)
        if not in_time:
            raise ToolTimeoutError(say("it did not end within {seconds:g} s, and was given up", seconds=timeout))
        return self

    def abandon(self) -> Left:
        """Give the job up, as `ThreadPlace.abandon` does."""
        return self._door.place.abandon(self)

    def arrive(self) -> None:
        """Note on the loop that the job has ended."""
        if not self._arrived.done():
            self._arrived.set_result(True)

    def check(self, timeout: float) -> float:
        """Give the job up if its time is over; return the seconds that it has left, all of them before it starts."""
        rest = timeout if self.started_at is None else self.started_at + timeout - time.monotonic()
        if rest <= 0 and not self._arrived.done() and self.abandon() != "ended":
            self._arrived.set_result(False)
        return rest


class ThreadDoor:
    """The running loop's way into a pool of threads; make one for each turn or keep it as long as the loop.

    Args:
        place: the pool; the shared one by default.

    Example:
        >>> async def main() -> int:
        ...     ticket = await ThreadDoor().start(lambda: 6 * 7).wait(timeout=10)
        ...     return ticket.result()
        >>> asyncio.run(main())
        42
    """

    __slots__ = ("_leaving", "_shortest", "_timer", "_watched", "loop", "place", "tell")

    def __init__(self, place: ThreadPlace | None = None) -> None:
        self.place: ThreadPlace = place or default_threads()
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.tell: Callable[[Ticket[Any]], object] = LoopInbox(self.loop, _arrive).put
        self._leaving: list[LoopTicket[Any]] = []
        self._watched: dict[LoopTicket[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._shortest = math.inf  # of the times for which the timer was set

    def start(
        self,
        job: Callable[[], R],
        *,
        context: contextvars.Context | None = None,
        late: Callable[[Ticket[R]], object] | None = None,
    ) -> LoopTicket[R]:
        """Hand in a job, together with all others that are handed in before the loop gets its turn.

        If there is no room, `wait` ends at once and ``error`` is a ToolRefusedError. See `ThreadPlace.submit`.
        """
        ticket = LoopTicket(job, self, contextvars.copy_context() if context is None else context, late)
        if not self._leaving:
            self.loop.call_soon(self._leave)
        self._leaving.append(ticket)
        return ticket

    def flush(self) -> None:
        """Hand over now what was handed in: whoever is about to wait need not wait for the loop's turn first."""
        if self._leaving:
            self._leave()

    def watch(self, ticket: LoopTicket[Any], timeout: float) -> None:
        """Have a job given up when its time is over.

        One timer looks after all of them, and is left alone when they are done: the next ones mostly need it again.
        """
        if timeout < math.inf:
            self._watched[ticket] = timeout
            if timeout < self._shortest:  # else the timer goes off before that anyway
                self._look_in(timeout)

    def look_away(self, ticket: LoopTicket[Any]) -> None:
        """Let a job be that nobody waits for any more."""
        self._watched.pop(ticket, None)

    def _look_in(self, seconds: float) -> None:
        due = self.loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._shortest = seconds
        self._timer = self.loop.call_at(due, self._patrol)

    def _patrol(self) -> None:
        self._timer, self._shortest = None, math.inf
        rests = [ticket.check(timeout) for ticket, timeout in list(self._watched.items())]
        if left := [rest for rest in rests if rest > 0]:
            self._look_in(min(left))

    def _leave(self) -> None:
        tickets, self._leaving = self._leaving, []
        if not tickets:
            return
        try:
            self.place.submit_all(tickets)
        except ToolRefusedError as refusal:
            for ticket in tickets:
                ticket.error = refusal
                ticket.arrive()


def _arrive(ticket: LoopTicket[Any]) -> None:
    ticket.arrive()
