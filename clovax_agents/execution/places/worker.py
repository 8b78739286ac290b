"""What runs in a worker process: one job after the other, until its parent closes the pipe."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import pickle
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ToolError
from clovax_agents.execution.places.contexts import context_of
from clovax_agents.execution.places.frames import Carried, Job, Kind, pack, pack_error
from clovax_agents.execution.places.limits import bound_memory, settle_in
from clovax_agents.execution.places.references import Reference, load
from clovax_agents.execution.wording import say
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from clovax_agents.execution.places.frames import CallFacts
    from clovax_agents.tooling.context import ToolContext

__all__ = ["main"]

_MOST_FUNCTIONS: Final = 256
_MOST_OPEN: Final = 256


def main(pipe: Connection, parent: int) -> None:
    """Serve the parent; where a worker process begins."""
    settle_in(parent)
    _Worker(pipe).serve()


class _Worker:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._sending = threading.Lock()  # a tool's own threads may report progress
        self._functions: dict[Reference, Callable[..., Any]] = {}
        self._bounds: tuple[int, int] | None = None

    def serve(self) -> None:
        self._send(pack(Kind.READY, 0, os.getpid()))
        while True:
            try:
                job = pickle.loads(self._pipe.recv_bytes())  # noqa: S301  # from our parent
            except (EOFError, OSError):
                return
            self._send(self._answer(job))

    def _answer(self, job: Job) -> bytes:
        """Do a job; whatever happens, there is a frame that says so."""
        try:
            return self._done(job)
        except MemoryError:
            bound_memory(None)  # or there may be no room to say it
            text = "the tool needs more than the {size} MiB of memory that its policy allows"
            error = ToolError(say(text, size=job.memory >> 20))
            return pack_error(Kind.LAST_ERROR, job.number, error, job.limit)
        except BaseException as error:  # noqa: BLE001  # SystemExit and KeyboardInterrupt end the tool, not the worker
            _note_trace(error)
            return pack_error(Kind.LAST_ERROR if _leaks() else Kind.ERROR, job.number, error, job.limit)

    def _done(self, job: Job) -> bytes:
        function = self._function(job.function)
        shape = self._function(job.shape) if job.shape else None
        if job.arguments is None:
            return pack(Kind.LOADED, job.number, None)
        arguments: dict[str, Any] = pickle.loads(job.arguments)  # noqa: S301  # from our parent
        self._bound(job.memory)
        value = contextvars.copy_context().run(self._run, function, arguments, shape, job)
        return pack(Kind.LAST_VALUE if _leaks() else Kind.VALUE, job.number, value, job.limit)

    def _run(
        self, function: Callable[..., Any], arguments: dict[str, Any], shape: Callable[[Any], Any] | None, job: Job
    ) -> object:
        context = self._context(job.facts, job.number) if job.facts else None
        CURRENT.set(context)
        try:
            value = function(**arguments)
            if inspect.isawaitable(value):
                value = asyncio.run(_awaited(value))
            return value if shape is None else shape(value)
        finally:
            if context is not None and context.carried:  # an error's text carries it, too
                self._send(pack(Kind.PROGRESS, job.number, Carried(tuple(context.carried))))

    def _context(self, facts: CallFacts, number: int) -> ToolContext:
        return context_of(
            facts, (lambda event: self._send(pack(Kind.PROGRESS, number, event))) if facts.listens else None
        )

    def _function(self, reference: Reference) -> Callable[..., Any]:
        found = self._functions.get(reference)
        if found is None:
            if len(self._functions) >= _MOST_FUNCTIONS:
                self._functions.clear()
            bound_memory(None)  # what a module needs to load is not the tool's
            self._bounds = None
            found = self._functions[reference] = load(reference)
        return found

    def _bound(self, memory: int) -> None:
        """Limit the memory, counted from what the process needs once its functions are loaded."""
        bounds = (memory, len(self._functions))
        if bounds != self._bounds:
            bound_memory(memory)
            self._bounds = bounds

    def _send(self, frame: bytes) -> None:
        with self._sending:
            self._pipe.send_bytes(frame)


def _leaks() -> bool:
    """Whether tools have left so many files open that the next one might find no room."""
    try:
        lowest = os.dup(0)
    except OSError:
        return True
    os.close(lowest)
    return lowest >= _MOST_OPEN


async def _awaited(value: Any) -> Any:
    return await value


def _note_trace(error: BaseException) -> None:
    """Keep the traceback as text: it does not survive the way to the parent."""
    with suppress(Exception):  # its class may do anything
        error.add_note("In the worker process:\n" + "".join(traceback.format_exception(error)))
