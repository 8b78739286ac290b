"""The SQL agent: a question becomes a query that can only read, and its result an answer with checked numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from langgraph.graph import END, START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.guards.sql import QueryLimits
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.agreeing import AgreeNode
from clovax_agents.nodes.budgeted import TO_THE_END, BudgetedModel, BudgetedNode
from clovax_agents.nodes.endings import afresh
from clovax_agents.nodes.forms import FormModel
from clovax_agents.nodes.querying import (
    FRESH,
    CheckQueryNode,
    ExplainNode,
    RunQueryNode,
    SchemaNode,
    WriteQueryNode,
)
from clovax_agents.prebuilt.team import DEFAULT_MODEL
from clovax_agents.querying.database import Database
from clovax_agents.querying.state import SqlContext, SqlOutput, SqlState
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.state import AgentMessages
from clovax_agents.tooling.labels import checked_labels

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Mapping, Sequence

    from langchain_core.language_models import BaseChatModel

    from clovax_agents.budgets import Budget
    from clovax_agents.recovering import Recovery
    from clovax_agents.tooling.policy import Label


__all__ = ["graph", "sql_agent"]

_MOST_TABLES: Final = 12


def sql_agent(  # noqa: PLR0913  # all of them by name
    *,
    database: str | os.PathLike[str] | Callable[[], str | os.PathLike[str]],
    model: BaseChatModel | str = DEFAULT_MODEL,
    answer_model: BaseChatModel | str | None = None,
    prompt: str | None = None,
    tables: Sequence[str] | None = None,
    comments: Mapping[str, str] | None = None,
    samples: bool = True,
    max_tables: int = _MOST_TABLES,
    max_retries: int = 2,
    approve: bool = False,
    show_sql: bool = True,
    redact: Callable[[str], str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
    labels: Collection[Label] = (),
    functions: Sequence[str] = (),
    limits: QueryLimits | None = None,
    allow_powerful_role: bool = False,
) -> StateGraph[SqlState, SqlContext, AgentMessages, SqlOutput]:
    """Build an agent that answers questions from a database; compile it with the checkpointer of your choice.

    Args:
        database: as `sql_tools` takes it, or a function that returns that, called when it is first needed.
        model: that chooses tables and writes queries.
        answer_model: that puts results into words; by default the same.
        prompt: what both should know besides the tables: the meaning of words, rules, the style of answers.
        tables: that may be read; this and what is not told here is as in `sql_tools`.
        comments: on tables and columns, by ``table`` and ``table.column``, besides those of the database.
        samples: tell the model values of the tables.
        max_tables: that it is told of; where there are more, it chooses.
        max_retries: how often a query that does not work is written anew.
        approve: ask a person before a query is run.
        show_sql: put the query below the answer.
        redact: of what the models say to the user; the rows of the state stay as they are.
        recovery: what to do when a model fails.
        budget: of each run; its context can lower it, never raise it.
        thread_budget: of all runs of a thread together.
        labels: of what is read.
        functions: that a query may call.
        limits: of one query.
        allow_powerful_role: connect to Postgres as a superuser, too.

    Example:
        >>> import sqlite3, tempfile
        >>> path = tempfile.mkdtemp() + "/shop.db"
        >>> sqlite3.connect(path).close()
        >>> sorted(sql_agent(database=path).compile(name="sql").get_graph().nodes)
        ['__end__', '__start__', 'answer', 'check', 'run', 'schema', 'write']
    """
    if max_tables < 1 or max_retries < 0:
        raise ConfigurationError("max_tables has to be at least 1, and max_retries at least 0")
    source = Database(
        source=database,
        tables=tables,
        functions=functions,
        limits=limits or QueryLimits(),
        comments=comments or {},
        samples=samples,
        allow_powerful_role=allow_powerful_role,
    )
    forms = FormModel(model, recovery)
    budgets = Budgets(budget, thread_budget)
    schema = SchemaNode(source, forms, max_tables)
    writer = answer_model or model
    spoken = redact or str
    answer = ExplainNode(
        writer, recovery, prompt=prompt, labels=checked_labels(labels), show_sql=show_sql, redact=spoken
    )
    write = WriteQueryNode(source, forms, prompt, spoken)
    steps = (
        BudgetedModel(schema, budgets, model=model, ways=TO_THE_END, ended=afresh(FRESH)),
        BudgetedModel(write, budgets, model=model, ways=TO_THE_END),
        BudgetedModel(answer, budgets, model=writer, ways=TO_THE_END),
    )
    asking = BudgetedNode(AgreeNode(max_retries), budgets) if approve else None
    return _assembled(source, steps, max_retries, asking)


def graph() -> StateGraph[SqlState, SqlContext, AgentMessages, SqlOutput]:
    """Return an agent over a small shop of its own, for a ``langgraph.json`` that names nothing else."""
    from clovax_agents.prebuilt.example_shop import example_shop  # noqa: PLC0415  # only where an example is asked for

    return sql_agent(database=example_shop)


def _assembled(
    source: Database, steps: tuple[BudgetedModel, ...], retries: int, asking: BudgetedNode | None
) -> StateGraph[SqlState, SqlContext, AgentMessages, SqlOutput]:
    """Put the nodes into a graph, each with where it may go."""
    schema, write, answer = steps
    made: Any = StateGraph(SqlState, context_schema=SqlContext, input_schema=AgentMessages, output_schema=SqlOutput)
    made.add_edge(START, "schema")
    made.add_node("schema", schema, destinations=("write", END))
    made.add_node("write", write, destinations=("check", END))
    asks = () if asking is None else ("approval",)
    check = CheckQueryNode(source, retries, approve=asking is not None)
    made.add_node("check", check, destinations=("write", *asks, "run", END))
    if asking is not None:
        made.add_node("approval", asking, destinations=("run", "check", "write", END))
    made.add_node("run", RunQueryNode(source, retries), destinations=("write", *asks, "answer", END))
    made.add_node("answer", answer, destinations=(END,))
    return cast("StateGraph[SqlState, SqlContext, AgentMessages, SqlOutput]", made)  # for type checkers only
