"""The router: a small model chooses who answers, one or several at once, and one answer is made of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from langgraph.graph import END, START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs.agents import read_agents
from clovax_agents.handoffs.telling import carried
from clovax_agents.handoffs.tools import destinations
from clovax_agents.handoffs.views import agent_view, contribution
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.agent import AgentNode
from clovax_agents.nodes.budgeted import BudgetedNode, BudgetedStep
from clovax_agents.nodes.clarifying import ClarifyNode
from clovax_agents.nodes.forms import FormModel
from clovax_agents.nodes.model import redacted_model
from clovax_agents.nodes.recovered import RecoveringModel
from clovax_agents.nodes.routing import CheckNode, ClassifyNode, MergeNode
from clovax_agents.prebuilt.team import DEFAULT_MODEL
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.routers.choosing import choice_tools
from clovax_agents.routers.state import RouterContext, RouterState
from clovax_agents.state import AgentMessages

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel

    from clovax_agents.budgets import Budget
    from clovax_agents.handoffs.agents import Agent, Agents
    from clovax_agents.nodes.agent import AgentTurn
    from clovax_agents.recovering import Recovery

__all__ = ["DEFAULT_CLASSIFIER", "graph", "router_agent"]

DEFAULT_CLASSIFIER: Final = "HCX-DASH-002"
"""The smallest of the models that call tools."""
_NODES: Final = ("classify", "clarify", "merge", "check")


def router_agent(  # noqa: PLR0913  # all of them by name
    *,
    branches: Agents,
    model: BaseChatModel | str = DEFAULT_MODEL,
    classifier: BaseChatModel | str | Callable[..., Any] = DEFAULT_CLASSIFIER,
    prompt: str | None = None,
    merge: Callable[..., Any] | None = None,
    check: str | Callable[..., Any] | None = None,
    max_regenerations: int = 2,
    several: bool = True,
    default: str | None = None,
    clarify: bool = False,
    redact: Callable[[str], str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[RouterState, RouterContext, AgentMessages, AgentMessages]:
    """Build a router; compile it with the checkpointer and the store of your choice.

    Args:
        branches: graphs, builders or functions of the messages, or `Agent` with a description, by which one is chosen.
        model: that makes one answer of several results. A single result is the answer as it is.
        classifier: the model that chooses, or a function from the messages to a name or a list of names.
        prompt: system prompt for that one answer.
        merge: a function of the question and of the results by branch to the answer, instead of the model.
        check: a function of question and answer to what is wrong with it, or None; or a rubric, which the
            classifier's model applies, and where that is a function, ``model``.
        max_regenerations: how often an answer that does not pass is written anew; then the last one counts.
        several: whether a message may go to more than one branch.
        default: the branch for what fits nowhere; by default the user is told what there is.
        clarify: ask the user back by an interrupt instead, up to twice.
        redact: of what the model says.
        recovery: what to do when the model or the judge fails.
        budget: of each run, on which the branches draw, too.
        thread_budget: of all runs of a thread together.

    Example:
        >>> greet = {"greeter": lambda messages: "안녕하세요"}
        >>> desk = router_agent(branches=greet, classifier=lambda messages: "greeter").compile(name="desk")
        >>> desk.invoke({"messages": [("user", "안녕")]})["messages"][-1].text
        '안녕하세요'
    """
    team = read_agents(branches, reserved=_NODES)
    _check(team, default, max_regenerations, clarify=clarify)
    about = {name: agent.description for name, agent in team.items()}
    budgets = Budgets(budget, thread_budget)
    node = ClassifyNode(classifier, about, several=several, default=default, clarify=clarify)
    graph: Any = StateGraph(
        RouterState, context_schema=RouterContext, input_schema=AgentMessages, output_schema=AgentMessages
    )
    ends = () if default and not _limited(budgets) else (END,)
    ways = (*team, *ends, *(["clarify"] if clarify else []))
    graph.add_node("classify", BudgetedStep(node, budgets, model=_model_in(classifier)), destinations=ways)
    graph.add_edge(START, "classify")
    if clarify:
        graph.add_node("clarify", BudgetedNode(ClarifyNode("classify"), budgets), destinations=("classify", END))
    for agent in team.values():
        branch = AgentNode(agent, view=agent_view, finish=_finish, contains=True, budgets=budgets)
        graph.add_node(agent.name, branch)
        graph.add_edge(agent.name, "merge")
    heard = model if redact is None else redacted_model(model, redact)
    writer = RecoveringModel(heard, recovery, tools=choice_tools(about), silent=True)
    merger = MergeNode(merge or writer, prompt, checked=check is not None)
    judge = model if _model_in(classifier) is None else classifier
    checker = None if check is None else CheckNode(check, FormModel(cast("Any", judge), recovery), max_regenerations)
    _add_answering(graph, merger, checker, budgets, models=(_model_in(merge or model), _model_in(judge)))
    return cast("StateGraph[RouterState, RouterContext, AgentMessages, AgentMessages]", graph)


def _add_answering(
    graph: Any, merger: MergeNode, checker: CheckNode | None, budgets: Budgets, *, models: tuple[Any, Any]
) -> None:
    """Add the nodes that make one answer of several, and check it."""
    ways = (END,) if checker is None else ("check", *([END] if _limited(budgets) else []))
    graph.add_node("merge", BudgetedStep(merger, budgets, model=models[0], begins=False), destinations=ways)
    if checker is not None:
        node = BudgetedStep(checker, budgets, model=models[1], begins=False)
        graph.add_node("check", node, destinations=("merge", END))


def _model_in(given: Any) -> Any:
    """Return a model, or the name of one; None for a function."""
    return given if isinstance(given, str) or hasattr(given, "bind_tools") else None


def _limited(budgets: Budgets) -> bool:
    return budgets.run is not None or budgets.thread is not None


def graph() -> StateGraph[RouterState, RouterContext, AgentMessages, AgentMessages]:
    """Return a router to a calculator and a clock, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.prebuilt.examples import example_agents  # noqa: PLC0415  # only where an example is asked for

    return router_agent(branches=example_agents())


def _finish(turn: AgentTurn) -> dict[str, Any]:
    (answer,) = contribution(turn.agent.name, turn.given, turn.returned, "last")
    found: dict[str, Any] = {"results": {turn.agent.name: answer.text}, "taint": sorted(carried([answer]))}
    metadata: dict[str, Any] = answer.response_metadata
    return {**found, "stopped": {turn.agent.name: metadata["budget"]}} if "budget" in metadata else found


def _check(team: dict[str, Agent], default: str | None, most: int, *, clarify: bool) -> None:
    if default is not None and clarify:
        raise ConfigurationError(
            "what fits nowhere goes to default=, or clarify=True asks about it: leave one of them out"
        )
    if default is not None and default not in team:
        raise ConfigurationError(f"default={default!r} is none of the branches: {', '.join(team)}")
    if most < 0:
        raise ConfigurationError(f"max_regenerations={most!r} is less than none: give 0 or more")
    for name, agent in team.items():
        if agent.as_tool:
            raise ConfigurationError(f"branch {name!r}: as_tool is for supervisor_agent; a router has no tools")
        if found := destinations(agent.graph):
            raise ConfigurationError(
                f"branch {name!r} hands over to {next(iter(found.values()))!r}, and a router would not know: leave "
                "handoff_to out of its tools, or build a swarm_agent"
            )
