"""What a model reads that chooses tables or writes a query, and how its answer is read: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field, create_model

from clovax_agents.conversations import end_of
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.querying.schema import titles_text
from clovax_agents.querying.wording import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.querying.state import SqlState

__all__ = ["Written", "choose_input", "query_form", "read_query", "read_tables", "tables_form", "write_input"]


class Written(NamedTuple):
    """What a model has written: a query, or why there is none."""

    sql: str
    reason: str = ""


def tables_form() -> type[BaseModel]:
    """Return the form in which tables are chosen."""
    names = Field(description=say("Names of the tables"))
    return create_model("Tables", __doc__=say("Tables that are needed"), names=(list[str], names))


def choose_input(messages: Sequence[BaseMessage], titles: Mapping[str, str]) -> list[BaseMessage]:
    """Return what the model reads that chooses tables.

    Args:
        messages: of the state.
        titles: comments on the tables, by their names.
    """
    text = (
        "These are the tables of a database:\n{tables}\n\nName those that are needed to answer the user's last "
        "message, and those that connect them. Name none if none fits."
    )
    return [SystemMessage(say(text, tables=titles_text(titles))), *end_of(messages)]


def read_tables(found: Any, names: Collection[str], most: int) -> list[str]:
    """Return the tables that were chosen and exist; where that is none, the first of all.

    Args:
        found: as structured output gives it.
        names: of all tables.
        most: how many are taken.
    """
    parsed: Any = (as_dict(found) or {}).get("parsed")
    chosen = list(dict.fromkeys(name for name in getattr(parsed, "names", ()) if name in names))
    return (chosen or list(names))[:most]


def query_form() -> type[BaseModel]:
    """Return the form in which a query is written."""
    sql = "One SELECT statement; empty if the question cannot be answered from these tables"
    reason = "If there is no query: why, in a sentence for the user, in the user's language"
    return create_model(
        "Query",
        __doc__=say("A query that answers the question"),
        sql=(str, Field(default="", description=say(sql))),
        reason=(str, Field(default="", description=say(reason))),
    )


def write_input(state: SqlState, dialect: str, prompt: str | None) -> list[BaseMessage]:
    """Return what the model reads that writes a query: the tables, the conversation, and what did not do before.

    Args:
        state: of the graph.
        dialect: the database's name.
        prompt: of the graph, behind our own.
    """
    text = (
        "You turn questions into {dialect} queries. There are these tables:\n\n{tables}\n\nRules:\n- Write one SELECT "
        "statement. The database can only be read: where data is to be changed, write no query and say so.\n- Use only "
        "these tables and columns. Where they cannot answer the question, write no query and say what is missing.\n- "
        "Compare with values as they are written above, letter by letter.\n- Compute sums, counts, shares and "
        "differences in the query.\n- For the current date, ask the database. Sort, and use a LIMIT where only some "
        "rows are wanted."
    )
    told = say(text, dialect=dialect, tables=state.get("tables") or "")
    shown: list[BaseMessage] = [
        SystemMessage("\n\n".join(part for part in (told, prompt) if part)),
        *end_of(state["messages"]),
    ]
    for attempt in state.get("attempts") or []:
        text = "That query does not do: {problem}\nWrite a better one, or none if there cannot be one."
        shown += [AIMessage(attempt["sql"]), HumanMessage(say(text, problem=attempt["problem"]))]
    return shown


def read_query(found: Any) -> Written | None:
    """Return the query that a model has written, or why there is none; None if it cannot be understood.

    Args:
        found: as structured output gives it.
    """
    parsed: Any = (as_dict(found) or {}).get("parsed")
    if parsed is None:
        return None
    return Written(_bare(parsed.sql), parsed.reason.strip())


def _bare(sql: str) -> str:
    r"""Return a query without the fence that models like to put around code, and without its last semicolon.

    Example:
        >>> _bare("```sql\nSELECT 1;\n```")
        'SELECT 1'
    """
    text = sql.strip()
    if text.startswith("```"):
        text = text.removesuffix("```").partition("\n")[2].strip()
    return text.removesuffix(";").rstrip()
