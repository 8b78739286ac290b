"""The nodes of an agent that works by a plan: make it, see how far it is, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from langchain_core.messages import AIMessage, SystemMessage
from langgraph.config import get_config
from langgraph.runtime import get_runtime
from langgraph.types import Command, Send

from clovax_agents.conversations import question_of
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.handoffs.telling import carried, marked, with_note
from clovax_agents.nodes.driven import DrivenNode, Wanted
from clovax_agents.planning.asking import (
    answer_prompt,
    complaint,
    conversation,
    not_done,
    plan_input,
    results_note,
)
from clovax_agents.planning.progress import begun, failed, one_step, only_step, ready, replanned, skippable
from clovax_agents.planning.reading import read_plan
from clovax_agents.planning.state import PlanContext, merge_plan
from clovax_agents.tooling.labels import read_labels

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

    from clovax_agents.nodes.recovered import RecoveringModel
    from clovax_agents.nodes.sight import Sight
    from clovax_agents.planning.state import PlanState, PlanStep

__all__ = ["FRESH", "PlanAnswerNode", "PlanNode", "ReplanNode"]

Replan = Literal["failure", "always", "never"]
_ATTEMPTS: Final = 3
"""How often a planner is asked until its plan can be read."""
_MOST_THOUGHTS: Final = 4_000
FRESH: Final[dict[str, Any]] = {"plan": [], "reasoning": "", "revisions": 0, "failures": 0}
"""What a turn begins with: nothing of the one before."""


class PlanNode(DrivenNode):
    """Make a plan for the user's message.

    A plan that cannot be read is asked for again; if that does not help, the whole request is one step.

    Args:
        planner: the model.
        sight: says which tools the steps can use in this run.
        most: how many steps a plan may have.
        width: how many steps may run at once.
    """

    name: str | None = "plan"

    def __init__(self, planner: RecoveringModel, sight: Sight, *, most: int, width: int) -> None:
        """Keep the parts."""
        self._planner = planner
        self._sight = sight
        self._most = most
        self._width = width

    def _steps(self, state: PlanState) -> Generator[Wanted, Any, Command[Any]]:
        steps, thoughts = yield from self._asked(state, ())
        plan = [one_step(question_of(state["messages"]))] if steps is None else steps
        return self._going_on(plan, {"reasoning": thoughts, "revisions": 0, "failures": 0})

    def _asked(
        self, state: PlanState, known: Sequence[PlanStep]
    ) -> Generator[Wanted, Any, tuple[list[PlanStep] | None, str]]:
        """Return the steps that the planner wants, or None if it cannot be understood, and what it thought."""
        name = _context().planner
        messages = plan_input(state["messages"], self._tools(state), self._most, known)
        thoughts = ""
        for _ in range(_ATTEMPTS):
            reply = yield Wanted(self._planner, messages, {"model": name} if name else {})
            thoughts = str(reply.additional_kwargs.get("thinking_content") or "")[:_MOST_THOUGHTS]
            try:
                return read_plan(str(reply.text), self._most, known), thoughts
            except InvalidArgumentsError as error:
                messages = [*messages, *complaint(reply, str(error))]
        return None, thoughts

    def _going_on(self, plan: Sequence[PlanStep], update: dict[str, Any]) -> Command[Any]:
        """Send the steps that can run now; if there are none, answer."""
        ids = ready(plan, self._width)
        goto: Any = [Send("step", [name]) for name in ids] or "answer"
        return Command(update={**update, "plan": merge_plan(list(plan), begun(ids))}, goto=goto)

    def _tools(self, state: Any) -> list[BaseTool]:
        _, hidden = self._sight.of(state, get_config())
        return [self._sight.box[name] for name in self._sight.known if name not in hidden]


class ReplanNode(PlanNode):
    """See how far the plan is: make it anew where that is due, and go on with the next steps, or answer.

    Args:
        planner: as of `PlanNode`, with all that follows.
        sight: as there.
        most: as there.
        width: as there.
        when: a plan is made anew: after each ``"failure"``, ``"always"`` after steps, or ``"never"``.
        revisions: how often it may be.
    """

    name: str | None = "replan"

    def __init__(
        self, planner: RecoveringModel, sight: Sight, *, most: int, width: int, when: Replan, revisions: int
    ) -> None:
        """Keep the parts."""
        super().__init__(planner, sight, most=most, width=width)
        self._when = when
        self._revisions = revisions

    def _steps(self, state: PlanState) -> Generator[Wanted, Any, Command[Any]]:
        plan, lost = state.get("plan") or [], len(failed(state.get("plan") or []))
        update: dict[str, Any] = {"failures": lost}
        if self._is_due(state, lost):
            steps, thoughts = yield from self._asked(state, plan)
            update |= {"revisions": state.get("revisions", 0) + 1, "reasoning": thoughts}
            plan = plan if steps is None else replanned(plan, steps)
        return self._going_on(merge_plan(plan, skippable(plan)), update)

    def _is_due(self, state: PlanState, lost: int) -> bool:
        if self._when == "never" or state.get("revisions", 0) >= self._revisions:
            return False
        return self._when == "always" or lost > state.get("failures", 0)


class PlanAnswerNode(DrivenNode):
    """Answer the user from the results; what could not be done is told in any case.

    Args:
        writer: the model.
        prompt: system prompt of the graph.
    """

    name: str | None = "answer"

    def __init__(self, writer: RecoveringModel, prompt: str | None) -> None:
        """Keep the parts."""
        self._writer = writer
        self._prompt = prompt

    def _steps(self, state: PlanState) -> Generator[Wanted, Any, Command[Any]]:
        plan = state.get("plan") or []
        if (step := only_step(plan)) is not None:
            reply = AIMessage(step["result"], id=str(uuid4()))
        else:
            name = _context().answer_model
            options = {"model": name} if name else {}
            reply = yield Wanted(self._writer, self._input(state, plan), options, shown=True)
        if note := not_done(plan):
            reply = reply.model_copy(update={"content": f"{reply.text}\n\n{note}"})
        labels = carried(state["messages"]) | read_labels(state.get("taint"))
        return Command(update={"messages": [marked(reply, labels)]}, goto="__end__")

    def _input(self, state: PlanState, plan: Sequence[PlanStep]) -> list[BaseMessage]:
        prompt = _context().prompt or self._prompt
        said = conversation(state["messages"])
        if not plan:
            return [*([SystemMessage(prompt)] if prompt else []), *said]
        place = max((at for at, message in enumerate(said) if message.type == "human"), default=-1)
        if place >= 0:
            said[place] = with_note(said[place], results_note(plan), state["messages"])
        return [answer_prompt(prompt), *said[: place + 1]]


def _context() -> PlanContext:
    given: Any = get_runtime().context
    return given if isinstance(given, PlanContext) else PlanContext()
