"""One run in a worker process: sent, waited for, and ended from elsewhere if need be."""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING, Any

from clovax_agents.errors import ConfigurationError, ToolCrashedError, ToolTimeoutError
from clovax_agents.execution.places.frames import Job, Kind
from clovax_agents.execution.places.workers import STARTING_SECONDS
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.execution.places.workers import WorkerProcess

__all__ = ["ProcessHandle", "ask", "pack_arguments", "stopped"]


class ProcessHandle:
    """Ends one run from another thread."""

    __slots__ = ("_lock", "_worker", "killed")

    def __init__(self) -> None:
        self.killed: bool = False
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None

    def kill(self) -> None:
        """Kill the worker while it runs this job; a job that waits for a worker does not begin."""
        with self._lock:
            self.killed = True
            if self._worker is not None:
                self._worker.kill()

    def attach(self, worker: WorkerProcess) -> bool:
        """Note which worker is to run the job; False if the job was killed before."""
        with self._lock:
            self._worker = None if self.killed else worker
            return not self.killed

    def detach(self) -> None:
        """Note that the worker is done with the job, and is not to be killed any more."""
        with self._lock:
            self._worker = None


def ask(
    worker: WorkerProcess, job: Job, timeout: float, handle: ProcessHandle, tell: Callable[[Any], None] | None
) -> tuple[Kind, Any]:
    """Send the job and wait for its end; a worker that is lost or late is told by an error."""
    try:
        kind, value = _load(worker, job)
        if kind == Kind.LOADED:
            worker.send(pickle.dumps(job, pickle.HIGHEST_PROTOCOL))
            kind, value = worker.listen(timeout, job.number, job.limit, tell)
    except TimeoutError as error:
        if handle.killed:
            raise stopped() from error
        text = say("it did not end within {seconds:g} s, and its process was killed", seconds=timeout)
        raise ToolTimeoutError(text) from error
    except (EOFError, OSError) as error:
        if handle.killed:
            raise stopped() from error
        raise ToolCrashedError(say("the tool's process {death}", death=worker.death())) from error
    finally:
        handle.detach()
    return kind, value


def _load(worker: WorkerProcess, job: Job) -> tuple[Kind, Any]:
    """Have the functions loaded first, if they are new to this worker: that does not count as the tool's time."""
    if job.function in worker.loaded and (job.shape is None or job.shape in worker.loaded):
        return Kind.LOADED, None
    alone = Job(job.number, job.function, job.shape, job.memory)
    worker.send(pickle.dumps(alone, pickle.HIGHEST_PROTOCOL))
    try:
        kind, value = worker.listen(STARTING_SECONDS, job.number, job.limit)
    except TimeoutError:
        text = "its module did not load within {seconds:g} s, so nothing was run"
        raise ToolCrashedError(say(text, seconds=STARTING_SECONDS)) from None
    if kind == Kind.LOADED:
        worker.note_loaded(job.function, job.shape)
    return kind, value


def pack_arguments(arguments: Mapping[str, Any]) -> bytes:
    """Pickle them; ConfigurationError if that cannot be done."""
    try:
        return pickle.dumps(dict(arguments), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        text = (
            "the arguments cannot be sent to another process, so nothing was run: {error}. A tool that needs what only "
            "this process has, a store or a runtime for instance, needs runs_in='thread'"
        )
        raise ConfigurationError(say(text, error=error)) from error


def stopped() -> ToolCrashedError:
    """Make the error of a run that was ended by its handle."""
    return ToolCrashedError(say("the tool was stopped: its run was cancelled"))
