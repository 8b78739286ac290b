"""`ProcessPlace`: tools in warm worker processes that can be killed (promise 7).

A tool in a worker can hang, crash, exit and eat its memory, and this process goes on. What it prints goes to stderr;
its stdin is empty. On Linux and macOS it may open 512 files of up to 1 GiB, and leaves no core. Only Linux limits its
memory, and ends a worker the moment its parent is killed; elsewhere a worker ends when it has done its job.
"""

from __future__ import annotations

import atexit
import itertools
import math
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from clovax_agents.errors import (
    ClovaXError,
    ConfigurationError,
    ToolRefusedError,
)
from clovax_agents.execution.places.contexts import facts_of, teller
from clovax_agents.execution.places.frames import MAX_RESULT, Job, Kind
from clovax_agents.execution.places.references import check_sendable, refer
from clovax_agents.execution.places.runs import ProcessHandle, ask, pack_arguments, stopped
from clovax_agents.execution.places.spawner import Spawner
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.execution.places.workers import WorkerProcess
    from clovax_agents.tooling.context import ToolContext

__all__ = ["ProcessHandle", "ProcessPlace", "check_sendable", "default_processes"]

IDLE_SECONDS: Final = 60.0
_CLOSING_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.5
_MOST_WORKERS: Final = 4
_GIB: Final = 1 << 30
_LAST: Final = (Kind.LAST_VALUE, Kind.LAST_ERROR)
_ERRORS: Final = (Kind.ERROR, Kind.LAST_ERROR)


class ProcessPlace:
    """Warm worker processes, each for one call at a time; a worker that crashed or was killed is replaced.

    Workers start when they are needed, with multiprocessing's "spawn" method: a script that is run directly has to
    start its work under ``if __name__ == "__main__":``. A worker without work ends after a minute, all end with this
    process. A child that was forked starts its own.

    Args:
        max_workers: how many run at once; 4 by default, or as many as there are processors if they are fewer.
        memory: bytes that a tool may need beyond those of the idle worker, 1 GiB by default.
        idle: seconds after which a worker without work ends.
        max_result: bytes of a result, pickled.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        memory: int = _GIB,
        idle: float = IDLE_SECONDS,
        max_result: int = MAX_RESULT,
    ) -> None:
        self.max_workers: int = min(os.cpu_count() or 1, _MOST_WORKERS) if max_workers is None else max_workers
        if self.max_workers < 1:
            raise ConfigurationError(f"max_workers={max_workers} runs nothing; give at least 1")
        self.memory = memory
        self.max_result = max_result
        self._idle_seconds = idle
        self._numbers = itertools.count(1)
        self._reset()
        _places.add(self)

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._spawner = Spawner(self._idle_seconds / 2, self._retire_idle)
        self._workers: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []
        self._count = 0  # of workers, those that are being started included
        self._closed = False

    def run(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        *,
        timeout: float = math.inf,
        memory: int | None = None,
        context: ToolContext | None = None,
        shape: Callable[[Any], Any] | None = None,
        handle: ProcessHandle | None = None,
    ) -> Any:
        """Run a function, sync or async, in a worker; blocks until it has ended.

        Args:
            function: found by name or pickled, see `check_sendable`.
            arguments: by name.
            timeout: seconds from when the worker begins with it; then the worker is killed.
            memory: bytes, instead of the place's own.
            context: what `get_tool_context` returns in the tool; its writer is called here, with each progress.
            shape: applied to the result in the worker; found as the function is.
            handle: to end the run from elsewhere.

        Raises:
            ToolError: timeout, crash, too large a result, no room (see `errors`); or whatever the tool raised.
            ConfigurationError: function or arguments cannot be sent there.
        """
        job = Job(
            number=next(self._numbers),
            function=refer(function),
            shape=None if shape is None else refer(shape),
            memory=self.memory if memory is None else memory,
            arguments=pack_arguments(arguments),
            facts=None if context is None else facts_of(context),
            limit=self.max_result,
        )
        kind, value = self._run(job, timeout, handle or ProcessHandle(), None if context is None else teller(context))
        if kind in _ERRORS:
            raise value
        return value

    def _run(
        self, job: Job, timeout: float, handle: ProcessHandle, tell: Callable[[Any], None] | None
    ) -> tuple[Kind, Any]:
        worker = self._acquire(handle)
        if not handle.attach(worker):
            self._release(worker, keep=True)
            raise stopped()
        try:
            kind, value = ask(worker, job, timeout, handle, tell)
        except BaseException:
            self._discard(worker)
            raise
        self._release(worker, keep=kind not in _LAST and not handle.killed)
        return kind, value

    def warm(self) -> None:
        """Have a worker ready, if none is: the first call then takes no second or so longer; blocks."""
        worker = self._acquire(ProcessHandle())
        self._release(worker, keep=True)

    @property
    def pids(self) -> tuple[int, ...]:
        """The workers' process ids."""
        with self._changed:
            return tuple(worker.pid for worker in self._workers)

    def close(self) -> None:
        """Kill all workers and take no more calls."""
        with self._changed:
            self._closed = True
            for worker in self._workers:
                worker.kill()
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for worker in idle:
            self._discard(worker)
        # Those that were busy are buried by the threads that wait for them: a file that another thread still reads
        # must not be closed, for its number could be another's by then.
        with self._changed:
            self._changed.wait_for(lambda: not self._workers, _CLOSING_SECONDS)

    def _acquire(self, handle: ProcessHandle) -> WorkerProcess:
        """Take an idle worker, or start one; wait while all are busy."""
        with self._changed:
            while not self._idle and self._count >= self.max_workers and not self._closed and not handle.killed:
                self._changed.wait(_LOOK_SECONDS)
            self._check_open()
            if handle.killed:
                raise stopped()
            worker = self._idle.pop() if self._idle else None
            self._count += worker is None
        if worker is None:
            return self._start()
        if worker.is_alive():
            return worker
        self._discard(worker)  # it was killed while it had nothing to do
        return self._acquire(handle)

    def _check_open(self) -> None:
        if self._closed:
            raise ToolRefusedError(say("the worker processes were closed, so nothing was run"))

    def _start(self) -> WorkerProcess:
        worker = None
        try:
            worker = self._spawner.start()
            with self._changed:
                self._workers.add(worker)
                self._check_open()  # closed meanwhile, nobody else would end it, and the exit would wait for it
            worker.ready()
        except BaseException as error:
            self._discard(worker)
            if isinstance(error, (ClovaXError, KeyboardInterrupt, SystemExit)):
                raise
            text = "no worker process could be started, so nothing was run: {error}"
            raise ToolRefusedError(say(text, error=repr(error))) from error
        return worker

    def _release(self, worker: WorkerProcess, *, keep: bool) -> None:
        if not keep or self._closed:
            self._discard(worker)
            return
        with self._changed:
            worker.idle_since = time.monotonic()
            self._idle.append(worker)
            self._changed.notify()

    def _discard(self, worker: WorkerProcess | None) -> None:
        if worker is not None:
            worker.bury()
        with self._changed:
            self._count -= 1
            if worker is not None:
                self._workers.discard(worker)
            self._changed.notify_all()

    def _retire_idle(self) -> bool:
        """Let workers go that had nothing to do for long; return whether any are left."""
        until = time.monotonic() - self._idle_seconds
        with self._changed:
            tired = [worker for worker in self._idle if worker.idle_since <= until]
            self._idle = [worker for worker in self._idle if worker.idle_since > until]
        for worker in tired:
            worker.retire()
            self._discard(worker)
        return self._count > 0

    def forget(self) -> None:
        """Begin again in a forked child; the workers are the parent's."""
        for worker in self._workers:
            worker.forget()
        self._reset()


_places: WeakSet[ProcessPlace] = WeakSet()
_default: ProcessPlace = ProcessPlace()


def default_processes() -> ProcessPlace:
    """Return the workers that all tools of this process share; none starts before it is needed."""
    return _default


def _close_all() -> None:
    for place in list(_places):
        place.close()


def _after_fork() -> None:
    for place in list(_places):
        place.forget()


atexit.register(_close_all)  # after multiprocessing's own, so it is called before, which would wait for the workers
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
