"""Plan and execute: a model that thinks makes a plan, steps are carried out with tools, and one answer is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from langgraph.graph import START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution import ToolExecutor
from clovax_agents.handoffs.agents import Agent
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import TO_THE_END, BudgetedModel
from clovax_agents.nodes.endings import afresh
from clovax_agents.nodes.executing import ExecuteNode
from clovax_agents.nodes.model import redacted_model
from clovax_agents.nodes.planning import FRESH, PlanAnswerNode, PlanNode, Replan, ReplanNode
from clovax_agents.nodes.recovered import RecoveringModel
from clovax_agents.nodes.sight import Sight
from clovax_agents.planning.state import PlanContext, PlanOutput, PlanState
from clovax_agents.prebuilt.react import react_agent
from clovax_agents.prebuilt.team import DEFAULT_MODEL
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.state import AgentMessages
from clovax_agents.tooling import Toolbox

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from clovax_agents.budgets import Budget
    from clovax_agents.execution.journal.base import Journal
    from clovax_agents.execution.taint import Untrusted
    from clovax_agents.recovering import Recovery
    from clovax_agents.tooling import ToolSearch

__all__ = ["graph", "plan_execute_agent"]


def plan_execute_agent(  # noqa: PLR0913  # all of them by name
    *,
    tools: Toolbox | Iterable[BaseTool | Callable[..., Any]] = (),
    model: BaseChatModel | str = DEFAULT_MODEL,
    planner: BaseChatModel | str = DEFAULT_MODEL,
    answer: BaseChatModel | str | None = None,
    prompt: str | None = None,
    step_prompt: str | None = None,
    max_steps: int = 8,
    max_concurrency: int = 3,
    replan: Replan = "failure",
    max_replans: int = 2,
    max_turns: int = 10,
    journal: str | os.PathLike[str] | Journal | None = None,
    tool_search: bool | ToolSearch = False,
    redact: Callable[[str], str] | None = None,
    untrusted: Untrusted = "approve",
    scopes: Iterable[str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[PlanState, PlanContext, AgentMessages, PlanOutput]:
    """Build an agent that works by a plan; compile it with the checkpointer and the store of your choice.

    Args:
        tools: of the steps, as in `react_agent`, like all that is not told here; each step is one.
        model: that carries out the steps.
        planner: that makes the plan, without tools: so HCX-007 thinks.
        answer: that writes the answer from the results; None: ``model``.
        prompt: system prompt of the answer, and of the steps if they have none.
        step_prompt: system prompt of the steps.
        max_steps: how many a plan may have.
        max_concurrency: how many steps that do not wait for each other may run at once.
        replan: make a plan anew after a ``"failure"``, ``"always"`` after steps, or ``"never"``.
        max_replans: how often, for one message of the user.
        max_turns: how often the model may answer within one step.
        journal: of tool calls.
        tool_search: give each step only the tools that a search finds.
        redact: of what the models say.
        untrusted: what becomes of calls with untrusted content, from earlier steps, too.
        scopes: the most that a run is granted.
        recovery: what to do when a model fails.
        budget: of each run, on which plan, steps and answer draw.
        thread_budget: of all runs of a thread together.

    Example:
        >>> agent = plan_execute_agent(prompt="한국어로 답하세요.").compile(name="plan")
        >>> sorted(agent.get_graph().nodes)
        ['__end__', '__start__', 'answer', 'plan', 'replan', 'step']
    """
    _check(replan, max_steps=max_steps, max_concurrency=max_concurrency, max_replans=max_replans, max_turns=max_turns)
    box = tools if isinstance(tools, Toolbox) else Toolbox(*tools)
    shared: dict[str, Any] = {"untrusted": untrusted, "scopes": None if scopes is None else list(scopes)}
    step = react_agent(
        tools=box,
        model=model,
        prompt=step_prompt or prompt,
        max_turns=max_turns,
        journal=journal,
        tool_search=tool_search,
        redact=redact,
        recovery=recovery,
        **shared,
    )
    sight = Sight.over(box, ToolExecutor(box, **shared))
    thinking = RecoveringModel(_heard(planner, redact), recovery)
    plan = PlanNode(thinking, sight, most=max_steps, width=max_concurrency)
    again = ReplanNode(thinking, sight, most=max_steps, width=max_concurrency, when=replan, revisions=max_replans)
    writer = PlanAnswerNode(RecoveringModel(_heard(answer or model, redact), recovery), prompt)
    budgets = Budgets(budget, thread_budget)
    execute = ExecuteNode(Agent(name="step", runs=step), budgets, max_turns)
    models = ((plan, planner), (again, planner), (writer, answer or model))
    return _assembled(execute, [_budgeted(node, budgets, asked) for node, asked in models])


def graph() -> StateGraph[PlanState, PlanContext, AgentMessages, PlanOutput]:
    """Return one with a calculator and a clock, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.toolkit import calculator, current_time  # noqa: PLC0415  # only where an example is asked for

    return plan_execute_agent(tools=[calculator, current_time])


def _assembled(
    execute: ExecuteNode, nodes: Sequence[BudgetedModel]
) -> StateGraph[PlanState, PlanContext, AgentMessages, PlanOutput]:
    """Put the nodes into a graph, each with where it may go."""
    plan, again, writer = nodes
    graph: Any = StateGraph(PlanState, context_schema=PlanContext, input_schema=AgentMessages, output_schema=PlanOutput)
    graph.add_node("plan", plan, destinations=("step", "answer"))
    graph.add_node("step", execute)
    graph.add_node("replan", again, destinations=("step", "answer"))
    graph.add_node("answer", writer, destinations=("__end__",))
    graph.add_edge(START, "plan")
    graph.add_edge("step", "replan")
    return cast("StateGraph[PlanState, PlanContext, AgentMessages, PlanOutput]", graph)  # for type checkers only


def _budgeted(node: Any, budgets: Budgets, model: BaseChatModel | str) -> BudgetedModel:
    begins = {"ended": afresh(FRESH)} if node.name == "plan" else {}
    return BudgetedModel(node, budgets, model=model, ways=TO_THE_END, **begins)


def _heard(model: BaseChatModel | str, redact: Callable[[str], str] | None) -> Any:
    return model if redact is None else redacted_model(model, redact)


def _check(replan: str, **numbers: int) -> None:
    if replan not in get_args(Replan):
        raise ConfigurationError(f"replan={replan!r} does not exist: use 'failure', 'always' or 'never'")
    for name, value in numbers.items():
        least = 0 if name == "max_replans" else 1
        if isinstance(value, bool) or value < least:
            raise ConfigurationError(f"{name}={value!r} is too little: give {least} or more")
