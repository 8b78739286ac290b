"""The body of a tool, run once: where its policy says, with its own context variables, until its time is over."""

from __future__ import annotations

import asyncio
import functools
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

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

__all__ = ["drained", "flush", "is_real_interrupt", "run_body"]


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
    timeout = job.seconds
    if way.place == "inline":
        work = variables.run(_coroutine, job, plan, config)
        with lane.deadline(timeout):
            return await in_context(variables, work)
    if way.place == "thread":
        function = functools.partial(_to_the_end if way.is_async else _called, job, plan, config)
        return await _in_thread(function, variables, timeout, late)
    body: Any = plan.coroutine if way.is_async else plan.function
    if way.place == "process":
        return await _in_process(job, plan, body, variables, context)
    return await _elsewhere(plan.policy.runs_in, body, job, timeout, late, context)


async def drained(
    value: Any, variables: Context, seconds: float, late: Callable[[Any, BaseException | None], None]
) -> Any:
    """Return a value; if it is a generator, what that yields: in a thread, since it may take its time.

    Args:
        value: that the tool returned.
        variables: of the call.
        seconds: that it has.
        late: told what it ended with if it was given up before.
    """
    run = functools.partial(plain, value)
    return await _in_thread(run, variables, seconds, late) if isinstance(value, Iterator) else value


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
    function: Callable[[], Any], variables: Context, seconds: float, late: Callable[[Any, BaseException | None], None]
) -> Any:
    def tell(ended: Ticket[Any]) -> None:
        late(ended.value, ended.error)

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
    seconds: float,
    late: Callable[[Any, BaseException | None], None],
    context: ToolContext,
) -> Any:
    """Run it in an executor of the user's, which alone knows where that is."""

    def tell(future: Any) -> None:
        error = None if future.cancelled() else future.exception()
        late(None if error or future.cancelled() else future.result(), error)

    return await RemotePlace(executor).run(body, job.arguments, timeout=seconds, late=tell, context=context)


_doors: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, ThreadDoor]] = WeakKeyDictionary()


def flush() -> None:
    """Hand over now what is on its way to threads."""
    for door in _doors.get(asyncio.get_running_loop(), {}).values():
        door.flush()


def _door(variables: Context) -> ThreadDoor:
    """Return the running loop's way into our threads, for tools inside of as many tools."""
    loop = asyncio.get_running_loop()
    context = variables[CURRENT]
    level = 0 if context is None else context.depth
    doors = _doors.setdefault(loop, {})
    if level not in doors:
        doors[level] = ThreadDoor(default_threads(level))
    return doors[level]
