"""One visit of the tools node: from its calls to what it adds to the state."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables.config import var_child_runnable_config

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.answering import Answering, described
from clovax_agents.execution.approvals import approval_key
from clovax_agents.execution.checks import Checks
from clovax_agents.execution.handoffs import with_siblings
from clovax_agents.execution.observing import is_silent
from clovax_agents.execution.performing import Performer
from clovax_agents.execution.stamping import carried_by, stamped, with_taint
from clovax_agents.execution.taint import CLEAN, Sighting
from clovax_agents.execution.texts import error_text
from clovax_agents.execution.toolnode import tool_runtime
from clovax_agents.execution.turn import run_turn
from clovax_agents.forms import left_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.prebuilt import ToolRuntime
    from langgraph.runtime import Runtime

    from clovax_agents.execution.executor import ToolExecutor
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.ledger import Ledger
    from clovax_agents.execution.requests import ToolsRequest

__all__ = ["Visit"]


@dataclass(slots=True)
class Visit:
    """What the calls of one visit have in common.

    Attributes:
        node: that is visited.
        request: what it was given.
        ledger: the journal's side of it.
        config: of the run.
        runtime: LangGraph's.
        is_sync: whether the graph is run by ``invoke``.
    """

    node: ToolExecutor
    request: ToolsRequest
    ledger: Ledger
    config: RunnableConfig
    runtime: Runtime[Any]
    is_sync: bool
    answering: Answering = field(init=False)
    checks: Checks = field(init=False)
    performer: Performer = field(init=False)
    taint: Sighting = field(init=False)

    def __post_init__(self) -> None:
        """Make what checks the calls and what runs them."""
        facts = self.ledger.facts
        self.answering = Answering(self.node, self.request.shape)
        self.taint = Sighting(self.node.guard, self.request)
        context, state, approvals = self.runtime.context, self.request.state, self.request.approvals
        unchosen = left_out(context, self.node.choosable)
        self.checks = Checks(self.node.plans, facts, approvals, context, state, self.node.guard, self.taint, unchosen)
        writer = self.runtime.stream_writer
        silent = is_silent(self.config.get("callbacks"))
        variables = copy_context()
        variables.run(var_child_runnable_config.set, self.config)
        self.performer = Performer(
            facts, self.ledger, self.answering, self.is_sync, silent, variables, writer, see=self.taint
        )

    async def run(self, jobs: Sequence[Job], width: int) -> None:
        """Check the jobs and settle them."""
        for job in jobs:
            self.prepare(job)
        await run_turn(jobs, self.performer, self.ledger, width)

    async def settle(self, job: Job, *, journaled: bool) -> None:
        """Settle one job that was prepared.

        Args:
            job: of the call.
            journaled: whether the journal is asked and told.
        """
        ledger = self.ledger if journaled else replace(self.ledger, kept=False)
        await run_turn([job], replace(self.performer, ledger=ledger), ledger, 1)

    def prepare(self, job: Job) -> None:
        """Answer a call that must not run, and give the others what the graph injects."""
        try:
            self.checks.check(job)
            if job.plan is not None and job.answer is None:
                self._inject(job)
        except Exception as error:  # noqa: BLE001  # a broken check is no reason to leave a call unanswered
            job.outcome = "invalid" if isinstance(error, InvalidArgumentsError) else "error"
            try:
                job.answer = self.answering.contain(job, error, error_text(error))
            except Exception as uncontained:  # noqa: BLE001  # the graph is told when all calls have ended
                job.raised = uncontained

    def runtime_for(self, job: Job) -> ToolRuntime[Any, Any]:
        """Return what a tool may see of the graph, for this call."""
        if job.runtime is None:
            tools = list(self.node.tools_by_name.values())
            job.runtime = tool_runtime(self.runtime, self.request.state, job.call.id, job.config, tools)
        return job.runtime

    def update(self, jobs: Sequence[Job]) -> Any:
        """Return what the node adds to the state; raise what the graph has to handle."""
        carried = [carried_by(job) for job in jobs]
        arrived = CLEAN.union(*carried) if any(carried) else CLEAN
        self.taint.report(arrived)
        for job in jobs:
            if job.raised is not None:
                raise job.raised
        answers = [job.answer for job in jobs]
        if arrived:
            answers = [stamped(answer, labels) for answer, labels in zip(answers, carried, strict=True)]
        if self.request.renamed is not None:
            answers.insert(0, self.request.renamed)
        node: Any = self.node
        answers = with_siblings(answers, node._messages_key)  # noqa: SLF001
        combined = node._combine_tool_outputs(answers, self.request.shape)  # noqa: SLF001
        return with_taint(self._with_used_approvals(jobs, combined), arrived, self.request.taint)

    def _with_used_approvals(self, jobs: Sequence[Job], combined: Any) -> Any:
        approvals = self.request.approvals
        used = {key: None for job in jobs if (key := approval_key(job.call)) in approvals} if approvals else {}
        if not used or self.request.shape == "list":
            return combined
        if isinstance(combined, dict):
            return {**cast("dict[str, Any]", combined), "approvals": used}
        return [*combined, {"approvals": used}]

    def _inject(self, job: Job) -> None:
        """Give a tool what it asks the graph for; whatever the model wrote in its place is gone."""
        plan = job.plan
        if plan is None or not (plan.needs_graph or plan.config_parameter):
            return
        if plan.needs_graph:
            node: Any = self.node
            given = node._inject_tool_args(described(job), self.runtime_for(job), plan.tool)["args"]  # noqa: SLF001
            job.arguments.update({name: given[name] for name in plan.injected if name in given})
            if plan.call_id_parameter is not None:
                job.arguments[plan.call_id_parameter] = job.call.id
        if plan.config_parameter is not None and plan.direct:
            job.arguments[plan.config_parameter] = job.config
