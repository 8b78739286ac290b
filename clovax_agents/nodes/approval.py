"""A person's turn: ask about all calls that need one, before any tool of the turn runs (promise 8)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable
from langgraph.runtime import get_runtime
from langgraph.types import Command, interrupt

from clovax_agents.approval import (
    CHANGED,
    MAX_QUESTIONS,
    Decision,
    UnreadableAnswerError,
    decide,
    hitl_request,
    read_decisions,
    written_down,
)
from clovax_agents.execution.approvals import approval_key, asked
from clovax_agents.execution.calls import open_calls
from clovax_agents.execution.canonical import arguments_hash, canonical
from clovax_agents.execution.checks import check_arguments
from clovax_agents.execution.facts import run_facts
from clovax_agents.execution.wording import say
from clovax_agents.routing import route_after_approval
from clovax_agents.wire.arguments import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution import ToolExecutor, TurnCall
    from clovax_agents.execution.approvals import Approval
    from clovax_agents.execution.facts import RunFacts
    from clovax_agents.state import AgentState

__all__ = ["ApprovalNode"]


class ApprovalNode(Runnable["AgentState", "Command[Any]"]):
    """Ask a person about all calls that need one, before any tool of the turn runs.

    Args:
        executor: whose tools and policies count.
        interrupts: names of tools that may interrupt.
    """

    def __init__(self, executor: ToolExecutor, interrupts: Collection[str] = ()) -> None:
        """Take what says which calls to ask about."""
        self.name = "approval"
        self._plans = executor.plans
        self._interrupts = interrupts

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Ask, and record what was decided."""
        messages = input["messages"]
        facts = _facts(config)
        known = written_down(open_calls(messages), input.get("approvals") or {})
        calls = self._questions(messages, facts, input) if known is None else self._runnable(known.calls)
        decisions = self._decisions(calls, is_changed=known is not None and known.is_changed)
        turn = decide(messages, list(zip(calls, decisions, strict=True)), user=facts.user, now=time.time())
        goto = route_after_approval(turn.after(messages), interrupts=self._interrupts)
        return Command(update={"messages": turn.messages, "approvals": turn.approvals}, goto=goto)

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Ask, and record what was decided."""
        return self.invoke(input, config)

    def asks(self, call: TurnCall) -> bool:
        """Whether a person has to agree to a call; one that cannot run anyway needs nobody."""
        plan = self._plans.get(call.name)
        if plan is None or call.problem is not None or not plan.policy.needs_approval(call.arguments):
            return False
        return self._problem(call, call.arguments) is None

    def asked(self, messages: Sequence[BaseMessage], config: RunnableConfig | None) -> dict[str, Approval]:
        """Return what a person is going to be asked, for the state: an answer counts for nothing else.

        Args:
            messages: of the state, with the calls at their end.
            config: of the run.
        """
        calls = self._questions(messages, _facts(config), {"messages": messages})
        return {approval_key(call): asked(call, arguments_hash(call.arguments)) for call in calls}

    def _questions(self, messages: Sequence[BaseMessage], facts: RunFacts, state: Any) -> list[TurnCall]:
        view = facts.view(get_runtime().context, state)
        calls = [call for call in open_calls(messages) if self.asks(call)]
        return [call for call in calls if self._plans[call.name].policy.admits(view)]

    def _runnable(self, calls: Sequence[TurnCall]) -> list[TurnCall]:
        """Leave out calls that were changed into what cannot run; the tools node answers them."""
        return [call for call in calls if call.problem is None and self._problem(call, call.arguments) is None]

    def _decisions(self, calls: Sequence[TurnCall], *, is_changed: bool) -> list[Decision]:
        """Ask until there is a decision about each call that can be carried out, but not for ever."""
        if not calls:
            return []
        described = [(call, self._plans[call.name].tool.description) for call in calls]
        problem = None
        for question in range(MAX_QUESTIONS):
            answer = interrupt(hitl_request(described, problem))
            if is_changed and question == 0:  # it may be the answer to what was asked before the change
                problem = say(CHANGED)
                continue
            try:
                decisions = read_decisions(answer, calls)
            except UnreadableAnswerError as error:
                problem = str(error)
                continue
            problem = self._wrong_edit(calls, decisions)
            if problem is None:
                return decisions
        reason = say("no usable decision was made: {problem}", problem=problem)
        return [Decision("reject", message=reason)] * len(calls)

    def _wrong_edit(self, calls: Sequence[TurnCall], decisions: Sequence[Decision]) -> str | None:
        """Return what is wrong with arguments that the person has changed."""
        edits = [(call, decision) for call, decision in zip(calls, decisions, strict=True) if decision.kind == "edit"]
        problems = (self._problem(call, decision.arguments) for call, decision in edits)
        return next((problem for problem in problems if problem is not None), None)

    def _problem(self, call: TurnCall, arguments: Mapping[str, Any]) -> str | None:
        """Return why a call with these arguments could not run: by the executor's checks, and as text of its own."""
        plan = self._plans.get(call.name)
        if plan is None:
            return say("there is no tool {name}", name=repr(call.name))
        try:
            check_arguments(plan, arguments)
            parse_arguments(canonical(arguments).decode())
        except Exception as error:  # noqa: BLE001  # a check that fails lets nothing run; the executor says why
            return str(error)
        return None


def _facts(config: RunnableConfig | None) -> RunFacts:
    return run_facts(config or {}, get_runtime())
