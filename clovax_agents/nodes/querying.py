"""The nodes of an agent that queries a database: look at the tables, write a query, check it, run it, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage
from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.answers import AnswerForm
from clovax_agents.conversations import question_of
from clovax_agents.errors import EmptyAnswerError, QueryError
from clovax_agents.execution.calls import is_cut_off
from clovax_agents.handoffs.telling import carried, marked
from clovax_agents.nodes.driven import DrivenNode, Wanted, wrapped
from clovax_agents.nodes.recovered import RecoveringModel
from clovax_agents.querying.answering import QUERY, answer_input, as_table, complaint, result_of, with_query
from clovax_agents.querying.numbers import unsupported
from clovax_agents.querying.schema import tables_text
from clovax_agents.querying.spelling import is_empty, literals, misspelt
from clovax_agents.querying.state import SqlContext
from clovax_agents.querying.wording import say
from clovax_agents.querying.writing import (
    choose_input,
    query_form,
    read_query,
    read_tables,
    tables_form,
    write_input,
)
from clovax_agents.tooling.labels import read_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from clovax_agents.guards.sql import Rows
    from clovax_agents.nodes.forms import FormModel
    from clovax_agents.nodes.recovered import Given
    from clovax_agents.querying.database import Database
    from clovax_agents.querying.state import SqlState
    from clovax_agents.recovering import Recovery
    from clovax_agents.tooling.policy import Label

__all__ = ["FRESH", "CheckQueryNode", "ExplainNode", "RunQueryNode", "SchemaNode", "WriteQueryNode", "closing"]

_END: Final = "__end__"
FRESH: Final[dict[str, Any]] = {
    "sql": "",
    "columns": [],
    "rows": [],
    "complete": True,
    "attempts": [],
    "looked": False,
    "agreed": "",
}
"""What a turn begins with: nothing of the one before."""


class SchemaNode(DrivenNode):
    """Look at the tables: all of them, or where there are many, those that a model chooses.

    Args:
        database: of the agent.
        model: that chooses.
        most: how many tables the model that writes the query is told of.
    """

    def __init__(self, database: Database, model: FormModel, most: int) -> None:
        """Keep the parts; no file is opened before the first turn."""
        self.name: str | None = "schema"
        self._database = database
        self._model = model
        self._most = most

    def _steps(self, state: SqlState) -> Generator[Wanted, Any, Command[Any]]:
        names: list[str] = yield Wanted(wrapped(self._database.names), ())
        if not names:
            return closing(state, say("There are no tables that may be read."), FRESH)
        if len(names) > self._most:
            titles = yield Wanted(wrapped(self._database.titles), (names,))
            given = choose_input(state["messages"], titles)
            found = yield from self._model.filled(AnswerForm.of(tables_form()), given, _options())
            names = read_tables(found, names, self._most)
        known = yield Wanted(wrapped(self._database.known), (names,))
        return Command(update={**FRESH, "tables": tables_text(known)}, goto="write")


class WriteQueryNode(DrivenNode):
    """Write a query, or say why there cannot be one.

    Args:
        database: of the agent.
        model: that writes.
        prompt: of the agent.
        redact: of what it says to the user, if there can be no query.
    """

    def __init__(
        self, database: Database, model: FormModel, prompt: str | None, redact: Callable[[str], str] = str
    ) -> None:
        """Keep the parts."""
        self.name: str | None = "write"
        self._database = database
        self._model = model
        self._prompt = prompt
        self._redact = redact

    def _steps(self, state: SqlState) -> Generator[Wanted, Any, Command[Any]]:
        dialect: str = yield Wanted(wrapped(self._database.dialect), ())
        given = write_input(state, dialect, _context().prompt or self._prompt)
        found = yield from self._model.filled(AnswerForm.of(query_form()), given, _options())
        written = read_query(found)
        if written is None:
            return closing(state, say("I could not write a query for this. Another wording may help."), {"sql": ""})
        if written.sql:
            return Command(update={"sql": written.sql}, goto="check")
        text = self._redact(written.reason) or say("This cannot be answered from the data that there is.")
        return closing(state, text, {"sql": ""})


class CheckQueryNode(DrivenNode):
    """Have the database read a query before anything of it is run, and before a person is asked about it.

    Args:
        database: of the agent.
        retries: how often a query is written anew.
        approve: whether a person is asked.
    """

    def __init__(self, database: Database, retries: int, *, approve: bool) -> None:
        """Keep the parts."""
        self.name: str | None = "check"
        self._database = database
        self._retries = retries
        self._approve = approve

    def _steps(self, state: SqlState) -> Generator[Wanted, Any, Command[Any]]:
        sql = state.get("sql") or ""
        try:
            yield Wanted(wrapped(self._database.check), (sql,))
        except QueryError as error:
            return _again(state, str(error), self._retries)
        return Command(goto="approval" if self._approve and state.get("agreed") != sql else "run")


class RunQueryNode(DrivenNode):
    """Run a query; where it finds nothing, look whether its words are in the data at all.

    Args:
        database: of the agent.
        retries: how often a query is written anew.
    """

    def __init__(self, database: Database, retries: int) -> None:
        """Keep the parts."""
        self.name: str | None = "run"
        self._database = database
        self._retries = retries

    def _steps(self, state: SqlState) -> Generator[Wanted, Any, Command[Any]]:
        sql = state.get("sql") or ""
        try:
            rows: Rows = yield Wanted(wrapped(self._database.query), (sql,))
        except QueryError as error:
            return _again(state, str(error), self._retries)
        update = {"columns": list(rows.columns), "rows": rows.rows, "complete": rows.complete}
        if is_empty(rows) and not state.get("looked") and self._database.samples and (words := literals(sql)):
            values = yield Wanted(wrapped(self._database.values), (sql,))
            if problem := misspelt(words, values):
                more = {"attempts": _with_attempt(state, sql, problem), "looked": True}
                return Command(update={**update, **more}, goto="write")
        return Command(update=update, goto="answer")


class ExplainNode(DrivenNode):
    """Put the result into words; an answer with numbers of its own is written anew, once; then the rows stand alone.

    Args:
        model: that answers, the name of one, or what makes it.
        recovery: what to do when it fails.
        prompt: of the agent.
        labels: of what is in the database.
        show_sql: whether the query stands below the answer.
        redact: of what it says.
    """

    def __init__(  # each is a part that builders choose by name
        self,
        model: Given,
        recovery: Recovery,
        *,
        prompt: str | None,
        labels: frozenset[Label],
        show_sql: bool,
        redact: Callable[[str], str],
    ) -> None:
        """Keep the parts; no model is made before the first turn."""
        self.name: str | None = "answer"
        tool: dict[str, Any] = {"name": QUERY, "description": QUERY, "parameters": {"type": "object", "properties": {}}}
        self._model = RecoveringModel(model, recovery, tools=[{"type": "function", "function": tool}], silent=True)
        self._prompt = prompt
        self._labels = labels
        self._show_sql = show_sql
        self._redact = redact

    def _steps(self, state: SqlState) -> Generator[Wanted, Any, Command[Any]]:
        context, rows = _context(), result_of(state)
        options = {"model": context.answer_model} if context.answer_model else {}
        given = answer_input(state, context.prompt or self._prompt)
        sources = (question_of(state["messages"]), state.get("sql") or "")
        try:
            reply: AIMessage = yield Wanted(self._model, given, options)
            if wrong := unsupported(reply.text, rows, *sources):
                reply = yield Wanted(self._model, [*given, *complaint(reply.text, wrong)], options)
                wrong = unsupported(reply.text, rows, *sources)
        except EmptyAnswerError:
            reply, wrong = AIMessage(""), []
        return self._end(state, reply, wrong)

    def _end(self, state: SqlState, reply: AIMessage, wrong: list[str]) -> Command[Any]:
        """Give the answer out; what it says of numbers that are not there is not for the user."""
        unusable = bool(wrong) or not reply.text.strip() or is_cut_off(reply)
        text = self._redact(reply.text.strip())
        if unusable:
            text = say("This is the result of the query:\n{table}", table=as_table(result_of(state)))
        told = with_query(text, state.get("sql") or "") if self._show_sql else text
        metadata: dict[str, Any] = {**reply.response_metadata, **({"unsupported": wrong} if wrong else {})}
        made = reply.model_copy(update={"content": told, "response_metadata": metadata, "id": reply.id or str(uuid4())})
        return _ended(state, made, {}, self._labels)


def closing(state: SqlState, text: str, update: dict[str, Any]) -> Command[Any]:
    """Return how a turn ends without an answer from the data.

    Args:
        state: of the graph.
        text: for the user.
        update: of the state, besides.
    """
    return _ended(state, AIMessage(text, id=str(uuid4())), update)


def _ended(
    state: SqlState, answer: AIMessage, update: dict[str, Any], labels: frozenset[Label] = frozenset()
) -> Command[Any]:
    carries = carried(state["messages"]) | read_labels(state.get("taint")) | labels
    more = {"messages": [marked(answer, carries)], "taint": sorted(carries)}
    return Command(update={**update, **more}, goto=_END)


def _again(state: SqlState, problem: str, retries: int) -> Command[Any]:
    """Have a query written anew; a person's by the person, and nobody's for ever."""
    sql = state.get("sql") or ""
    attempts = _with_attempt(state, sql, problem)
    if state.get("agreed") == sql:
        return Command(update={"attempts": attempts, "agreed": ""}, goto="approval")
    if len(attempts) - bool(state.get("looked")) > retries:
        text = say("I could not write a query that works. The last problem was: {problem}", problem=problem)
        return closing(state, text, {"attempts": attempts, "sql": "", "columns": [], "rows": []})
    return Command(update={"attempts": attempts}, goto="write")


def _with_attempt(state: SqlState, sql: str, problem: str) -> list[Any]:
    return [*(state.get("attempts") or []), {"sql": sql, "problem": problem}]


def _options() -> dict[str, Any]:
    name = _context().model
    return {"model": name} if name else {}


def _context() -> SqlContext:
    given: Any = get_runtime().context
    return given if isinstance(given, SqlContext) else SqlContext()
