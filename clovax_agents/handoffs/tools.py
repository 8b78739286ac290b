"""Tools with which a model hands over: between peers (`handoff_to`), and those of a supervisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId
from langgraph.prebuilt import InjectedState
from langgraph.types import Command
from pydantic import Field

from clovax_agents.errors import ConfigurationError, ToolFailed
from clovax_agents.execution.narrowing import as_list
from clovax_agents.execution.requests import field_of
from clovax_agents.handoffs.steps import FORWARD, GRANTED, answer_of, answered_by, taken
from clovax_agents.handoffs.wording import tell
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.tooling.sizes import is_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.handoffs.agents import Agent

__all__ = ["DESTINATION", "destinations", "forward_tool", "handoff_to", "transfer_tool"]

DESTINATION: Final = "__handoff_destination"
"""Where a tool's metadata says to whom it hands over: the place where other packages for LangGraph look, too."""
READS: Final = ToolPolicy(effect="read", repeats="share")

# The decorator reads these at run time.
State = Annotated[Any, InjectedState]
CallId = Annotated[str, InjectedToolCallId]


def handoff_to(
    agent: str, description: str = "", *, name: str | None = None, policy: ToolPolicy | None = None
) -> BaseTool:
    """Return a tool with which an agent hands the conversation over to another one, its peer in `swarm_agent`.

    Args:
        agent: name of the other one.
        description: what that one is there for, as the model reads it.
        name: of the tool; by default ``transfer_to_`` and the agent's name.
        policy: of the tool, for instance ``ToolPolicy(effect="read", approval=True)``.

    Raises:
        ConfigurationError: the names are not ones that models take.

    Example:
        >>> handoff_to("refunds", "환불 담당").name
        'transfer_to_refunds'
    """
    called = f"transfer_to_{agent}" if name is None else name
    if not is_name(called):
        raise ConfigurationError(
            f"the tool that hands over to {agent!r} would be named {called!r:.100}: give the agent a name of A-Z, a-z, "
            "0-9, '_' and '-', or the tool one with name="
        )
    about = tell("Hand the conversation over to the agent {agent}, who answers next. {about}",
                 agent=agent, about=description).strip()  # fmt: skip

    @tool(name=called, description=about, policy=policy or READS)
    async def hand_over(state: State, call_id: CallId) -> Command[Any]:
        answer = ToolMessage(tell("handed over to {agent}", agent=agent), name=called, tool_call_id=call_id)
        update: dict[str, Any] = {"messages": [*_messages(state), answer], "active_agent": agent}
        return Command(goto=agent, graph=Command.PARENT, update=update)

    hand_over.metadata = {DESTINATION: agent}
    return hand_over


def destinations(graph: Any) -> dict[str, str]:
    """Return to whom the tools of a compiled graph hand over, by the names of the tools."""
    found: dict[str, str] = {}
    for node in dict(getattr(graph, "nodes", None) or {}).values():
        tools: Mapping[str, BaseTool] = getattr(getattr(node, "bound", None), "tools_by_name", None) or {}
        for name, made in tools.items():
            if (agent := (made.metadata or {}).get(DESTINATION)) is not None:
                found[name] = str(agent)
    return found


def transfer_tool(agent: Agent, most: int) -> BaseTool:
    """Return the tool with which a supervisor lets an agent take over; the graph does what it says.

    Args:
        agent: who takes over.
        most: how often for one message of the user; then the model is told to answer.
    """
    name = f"transfer_to_{agent.name}"
    about = tell("Hand the conversation over to the agent {agent}, who answers next. {about}",
                 agent=agent.name, about=agent.description).strip()  # fmt: skip

    @tool(name=name, description=about, policy=agent.policy or READS, response_format="content_and_artifact")
    async def transfer(state: State) -> tuple[str, dict[str, str]]:
        count = taken(_messages(state), {name: agent.name})
        if count >= most:
            text = (
                "{agent} has taken over {count} times for this message already: answer the user from what it has said"
            )
            raise ToolFailed(tell(text, agent=agent.name, count=count))
        return tell("handed over to {agent}", agent=agent.name), {GRANTED: agent.name}

    return transfer


_FORWARD = (
    "Give the user the last answer of an agent word for word, as the final answer. Use it when that answer needs no "
    "change"
)


def forward_tool() -> BaseTool:
    """Return the tool with which a supervisor gives an agent's answer to the user as it is."""

    @tool(name=FORWARD, description=tell(_FORWARD), policy=READS, response_format="content_and_artifact")
    async def forward_message(
        from_agent: Annotated[str, Field(description=tell("Name of the agent whose answer it is"))], state: State
    ) -> tuple[str, dict[str, str]]:
        messages = _messages(state)
        if answer_of(messages, from_agent) is not None:
            return tell("the answer of {agent} goes to the user", agent=from_agent), {GRANTED: from_agent}
        if not (known := answered_by(messages)):
            raise ToolFailed(tell("nobody has answered in this turn yet, so there is nothing to forward"))
        text = "{agent} has not answered in this turn; it can be one of: {known}"
        raise ToolFailed(tell(text, agent=from_agent, known=", ".join(known)))

    return forward_message


def _messages(state: Any) -> list[Any]:
    return as_list(field_of(state, "messages")) or []
