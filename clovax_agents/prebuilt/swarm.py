"""The swarm: agents that hand the conversation over to each other; who has it keeps it, over turns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, cast

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from pydantic import Field

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.taint import merge_taint
from clovax_agents.handoffs.agents import read_agents
from clovax_agents.handoffs.peers import after_turn
from clovax_agents.handoffs.telling import carried
from clovax_agents.handoffs.tools import destinations
from clovax_agents.handoffs.views import agent_view
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.agent import AgentNode
from clovax_agents.state import AgentMessages, BudgetContext, BudgetState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clovax_agents.budgets import Budget
    from clovax_agents.handoffs.agents import Agent, Agents
    from clovax_agents.nodes.agent import AgentTurn

__all__ = ["SwarmContext", "SwarmState", "graph", "swarm_agent"]


class SwarmState(AgentMessages):
    """The conversation, and who has it. A run may be started with the conversation only."""

    active_agent: NotRequired[str | None]
    taint: NotRequired[Annotated[list[str], merge_taint]]


class _State(SwarmState, BudgetState):
    """The same, with what its budgets need."""


class SwarmContext(BudgetContext):
    """What may be set for one run of a swarm."""

    scopes: list[str] | None = Field(
        default=None,
        description="What the run may do: tools that declare scopes run only if all of theirs are here",
        examples=[["orders:read", "orders:write"]],
    )


def swarm_agent(
    *,
    agents: Agents,
    default: str | None = None,
    max_handoffs: int = 6,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[SwarmState, SwarmContext, SwarmState, SwarmState]:
    """Build a swarm; compile it with a checkpointer, which remembers who has the conversation.

    Agents hand over with the tools that `handoff_to` makes. Each reads the conversation, and in words what the others'
    tools have found for the user's message; not their calls.

    Args:
        agents: graphs, builders or functions, or `Agent` where there is more to say.
        default: who has a new conversation; the first agent by default.
        max_handoffs: how often one message of the user may change hands: then whoever has it has to answer.
        budget: of each run, on which all agents draw.
        thread_budget: of all runs of a thread together.

    Raises:
        ConfigurationError: a name that is none of the agents'.

    Example:
        >>> from clovax_agents.handoffs import handoff_to
        >>> from clovax_agents.prebuilt import react_agent
        >>> sales = react_agent(tools=[handoff_to("refunds", "환불 담당")])
        >>> refunds = react_agent(tools=[handoff_to("sales", "상품 안내")])
        >>> swarm = swarm_agent(agents={"sales": sales, "refunds": refunds}).compile(name="desk")
        >>> sorted(swarm.get_graph().nodes)
        ['__end__', '__start__', 'refunds', 'sales']
    """
    team = read_agents(agents)
    first = next(iter(team)) if default is None else default
    ways = {name: destinations(agent.graph) for name, agent in team.items()}
    _check(team, first, ways, max_handoffs)
    quiet = frozenset(tool for tools in ways.values() for tool in tools)
    graph: Any = StateGraph(_State, context_schema=SwarmContext, input_schema=SwarmState, output_schema=SwarmState)
    budgets = Budgets(budget, thread_budget)
    graph.add_conditional_edges(START, partial(_active, known=frozenset(team), default=first), list(team))
    for name, agent in team.items():
        finish = partial(_finish, known=frozenset(team), quiet=quiet, most=max_handoffs)
        view = partial(agent_view, quiet=quiet)
        node = AgentNode(agent, view=view, finish=finish, contains=False, budgets=budgets, stops=True)
        others = (other for other in ways[name].values() if other != name)
        graph.add_node(name, node, destinations=(*dict.fromkeys(others), END))
    return cast("StateGraph[SwarmState, SwarmContext, SwarmState, SwarmState]", graph)  # for type checkers only


def graph() -> StateGraph[SwarmState, SwarmContext, SwarmState, SwarmState]:
    """Return a swarm of a calculator and a clock, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.handoffs.tools import handoff_to  # noqa: PLC0415  # only where an example is asked for
    from clovax_agents.prebuilt.examples import example_agents  # noqa: PLC0415

    more = {"calculation": [handoff_to("clock", "날짜와 시각")], "clock": [handoff_to("calculation", "계산")]}
    return swarm_agent(agents=example_agents(more))


def _active(state: SwarmState, known: Collection[str], default: str) -> str:
    """Return who has the conversation; one that is not there any more has it no longer."""
    active = state.get("active_agent")
    return active if active is not None and active in known else default


def _finish(turn: AgentTurn, known: Collection[str], quiet: Collection[str], most: int) -> Command[Any]:
    if turn.goes_to is not None and turn.goes_to not in known:
        raise ConfigurationError(
            f"agent {turn.agent.name!r} hands over to {turn.goes_to!r}, and the swarm has {', '.join(sorted(known))}"
        )
    step = after_turn(
        turn.agent.name,
        turn.messages,
        turn.given,
        turn.returned,
        goes_to=turn.goes_to,
        tools=quiet,
        most=most,
    )
    update = {"messages": step.messages, "active_agent": step.active, "taint": sorted(carried(step.messages))}
    return Command(update=update, goto=step.goto or END)


def _check(team: Mapping[str, Agent], first: str, ways: Mapping[str, Mapping[str, str]], most: int) -> None:
    if first not in team:
        raise ConfigurationError(f"default={first!r} is none of the agents: {', '.join(team)}")
    if most < 1:
        raise ConfigurationError(f"max_handoffs={most!r} lets nobody hand over: give at least 1")
    for name, tools in ways.items():
        for tool, target in tools.items():
            if target not in team:
                raise ConfigurationError(
                    f"{tool} of agent {name!r} hands over to {target!r}, which is none of the agents: {', '.join(team)}"
                )
    if as_tools := [name for name, agent in team.items() if agent.as_tool]:
        raise ConfigurationError(f"agent {as_tools[0]!r}: as_tool is for supervisor_agent; a swarm has peers only")
