"""The body of a tool, run once: where its policy says, with its own context variables, until its time is over."""

from __future__ import annotations

import asyncio
import functools
import signal
import threading
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING, Any

from clovax_agents.errors import ToolCrashedError, ToolTimeoutError
from clovax_agents.execution.contexts import in_context
from clovax_agents.execution.places.processes import processes
from clovax_agents.execution.places.threads import threads
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from contextvars import Context

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.lanes import Lane
    from clovax_agents.execution.plans import ToolPlan, Way
    from clovax_agents.tooling.context import ToolContext

__all__ = ["is_real_interrupt", "run_body"]


async def run_body(
    job: Job,
    plan: ToolPlan,
    way: Way,
    lane: Lane,
    *,
    context: ToolContext,
    config: RunnableConfig,
    variables: Context,
    late: Callable[[Any, BaseException | None], None],
) -> Any:
    """Run the tool once and return what it returned; what it raised, of any kind, is raised here.

    Args:
        job: of the call.
        plan: of its tool.
        way: where it runs.
        lane: whose deadline holds.
        context: what the tool may ask about its call.
        config: in force inside the tool.
        variables: a copy of the caller's, in which the tool finds the configuration and its context.
        late: told what a body ended with that was given up before.

    Raises:
        ToolTimeoutError: its time was over.
        ToolCrashedError: it took its process down.
    """
    variables.run(CURRENT.set, context)
    timeout = plan.policy.timeout
    if way.place == "inline":
        work = variables.run(_coroutine, job, plan, config)
        with lane.deadline(timeout):
            return await in_context(variables, work)
    if way.place == "thread":
        function = functools.partial(_to_the_end if way.is_async else _called, job, plan, config)
        return await _in_thread(function, variables, lane, timeout, late)
    body: Any = plan.coroutine if way.is_async else plan.function
    call = functools.partial(body, **job.arguments)
    if way.place == "process":
        return await _in_process(call, plan, variables, lane, context)
    executor: Any = plan.policy.runs_in
    return await _elsewhere(executor, call, lane, timeout, late)


def is_real_interrupt(error: BaseException) -> bool:
    """Whether a KeyboardInterrupt may be a person's: the one that Python raises wherever the main thread happens to be.

    Event loops that ``asyncio.run`` starts turn Ctrl-C into a cancellation; there, one can only be the tool's own.
    """
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def _coroutine(job: Job, plan: ToolPlan, config: RunnableConfig) -> Any:
    if plan.direct and plan.coroutine is not None:
        return plan.coroutine(**job.arguments)
    return plan.tool.ainvoke(_request(job), config)


def _called(job: Job, plan: ToolPlan, config: RunnableConfig) -> Any:
    if plan.direct and plan.function is not None:
        return plan.function(**job.arguments)
    return plan.tool.invoke(_request(job), config)


def _to_the_end(job: Job, plan: ToolPlan, config: RunnableConfig) -> Any:
    """Run an async tool that is to have a thread of its own: with a loop of its own."""

    async def work() -> Any:
        return await _coroutine(job, plan, config)

    return asyncio.run(work())


def _request(job: Job) -> dict[str, Any]:
    return {"name": job.call.name, "args": dict(job.arguments), "id": job.call.id, "type": "tool_call"}


async def _in_thread(
    function: Callable[[], Any],
    variables: Context,
    lane: Lane,
    seconds: float,
    late: Callable[[Any, BaseException | None], None],
) -> Any:
    place = threads()
    ticket = place.submit(function, variables)
    try:
        with lane.deadline(seconds):
            await ticket.done
    except (ToolTimeoutError, asyncio.CancelledError):
        place.abandon(ticket, lambda ended: late(ended.value, ended.error))
        raise
    return ticket.result()


async def _in_process(
    call: Callable[[], Any], plan: ToolPlan, variables: Context, lane: Lane, context: ToolContext
) -> Any:
    """Run it in a worker process; a thread waits for the worker, and killing the worker ends the wait."""
    worker = await asyncio.wrap_future(processes().borrow(plan.policy.memory))
    ticket = threads().submit(functools.partial(worker.run, call, context), variables)
    try:
        with lane.deadline(plan.policy.timeout):
            await ticket.done
    except (ToolTimeoutError, asyncio.CancelledError):
        worker.kill()
        raise
    return ticket.result()


async def _elsewhere(
    executor: Executor,
    call: Callable[[], Any],
    lane: Lane,
    seconds: float,
    late: Callable[[Any, BaseException | None], None],
) -> Any:
    """Run it in an executor of the user's, which alone knows where that is."""
    try:
        future = executor.submit(call)
    except Exception as error:
        raise ToolCrashedError(f"its executor takes no calls any more ({type(error).__name__}: {error})") from error
    try:
        with lane.deadline(seconds):
            return await asyncio.shield(asyncio.wrap_future(future))
    except BrokenExecutor as error:
        raise ToolCrashedError(f"its executor broke down ({error})") from error
    except (ToolTimeoutError, asyncio.CancelledError):
        if not future.cancel():
            future.add_done_callback(lambda ended: _tell(ended, late))
        raise


def _tell(future: Any, late: Callable[[Any, BaseException | None], None]) -> None:
    if not future.cancelled():
        error = future.exception()
        late(None if error else future.result(), error)
