"""How runs end: with an answer of the graph's own, or because a budget is used up, as users and programs read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from clovax_agents.budgets.budget import Exceeded
from clovax_agents.errors import BudgetExceededError
from clovax_agents.execution.jobs import error_answer
from clovax_agents.execution.wording import say
from clovax_agents.handoffs.telling import carrying

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.budgets.accounts import Account
    from clovax_agents.execution.calls import TurnCall

__all__ = ["afresh", "ending", "final_answer", "over_by_error", "over_of", "refusal", "refused_in"]

_OUTCOME: Final = "budget"
_SLACK: Final = 0.01
"""Seconds by which a clock may be early."""


def ending(over: Exceeded) -> AIMessage:
    """Return the final answer of a run that a budget ended; ``response_metadata["budget"]`` says which one."""
    text = say("I stopped before I was done, because {budget}.", budget=_words(over))
    return AIMessage(text, id=str(uuid4()), response_metadata={"budget": asdict(over)})


def afresh(fresh: Mapping[str, Any]) -> Callable[[Any, AIMessage], Command[Any]]:
    """Return how a run ends whose budget is used up before it begins: with nothing of the run before it.

    Args:
        fresh: what a run begins with.
    """

    def end(state: Any, over: AIMessage) -> Command[Any]:
        del state
        return Command(update={**fresh, "messages": [over]}, goto="__end__")

    return end


def refusal(call: TurnCall, over: Exceeded) -> ToolMessage:
    """Return the answer to a call that is not run any more."""
    answer = error_answer(call, say("not run: {budget}", budget=_words(over)), _OUTCOME)
    answer.response_metadata["budget"] = asdict(over)
    return answer


def refused_in(messages: Sequence[BaseMessage]) -> Exceeded | None:
    """Return the budget for which calls of the last turn were refused; a new question is a new turn."""
    for message in reversed(messages):
        if isinstance(message, ToolMessage) and message.response_metadata.get("outcome") == _OUTCOME:
            found: Any = message.response_metadata["budget"]
            return Exceeded(**found)
        if not isinstance(message, ToolMessage):
            break
    return None


def over_by_error(error: BaseException, account: Account) -> Exceeded | None:
    """Return the budget that an error comes of; None if it is another trouble.

    Args:
        error: that a model call ended with.
        account: of the run.
    """
    if (over := account.exceeded()) is not None:
        return over
    if isinstance(error, BudgetExceededError):
        return over_of(error)
    if account.left() <= _SLACK:
        return over_by_error(account.out_of_time(), account)
    return None


def over_of(error: BudgetExceededError) -> Exceeded:
    """Return the budget that an error tells of."""
    made: Any = {"name": error.name, "scope": error.scope, "limit": error.limit, "used": error.used}
    return Exceeded(**made)


def final_answer(state: Mapping[str, Any], text: str, **metadata: Any) -> AIMessage:
    """Return a text as the graph's own answer, which carries what the conversation does.

    Args:
        state: of the graph.
        text: of the answer.
        **metadata: of the message.
    """
    answer = AIMessage(text, id=str(uuid4()), response_metadata=metadata)
    return carrying(answer, state["messages"], state.get("taint"))


def _words(over: Exceeded) -> str:
    """Say which budget it is."""
    whose = say("this run") if over.scope == "run" else say("this conversation")
    limit = f"{over.limit:,.10g}"
    if over.name == "model_calls":
        return say("{whose} has reached its limit of model calls ({limit})", whose=whose, limit=limit)
    if over.name == "tool_calls":
        return say("{whose} has reached its limit of tool calls ({limit})", whose=whose, limit=limit)
    if over.name == "tokens":
        return say("{whose} has reached its limit of tokens ({limit})", whose=whose, limit=limit)
    if over.name == "cost":
        return say("{whose} has reached its limit of cost ({limit} KRW)", whose=whose, limit=limit)
    return say("{whose} has reached its limit of time ({limit} s)", whose=whose, limit=limit)
