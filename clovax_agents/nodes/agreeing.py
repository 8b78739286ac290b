"""A person's turn before a query is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable
from langgraph.types import Command, interrupt

from clovax_agents.approval import MAX_QUESTIONS, UnreadableAnswerError, hitl_request, read_decisions
from clovax_agents.conversations import question_of
from clovax_agents.execution.calls import TurnCall
from clovax_agents.nodes.querying import closing
from clovax_agents.querying.answering import QUERY
from clovax_agents.querying.wording import say

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.approval import Decision
    from clovax_agents.querying.state import SqlState

__all__ = ["AgreeNode"]


class AgreeNode(Runnable[Any, Any]):
    """Ask a person whether a query may be run: it can be approved, changed, rejected, or sent back with a word.

    Args:
        retries: how often a query is sent back.
    """

    def __init__(self, retries: int) -> None:
        """Take what bounds it."""
        self.name: str | None = "approval"
        self._retries = retries

    def invoke(self, input: SqlState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002, ARG002
        """Ask."""
        call = TurnCall(QUERY, QUERY, {"sql": input.get("sql") or ""})
        about = say("Run this query to answer: {question}", question=question_of(input["messages"]))
        problem = _problem_with(input)
        for _attempt in range(MAX_QUESTIONS):
            answer = interrupt(hitl_request([(call, about)], problem))
            try:
                (decision,) = read_decisions(answer, [call])
                return self._next(input, decision)
            except UnreadableAnswerError as error:
                problem = str(error)
        return closing(input, say("The query was not run: nobody made a usable decision."), {"sql": ""})

    async def ainvoke(self, input: SqlState, config: RunnableConfig | None = None, **_: Any) -> Command[Any]:  # noqa: A002
        """Ask."""
        return self.invoke(input, config)

    def _next(self, state: SqlState, decision: Decision) -> Command[Any]:
        sql, message = state.get("sql") or "", decision.message.strip()
        if decision.kind == "approve":
            return Command(goto="run")
        if decision.kind == "edit":  # it is checked like any other, but not asked about again
            changed = _edited(decision)
            return Command(update={"sql": changed, "agreed": changed}, goto="check")
        attempts = state.get("attempts") or []
        if decision.kind == "respond" and len(attempts) <= self._retries:
            attempt = {"sql": sql, "problem": say("a person says: {message}", message=message)}
            return Command(update={"attempts": [*attempts, attempt]}, goto="write")
        text = say("The query was not run, because a person has rejected it.")
        if message:
            text = say("The query was not run, because a person has rejected it: {message}", message=message)
        return closing(state, text, {"sql": ""})


def _problem_with(state: SqlState) -> str | None:
    """Return what was wrong with a query that a person has written."""
    attempts = state.get("attempts") or []
    return attempts[-1]["problem"] if attempts and attempts[-1]["sql"] == state.get("sql") else None


def _edited(decision: Decision) -> str:
    sql = decision.arguments.get("sql")
    if not isinstance(sql, str) or not sql.strip():
        raise UnreadableAnswerError(
            say("an edit carries the query: {example}", example='{"args": {"sql": "SELECT ..."}}')
        )
    return sql.strip()
