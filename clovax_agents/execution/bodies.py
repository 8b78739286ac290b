"""The body of a tool, run once: where its policy says, with its own context variables, until its time is over."""

from __future__ import annotations

import asyncio
import functools
import inspect
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from clovax_agents.execution.contexts import in_context
from clovax_agents.execution.places.loops import ThreadDoor
from clovax_agents.execution.places.processes import ProcessHandle, default_processes
from clovax_agents.execution.places.remote import RemotePlace
from clovax_agents.execution.places.threads import default_threads
from clovax_agents.execution.results import plain
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.lanes import Lane
    from clovax_agents.execution.places.tickets import Ticket
    from clovax_agents.execution.plans import ToolPlan, Way
    from clovax_agents.tooling.context import ToolContext

    Late: TypeAlias = Callable[[Job, BaseException | None], None]

__all__ = ["flush", "is_real_interrupt", "run_body"]

_PLAIN: Final = frozenset({str, int, float, bool, list, dict, tuple, bytes, type(None)})


async def run_body(
    job: Job,
    plan: ToolPlan,
    way: Way,
    lane: Lane,
    *,
    context: ToolContext,
    config: RunnableConfig,
    variables: Context,
    late: Late,
) -> Any:
    """Run the tool once and return what it returned, to its end; what it raised, of any kind, is raised here.

    Args:
        job: of the call.
        plan: of its tool.
        way: where it runs.
        lane: whose deadline holds.
        context: what the tool may ask about its call.
        config: in force inside the tool.
        variables: a copy of the caller's, in which the tool finds the configuration and its context.
        late: told that a body has ended that was given up before, and what it raised.

    Raises:
        ToolTimeoutError: its time was over.
        ToolCrashedError: it took its process down.
    """
    variables.run(CURRENT.set, context)
    if way.place == "inline":
        work = variables.run(_coroutine, job, plan, config)
        with lane.deadline(job.seconds):
            value = await in_context(variables, work)
    elif way.place == "thread":
        function = functools.partial(_to_the_end if way.is_async else _called, job, plan, config)
        value = await _in_thread(function, job, variables, job.seconds, late)
    elif way.place == "process":
        value = await _in_process(job, plan, _function(plan, way), variables, context)
    else:
        value = await _elsewhere(plan.policy.runs_in, _function(plan, way), job, late, context)
    if type(value) in _PLAIN:
        return value
    if inspect.isawaitable(value):
        with lane.deadline(job.seconds):
            value = await value
    if not isinstance(value, Iterator):
        return value
    # what is lazy may take its time
    return await _in_thread(functools.partial(plain, value), job, variables, context.remaining, late)


def is_real_interrupt(error: BaseException) -> bool:
    """Whether a KeyboardInterrupt may be a person's: the one that Python raises wherever the main thread happens to be.

    Event loops that ``asyncio.run`` starts turn Ctrl-C into a cancellation; there, one can only be the tool's own.
    """
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def _function(plan: ToolPlan, way: Way) -> Any:
    return plan.coroutine if way.is_async else plan.function


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


async def _in_thread(function: Callable[[], Any], job: Job, variables: Context, seconds: float, late: Late) -> Any:
    def tell(ended: Ticket[Any]) -> None:
        late(job, ended.error)

    return (await _door(variables).start(function, context=variables, late=tell).wait(seconds)).result()


async def _in_process(job: Job, plan: ToolPlan, body: Any, variables: Context, context: ToolContext) -> Any:
    """Run it in a worker process; a thread waits for the worker, and killing the worker ends the wait."""
    handle = ProcessHandle()
    policy = plan.policy
    run = functools.partial(
        default_processes().run,
        body,
        job.arguments,
        timeout=job.seconds,
        memory=policy.memory,
        context=context,
        handle=handle,
    )
    try:
        return (await _door(variables).start(run, context=variables).wait()).result()
    except asyncio.CancelledError:
        handle.kill()
        raise


async def _elsewhere(  # as many things as there are
    executor: Any,
    body: Any,
    job: Job,
    late: Late,
    context: ToolContext,
) -> Any:
    """Run it in an executor of the user's, which alone knows where that is."""

    def tell(future: Any) -> None:
        late(job, None if future.cancelled() else future.exception())

    return await RemotePlace(executor).run(body, job.arguments, timeout=job.seconds, late=tell, context=context)


_doors: dict[asyncio.AbstractEventLoop, dict[int, ThreadDoor]] = {}


def flush() -> None:
    """Hand over now what is on its way to threads."""
    for door in _doors.get(asyncio.get_running_loop(), {}).values():
        door.flush()


def _door(variables: Context) -> ThreadDoor:
    """Return the running loop's way into our threads, for tools inside of as many tools."""
    context = variables[CURRENT]
    level = 0 if context is None else context.depth
    doors = _doors.get(asyncio.get_running_loop()) or _new_doors()
    if level not in doors:
        doors[level] = ThreadDoor(default_threads(level))
    return doors[level]


def _new_doors() -> dict[int, ThreadDoor]:
    """Begin with a loop, and forget those that are closed: a door holds its loop, so no weak reference ends it."""
    for loop in [loop for loop in list(_doors) if loop.is_closed()]:
        _doors.pop(loop, None)
    return _doors.setdefault(asyncio.get_running_loop(), {})
