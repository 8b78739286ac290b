"""What keeps a call from running, in this order: its form, its name, scopes, arguments, a person's decision."""

from __future__ import annotations

import inspect
import time
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import InvalidArgumentsError, ModelRetry
from clovax_agents.execution.answers import unknown_tool_text
from clovax_agents.execution.approvals import NOBODY, approval_key, why_not
from clovax_agents.execution.canonical import arguments_hash
from clovax_agents.execution.texts import error_text, one_line
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovax_agents.execution.facts import RunFacts
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.plans import ToolPlan
    from clovax_agents.execution.taint import Guard, Taint
    from clovax_agents.tooling.visibility import RunView

__all__ = ["Checks", "check_arguments", "find_twins"]

TAINTED: Final = (
    "text that strangers may have written is in this conversation, so a person has to approve this call, and nobody "
    "has: it was not run"
)
REFUSED: Final = (
    "text that strangers may have written is in this conversation, so {name} may not be used in it any more; do not "
    "call it"
)
_FIT: Final = "the arguments do not fit: {problem}. Correct them and call the tool again"


@dataclass(slots=True)
class Checks:
    """Checks the calls of one message.

    Attributes:
        plans: of the tools, by name.
        facts: of the run.
        approvals: of the state.
        context: of the run.
        state: of the graph.
        guard: what the agent does about taint.
        taint: says what the conversation carries.
        left_out: names of tools that the run's context does not choose.
    """

    plans: Mapping[str, ToolPlan]
    facts: RunFacts
    approvals: Mapping[str, Any]
    context: Any
    state: Any
    guard: Guard
    taint: Callable[[], Taint]
    left_out: frozenset[str] = frozenset()

    @property
    def view(self) -> RunView:
        """The run as policies see it: made for those that look."""
        return self.facts.view(self.context, self.state)

    def check(self, job: Job) -> None:
        """Answer a call that must not run; give the others their plan and arguments.

        Raises:
            InvalidArgumentsError: the arguments do not fit; the caller says it in its own words.
        """
        plan = job.plan or self.plans.get(job.call.name)
        if plan is None or job.call.name in self.left_out or not (plan.is_open or plan.policy.admits(self.view)):
            self._unavailable(job, plan)
            return
        if job.call.problem is not None:
            job.fail(job.call.problem, "invalid")
            return
        job.plan = plan
        job.alone = plan.policy.interrupts
        ruling = self.guard.verdict(plan.policy, self.taint()) if plan.is_guarded else "run"
        if ruling == "refuse":
            job.fail(say(REFUSED, name=one_line(job.call.name)), "refused")
            return
        job.arguments = check_arguments(plan, job.call.arguments)
        if ruling == "approve" or plan.policy.needs_approval(job.call.arguments):
            self._check_approval(job, is_tainted=ruling == "approve")

    def _unavailable(self, job: Job, plan: ToolPlan | None) -> None:
        name = one_line(job.call.name)
        if plan is None:
            closed, view = self.guard.refused(self.plans, self.taint()) | self.left_out, self.view
            visible = [
                known for known, other in self.plans.items() if known not in closed and other.policy.admits(view)
            ]
            job.fail(unknown_tool_text(name, visible), "unknown_tool")
        elif missing := sorted(plan.policy.scopes - self.view.scopes):
            text = "this run has no permission to use {name} ({scopes}); do not call it"
            job.fail(say(text, name=name, scopes=", ".join(missing)), "refused")
        else:
            job.fail(say("{name} is not available in this run as it stands; do not call it", name=name), "refused")

    def _check_approval(self, job: Job, *, is_tainted: bool) -> None:
        job.digest = arguments_hash(job.call.arguments)
        found = self.approvals.get(approval_key(job.call))
        problem = why_not(found, job.call, job.digest, user=self.facts.user, now=time.time())
        if problem is not None:
            job.fail(say(TAINTED) if is_tainted and problem == NOBODY else say(problem), "refused")


def check_arguments(plan: ToolPlan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments that a tool gets.

    Raises:
        InvalidArgumentsError: with everything that is wrong, in words for the model.
    """
    try:
        read = plan.reader(given)
    except InvalidArgumentsError as error:
        raise InvalidArgumentsError(say(_FIT, problem=error)) from error.__cause__
    if plan.policy.validate is not None:
        try:
            problem = plan.policy.validate(deepcopy(plan.reader.without_injected(given)))
        except (ValueError, AssertionError, ModelRetry) as error:
            problem = error_text(error if not isinstance(error, ModelRetry) else ValueError(str(error)))
        if problem is False or inspect.isawaitable(problem):  # what nobody awaits has agreed to nothing
            problem = say("the tool's own check refused them")
        if isinstance(problem, str):
            raise InvalidArgumentsError(say(_FIT, problem=problem))
    return read


def find_twins(jobs: Sequence[Job]) -> None:
    """Let calls that say the same as one before them share its result, or refuse them, as the policy has it (T22)."""
    first: dict[tuple[str, str], Job] = {}
    for job in jobs:
        if job.settled or job.plan is None or job.plan.policy.when_repeated == "run":
            continue
        job.digest = job.digest or arguments_hash(job.call.arguments)
        twin = first.setdefault((job.call.name, job.digest), job)
        if twin is not job and job.plan.policy.when_repeated == "share":
            job.twin = twin
        elif twin is not job:
            text = "this call says the same as one before it in your message, so it was not run again"
            job.fail(say(text), "repeated")
