"""Our own threads for sync tools: a hung one starves nobody, and keeps no process from ending (promise 7).

They are daemons, because Python waits for ordinary ones at exit. The event loop's default executor is never used.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakKeyDictionary

from clovax_agents.errors import ToolRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

__all__ = ["MAX_LOST", "MAX_THREADS", "Threads", "Ticket", "threads"]

MAX_THREADS: Final = 32
"""That run tools at once."""
MAX_LOST: Final = 128
"""That may hang, each in a tool whose time was over, before no more tools are begun."""
_IDLE: Final = 10.0


class Ticket:
    """One function on its way through a thread.

    Attributes:
        done: a future of the loop that asked; it is set when the function has ended, however it did.
        value: that it returned.
        error: that it raised, of any kind.
        started: on ``time.monotonic()``'s clock; 0 before it begins.
    """

    __slots__ = ("_function", "_late", "_lock", "_state", "context", "done", "error", "inbox", "started", "value")

    def __init__(self, function: Callable[[], Any], context: Context, inbox: _Inbox) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._state: Literal["waiting", "running", "lost", "ended"] = "waiting"
        self._late: Callable[[Ticket], None] | None = None
        self.context = context
        self.inbox = inbox
        self.done: asyncio.Future[None] = inbox.loop.create_future()
        self.value: Any = None
        self.error: BaseException | None = None
        self.started = 0.0

    def result(self) -> Any:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value

    def run(self) -> bool:
        """Run the function; whether the thread may go on with another."""
        with self._lock:
            if self._state != "waiting":
                return True
            self._state = "running"
        self.started = time.monotonic()
        try:
            self.value = self.context.run(self._function)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is the tool's, and ends no thread
            self.error = error
        with self._lock:
            lost = self._is("lost")
            self._state = "ended"
        if lost and self._late is not None:
            self._late(self)
        elif not lost:
            self.inbox.put(self)
        return not lost

    def _is(self, state: str) -> bool:
        return self._state == state  # others change it meanwhile

    def abandon(self, late: Callable[[Ticket], None] | None = None) -> bool:
        """Wait for it no longer; whether a thread hangs in it.

        Args:
            late: called in that thread, should the function end after all.
        """
        with self._lock:
            hangs = self._state == "running"
            self._late = late
            if self._state != "ended":
                self._state = "lost" if hangs else "ended"
        return hangs


class _Inbox:
    """Wakes a loop once for all that has ended since it last looked."""

    __slots__ = ("_ended", "_told", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ended: deque[Ticket] = deque()
        self._told = False

    def put(self, ticket: Ticket) -> None:
        self._ended.append(ticket)
        if not self._told:
            self._told = True
            try:
                self.loop.call_soon_threadsafe(self._look)
            except RuntimeError:  # the loop is closed: nobody waits
                self._ended.clear()

    def _look(self) -> None:
        self._told = False
        while self._ended:
            ticket = self._ended.popleft()
            if not ticket.done.done():
                ticket.done.set_result(None)


class Threads:
    """Threads that come when they are needed and go when they are not.

    Args:
        most: that run at once, those that hang in abandoned functions not counted.
        lost: how many may hang.
    """

    def __init__(self, most: int = MAX_THREADS, lost: int = MAX_LOST) -> None:
        self._most = most
        self._most_lost = lost
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[Ticket] = queue.SimpleQueue()
        self._alive = 0
        self._free = 0  # threads that wait, less the tickets on their way to them
        self._backlog = 0  # tickets for which there was no thread
        self.lost = 0
        self._inboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Inbox] = WeakKeyDictionary()

    def submit(self, function: Callable[[], Any], context: Context) -> Ticket:
        """Run a function in a thread, for the running loop.

        Args:
            function: without arguments.
            context: variables that it runs with; a copy made for it.

        Raises:
            ToolRefusedError: too many threads hang.
        """
        loop = asyncio.get_running_loop()
        inbox = self._inboxes.get(loop)
        if inbox is None:
            inbox = self._inboxes[loop] = _Inbox(loop)
        ticket = Ticket(function, context, inbox)
        with self._lock:
            if self.lost >= self._most_lost:
                raise ToolRefusedError(
                    f"{self.lost} tools hang in threads that cannot be ended, so no more are begun. Restart the "
                    "process, and give tools that hang runs_in='process'"
                )
            if self._free:
                self._free -= 1
            elif self._alive < self._most:
                self._start()
            else:
                self._backlog += 1
        self._work.put(ticket)
        return ticket

    def abandon(self, ticket: Ticket, late: Callable[[Ticket], None] | None = None) -> None:
        """Write a function off whose time is over, and the thread with it if it is in it.

        Args:
            ticket: of the function.
            late: called in its thread, should it end after all.
        """
        if ticket.abandon(late):
            with self._lock:
                self.lost += 1
                self._alive -= 1
                if self._backlog:
                    self._backlog -= 1
                    self._start()

    def _start(self) -> None:
        self._alive += 1
        threading.Thread(target=self._serve, name="clovax-tool", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                ticket = self._work.get(timeout=_IDLE)
            except queue.Empty:
                if self._may_go():
                    return
                continue
            if not ticket.run():
                with self._lock:
                    self.lost -= 1
                return
            del ticket  # what it holds is not to live as long as the thread idles
            with self._lock:
                if self._backlog:
                    self._backlog -= 1
                else:
                    self._free += 1

    def _may_go(self) -> bool:
        with self._lock:
            if self._free <= 0 or not self._work.empty():
                return False
            self._free -= 1
            self._alive -= 1
            return True


_threads: dict[int, Threads] = {}


def threads() -> Threads:
    """Return the threads of this process; those of its parent do not survive a fork."""
    pid = os.getpid()
    return _threads.get(pid) or _threads.setdefault(pid, Threads())
