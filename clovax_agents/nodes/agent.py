"""An agent's turn in a graph of several: what it is given, and what becomes of what it returns."""

from __future__ import annotations

import asyncio
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langgraph.errors import GraphBubbleUp, ParentCommand
from langgraph.types import Send

from clovax_agents.budgets.accounts import current_account
from clovax_agents.errors import BudgetExceededError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import error_text
from clovax_agents.handoffs.calling import call_of
from clovax_agents.handoffs.telling import carried
from clovax_agents.handoffs.wording import tell
from clovax_agents.nodes.budgeted import BACKSTOP, BudgetedNode, BudgetedStep
from clovax_agents.nodes.endings import over_of
from clovax_agents.tooling.labels import labelled, read_labels

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.handoffs.agents import Agent
    from clovax_agents.nodes.accounts import Budgets

    View = Callable[[Sequence[BaseMessage], str], list[BaseMessage]]

__all__ = ["AgentNode", "AgentTurn", "handed"]

_READ: Final = "__pregel_read"  # LangGraph exports no name for it


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTurn:
    """How an agent's turn went.

    Attributes:
        agent: whose turn it was.
        messages: of the state before it.
        given: what the agent read of them.
        returned: what it returned.
        goes_to: to whom it handed over; None if it did not.
        failed: whether it raised; then ``returned`` says so.
    """

    agent: Agent
    messages: Sequence[BaseMessage]
    given: Sequence[BaseMessage]
    returned: Sequence[BaseMessage]
    goes_to: str | None = None
    failed: bool = False


class AgentNode(RunnableLambda[Any, Any]):
    """Let an agent take its turn.

    It is a RunnableLambda because LangGraph finds the graphs inside of those: for drawings, streams and states.

    Args:
        agent: who takes it.
        view: from the messages of the state and the agent's name to what it reads.
        finish: from how it went to what the node adds to the state, and where to go.
        contains: an error of the agent is told to whoever called it, instead of ending the run.
        budgets: of the graph; the agent draws on them, too.
        stops: the run ends with this agent when a budget is used up; else the graph sees to that.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        view: View,
        finish: Callable[[AgentTurn], Any],
        contains: bool,
        budgets: Budgets | None = None,
        stops: bool = False,
    ) -> None:
        """Take the parts."""
        super().__init__(self.invoke, afunc=self.ainvoke, name=agent.name)
        turn = _Turn(agent, view, finish, contains=contains)
        kind = BudgetedStep if stops else BudgetedNode
        self.budgets = budgets
        self._visited = turn if budgets is None else kind(turn, budgets)
        self._graph = agent.graph

    @cached_property
    def deps(self) -> list[Runnable[Any, Any]]:
        """The agent's graph."""
        return [self._graph]

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return self._visited.invoke(input, config)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        return await self._visited.ainvoke(input, config)


class _Turn(Runnable[Any, Any]):
    """The turn itself."""

    def __init__(self, agent: Agent, view: View, finish: Callable[[AgentTurn], Any], *, contains: bool) -> None:
        self.name = agent.name
        self._agent = agent
        self._view = view
        self._finish = finish
        self._contains = contains

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        messages, given = self._read(input, config)
        call = call_of(self._agent, config)
        try:
            found = self._agent.graph.invoke({"messages": given}, call.config, **call.options)
        except Exception as error:  # noqa: BLE001  # what is not for us is raised again there
            found = self._caught(error, config)
        return self._end(messages, given, found)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the agent."""
        messages, given = self._read(input, config)
        call = call_of(self._agent, config)
        try:
            found = await _in_time(self._agent.graph.ainvoke({"messages": given}, call.config, **call.options))
        except Exception as error:  # noqa: BLE001  # what is not for us is raised again there
            found = self._caught(error, config)
        return self._end(messages, given, found)

    def _read(self, given: Any, config: RunnableConfig | None) -> tuple[list[BaseMessage], list[BaseMessage]]:
        """Return the messages of the state, and what the agent reads of them; it inherits what has ever come in."""
        state = _state(given, config)
        messages = state["messages"]
        view = self._view(messages, self._agent.name)
        missing = read_labels(state.get("taint")) - carried(view)
        return messages, [*view[:-1], labelled(view[-1], *missing)] if missing and view else view

    def _caught(self, error: Exception, config: RunnableConfig | None) -> dict[str, Any]:
        """Return what stands for an agent's messages when it has raised something; raise what is somebody else's."""
        if isinstance(error, ParentCommand):
            command: Any = cast("Any", error).args[0]
            if _is_here(str(command.graph or ""), config):
                return handed(command)
        elif self._contains and not isinstance(error, GraphBubbleUp):
            text = tell("{agent} could not finish: {error}", agent=self._agent.name, error=error_text(error))
            metadata: dict[str, Any] = {"outcome": "error"}
            if isinstance(error, BudgetExceededError):
                metadata["budget"] = asdict(over_of(error))
            told = AIMessage(text, name=self._agent.name, response_metadata=metadata)
            return {"messages": [told], "failed": True}
        raise error

    def _end(self, messages: Sequence[BaseMessage], given: Sequence[BaseMessage], found: Any) -> Any:
        parts = as_dict(found) or {}
        turn = AgentTurn(
            agent=self._agent,
            messages=messages,
            given=given,
            returned=as_list(parts.get("messages")) or [],
            goes_to=parts.get("goes_to"),
            failed=bool(parts.get("failed")),
        )
        return self._finish(turn)


async def _in_time(work: Awaitable[Any]) -> Any:
    """Wait no longer than the run may take: an agent may be anything, and know nothing of budgets.

    Raises:
        BudgetExceededError: it took longer.
    """
    account = current_account()
    left = math.inf if account is None else account.left()
    if account is None or left == math.inf:
        return await work
    try:
        async with asyncio.timeout(max(left, 0.0) + BACKSTOP):
            return await work
    except TimeoutError as error:
        if account.left() > 0:
            raise
        raise account.out_of_time() from error


def handed(command: Any) -> dict[str, Any]:
    """Return the messages that a Command out of an agent brings along, and the node to which it goes."""
    targets: list[Any] = as_list(command.goto) or [command.goto]
    target = targets[0] if targets else ()
    brought = as_dict(command.update) or {}
    if isinstance(target, Send):
        brought, target = as_dict(target.arg) or brought, target.node
    return {"messages": brought.get("messages") or [], "goes_to": target if isinstance(target, str) else None}


def _state(given: Any, config: RunnableConfig | None) -> dict[str, Any]:
    """Return the state: nodes that are sent somewhere are given nothing but the reason."""
    parts = as_dict(given)
    if parts is not None:
        return parts
    read: Any = ((config or {}).get("configurable") or {})[_READ]
    return cast("dict[str, Any]", read(["messages", "taint"], False))  # noqa: FBT003  # LangGraph's own signature


def _is_here(graph: str, config: RunnableConfig | None) -> bool:
    """Whether a Command is for the graph that this node belongs to."""
    here = str(((config or {}).get("configurable") or {}).get("checkpoint_ns") or "")
    return _path(graph) in {_path(here), "__parent__"}


def _path(namespace: str) -> str:
    return "|".join(part.partition(":")[0] for part in namespace.split("|") if not part.isdigit())
