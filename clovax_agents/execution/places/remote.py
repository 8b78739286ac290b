"""`RemotePlace`: tools on any `concurrent.futures.Executor`: a pool of processes, or Dask's, on other machines.

Such an executor cannot be made to stop what it runs: a call that is late is cancelled if it has not begun, else its
result is dropped.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, NamedTuple

from clovax_agents.errors import ConfigurationError, ToolCrashedError, ToolRefusedError, ToolTimeoutError
from clovax_agents.execution.places.contexts import context_of, facts_of
from clovax_agents.execution.places.loops import LoopInbox
from clovax_agents.execution.places.references import Reference, load, refer
from clovax_agents.execution.wording import say
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovax_agents.execution.places.frames import CallFacts
    from clovax_agents.tooling.context import ToolContext

__all__ = ["RemotePlace"]


class RemotePlace:
    """Runs functions, sync or async, on an executor that belongs to somebody else.

    Where the executor's workers are other processes, they need this package, and the tools' modules too.

    Args:
        executor: is never shut down from here.

    Example:
        >>> async def main() -> int:
        ...     with ThreadPoolExecutor(1) as executor:
        ...         return await RemotePlace(executor).run(lambda a, b: a + b, {"a": 1, "b": 2})
        >>> asyncio.run(main())
        3
    """

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    async def run(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        *,
        timeout: float = math.inf,  # noqa: ASYNC109  # it says what to do with the late result
        late: Callable[[Future[Any]], object] | None = None,
        context: ToolContext | None = None,
    ) -> Any:
        """Run a function and wait for its result.

        Args:
            function: to run.
            arguments: by name.
            timeout: seconds from now: an executor does not say when a call begins.
            context: what `get_tool_context` returns in the tool, without its progress.
            late: takes the future of a call that was given up and ends after all, in whatever thread that happens.

        Raises:
            ToolTimeoutError: the time is over.
            ToolCrashedError: the executor's worker died, or the tool tried to exit, or somebody cancelled the call.
            ToolRefusedError: the executor takes no calls; nothing was run.
            Exception: whatever the tool raised.
        """
        future = self._submit(function, arguments, context)
        try:
            async with asyncio.timeout(None if timeout == math.inf else timeout):
                await _end_of(future)
        except TimeoutError:
            _give_up(future, late)
            text = say("it did not end within {seconds:g} s, and was given up", seconds=timeout)
            raise ToolTimeoutError(text) from None
        except asyncio.CancelledError:
            _give_up(future, late)
            raise
        return _told(_result(future), context)

    def _submit(
        self, function: Callable[..., Any], arguments: Mapping[str, Any], context: ToolContext | None
    ) -> Future[Any]:
        # Within this process anything can be run; elsewhere a decorated function is not what its name means.
        what = function if isinstance(self.executor, ThreadPoolExecutor) else _sendable(function)
        try:
            facts = None if context is None else facts_of(context)
            return self.executor.submit(_run, what, dict(arguments), facts)
        except BrokenExecutor as error:
            raise ToolCrashedError(say("the executor is broken, so nothing was run: {error}", error=error)) from error
        except RuntimeError as error:
            text = "the executor takes no calls, so nothing was run: {error}"
            raise ToolRefusedError(say(text, error=error)) from error


def _sendable(function: Callable[..., Any]) -> Callable[..., Any] | Reference:
    try:
        found = refer(function)
    except ConfigurationError:
        return function  # the executor may have a pickler of its own, as Dask has
    return function if found.pickled else found


class _Told(NamedTuple):
    """How a function has ended that has seen something on the way."""

    value: Any
    error: Exception | None
    labels: tuple[Any, ...]


def _told(ended: Any, context: ToolContext | None) -> Any:
    """Return what the tool returned, or raise what it raised; note what it has seen."""
    if not isinstance(ended, _Told):
        return ended
    if context is not None:
        context.carried.update(ended.labels)
    if ended.error is not None:
        raise ended.error
    return ended.value


def _run(what: Callable[..., Any] | Reference, arguments: dict[str, Any], facts: CallFacts | None) -> Any:
    """Run a function there, with a context of its own."""
    context = None if facts is None else context_of(facts)
    try:
        value = copy_context().run(_called, what, arguments, context)
    except Exception as error:
        if context is None or not context.carried:
            raise
        return _Told(None, error, tuple(context.carried))
    return value if context is None or not context.carried else _Told(value, None, tuple(context.carried))


def _called(what: Callable[..., Any] | Reference, arguments: dict[str, Any], context: ToolContext | None) -> Any:
    """Call the function. What would end the executor's worker becomes an error."""
    CURRENT.set(context)
    try:
        value = (load(what) if isinstance(what, Reference) else what)(**arguments)
        return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value
    except Exception:
        raise
    except BaseException as error:
        text = "the tool tried to leave its process: {error}"
        raise ToolCrashedError(say(text, error=repr(error))) from error


async def _end_of(future: Future[Any]) -> None:
    """Wait until it is done. Asyncio's own bridge would cancel it, and complain of errors nobody reads."""
    ended = asyncio.Event()
    inbox = LoopInbox(asyncio.get_running_loop(), lambda _: ended.set())
    future.add_done_callback(inbox.put)
    await ended.wait()


async def _awaited(value: Any) -> Any:
    return await value


def _result(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise ToolCrashedError(say("the executor's worker died: {error}", error=error)) from error
    except CancelledError as error:
        raise ToolCrashedError(say("the executor cancelled the call")) from error


def _give_up(future: Future[Any], late: Callable[[Future[Any]], object] | None) -> None:
    if not future.cancel() and late is not None:
        future.add_done_callback(late)
