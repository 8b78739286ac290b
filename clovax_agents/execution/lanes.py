"""Many calls, so many at once: a few tasks take one after the other; one that overstays is left behind (T01, T02, T11).

A task and a timer for each call would cost more than most calls do. Here a lane is one task for many calls, and one
timer looks after all lanes.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from clovax_agents.errors import ToolTimeoutError
from clovax_agents.execution.eager import start
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType

__all__ = ["GRACE", "Lane", "Lanes"]

GRACE: Final = 1.0
"""Seconds that a cancelled tool has to end; then it is left behind."""
J = TypeVar("J")
J_contra = TypeVar("J_contra", contravariant=True)


class Perform(Protocol[J_contra]):
    """Runs one job in a lane, and keeps its exceptions to itself."""

    def __call__(self, job: J_contra, lane: Lane, /) -> Awaitable[None]:
        """Run the job."""
        ...


class Lane:
    """One task that takes job after job, and the block with a deadline that each of them runs in.

    Attributes:
        left_behind: nobody waits for it any more; what it still ends with comes too late.
    """

    __slots__ = ("_clock", "_look", "due", "expired", "job", "left_behind", "seconds", "task")

    def __init__(self, clock: Callable[[], float], look: Callable[[float], None]) -> None:
        self._clock = clock
        self._look = look
        self.task: asyncio.Task[None] | None = None
        self.job: Any = None
        self.due: float = math.inf
        self.expired: bool = False
        self.left_behind: bool = False
        self.seconds: float = math.inf

    def deadline(self, seconds: float) -> Lane:
        """Return a block that ends with a `ToolTimeoutError` after so many seconds; there is one at a time."""
        self.seconds = seconds
        return self

    def __enter__(self) -> None:
        """Let the time run."""
        self.due = self._clock() + self.seconds
        self.expired = False
        if self.seconds != math.inf:
            self._look(self.due)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the time, and say so if it was over."""
        self.due = math.inf
        if self.expired and self.task is not None and not self.left_behind:
            self.expired = False
            self.task.uncancel()
            if kind is not None and issubclass(kind, asyncio.CancelledError):
                raise ToolTimeoutError(say("it did not end within {seconds:g} s", seconds=self.seconds)) from None


class Lanes(Generic[J]):
    """Runs jobs in at most so many lanes.

    Args:
        perform: runs one job, in a lane whose `Lane.deadline` it uses.
        overdue: called for a job that was left behind, in a lane of its own.
        before_waiting: called when all lanes wait for something for the first time.
    """

    def __init__(
        self, perform: Perform[J], overdue: Perform[J], before_waiting: Callable[[], object] = lambda: None
    ) -> None:
        self._before_waiting = before_waiting
        self._perform = perform
        self._overdue = overdue
        self._loop = asyncio.get_running_loop()
        self._queue: deque[J] = deque()
        self._lanes: set[Lane] = set()
        self._open = 0
        self._idle = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._waits = False

    async def run(self, jobs: Iterable[J], width: int) -> None:
        """Run all jobs to their end; when cancelled, cancel them, wait for the grace, and leave behind what is left."""
        self._queue.extend(jobs)
        self._open = len(self._queue)
        if not self._open:
            return
        for _ in range(min(width, self._open)):
            if self._queue:  # lanes that need not wait have left nothing to do
                self._start(self._work)
        try:
            if self._open:
                self._wait()
                await self._idle
        except asyncio.CancelledError:
            await self._cancel()
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _start(self, work: Callable[[Lane], Any]) -> None:
        lane = Lane(self._loop.time, self._look)
        self._lanes.add(lane)
        lane.task = start(self._loop, work(lane))

    async def _work(self, lane: Lane) -> None:
        try:
            while self._queue and not lane.left_behind:
                lane.job = self._queue.popleft()
                await self._perform(lane.job, lane)
                if not lane.left_behind:
                    self._ended()
        except asyncio.CancelledError as error:
            self._broken(error)
            raise
        except BaseException as error:  # noqa: BLE001  # whoever waits for the lanes is told
            self._broken(error)
        self._lanes.discard(lane)

    def _broken(self, error: BaseException) -> None:
        """Let nobody wait for a lane that is gone; that it was cancelled says who cancelled it."""
        if not self._idle.done():
            if isinstance(error, asyncio.CancelledError):
                self._idle.cancel()
            else:
                self._idle.set_exception(error)

    def _ended(self) -> None:
        self._open -= 1
        if not self._open and not self._idle.done():
            self._idle.set_result(None)

    def _wait(self) -> None:
        """Begin to wait: hand over what was collected, and look at the lanes from now on."""
        self._waits = True
        self._before_waiting()
        if (due := min((lane.due for lane in self._lanes), default=math.inf)) != math.inf:
            self._look(due)

    def _look(self, due: float) -> None:
        """Have a look at the lanes at that time, or before; what ends at once needs no look."""
        if not self._waits:
            return
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._patrol)

    def _patrol(self) -> None:
        self._timer = None
        now = self._loop.time()
        for lane in list(self._lanes):
            if lane.due > now:
                continue
            if lane.expired:
                self._leave_behind(lane)
            elif lane.task is not None:
                lane.expired = True
                lane.due = now + GRACE
                lane.task.cancel()
        if (due := min((lane.due for lane in self._lanes), default=math.inf)) != math.inf:
            self._look(due)

    def _leave_behind(self, lane: Lane) -> None:
        """Go on without it: its job ends as overdue, and another lane takes its place."""
        lane.left_behind = True
        self._lanes.discard(lane)
        job = lane.job

        async def instead(other: Lane) -> None:
            other.job = job
            await self._overdue(job, other)
            self._ended()
            await self._work(other)

        self._start(instead)

    async def _cancel(self) -> None:
        self._queue.clear()
        tasks = [lane.task for lane in self._lanes if lane.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        for lane in self._lanes:
            lane.left_behind = True
