"""Worker processes, warm and killable, for tools that may hang, crash or take too much (promise 7)."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError, ToolCrashedError
from clovax_agents.execution.places.sending import dumps, loads
from clovax_agents.execution.places.worker import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from clovax_agents.tooling.context import ToolContext

__all__ = ["MAX_WORKERS", "Processes", "Worker", "processes"]

_IDLE: Final = 60.0
MAX_WORKERS: Final = max(1, min(os.cpu_count() or 1, 4))
"""That run tools at once."""


@dataclass(slots=True, eq=False)
class Worker:
    """One process that runs one call at a time.

    Attributes:
        memory: bytes that its tools may have.
        since: when it was last used, on ``time.monotonic()``'s clock.
    """

    process: BaseProcess
    pipe: Connection
    pool: Processes
    memory: int
    since: float = 0.0
    killed: bool = False

    def run(self, call: Callable[[], Any], context: ToolContext) -> Any:
        """Run a call, wait for it, and give the worker back; what the call raised is raised here.

        Args:
            call: sent by reference, its arguments pickled.
            context: what the tool may ask about its call.

        Raises:
            ToolCrashedError: the process is gone.
        """
        names = ("idempotency_key", "tool_call_id", "tool", "attempt", "deadline", "depth")
        facts = {name: getattr(context, name) for name in names}
        try:
            data = dumps((call, facts))
        except Exception as error:
            self.pool.give_back(self)
            raise ConfigurationError(f"the call cannot be sent to another process ({error})") from error
        try:
            self.pipe.send_bytes(data)
            kind, value = self._told(context)
        except (EOFError, OSError) as error:
            raise ToolCrashedError(self._epitaph()) from error
        self.pool.give_back(self)
        if kind == "error":
            raise value
        return value

    def kill(self) -> None:
        """End the process and whatever it has started; from any thread."""
        self.killed = True
        pid = self.process.pid
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self.process.kill()

    def _told(self, context: ToolContext) -> tuple[str, Any]:
        while True:
            kind, value = loads(self.pipe.recv_bytes())
            if kind != "progress":
                return kind, value
            if context.writer is not None:
                context.writer(value)

    def _epitaph(self) -> str:
        """Say how the process came to its end."""
        self.pool.bury(self)
        code = self.process.exitcode
        if code is not None and code < 0:
            with suppress(ValueError):
                return f"it was ended by {signal.Signals(-code).name}"
        return f"it ended its process with code {code}"


class Processes:
    """Workers that come when they are needed and go when nobody has needed them for a minute.

    How many there are is up to whoever borrows them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[Worker] = []
        self._wanted: queue.SimpleQueue[tuple[int, Future[Worker]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def borrow(self, memory: int) -> Future[Worker]:
        """Return a worker whose tools may have so many bytes, a warm one if there is one."""
        future: Future[Worker] = Future()
        with self._lock:
            for worker in self._free:
                if worker.memory == memory and worker.process.is_alive():
                    self._free.remove(worker)
                    future.set_result(worker)
                    return future
            if self._thread is None:
                # One thread starts them all and never ends: to the system, it is their parent, with whom they die.
                self._thread = threading.Thread(target=self._serve, name="clovax-workers", daemon=True)
                self._thread.start()
        self._wanted.put((memory, future))
        return future

    def give_back(self, worker: Worker) -> None:
        """Keep a worker for the next call."""
        if worker.killed or not worker.process.is_alive():
            self.bury(worker)
            return
        worker.since = time.monotonic()
        with self._lock:
            self._free.append(worker)

    def bury(self, worker: Worker) -> None:
        """Let nothing be left of a worker that is gone."""
        worker.kill()
        worker.process.join(5)
        with suppress(OSError):
            worker.pipe.close()

    def close(self) -> None:
        """End all workers that are idle."""
        with self._lock:
            free, self._free = self._free, []
        for worker in free:
            self.bury(worker)

    def _serve(self) -> None:
        while True:
            try:
                memory, future = self._wanted.get(timeout=_IDLE / 4 if self._free else None)
            except queue.Empty:
                self._retire()
                continue
            if not future.set_running_or_notify_cancel():
                continue
            self._make_room(memory)
            try:
                future.set_result(self._start(memory))
            except Exception as error:  # noqa: BLE001  # whoever waits for it is told
                future.set_exception(ToolCrashedError(f"no worker process can be started ({error})"))

    def _start(self, memory: int) -> Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, memory), name="clovax-worker", daemon=True)
        process.start()
        theirs.close()
        return Worker(process, ours, self, memory)

    def _make_room(self, memory: int) -> None:
        """End an idle worker with other limits."""
        with self._lock:
            other = next((worker for worker in self._free if worker.memory != memory), None)
            if other is not None:
                self._free.remove(other)
        if other is not None:
            self.bury(other)

    def _retire(self) -> None:
        old = time.monotonic() - _IDLE
        with self._lock:
            gone = [worker for worker in self._free if worker.since < old]
            self._free = [worker for worker in self._free if worker.since >= old]
        for worker in gone:
            self.bury(worker)


_processes: dict[int, Processes] = {}


def processes() -> Processes:
    """Return the workers of this process; those of its parent are not a forked child's."""
    pid = os.getpid()
    return _processes.get(pid) or _processes.setdefault(pid, Processes())
