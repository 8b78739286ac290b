"""The nodes that every prebuilt graph is made of. Each is a Runnable, sync and async alike, over pure functions."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.runnables import Runnable
from langgraph.runtime import get_runtime
from langgraph.types import Command, interrupt

from clovax_agents.approval import (
    MAX_QUESTIONS,
    Decision,
    UnreadableAnswerError,
    decide,
    hitl_request,
    read_decisions,
)
from clovax_agents.capabilities import model_card
from clovax_agents.errors import InvalidArgumentsError, InvalidResponseError
from clovax_agents.execution.calls import open_calls, with_unique_ids
from clovax_agents.execution.canonical import canonical
from clovax_agents.execution.checks import check_arguments
from clovax_agents.execution.facts import run_facts
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.recovery import MAX_REPAIRS, larger_cap, unusable_turns
from clovax_agents.repair import repair_history
from clovax_agents.routing import (
    answers_in,
    has_route,
    model_turns,
    route_after_approval,
    route_after_model,
    route_after_tools,
)
from clovax_agents.state import AgentContext

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution import ToolExecutor, TurnCall
    from clovax_agents.state import AgentState
    from clovax_agents.tooling import Toolbox

    Route = Callable[[Sequence[BaseMessage]], Any]

__all__ = ["ApprovalNode", "ModelNode", "ToolsNode"]

_OUT_OF_TURNS = (
    "모델을 {turns}번 불렀지만 답을 마치지 못해 멈췄습니다. (Stopped after {turns} model turns without a final answer.)"
)


class ModelNode(Runnable["AgentState", "Command[Any]"]):
    """Ask the model, and say where to go next.

    Args:
        model: the chat model, or the name of one: then a `ChatClovaX` is made when it is first needed, so that a
            graph loads and draws without a key.
        tools: what the model may call.
        prompt: system prompt in front of the history; None for none.
        max_turns: how often the model may answer one user message; then the node answers itself, and says so.
        route: from the messages after the turn to where to go.
    """

    def __init__(
        self,
        *,
        model: BaseChatModel | str,
        tools: Toolbox,
        prompt: str | None,
        max_turns: int,
        route: Route = route_after_model,
    ) -> None:
        """Keep the parts; nothing is built before the first turn."""
        self._route = route
        self.name = "model"
        self._given = model
        self._tools = tools
        self._prompt = prompt
        self._max_turns = max_turns

    @cached_property
    def _model(self) -> BaseChatModel:
        from clovax_agents.chat_models import ChatClovaX  # noqa: PLC0415  # only where a name is given

        return ChatClovaX(model=self._given) if isinstance(self._given, str) else self._given

    @cached_property
    def _bound(self) -> Runnable[LanguageModelInput, AIMessage]:
        return self._model.bind_tools(list(self._tools)) if self._tools else self._model

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        messages = input["messages"]
        if (stop := self._stop(messages)) is not None:
            return _next(messages, stop, self._route)
        return _next(
            messages, self._bound.invoke(self._input(messages), config, **self._options(messages)), self._route
        )

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        messages = input["messages"]
        if (stop := self._stop(messages)) is not None:
            return _next(messages, stop, self._route)
        return _next(
            messages, await self._bound.ainvoke(self._input(messages), config, **self._options(messages)), self._route
        )

    def _stop(self, messages: Sequence[BaseMessage]) -> AIMessage | None:
        if len(unusable := unusable_turns(messages)) > MAX_REPAIRS:
            flaw = unusable[0].invalid_tool_calls[0]["error"]
            raise InvalidResponseError(
                f"the model wrote tool calls that cannot run {len(unusable)} times in a row, the last one because "
                f"{flaw}. Nothing was run. A larger max_tokens or a simpler tool schema may help"
            )
        if model_turns(messages) >= self._max_turns:
            return AIMessage(_OUT_OF_TURNS.format(turns=self._max_turns))
        return None

    def _input(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        prompt = _context().prompt or self._prompt
        repaired = repair_history(messages)
        return [SystemMessage(prompt), *repaired] if prompt else repaired

    def _options(self, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        """Return what this turn asks for beyond what the model is configured with."""
        context = _context()
        name = context.model or str(getattr(self._model, "model", ""))
        configured = context.max_tokens or getattr(self._model, "max_tokens", None)
        cap = larger_cap(messages, configured, model_card(name).max_output)
        options = {"model": context.model, "max_tokens": cap if cap != configured else context.max_tokens}
        return {key: value for key, value in options.items() if value is not None}


class ToolsNode(Runnable[Any, Any]):
    """Answer the open tool calls, and say where to go next.

    Args:
        executor: that runs them.
    """

    def __init__(self, executor: ToolExecutor) -> None:
        """Take the executor."""
        self.name = "tools"
        self._executor = executor
        self._return_direct = frozenset(name for name, plan in executor.plans.items() if plan.return_direct)
        self.tools_by_name = executor.tools_by_name  # LangGraph's drawings show it

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls."""
        return self._next(input, self._executor.invoke(input, config))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls."""
        return self._next(input, await self._executor.ainvoke(input, config))

    def _next(self, given: Any, added: Any) -> Any:
        updates = as_list(added) or [added]
        commands: list[Any] = [update if isinstance(update, Command) else Command(update=update) for update in updates]
        if has_route(updates):
            return commands
        before: list[Any] = (as_dict(given) or {}).get("messages", [])
        goto = route_after_tools([*before, *answers_in(updates)], self._return_direct)
        return [*commands, Command(goto=goto)] if len(commands) > 1 else replace(commands[0], goto=goto)


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
        calls = [call for call in open_calls(messages) if self.asks(call)]
        decisions = self._asked(calls)
        turn = decide(messages, list(zip(calls, decisions, strict=True)), user=_user(config), now=time.time())
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

    def _asked(self, calls: Sequence[TurnCall]) -> list[Decision]:
        problem = None
        described = [(call, self._plans[call.name].tool.description) for call in calls]
        for _ in range(MAX_QUESTIONS):
            answer = interrupt(hitl_request(described, problem))
            try:
                decisions = read_decisions(answer, calls)
            except UnreadableAnswerError as error:
                problem = str(error)
                continue
            problem = self._wrong_edit(calls, decisions)
            if problem is None:
                return decisions
        return [Decision("reject", message=f"no usable decision was made: {problem}")] * len(calls)

    def _wrong_edit(self, calls: Sequence[TurnCall], decisions: Sequence[Decision]) -> str | None:
        """Return what is wrong with arguments that the person has changed."""
        edits = [(call, decision) for call, decision in zip(calls, decisions, strict=True) if decision.kind == "edit"]
        problems = (self._problem(call, decision.arguments) for call, decision in edits)
        return next((problem for problem in problems if problem is not None), None)

    def _problem(self, call: TurnCall, arguments: Mapping[str, Any]) -> str | None:
        try:
            check_arguments(self._plans[call.name], arguments)
            canonical(arguments)
        except InvalidArgumentsError as error:
            return str(error)
        return None


def _next(
    messages: Sequence[BaseMessage], reply: AIMessage, route: Callable[[Sequence[BaseMessage]], Any]
) -> Command[Any]:
    reply = with_unique_ids(reply)
    return Command(update={"messages": [reply]}, goto=route([*messages, reply]))


def _user(config: RunnableConfig | None) -> str | None:
    return run_facts(config or {}, None).user


def _context() -> AgentContext:
    given: AgentContext | None = get_runtime(AgentContext).context  # None where a run sets nothing
    return given or AgentContext()
