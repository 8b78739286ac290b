"""State and context of agents that query a database."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # Pydantic refuses typing's own before Python 3.12, and Studio's forms with it

from clovax_agents.execution.taint import merge_taint
from clovax_agents.state import AgentMessages, BudgetContext, BudgetState

__all__ = ["Attempt", "SqlContext", "SqlOutput", "SqlState"]


class Attempt(TypedDict):
    """A query that did not do.

    Attributes:
        sql: the query.
        problem: what was wrong with it, as the model is told.
    """

    sql: str
    problem: str


class SqlOutput(AgentMessages):
    """What is given out: the conversation, and what the last answer rests on.

    Attributes:
        sql: the query that was run; empty if none was.
        columns: names of the result's columns.
        rows: of the result, as far as the limits go.
        complete: whether these are all of them.
    """

    sql: NotRequired[str]
    columns: NotRequired[list[str]]
    rows: NotRequired[list[list[Any]]]
    complete: NotRequired[bool]


class SqlState(SqlOutput, BudgetState):
    """The conversation, and what is being worked out for the user's last message.

    Attributes:
        tables: what the model is told about the tables.
        attempts: queries that did not do.
        looked: whether an empty result has been looked into.
        agreed: a query that a person has written.
        taint: what has ever entered the conversation.
    """

    tables: NotRequired[str]
    attempts: NotRequired[list[Attempt]]
    looked: NotRequired[bool]
    agreed: NotRequired[str]
    taint: NotRequired[Annotated[list[str], merge_taint]]


class SqlContext(BudgetContext):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="What the models should know besides the tables: the meaning of words, rules, the style of answers",
        json_schema_extra={"langgraph_nodes": ["write", "answer"], "langgraph_type": "prompt"},
    )
    model: str | None = Field(
        default=None,
        description="Name of the model that chooses tables and writes queries, for instance HCX-007",
        json_schema_extra={"langgraph_nodes": ["schema", "write"]},
    )
    answer_model: str | None = Field(
        default=None,
        description="Name of the model that puts the result into words, for instance HCX-005",
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
