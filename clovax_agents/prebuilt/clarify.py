"""A front for any graph: before it runs, a small model decides whether the user has to be asked back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast, get_args

from langgraph.graph import END, START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import BudgetedNode, BudgetedStep, budgets_of
from clovax_agents.nodes.clarifying import MOST_ASKED, ClarifyNode, ClarityNode
from clovax_agents.prebuilt.router import DEFAULT_CLASSIFIER
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.routers.state import ClarifyState

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.language_models import BaseChatModel

    from clovax_agents.recovering import Recovery
    from clovax_agents.state import AgentContext, AgentInput, AgentState

__all__ = ["graph", "with_clarify"]

AskBy = Literal["interrupt", "message"]
G = TypeVar("G", bound="StateGraph[Any, Any, Any, Any]")
_NODES: Final = ("clarity", "clarify", "begin")


def with_clarify(
    graph: G,
    *,
    judge: BaseChatModel | str | Callable[..., Any] = DEFAULT_CLASSIFIER,
    about: str = "",
    ask: AskBy = "interrupt",
    max_questions: int = MOST_ASKED,
    recovery: Recovery = DEFAULT_RECOVERY,
) -> G:
    """Put a front before a graph that is not compiled yet: it asks the user back where a question cannot be answered.

    What it asks of its model draws on the budget of the graph.

    Args:
        graph: as the builders return it, with ``messages`` in its state; the nodes are added to it.
        judge: the model that decides, or a function of the messages to a question for the user, or None.
        about: what the graph can do, for that model.
        ask: by an ``"interrupt"``, which is answered with a text and then the run goes on; or by a ``"message"``,
            which ends the turn, and the user's next message goes on. For that, compile with a checkpointer.
        max_questions: how often the user is asked back about one message: then it is answered as it is.
        recovery: what to do when the model fails.

    Returns:
        The same graph.

    Raises:
        ConfigurationError: the graph is compiled, has no beginning, or has nodes of these names.

    Example:
        >>> from clovax_agents.prebuilt import react_agent
        >>> agent = with_clarify(react_agent(), about="주문 조회").compile(name="desk")
        >>> sorted(agent.get_graph().nodes)
        ['__end__', '__start__', 'clarify', 'clarity', 'model', 'tools']
    """
    _check(graph, ask, max_questions)
    built: Any = graph
    goto = _moved_beginning(built)
    budgets = _budgets_of(built)
    node = ClarityNode(judge, about=about, goto=goto, ask=ask, most=max_questions, recovery=recovery)
    counted = BudgetedStep(node, budgets, model=_model_in(judge))
    targets = (*goto, *(["clarify"] if ask == "interrupt" else []), *([END] if _ends(ask, budgets) else []))
    built.add_node("clarity", counted, destinations=targets, input_schema=ClarifyState)
    built.add_edge(START, "clarity")
    if ask == "interrupt":
        asking = BudgetedNode(ClarifyNode("clarity"), budgets)
        built.add_node("clarify", asking, destinations=("clarity", END), input_schema=ClarifyState)
    return graph


def graph() -> StateGraph[AgentState, AgentContext, AgentInput, AgentState]:
    """Return a calculating agent that asks back, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.prebuilt.react import react_agent  # noqa: PLC0415  # only where an example is asked for
    from clovax_agents.toolkit import calculator, current_time  # noqa: PLC0415

    return with_clarify(react_agent(tools=[calculator, current_time]), about="계산, 날짜와 시각")


def _moved_beginning(built: Any) -> tuple[str, ...]:
    """Take the edges from the start away, and return where they led to.

    Conditional ones need a node of their own: an edge of the node that decides would be taken in any case.
    """
    begins = sorted(end for start, end in built.edges if start == START)
    built.edges -= {(START, end) for end in begins}
    conditions: dict[str, Any] = built.branches.pop(START, None) or {}
    if not conditions:
        return tuple(begins)
    built.add_node("begin", _nothing)
    built.branches["begin"] = conditions
    for end in begins:
        built.add_edge("begin", end)
    return ("begin",)


def _budgets_of(built: Any) -> Budgets:
    """Return the budgets that the graph was built with, in which its front is to be counted."""
    nodes = (spec.runnable for spec in built.nodes.values())
    return next((found for node in nodes if (found := budgets_of(node)) is not None), Budgets())


def _ends(ask: str, budgets: Budgets) -> bool:
    return ask == "message" or budgets != Budgets()


def _model_in(judge: Any) -> Any:
    return judge if isinstance(judge, str) or hasattr(judge, "bind_tools") else None


def _nothing(state: Any) -> dict[str, Any]:
    del state
    return {}


def _check(graph: Any, ask: str, most: int) -> None:
    if not isinstance(graph, StateGraph):
        raise ConfigurationError(
            f"with_clarify takes a graph before it is compiled, as react_agent() returns it, not a "
            f"{type(graph).__name__}: call compile() on what it returns"
        )
    built = cast("Any", graph)
    if taken := [name for name in _NODES if name in built.nodes]:
        raise ConfigurationError(f"the graph has a node {taken[0]!r} already: it asks back by itself")
    if "messages" not in built.channels:
        raise ConfigurationError("with_clarify reads the conversation: the graph's state needs 'messages'")
    if START not in {start for start, _ in built.edges} and START not in built.branches:
        raise ConfigurationError("the graph has no edge from START: add one first")
    if ask not in get_args(AskBy):
        raise ConfigurationError(f"ask={ask!r} does not exist: use 'interrupt' or 'message'")
    if most < 1:
        raise ConfigurationError(f"max_questions={most!r} asks nobody: leave with_clarify out")
