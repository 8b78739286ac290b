"""Calls with a function of the user's around each of them, as ToolNode's ``wrap_tool_call`` has it."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from langgraph.errors import GraphBubbleUp, is_invalid_resume

from clovax_agents.execution.answering import described
from clovax_agents.execution.calls import TurnCall
from clovax_agents.execution.jobs import Job
from clovax_agents.execution.places.loops import ThreadDoor
from clovax_agents.execution.places.threads import ThreadPlace
from clovax_agents.execution.plans import plan_of
from clovax_agents.execution.stamping import carried_by
from clovax_agents.execution.taint import CLEAN
from clovax_agents.execution.texts import error_text
from clovax_agents.execution.toolnode import ToolCallRequest
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.execution.visits import Visit

__all__ = ["Wrapped"]

_MOST_WRAPPERS: Final = 64
_places: dict[int, ThreadPlace] = {}


@dataclass(slots=True)
class Wrapped:
    """Runs the calls of a visit through a wrapper.

    Attributes:
        visit: of the node.
        sync: the wrapper for sync graphs; it runs in a thread of its own.
        async_: the wrapper for async graphs, which is the first choice there.
    """

    visit: Visit
    sync: Any
    async_: Any

    async def run(self, jobs: Sequence[Job], width: int) -> None:
        """Settle all jobs, so many at once."""
        room = asyncio.Semaphore(width)

        async def one(job: Job) -> None:
            async with room:
                await self._wrapped(job)

        await asyncio.gather(*[one(job) for job in jobs])
        await self.visit.ledger.written()

    async def _wrapped(self, job: Job) -> None:
        visit = self.visit
        if job.call.problem is not None:  # it is no call that a wrapper could change
            visit.prepare(job)
            return
        call: Any = described(job)
        tool = visit.node.tools_by_name.get(job.call.name)
        job.carried |= visit.node.guard.sources.get(job.call.name, CLEAN)  # also if the wrapper answers by itself
        runtime = visit.runtime_for(job)
        request = ToolCallRequest(tool_call=call, tool=tool, state=runtime.state, runtime=runtime)
        try:
            job.answer = await self._call(request, job)
        except Exception as error:  # noqa: BLE001  # sorted out below
            self._failed(job, error)

    async def _call(self, request: ToolCallRequest, outer: Job) -> Any:
        runs = 0

        async def execute(asked: ToolCallRequest) -> Any:
            nonlocal runs
            runs += 1
            return await self._execute(asked, runs, outer)

        if self.async_ is not None and not (self.visit.is_sync and self.sync is not None):
            return await self.async_(request, execute)
        loop = asyncio.get_running_loop()

        def execute_sync(asked: ToolCallRequest) -> Any:
            return asyncio.run_coroutine_threadsafe(execute(asked), loop).result()

        ticket = ThreadDoor(_place()).start(functools.partial(self.sync, request, execute_sync))
        return (await ticket.wait()).result()

    async def _execute(self, request: ToolCallRequest, runs: int, outer: Job) -> Any:
        """Run the call as the wrapper wants it; the second time, only what may be done twice is done twice."""
        visit, asked = self.visit, request.tool_call
        position = next((c.position for c in visit.request.calls if c.id == asked["id"]), 0)
        message = next((c.message_id for c in visit.request.calls if c.id == asked["id"]), "")
        call = TurnCall(asked["id"] or "", asked["name"], dict(asked["args"]), None, position, message)
        runtime: Any = cast("Any", request).runtime
        job = Job(call, runtime.config, runtime=runtime)
        if request.tool is not None and request.tool is not visit.node.tools_by_name.get(call.name):
            job.plan = plan_of(request.tool, visit.node.policy_of(request.tool), {})
        visit.prepare(job)
        again = runs > 1 and job.plan is not None and job.plan.policy.effect != "once"
        await visit.settle(job, journaled=not again)
        outer.carried |= carried_by(job)  # the wrapper may make an answer of its own of what it was given
        if job.raised is not None:
            raise job.raised
        return job.answer

    def _failed(self, job: Job, error: Exception) -> None:
        if isinstance(error, GraphBubbleUp) or is_invalid_resume(error):
            job.raised = error
            return
        job.outcome = "error"
        try:
            job.answer = self.visit.answering.contain(job, error, error_text(error))
        except Exception as uncontained:  # noqa: BLE001  # the graph is told when all calls have ended
            job.raised = uncontained


def _place() -> ThreadPlace:
    """Return the threads of wrappers: in those of tools, wrappers could wait for tools that have no room for them."""
    outer = CURRENT.get()
    level = 0 if outer is None else outer.depth + 1
    return _places.get(level) or _places.setdefault(level, ThreadPlace(_MOST_WRAPPERS))
