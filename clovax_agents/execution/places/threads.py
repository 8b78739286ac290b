"""Our own bounded pools of daemon threads for sync tools: a tool that hangs holds up neither others nor the exit.

The pools of `concurrent.futures` are joined when the interpreter ends, and a thread that hangs keeps its slot for ever.
Here a job whose time is over is abandoned: its thread is written off, and another one may start in its place.
"""

from __future__ import annotations

import contextvars
import logging
import os
import threading
from collections import deque
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar
from weakref import WeakSet

from clovax_agents.errors import ConfigurationError, ToolRefusedError
from clovax_agents.execution.places.tickets import Ticket
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from clovax_agents.execution.places.tickets import Left

__all__ = ["MAX_ABANDONED", "MAX_THREADS", "ThreadPlace", "default_threads", "submit"]

MAX_THREADS: Final = 32
MAX_ABANDONED: Final = 128
IDLE_SECONDS: Final = 10.0
_NO_THREAD: Final = "the system starts no more threads, so nothing was run; try again later"
_LOGGER: Final = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")


class _WrittenOff:
    """How many threads of this process are lost to jobs that do not end."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, change: int) -> None:
        with self._lock:
            self.count += change

    def is_full(self) -> bool:
        return self.count >= MAX_ABANDONED


class ThreadPlace:
    """A pool of daemon threads, drained from one queue; each instance has threads of its own.

    Threads start when there is work, and end when there has been none for a while. Whatever a job raises,
    SystemExit and KeyboardInterrupt included, is kept in its ticket and harms no thread. A child that was forked
    starts with an empty pool.

    Args:
        max_threads: how many jobs run at once; abandoned ones do not count.
        idle: seconds after which a thread without work ends.

    Example:
        >>> done = SimpleQueue()
        >>> ticket = ThreadPlace(4).submit(lambda: 6 * 7, done.put)
        >>> done.get().result()
        42
    """

    def __init__(self, max_threads: int = MAX_THREADS, *, idle: float = IDLE_SECONDS) -> None:
        if max_threads < 1:
            raise ConfigurationError(f"max_threads={max_threads} runs nothing; give at least 1")
        self.max_threads = max_threads
        self._idle_seconds = idle
        self._coming = False
        self._reset()
        _places.add(self)

    def submit(
        self,
        job: Callable[[], R],
        done: Callable[[Ticket[R]], object],
        *,
        context: contextvars.Context | None = None,
        late: Callable[[Ticket[R]], object] | None = None,
    ) -> Ticket[R]:
        """Run a job in a thread.

        Args:
            job: takes nothing.
            done: called in the thread with the ticket when the job has ended, unless it was abandoned before.
            context: the job runs in it; a copy of the caller's by default. A context serves one job at a time.
            late: called in the thread when an abandoned job ends after all.

        Raises:
            ToolRefusedError: 128 threads of this process hang already; nothing was run.
        """
        ticket = Ticket(job, done, contextvars.copy_context() if context is None else context, late)
        self.submit_all([ticket])
        return ticket

    def submit_all(self, tickets: Sequence[Ticket[Any]]) -> None:
        """Run many jobs; refuses all or none (see `submit`)."""
        if _written_off.is_full():
            raise _refusal()
        with self._lock:
            self._waiting.extend(tickets)
            self._call_thread()
            stranded = self._take_stranded()
        _refuse(stranded)

    def abandon(self, ticket: Ticket[Any]) -> Left:
        """Give a job up and say how it was left.

        ``"unstarted"``: it will never run. ``"running"``: nothing can stop it, but its thread is written off and its
        result goes to ``late`` only. ``"ended"``: its result is there, or on its way to ``done``.
        """
        with self._lock:
            if ticket.left is not None:
                return ticket.left
            left = ticket.leave()
            if left == "running":
                self._threads -= 1
                _written_off.add(1)
                self._call_thread()
            stranded = self._take_stranded()
        _refuse(stranded)
        return left

    def _call_thread(self) -> None:
        """Wake or start one thread if jobs wait and none is on its way already; the lock is held.

        Each that comes calls the next while jobs wait: those that end at once need no thread each.
        """
        if self._coming or not self._waiting:
            return
        if self._idle:
            self._idle -= 1
            self._coming = True
            self._bell.put(None)
        elif self._threads < self.max_threads and not _written_off.is_full():
            self._start_thread()

    def _start_thread(self) -> None:
        self._started += 1
        name = f"clovax-tool_{self._started}"
        try:
            threading.Thread(target=self._work, args=(self._generation,), name=name, daemon=True).start()
        except RuntimeError:  # the system has no thread left; those that run drain the queue
            return
        self._threads += 1
        self._coming = True

    def _take_stranded(self) -> list[Ticket[Any]]:
        """Take the jobs that no thread would come for; the lock is held."""
        if not self._waiting or not (_written_off.is_full() or not self._threads):
            return []
        stranded = list(self._waiting)
        self._waiting.clear()
        return stranded

    def _work(self, generation: object) -> None:
        """Drain the queue, again and again, until there is nothing to do for long or a job was abandoned."""
        waiting = self._waiting
        comes: bool | None = True
        while self._generation is generation:
            try:
                ticket = waiting.popleft()
            except IndexError:
                ticket = None
            if comes:
                self._came()
            if ticket is None:
                comes = self._rest()
                if comes is None:
                    return
            elif _run(ticket):
                comes = False
            else:
                return

    def _came(self) -> None:
        """Call the next one, now that this one has come and taken what it was called for."""
        with self._lock:
            self._coming = False
            self._call_thread()

    def _rest(self) -> bool | None:
        """Wait for the bell; tell whether the thread was called, None if it was not and is to end."""
        with self._lock:
            if self._waiting:
                return False
            self._idle += 1
            bell = self._bell
        try:
            bell.get(timeout=self._idle_seconds)
        except Empty:
            with self._lock:
                try:
                    bell.get_nowait()  # it may have rung in between
                except Empty:
                    self._idle -= 1
                    self._threads -= 1
                    return None
        return True

    def _reset(self) -> None:
        """Begin with nothing: at first, and in a forked child, where the threads are not."""
        self._generation = object()
        self._lock = threading.Lock()
        self._waiting: deque[Ticket[Any]] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._threads = self._idle = self._started = 0
        self._coming = False


def _run(ticket: Ticket[Any]) -> bool:
    """Run a job and tell; False if it was abandoned meanwhile, and its thread is to end."""
    if not ticket.begin():
        return True
    _attempt(ticket)
    if ticket.end():
        _tell(ticket.done, ticket)
        return True
    _written_off.add(-1)
    _tell(ticket.late, ticket)
    return False


def _attempt(ticket: Ticket[Any]) -> None:
    try:
        ticket.value = ticket.context.run(ticket.job)
    except BaseException as error:  # noqa: BLE001  # a tool that exits must not end a thread of ours
        # Without this frame the error holds no ticket, and no cycle keeps the tool's locals alive.
        ticket.error = error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)


def _tell(callback: Callable[[Ticket[Any]], object] | None, ticket: Ticket[Any]) -> None:
    if callback is not None:
        try:
            callback(ticket)
        except BaseException:
            _LOGGER.exception("what was to be told about a tool's end failed itself")


def _refuse(stranded: list[Ticket[Any]]) -> None:
    for ticket in stranded:
        if ticket.begin():
            ticket.started_at = None
            ticket.error = _refusal() if _written_off.is_full() else ToolRefusedError(say(_NO_THREAD))
            if ticket.end():
                _tell(ticket.done, ticket)


def _refusal() -> ToolRefusedError:
    text = (
        "{count} tool runs hang in threads of this process, so nothing more is run in threads: "
        "give the tools that hang timeouts of their own, or runs_in='process', and restart this process"
    )
    return ToolRefusedError(say(text, count=MAX_ABANDONED))


_written_off = _WrittenOff()
_places: WeakSet[ThreadPlace] = WeakSet()
_default: Final = ThreadPlace()
_inner: dict[int, ThreadPlace] = {}


def default_threads(level: int = 0) -> ThreadPlace:
    """Return the pool that all tools of this process share; it starts no thread before it is used.

    Args:
        level: how many tools the tool runs inside of. Each level has a pool of its own: those outside hold their
            threads until those inside are done, and must not hold all that there are.
    """
    return _default if not level else _inner.get(level) or _inner.setdefault(level, ThreadPlace())


def submit(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
    """Run a function in the shared pool, with the caller's context variables."""
    future: Future[R] = Future()

    def settle(ticket: Ticket[R]) -> None:
        if ticket.error is not None:
            future.set_exception(ticket.error)
        else:
            future.set_result(ticket.result())

    _default.submit(lambda: function(*args, **kwargs), settle)
    return future


def _after_fork() -> None:
    _written_off.reset()
    for place in list(_places):
        place._reset()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
