"""The supervisor: a model that lets agents take over or gives them tasks, several at once, and answers the user."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from langgraph.graph import START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution import ToolExecutor
from clovax_agents.forms import fit_form
from clovax_agents.handoffs.agents import read_agents
from clovax_agents.handoffs.steps import FORWARD
from clovax_agents.handoffs.tools import destinations, forward_tool, transfer_tool
from clovax_agents.handoffs.views import Output, agent_view, contribution
from clovax_agents.nodes import ToolsNode
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.agent import AgentNode
from clovax_agents.nodes.budgeted import BudgetedModel, BudgetedNode, Ways
from clovax_agents.nodes.delegating import agent_tool
from clovax_agents.nodes.sight import Sight
from clovax_agents.nodes.supervising import SupervisorNode
from clovax_agents.prebuilt.react import approval_and_ways
from clovax_agents.prebuilt.team import Team
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.routing import AfterApproval, AfterModel, AfterModelWithApproval, AfterTools
from clovax_agents.state import AgentContext, AgentInput, AgentMessages, AgentState
from clovax_agents.tooling import Toolbox

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from clovax_agents.budgets import Budget
    from clovax_agents.execution.journal.base import Journal
    from clovax_agents.execution.taint import Untrusted
    from clovax_agents.handoffs.agents import Agent, Agents
    from clovax_agents.nodes.agent import AgentTurn
    from clovax_agents.recovering import Recovery

__all__ = ["graph", "supervisor_agent"]

_NODES: Final = ("model", "approval", "tools")


def supervisor_agent(  # noqa: PLR0913  # all of them by name
    *,
    agents: Agents,
    model: BaseChatModel | str | None = None,
    prompt: str | None = None,
    tools: Toolbox | Iterable[BaseTool | Callable[..., Any]] = (),
    output: Output = "last",
    forward: bool = True,
    max_handoffs: int = 3,
    max_turns: int = 25,
    name: str = "supervisor",
    journal: str | os.PathLike[str] | Journal | None = None,
    redact: Callable[[str], str] | None = None,
    untrusted: Untrusted = "approve",
    scopes: Iterable[str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Build a supervisor of agents; compile it with the checkpointer and the store of your choice.

    Agents that it hands over to at once run at once, and come back together, in the order of the calls.

    Args:
        agents: graphs, builders or functions, or `Agent` where there is more to say; supervisors, too.
        model: as in `react_agent`, like all that is not told here.
        prompt: of the supervisor; its agents have their own.
        tools: that the supervisor itself may call.
        output: what an agent that took over adds to the conversation: its ``"last"`` answer, or ``"full"``.
        forward: give it a tool that passes an agent's answer on, word for word.
        max_handoffs: how often one agent may take over for one message of the user.
        max_turns: how often the supervisor's model may answer one.
        name: under which the supervisor's own messages may stand in the history.
        journal: of its tool calls.
        redact: of what it says.
        untrusted: what becomes of its own calls when untrusted content is there, from its agents, too.
        scopes: the most that a run is granted for its own tools.
        recovery: what to do when its model fails.
        budget: of each run, on which its agents draw, too.
        thread_budget: of all runs of a thread together.

    Example:
        >>> agent = supervisor_agent(agents={"greeter": lambda messages: "안녕하세요"}).compile(name="desk")
        >>> sorted(agent.get_graph().nodes)
        ['__end__', '__start__', 'greeter', 'model', 'tools']
    """
    team = read_agents(agents, reserved=_NODES)
    takers = [agent for agent in team.values() if not agent.as_tool]
    _check(takers, output, max_handoffs)
    own = tools if isinstance(tools, Toolbox) else Toolbox(*tools)
    box = _toolbox(team, own, max_handoffs, forward=forward)
    handoffs = {f"transfer_to_{agent.name}": agent.name for agent in takers}
    executor = ToolExecutor(box, journal=journal, untrusted=untrusted, scopes=scopes, choosable=own.names)
    budgets = Budgets(budget, thread_budget)
    built = _Nodes(executor, budgets)
    team_model = Team.of(model, None, sight=Sight.over(box, executor), redact=redact, max_turns=max_turns)
    node = SupervisorNode(
        handoffs=handoffs,
        name=name,
        model=team_model.given("tools"),
        tools=box,
        prompt=prompt,
        max_turns=max_turns,
        sight=team_model.sight,
        recovery=recovery,
        **built.ways,
    )
    graph = StateGraph(AgentState, context_schema=AgentContext, input_schema=AgentMessages, output_schema=AgentMessages)
    asked = BudgetedModel(node, budgets, model=team_model.models["tools"], ways=Ways(**built.ways))
    built.add_to(graph, asked, tuple(handoffs.values()))
    view = partial(agent_view, quiet=frozenset({*handoffs, FORWARD}))
    for agent in takers:
        _add_agent(graph, agent, view, output, budgets)
    fit_form(graph, own.names)
    return cast("StateGraph[AgentState, AgentContext, AgentInput, AgentState]", graph)  # for type checkers only


def graph() -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Return a supervisor of a calculator and a clock, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.prebuilt.examples import example_agents  # noqa: PLC0415  # only where an example is asked for

    return supervisor_agent(agents=example_agents())


class _Nodes:
    """The nodes that a supervisor has in common with every agent, around its executor."""

    def __init__(self, executor: ToolExecutor, budgets: Budgets) -> None:
        self._approval, self.ways = approval_and_ways(executor)
        self._executor = executor
        self._budgets = budgets

    def add_to(self, graph: Any, node: BudgetedModel, more: tuple[str, ...]) -> None:
        """Add the nodes, with all the ways that there are."""
        ways = get_args(AfterModel if self._approval is None else AfterModelWithApproval)
        graph.add_node("model", node, destinations=(*ways, *more))
        if self._approval is not None:
            approval = BudgetedNode(self._approval, self._budgets)
            graph.add_node("approval", approval, destinations=get_args(AfterApproval))
        tools = BudgetedNode(ToolsNode(self._executor), self._budgets)
        graph.add_node("tools", tools, destinations=get_args(AfterTools))
        graph.add_edge(START, "model")


def _toolbox(team: dict[str, Agent], own: Toolbox, most: int, *, forward: bool) -> Toolbox:
    made = [agent_tool(agent) if agent.as_tool else transfer_tool(agent, most) for agent in team.values()]
    passing = [forward_tool()] if forward and not all(agent.as_tool for agent in team.values()) else []
    return own.add(*made, *passing)


def _add_agent(graph: Any, agent: Agent, view: Any, output: Output, budgets: Budgets) -> None:
    def finish(turn: AgentTurn) -> dict[str, Any]:
        kind: Output = "last" if turn.failed else output
        return {"messages": contribution(agent.name, turn.given, turn.returned, kind)}

    graph.add_node(agent.name, AgentNode(agent, view=view, finish=finish, contains=True, budgets=budgets))
    graph.add_edge(agent.name, "model")


def _check(takers: list[Agent], output: str, most: int) -> None:
    if output not in get_args(Output):
        raise ConfigurationError(f"output={output!r} does not exist: use 'last' or 'full'")
    if most < 1:
        raise ConfigurationError(f"max_handoffs={most!r} lets nobody take over: give at least 1")
    for agent in takers:
        if found := destinations(agent.graph):
            raise ConfigurationError(
                f"agent {agent.name!r} hands over to {next(iter(found.values()))!r} by itself, and a supervisor would "
                "not know: leave handoff_to out of its tools, or build a swarm_agent"
            )
