"""What the rows of the fault table share: the same tools and the same model in each contender's graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool as langchain_tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import PrivateAttr

from clovax_agents import Toolbox
from clovax_agents.prebuilt import react_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clovax_agents.tooling.policy import ToolPolicy

CONTENDERS: Final = ("ToolNode", "create_agent", "clovax")
QUESTION: Final[Any] = {"messages": [("user", "go")]}


class Scripted(BaseChatModel):
    """Says these messages one after the other, then "over"; keeps what it was sent."""

    says: list[Any]
    _seen: list[list[BaseMessage]] = PrivateAttr(default_factory=list[list[BaseMessage]])

    @property
    def seen(self) -> list[list[BaseMessage]]:
        """What it was sent, turn by turn."""
        return self._seen

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> Any:  # noqa: ARG002  # LangChain's signature
        """Know the tools already."""
        return self

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:  # noqa: ARG002
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        said = self._next(messages)
        chunks = said if isinstance(said, list) else [AIMessageChunk(**said.model_dump(exclude={"type"}))]
        yield from (ChatGenerationChunk(message=chunk) for chunk in chunks)

    def _next(self, messages: list[BaseMessage]) -> Any:
        self._seen.append(list(messages))
        turn = len(self._seen) - 1
        if turn < len(self.says):
            return self.says[turn]
        return AIMessage("over", response_metadata={"finish_reason": "stop"})


def calling(name: str, *arguments: dict[str, Any], ids: list[str] | None = None) -> AIMessage:
    """Return a message that calls a tool once for each of these arguments."""
    named = ids or [f"call_{n}" for n in range(len(arguments))]
    calls: Any = [{"name": name, "args": args, "id": id_} for args, id_ in zip(arguments, named, strict=True)]
    return AIMessage("", id="m", tool_calls=calls, response_metadata={"finish_reason": "tool_calls"})


def graph_of(
    contender: str,
    model: Scripted,
    *functions: Callable[..., Any],
    policy: ToolPolicy | None = None,
    checkpointer: Any = None,
    middleware: tuple[Any, ...] = (),
    **node: Any,
) -> Any:
    """Return the graph of a contender.

    Args:
        contender: one of `CONTENDERS`.
        model: that calls the tools.
        functions: that are the tools.
        policy: of the tools, for ours.
        checkpointer: of the graph.
        middleware: for create_agent.
        node: options of the tools node, for ToolNode.
    """
    if contender == "clovax":
        box = Toolbox().add(*functions, policy=policy)
        return react_agent(model=model, tools=box).compile(checkpointer=checkpointer)
    tools = [langchain_tool(function) for function in functions]
    if contender == "create_agent":
        return create_agent(model, tools, checkpointer=checkpointer, middleware=middleware)

    def ask(state: MessagesState) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("model", ask)
    graph.add_node("tools", ToolNode(tools), **node)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=checkpointer)


def answers(state: Any) -> list[ToolMessage]:
    """Return what the tools said."""
    return [message for message in state["messages"] if isinstance(message, ToolMessage)]


def seen_of(run: Callable[[], Any]) -> str:
    """Say in a few words how a run ended."""
    try:
        state = run()
    except Exception as error:  # noqa: BLE001  # that is what is measured
        return f"run dies ({type(error).__name__})"
    found = answers(state)
    if not found:
        return "ends without a word"
    errors = sum(answer.status == "error" for answer in found)
    if errors == len(found):
        return "error to the model"
    return "runs" if not errors else f"{len(found) - errors} run, {errors} errors to the model"
