"""The nodes that every prebuilt graph is made of. Each is a Runnable, sync and async alike, over pure functions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.runnables import Runnable
from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.capabilities import model_card
from clovax_agents.errors import InvalidResponseError
from clovax_agents.execution import ToolExecutor
from clovax_agents.recovery import MAX_REPAIRS, larger_cap, unusable_turns
from clovax_agents.routing import model_turns, route_after_model, route_after_tools
from clovax_agents.state import AgentContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.state import AgentState
    from clovax_agents.tooling import Toolbox

__all__ = ["ModelNode", "ToolsNode"]

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
    """

    def __init__(self, *, model: BaseChatModel | str, tools: Toolbox, prompt: str | None, max_turns: int) -> None:
        """Keep the parts; nothing is built before the first turn."""
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
            return _next(messages, stop)
        return _next(messages, self._bound.invoke(self._input(messages), config, **self._options(messages)))

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Take one turn."""
        messages = input["messages"]
        if (stop := self._stop(messages)) is not None:
            return _next(messages, stop)
        return _next(messages, await self._bound.ainvoke(self._input(messages), config, **self._options(messages)))

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
        return [SystemMessage(prompt), *messages] if prompt else list(messages)

    def _options(self, messages: Sequence[BaseMessage]) -> dict[str, Any]:
        """Return what this turn asks for beyond what the model is configured with."""
        context = _context()
        name = context.model or str(getattr(self._model, "model", ""))
        configured = context.max_tokens or getattr(self._model, "max_tokens", None)
        cap = larger_cap(messages, configured, model_card(name).max_output)
        options = {"model": context.model, "max_tokens": cap if cap != configured else context.max_tokens}
        return {key: value for key, value in options.items() if value is not None}


class ToolsNode(Runnable["AgentState", "Command[Any]"]):
    """Answer the tool calls of the last message, and say where to go next."""

    def __init__(self, tools: Toolbox) -> None:
        """Take the tools that may run."""
        self.name = "tools"
        self._executor = ToolExecutor(tools)
        self._return_direct = frozenset(tool.name for tool in tools if tool.return_direct)
        self.tools_by_name = self._executor.tools_by_name  # LangGraph's drawings show it

    def invoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Run the open calls."""
        return self._next(input, self._executor.invoke(input, config)["messages"])

    async def ainvoke(self, input: AgentState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Run the open calls."""
        return self._next(input, (await self._executor.ainvoke(input, config))["messages"])

    def _next(self, state: AgentState, answers: list[Any]) -> Command[Any]:
        goto = route_after_tools([*state["messages"], *answers], self._return_direct)
        return Command(update={"messages": answers}, goto=goto)


def _next(messages: Sequence[BaseMessage], reply: AIMessage) -> Command[Any]:
    return Command(update={"messages": [reply]}, goto=route_after_model([*messages, reply]))


def _context() -> AgentContext:
    given: AgentContext | None = get_runtime(AgentContext).context  # None where a run sets nothing
    return given or AgentContext()
