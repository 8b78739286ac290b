"""The reflection: an agent answers, a judge says whether that is good enough, and if not, the agent tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import END, START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs.agents import Agent
from clovax_agents.handoffs.tools import destinations
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import TO_THE_END, BudgetedModel, BudgetedNode
from clovax_agents.nodes.forms import FormModel
from clovax_agents.nodes.reflecting import ActNode, JudgeNode, attempted, end_reflection
from clovax_agents.prebuilt.team import DEFAULT_MODEL
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.reflecting.state import ReflectionContext, ReflectionOutput, ReflectionState
from clovax_agents.state import AgentMessages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from clovax_agents.budgets import Budget
    from clovax_agents.handoffs.agents import Runs
    from clovax_agents.recovering import Recovery


__all__ = ["graph", "reflection_agent"]

_NAME = "agent"


def reflection_agent(
    *,
    agent: Agent | Runs,
    check: str | Callable[..., Any],
    judge: BaseChatModel | str = DEFAULT_MODEL,
    max_attempts: int = 3,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[ReflectionState, ReflectionContext, AgentMessages, ReflectionOutput]:
    """Build a reflection; compile it with the checkpointer and the store of your choice.

    The user gets one answer: the first that passes, else the best by score, with ``response_metadata["problem"]``.
    All of them are in the state's ``attempts``.

    Args:
        agent: who answers: a graph, a builder as `react_agent` returns it, a Runnable, a function of the messages, or
            an `Agent`.
        check: a rubric, by which the judge's model judges; or a function of question and answer (sync or async) to a
            `Verdict`, to what is wrong, or to None.
        judge: the model that applies the rubric.
        max_attempts: how often the agent may answer one message; each time it reads what it did and what was wrong.
        recovery: what to do when the judge's verdict is cut off.
        budget: of each run, on which the agent draws, too.
        thread_budget: of all runs of a thread together.

    Example:
        >>> polite = reflection_agent(agent=lambda messages: "네, 됩니다.", check=lambda question, answer: None)
        >>> polite.compile(name="polite").invoke({"messages": [("user", "환불 되나요?")]})["messages"][-1].text
        '네, 됩니다.'
    """
    if max_attempts < 1:
        raise ConfigurationError(f"max_attempts={max_attempts!r} lets nobody answer: give at least 1")
    if isinstance(check, str) and not check.strip():
        raise ConfigurationError("check= is a rubric, or a function of question and answer: say what makes one good")
    who = agent if isinstance(agent, Agent) else Agent(runs=agent, name=_NAME)
    if found := destinations(who.graph):
        raise ConfigurationError(
            f"agent {who.name!r} hands over to {next(iter(found.values()))!r}, and there is nobody else here: leave "
            "handoff_to out of its tools"
        )
    budgets = Budgets(budget, thread_budget)
    made: Any = StateGraph(
        ReflectionState,
        context_schema=ReflectionContext,
        input_schema=AgentMessages,
        output_schema=ReflectionOutput,
    )
    made.add_node("act", ActNode(who, view=_all, finish=attempted, contains=True, budgets=budgets))
    made.add_node("judge", _judged(check, judge, recovery, max_attempts, budgets), destinations=("act", END))
    made.add_edge(START, "act")
    made.add_edge("act", "judge")
    return cast("StateGraph[ReflectionState, ReflectionContext, AgentMessages, ReflectionOutput]", made)


def graph() -> StateGraph[ReflectionState, ReflectionContext, AgentMessages, ReflectionOutput]:
    """Return a calculator whose answers are judged, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.prebuilt.examples import example_agents  # noqa: PLC0415  # only where an example is asked for

    return reflection_agent(
        agent=example_agents()[0], check="계산 결과가 숫자로 들어 있고, 존댓말로 짧게 답해야 합니다."
    )


def _judged(
    check: str | Callable[..., Any], judge: BaseChatModel | str, recovery: Recovery, most: int, budgets: Budgets
) -> BudgetedNode:
    """Return the judge's node; a function asks no model, so it may still judge when the budget is used up."""
    node = JudgeNode(check, FormModel(judge, recovery), most)
    if not isinstance(check, str):
        return BudgetedNode(node, budgets)
    return BudgetedModel(node, budgets, model=judge, ways=TO_THE_END, ended=end_reflection)


def _all(messages: Sequence[BaseMessage], name: str) -> list[BaseMessage]:
    """Return the messages: there is nobody else."""
    del name
    return [*messages]
