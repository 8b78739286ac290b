"""A function as an agent: a graph of one node, whatever kind of function it is and however the graph is run."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.graph import START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_list
from clovax_agents.state import AgentMessages
from clovax_agents.tooling.background import run_in_background

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["graph_of"]


def graph_of(function: Callable[..., Any] | Runnable[Any, Any], name: str) -> Any:
    """Return a compiled graph whose answer is what a function makes of the messages.

    Args:
        function: sync or async, or a Runnable such as a chat model, from the list of messages to a text, a message, or
            a list of messages.
        name: of the graph and of its node.

    Example:
        >>> graph_of(lambda messages: f"{len(messages)}", "counter").invoke({"messages": ["a"]})["messages"][-1].text
        '1'
    """
    graph: Any = StateGraph(AgentMessages)
    given: Any = function
    graph.add_node(name, _chain(given, name) if isinstance(function, Runnable) else _node(given, name))
    graph.add_edge(START, name)
    return graph.compile(name=name)


def _node(function: Callable[..., Any], name: str) -> Runnable[Any, Any]:
    if inspect.iscoroutinefunction(function):
        node = _AsyncNode(function, name)
        return RunnableLambda(node.call, afunc=node.acall)
    return RunnableLambda(_SyncNode(function, name).call)


def _chain(runnable: Runnable[Any, Any], name: str) -> Runnable[Any, Any]:
    def messages(state: dict[str, Any]) -> Any:
        return state["messages"]

    def update(answer: Any) -> dict[str, Any]:
        return _update(answer, name)

    return RunnableLambda(messages) | runnable | RunnableLambda(update)


class _SyncNode:
    """Calls a sync function; LangChain moves it off the event loop by itself."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function = function
        self._name = name

    def call(self, state: dict[str, Any]) -> dict[str, Any]:
        """Answer."""
        return _update(self._function(state["messages"]), self._name)


class _AsyncNode(_SyncNode):
    """Calls an async function, in sync graphs on a loop in the background."""

    async def acall(self, state: dict[str, Any]) -> dict[str, Any]:
        """Answer."""
        return _update(await self._function(state["messages"]), self._name)

    def call(self, state: dict[str, Any]) -> dict[str, Any]:
        """Answer."""
        return run_in_background(self.acall(state))


def _update(answer: Any, name: str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"messages": [AIMessage(answer, name=name)]}
    listed = as_list(answer)
    if isinstance(answer, AIMessage) or (listed and isinstance(listed[-1], AIMessage)):
        return {"messages": listed or [answer]}
    raise ConfigurationError(
        f"the function of agent {name!r} returned a {type(answer).__name__}: return a text, an AIMessage, or a list "
        "of messages that ends with one"
    )
