"""Nodes within budgets: what is around a visit, so that the nodes themselves need to know nothing of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langgraph.types import Command

from clovax_agents.budgets.accounts import ACCOUNT
from clovax_agents.errors import BudgetExceededError, ServiceError
from clovax_agents.execution.calls import open_calls
from clovax_agents.execution.handoffs import waiting_handoff
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.endings import ending, over_by_error, refusal, refused_in
from clovax_agents.nodes.listening import counts_itself, listened
from clovax_agents.nodes.visits import Handed, avisit, visit
from clovax_agents.routing import is_answered_directly

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.budgets import RunUsage
    from clovax_agents.budgets.budget import Exceeded
    from clovax_agents.execution.calls import TurnCall
    from clovax_agents.execution.plans import ToolPlan
    from clovax_agents.nodes.accounts import Run
    from clovax_agents.state import AgentState

    Steps = Generator[Handed, Any, Any]

__all__ = ["BACKSTOP", "TO_THE_END", "BudgetedModel", "BudgetedNode", "BudgetedStep", "Ways", "budgets_of"]

_END: Final = "__end__"
BACKSTOP: Final = 0.5
"""Seconds that our own clients, which stop by themselves, have to say why."""


class BudgetedNode(Runnable[Any, Any]):
    """A node whose visits count: what runs inside finds the account, and the state is told what was used.

    Args:
        node: inside.
        budgets: of the graph.
    """

    def __init__(self, node: Runnable[Any, Any], budgets: Budgets) -> None:
        """Stand in for the node, under its name."""
        self.name: str | None = node.name
        self._node = node
        self._budgets = budgets
        if (tools := getattr(node, "tools_by_name", None)) is not None:
            self.tools_by_name = tools  # LangGraph's drawings show it
            self.plans: dict[str, ToolPlan] | None = getattr(node, "plans", None)

    @property
    def budgets(self) -> Budgets:
        """The budgets in which its visits count."""
        return self._budgets

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Visit the node."""
        return visit(self._steps(input, config), self._node.invoke)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Visit the node."""
        return await avisit(self._steps(input, config), self._node.ainvoke)

    def _steps(self, given: Any, config: RunnableConfig | None) -> Steps:
        run = self._budgets.open(given, config)
        if run is None:
            return (yield Handed(given, config))
        return (yield from self._counted(run, given, config))

    def _counted(self, run: Run, given: Any, config: RunnableConfig | None) -> Steps:
        found = yield from _drawing_on(run, Handed(given, config))
        return _recorded(found, run)


class BudgetedStep(BudgetedNode):
    """A node that asks others than the agent's own model, within budgets: when one is used up, the run ends here.

    Args:
        node: inside.
        budgets: of the graph.
        model: that it asks itself, if it does.
        begins: what is over before it begins is not begun; else it may have an answer that costs nothing.
    """

    def __init__(
        self,
        node: Runnable[Any, Any],
        budgets: Budgets,
        *,
        model: BaseChatModel | str | None = None,
        begins: bool = True,
    ) -> None:
        """Stand in for the node, under its name."""
        super().__init__(node, budgets)
        self._model = model
        self._begins = begins

    def _counted(self, run: Run, given: Any, config: RunnableConfig | None) -> Steps:
        account = run.account
        if self._begins and (over := account.exceeded()) is not None:
            return _recorded(_stop(over), run)
        if self._model is not None and not counts_itself(self._model):
            config = listened(config, account, _name_of(self._model))
        try:
            found = yield from _drawing_on(run, Handed(given, config, account.left() + BACKSTOP))
        except (BudgetExceededError, ServiceError, TimeoutError) as error:
            if (over := over_by_error(error, account)) is None:
                raise
            return _recorded(_stop(over), run)
        return _recorded(found, run)


class Ways(NamedTuple):
    """Where to go from the model, as of `ModelNode`, for turns some of whose calls have been refused."""

    route: Callable[[Sequence[BaseMessage]], Any]
    return_direct: Collection[str]
    asked: Callable[[Sequence[BaseMessage], RunnableConfig | None], Mapping[str, Any]] | None


def _to_the_end(messages: Sequence[BaseMessage]) -> str:
    del messages
    return _END


TO_THE_END: Final = Ways(route=_to_the_end, return_direct=frozenset(), asked=None)
"""The ways of a model that calls no tools."""


class BudgetedModel(BudgetedNode):
    """A model's node within budgets: when one is used up, it is not asked, calls are not run, and the answer says so.

    Args:
        node: inside.
        budgets: of the graph.
        model: that it asks.
        ways: where to go from it.
        ended: from the state and the message that says which budget is used up to how the run ends; by default with
            that message.
    """

    def __init__(
        self,
        node: Runnable[Any, Any],
        budgets: Budgets,
        *,
        model: BaseChatModel | str,
        ways: Ways,
        ended: Callable[[Any, AIMessage], Command[Any]] | None = None,
    ) -> None:
        """Stand in for the node, under its name."""
        super().__init__(node, budgets)
        self._model = model
        self._ways = ways
        self._ended = ended

    def _counted(self, run: Run, given: Any, config: RunnableConfig | None) -> Steps:
        state = cast("AgentState", given)
        messages, account = state["messages"], run.account
        if waiting_handoff(messages, state.get("handoffs") or {}) or is_answered_directly(
            messages, self._ways.return_direct
        ):
            return _recorded((yield Handed(given, config)), run)
        if (over := account.exceeded() or refused_in(messages)) is not None:
            return _recorded(self._stopped(state, over), run)
        own = counts_itself(self._model)
        heard = config if own else listened(config, account, _name_of(self._model))
        try:
            found = yield from _drawing_on(run, Handed(given, heard, account.left() + (BACKSTOP if own else 0.0)))
        except (BudgetExceededError, ServiceError, TimeoutError) as error:
            if (over := over_by_error(error, account)) is None:
                raise
            return _recorded(self._stopped(state, over), run)
        return _recorded(self._settled(run, state, found, config), run)

    def _stopped(self, state: AgentState, over: Exceeded) -> Command[Any]:
        return _stop(over) if self._ended is None else self._ended(state, ending(over))

    def _settled(self, run: Run, state: AgentState, found: Any, config: RunnableConfig | None) -> Any:
        """Refuse the calls for which there is no room any more."""
        update = as_dict(getattr(found, "update", None))
        if update is None:
            return found
        added: list[BaseMessage] = update.get("messages") or []
        calls = open_calls(added)
        over = run.account.exceeded()
        if not calls or (over is not None and over.name == "model_calls" and self._is_last_word(calls)):
            over = None
        runnable = [call for call in calls if call.problem is None]
        granted, tightest = (0, over) if over else run.account.grant_tools(len(runnable))
        refused = calls if over else runnable[granted:]
        if tightest is None or not refused:
            return found
        answers = [refusal(call, tightest) for call in refused]
        after = [*state["messages"], *added, *answers]
        if over or not open_calls(after):
            return replace(_stop(tightest, [*added, *answers], update), goto=_END)
        approvals = dict.fromkeys(state.get("approvals") or {})
        goto = self._ways.route(after)
        if goto == "approval" and self._ways.asked is not None:
            approvals.update(cast("Any", self._ways.asked(after, config)))
        more = {"approvals": approvals} if approvals or "approvals" in update else {}
        return replace(found, update={**update, **more, "messages": [*added, *answers]}, goto=goto)

    def _is_last_word(self, calls: Sequence[TurnCall]) -> bool:
        """Whether the results of the calls are the answer, for which no model need be asked."""
        return all(call.name in self._ways.return_direct for call in calls)


def budgets_of(node: Any) -> Budgets | None:
    """Return the budgets in which a node of a graph counts; None if it does in none of its own."""
    found = getattr(node, "budgets", None)
    return found if isinstance(found, Budgets) else None


def _drawing_on(run: Run, handed: Handed) -> Steps:
    """Let what runs in a visit find the account."""
    token = ACCOUNT.set(run.account)
    try:
        return (yield handed)
    finally:
        ACCOUNT.reset(token)


def _stop(over: Exceeded, before: Sequence[BaseMessage] = (), update: Mapping[str, Any] | None = None) -> Command[Any]:
    return Command(update={**(update or {}), "messages": [*before, ending(over)]}, goto=_END)


def _recorded(found: Any, run: Run) -> Any:
    """Add to what a node returned what was used, and the sum of it to the last answer."""
    if getattr(found, "graph", None):
        return found  # what it brings along is for another graph, which has no place for this
    ends = bool(getattr(found, "goto", None) == _END)
    used = run.account.used
    more: dict[str, Any] = {
        "run": run,
        "spent": {"run": str(run), "used": run.account.unrecorded().as_dict(), "ended": ends},
    }
    update = as_dict(getattr(found, "update", found))
    if update is None:
        return [*(as_list(found) or [found]), Command(update=more)]
    if ends and update.get("messages"):
        *before, last = update["messages"]
        update = {**update, "messages": [*before, _priced(last, used)]}
    merged = {**update, **more}
    return replace(found, update=merged) if hasattr(found, "goto") else merged


def _priced(answer: BaseMessage, used: RunUsage) -> BaseMessage:
    """Return the last answer of a run with what the run has used."""
    if not isinstance(answer, AIMessage):
        return answer
    metadata: dict[str, Any] = answer.response_metadata
    return answer.model_copy(update={"response_metadata": {**metadata, "run_usage": used.as_dict()}})


def _name_of(model: BaseChatModel | str) -> str:
    return model if isinstance(model, str) else str(getattr(model, "model_name", None) or getattr(model, "model", ""))
