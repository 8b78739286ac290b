"""The ReAct agent: the model calls tools until it can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from langgraph.graph import START, StateGraph

from clovax_agents.nodes import ModelNode, ToolsNode
from clovax_agents.routing import AfterModel, AfterTools
from clovax_agents.state import AgentContext, AgentInput, AgentState
from clovax_agents.tooling import Toolbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

__all__ = ["react_agent"]

DEFAULT_MODEL: Final = "HCX-007"
"""The best of the models at calling tools; it does not think while it does."""


def react_agent(
    *,
    tools: Toolbox | Iterable[BaseTool | Callable[..., Any]] = (),
    model: BaseChatModel | str = DEFAULT_MODEL,
    prompt: str | None = None,
    max_turns: int = 25,
) -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Build a ReAct agent; compile it with the checkpointer and the store of your choice.

    Args:
        tools: a `Toolbox`, or tools and functions.
        model: the chat model, or the name of one, for which a `ChatClovaX` is made when the graph first runs.
        prompt: system prompt.
        max_turns: how often the model may answer one user message, before the agent stops and says so.

    Example:
        >>> agent = react_agent(model="HCX-007", prompt="Answer in Korean.").compile(name="react")
        >>> sorted(agent.get_graph().nodes)
        ['__end__', '__start__', 'model', 'tools']
    """
    box = tools if isinstance(tools, Toolbox) else Toolbox(*tools)
    graph = StateGraph(AgentState, context_schema=AgentContext)
    node = ModelNode(model=model, tools=box, prompt=prompt, max_turns=max_turns)
    # LangGraph's own signature holds an unknown type.
    graph.add_node("model", node, destinations=get_args(AfterModel))  # pyright: ignore[reportUnknownMemberType]
    graph.add_node("tools", ToolsNode(box), destinations=get_args(AfterTools))  # pyright: ignore[reportUnknownMemberType]
    graph.add_edge(START, "model")
    return cast("StateGraph[AgentState, AgentContext, AgentInput, AgentState]", graph)  # for type checkers only
