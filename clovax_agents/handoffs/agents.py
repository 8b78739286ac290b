"""`Agent`: one of several that work together, and how a list of them is read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from langchain_core.runnables import Runnable
from langgraph.graph import StateGraph
from langgraph.pregel.protocol import PregelProtocol

from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs.functions import graph_of
from clovax_agents.tooling.sizes import is_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from langgraph.pregel import Pregel

    from clovax_agents.tooling import ToolPolicy

__all__ = ["Agent", "Agents", "read_agents"]

_UNNAMED: Final = frozenset({"", "LangGraph"})
_MOST: Final = 50
"""Characters of a name: with what is put in front of it, it becomes the name of a tool, of 64 at most."""

Runs: TypeAlias = (
    "Pregel[Any, Any, Any, Any] | StateGraph[Any, Any, Any, Any] | Runnable[Any, Any] | Callable[..., Any]"
)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One of several agents that work together.

    Attributes:
        runs: a compiled graph, a builder as `react_agent` returns it, a Runnable such as a chat model, or a function
            (sync or async) from the messages to an answer.
        name: of ``[A-Za-z0-9_-]``; by default the graph's own, as ``compile(name="orders")`` gives it.
        description: what it is there for, as other agents and models read it.
        as_tool: a supervisor calls it with a task, and it sees nothing else; by default it takes over the
            conversation.
        scopes: the most that it may do: of what a run is granted, only these reach the agent. None: all of it.
        policy: of the tool that calls it, for instance ``ToolPolicy(effect="read", approval=True)``.

    Example:
        >>> Agent(runs=lambda messages: "안녕하세요", name="greeter", description="인사").name
        'greeter'
    """

    runs: Runs
    name: str = ""
    description: str = ""
    as_tool: bool = False
    scopes: frozenset[str] | None = None
    policy: ToolPolicy | None = None
    graph: Any = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Compile what is not compiled yet; refuse what is no agent."""
        if isinstance(self.scopes, str | list | tuple | set):  # a text alone is a mistake that everybody makes once
            given: Any = self.scopes
            object.__setattr__(self, "scopes", frozenset([given] if isinstance(given, str) else given))
        name = self.name or str(getattr(self.runs, "name", "") or getattr(self.runs, "__name__", ""))
        object.__setattr__(self, "name", _checked(name))
        object.__setattr__(self, "graph", _compiled(self.runs, self.name))
        if not self.description:
            object.__setattr__(self, "description", _documented(self.runs))


Agents: TypeAlias = "Iterable[Agent | Runs] | Mapping[str, Agent | Runs]"
"""Agents in order; in a mapping, under their names."""


def read_agents(given: Agents, *, reserved: Iterable[str] = ()) -> dict[str, Agent]:
    """Return agents by their names, in order.

    Args:
        given: agents, graphs and functions.
        reserved: names of the graph's other nodes.

    Raises:
        ConfigurationError: none at all, one without a usable name, or two of the same name.

    Example:
        >>> list(read_agents({"greeter": lambda messages: "안녕하세요"}))
        ['greeter']
    """
    listed: Any = given
    entries: Iterable[tuple[str, Any]] = listed.items() if hasattr(listed, "items") else (("", item) for item in listed)
    found: dict[str, Agent] = {}
    taken = frozenset(reserved)
    for name, item in entries:
        agent = _read(name, item)
        if agent.name in found:
            raise ConfigurationError(f"two agents are named {agent.name!r}: compile one of them with another name=")
        if agent.name in taken:
            raise ConfigurationError(f"an agent cannot be named {agent.name!r}: a node of the graph has that name")
        found[agent.name] = agent
    if not found:
        raise ConfigurationError("there are no agents: give at least one graph or function")
    return found


def _read(name: str, item: Any) -> Agent:
    if not isinstance(item, Agent):
        return Agent(runs=item, name=name)
    return replace(item, name=name) if name else item


def _checked(name: str) -> str:
    if name in _UNNAMED or name == "<lambda>":
        raise ConfigurationError(
            "an agent needs a name: compile(name='orders'), Agent(name='orders', runs=...), or {'orders': ...}"
        )
    if not is_name(name) or len(name) > _MOST:
        raise ConfigurationError(
            f"an agent cannot be named {name!r:.80}: models call it by its name, of 1 to {_MOST} characters of A-Z, "
            "a-z, 0-9, '_' and '-'. Keep other words for its description"
        )
    return name


def _compiled(runs: Any, name: str) -> Any:
    if isinstance(runs, StateGraph):
        return cast("Any", runs).compile(name=name)
    if isinstance(runs, PregelProtocol):
        return cast("Any", runs)
    if isinstance(runs, Runnable) or (callable(runs) and not isinstance(runs, type)):
        return graph_of(cast("Any", runs), name)
    raise ConfigurationError(
        f"agent {name!r} is a {type(runs).__name__}: give a graph, a builder, a Runnable or a function"
    )


def _documented(runs: Any) -> str:
    """Return the first paragraph of a function's docstring; graphs carry none of their own."""
    own = None if isinstance(runs, StateGraph | Runnable) else getattr(runs, "__doc__", None)
    return " ".join((own or "").strip().partition("\n\n")[0].split())
