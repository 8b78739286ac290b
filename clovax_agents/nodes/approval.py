"""A person's turn: ask about all calls that need one, before any tool of the turn runs (promise 8)."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

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
from clovax_agents.execution.taint import CLEAN
from clovax_agents.execution.wording import say
from clovax_agents.forms import left_out
from clovax_agents.routing import route_after_approval, route_after_model
from clovax_agents.tooling.context import CURRENT
from clovax_agents.wire.arguments import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution import ToolExecutor, TurnCall
    from clovax_agents.execution.approvals import Approval
    from clovax_agents.execution.facts import RunFacts
    from clovax_agents.execution.taint import Taint
    from clovax_agents.state import AgentState

__all__ = ["ApprovalNode"]

_STRANGERS: Final = "Text that strangers may have written is in this conversation, and may be what asks for this call."
_STRANGERS_AND_PRIVATE: Final = (
    "Text that strangers may have written is in this conversation, and may be what asks for this call; so is private "
    "data, which the call may give away."
)


class ApprovalNode(Runnable["AgentState", "Command[Any]"]):
    """Ask a person about all calls that need one, before any tool of the turn runs.

    Args:
        executor: whose tools and policies count.
        interrupts: names of tools that may interrupt.
    """

    def __init__(self, executor: ToolExecutor, interrupts: Collection[str] = ()) -> None:
        """Take what says which calls to ask about."""
        self.name: str | None = "approval"
        self._plans = executor.plans
        self._executor = executor
        self._interrupts = interrupts

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Ask, and record what was decided."""
        messages = input["messages"]
        facts = self._facts(config)
        taint = self._taint(messages, input.get("taint"))
        known = written_down(open_calls(messages), input.get("approvals") or {})
        calls = self._questions(messages, facts, taint, input) if known is None else self._runnable(known.calls)
        described = [(call, self._described(call, taint)) for call in calls]
        decisions = self._decisions(described, is_changed=known is not None and known.is_changed)
        turn = decide(messages, list(zip(calls, decisions, strict=True)), user=facts.user, now=time.time())
        goto = route_after_approval(turn.after(messages), interrupts=self._interrupts)
        return Command(update={"messages": turn.messages, "approvals": turn.approvals}, goto=goto)

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Ask, and record what was decided."""
        return self.invoke(input, config)

    def route(self, messages: Sequence[BaseMessage]) -> Any:
        """Say where to go after the model: here first, if there is something to ask.

        Args:
            messages: of the state, with the model's answer, marked with what the conversation carries, at their end.
        """
        asks = partial(self.asks, taint=self._taint(messages))
        return route_after_model(messages, asks=asks, interrupts=self._interrupts)

    def asks(self, call: TurnCall, taint: Taint = CLEAN) -> bool:
        """Whether a person has to agree to a call; one that cannot run anyway needs nobody.

        Args:
            call: that the model made.
            taint: of the conversation.
        """
        plan = self._plans.get(call.name)
        if plan is None or call.problem is not None:
            return False
        ruling = self._executor.guard.verdict(plan.policy, taint)
        if ruling == "refuse" or not (ruling == "approve" or plan.policy.needs_approval(call.arguments)):
            return False
        return self._problem(call, call.arguments) is None

    def asked(self, messages: Sequence[BaseMessage], config: RunnableConfig | None) -> dict[str, Approval]:
        """Return what a person is going to be asked, for the state: an answer counts for nothing else.

        Args:
            messages: of the state, with the calls at their end.
            config: of the run.
        """
        calls = self._questions(messages, self._facts(config), self._taint(messages), {"messages": messages})
        return {approval_key(call): asked(call, arguments_hash(call.arguments)) for call in calls}

    def _questions(self, messages: Sequence[BaseMessage], facts: RunFacts, taint: Taint, state: Any) -> list[TurnCall]:
        view = facts.view(get_runtime().context, state)
        closed = left_out(view.context, self._executor.choosable)
        calls = [call for call in open_calls(messages) if call.name not in closed and self.asks(call, taint)]
        return [call for call in calls if self._plans[call.name].policy.admits(view)]

    def _runnable(self, calls: Sequence[TurnCall]) -> list[TurnCall]:
        """Leave out calls that were changed into what cannot run; the tools node answers them."""
        return [call for call in calls if call.problem is None and self._problem(call, call.arguments) is None]

    def _described(self, call: TurnCall, taint: Taint) -> str:
        """Return what the tool does, and why a person is asked if the tool's own policy is not the reason."""
        plan = self._plans[call.name]
        if self._executor.guard.verdict(plan.policy, taint) != "approve":
            return plan.tool.description
        reason = say(_STRANGERS_AND_PRIVATE) if "private_data" in taint else say(_STRANGERS)
        return f"{plan.tool.description}\n\n{reason}"

    def _decisions(self, described: Sequence[tuple[TurnCall, str]], *, is_changed: bool) -> list[Decision]:
        """Ask until there is a decision about each call that can be carried out, but not for ever."""
        calls = [call for call, _ in described]
        if not calls:
            return []
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

    def _taint(self, messages: Sequence[BaseMessage], kept: object = None) -> Taint:
        return self._executor.guard.taint(messages, kept, CURRENT.get())

    def _facts(self, config: RunnableConfig | None) -> RunFacts:
        return run_facts(config or {}, get_runtime(), self._executor.scopes)
