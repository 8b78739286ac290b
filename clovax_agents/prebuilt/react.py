"""The ReAct agent: the model calls tools until it can answer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast, get_args

from langgraph.graph import StateGraph

from clovax_agents.execution import ToolExecutor
from clovax_agents.forms import fit_form
from clovax_agents.nodes import ApprovalNode, ModelNode, ToolsNode
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import BudgetedModel, BudgetedNode, Ways
from clovax_agents.nodes.selecting import ToolSelector
from clovax_agents.nodes.sight import Sight
from clovax_agents.prebuilt.team import Team
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.routing import (
    AfterApproval,
    AfterModel,
    AfterModelWithApproval,
    AfterTools,
    route_after_model,
)
from clovax_agents.state import AgentContext, AgentInput, AgentMessages, AgentState
from clovax_agents.tooling import Toolbox, ToolSearch

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool

    from clovax_agents.budgets import Budget
    from clovax_agents.execution.journal.base import Journal
    from clovax_agents.execution.taint import Untrusted
    from clovax_agents.recovering import Recovery
    from clovax_agents.roles import Roles
    from clovax_agents.toolkit.tool_search import Hidden

__all__ = ["Schemas", "approval_and_ways", "assembled", "react_agent"]


class Schemas(NamedTuple):
    """What the graph of an agent keeps, begins with and gives out."""

    state: type[Any]
    given: type[Any]
    returned: type[Any]


REACT: Final = Schemas(AgentState, AgentMessages, AgentMessages)


def react_agent(  # noqa: PLR0913  # all of them by name
    *,
    tools: Toolbox | Iterable[BaseTool | Callable[..., Any]] = (),
    model: BaseChatModel | str | None = None,
    models: Roles | None = None,
    prompt: str | None = None,
    max_turns: int = 25,
    journal: str | os.PathLike[str] | Journal | None = None,
    tool_search: bool | ToolSearch = False,
    redact: Callable[[str], str] | None = None,
    untrusted: Untrusted = "approve",
    scopes: Iterable[str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    final_tool: str | None = None,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Build a ReAct agent; compile it with the checkpointer and the store of your choice.

    Args:
        tools: a `Toolbox`, or tools and functions.
        model: the chat model, or the name of one, for which a `ChatClovaX` is made when the graph first runs; by
            default HCX-007, the best at calling tools.
        models: models for several roles, see `Roles`; each but ``"tools"``, which ``model`` can name as well, is a step
            of its own.
        prompt: system prompt.
        max_turns: how often the model may answer one user message, before the agent stops and says so.
        journal: of tool calls, see `ToolExecutor`; None: as the checkpointer needs it.
        tool_search: give the model only the tools that a search finds, and the tool ``search_tools`` to find others;
            see `ToolSearch`. Without effect where there are no more tools than a search finds.
        redact: of what the model says, streamed or not, for instance ``KoreanPII()``; see `ChatClovaX.redact`.
        untrusted: what becomes of calls that send something out or happen once, when untrusted content is in the
            conversation: ``"approve"`` asks a person, ``"refuse"`` also hides the tools, ``"allow"`` runs them unless
            private data is there, too.
        scopes: the most that a run of this agent is granted; None for no limit.
        recovery: what to do when the model fails: names tools that do not exist, is cut off, says nothing, loops.
        final_tool: name of the tool whose call has to end a run: an answer in words is sent back once. As a rule it is
            a ``return_direct`` tool, such as `finish_tool`.
        budget: of each run; its context can lower it, never raise it.
        thread_budget: of all runs of a thread together, as the checkpointer keeps them.

    Example:
        >>> agent = react_agent(model="HCX-007", prompt="Answer in Korean.").compile(name="react")
        >>> sorted(agent.get_graph().nodes)
        ['__end__', '__start__', 'model', 'tools']
    """
    box = tools if isinstance(tools, Toolbox) else Toolbox(*tools)

    def hidden(state: Any, config: RunnableConfig) -> Collection[str]:
        return sight.within_tool(state, config)

    choosable = [name for name in box.names if name != final_tool]
    select = _selector(box, tool_search, hidden, [final_tool] if final_tool in box.names else [])
    if select is not None:
        box = box.add(select.tool)
    executor = ToolExecutor(box, journal=journal, untrusted=untrusted, scopes=scopes, choosable=choosable)
    sight = Sight.over(box, executor, select)
    approval, ways = approval_and_ways(executor)
    team = Team.of(model, models, sight=sight, redact=redact, max_turns=max_turns, recovery=recovery)
    node = ModelNode(
        model=team.given("tools"),
        tools=box,
        prompt=prompt,
        max_turns=max_turns,
        sight=sight,
        recovery=recovery,
        final_tool=final_tool,
        **ways,
    )
    budgets = Budgets(budget, thread_budget)
    asked = BudgetedModel(team.seeing(node), budgets, model=team.models["tools"], ways=Ways(**ways))
    return assembled(asked, approval, ToolsNode(executor), team, prompt, budgets, choosable=choosable)


def graph() -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Return an agent with a calculator and a clock, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.toolkit import calculator, current_time  # noqa: PLC0415  # only where an example is asked for

    return react_agent(tools=[calculator, current_time])


def assembled(
    model: BudgetedModel,
    approval: ApprovalNode | None,
    tools: ToolsNode,
    team: Team,
    prompt: str | None,
    budgets: Budgets,
    schemas: Schemas = REACT,
    *,
    choosable: Iterable[str],
) -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Put the nodes into a graph, each with where it may go, and fit the form of a run to them."""
    graph: Any = StateGraph(
        schemas.state, context_schema=AgentContext, input_schema=schemas.given, output_schema=schemas.returned
    )
    add = graph.add_node
    targets = get_args(AfterModel if approval is None else AfterModelWithApproval)
    add("model", model, destinations=(*targets, *team.answering))
    if approval is not None:
        add("approval", BudgetedNode(approval, budgets), destinations=get_args(AfterApproval))
    add("tools", BudgetedNode(tools, budgets), destinations=get_args(AfterTools))
    for name, member, destinations in team.members(prompt, budgets):
        add(name, member, destinations=destinations)
    team.begin(graph)
    fit_form(graph, choosable)
    return cast("StateGraph[AgentState, AgentContext, AgentInput, AgentState]", graph)  # for type checkers only


def _selector(
    box: Toolbox,
    given: bool | ToolSearch,  # noqa: FBT001  # the user's own argument
    hidden: Hidden,
    needed: list[str | None],
) -> ToolSelector | None:
    """Return what chooses tools, and always those that are needed; None where all of them are given anyway."""
    if not given:
        return None
    options = given if isinstance(given, ToolSearch) else ToolSearch()
    options = replace(options, always=[*options.always, *filter(None, needed)])
    return ToolSelector(box, options, hidden=hidden) if len(box) > options.k else None


def approval_and_ways(executor: ToolExecutor) -> tuple[ApprovalNode | None, dict[str, Any]]:
    """Return the node that asks a person, if any call may need one, and what says where to go after the model."""
    interrupts = frozenset(name for name, plan in executor.plans.items() if plan.policy.interrupts)
    gated = executor.guard.may_ask() or any(plan.policy.approval for plan in executor.plans.values())
    approval = ApprovalNode(executor, interrupts) if gated else None
    return approval, {
        "route": partial(route_after_model, interrupts=interrupts) if approval is None else approval.route,
        "return_direct": frozenset(name for name, plan in executor.plans.items() if plan.return_direct),
        "asked": None if approval is None else approval.asked,
    }
