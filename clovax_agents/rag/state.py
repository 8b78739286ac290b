"""State and context of agents that answer from documents."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from langgraph.channels import UntrackedValue
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # Pydantic refuses typing's own before Python 3.12, and Studio's forms with it

from clovax_agents.execution.taint import merge_taint
from clovax_agents.spending import merge_spent
from clovax_agents.state import AgentMessages

__all__ = ["Outcome", "Passage", "RagContext", "RagOutput", "RagState", "Source"]

Outcome = Literal["answered", "direct", "off_topic", "not_found", "unsupported"]
"""How a message was answered: from documents, without any, or not, and why not."""


class Source(TypedDict):
    """A document that an answer stands on.

    Attributes:
        number: its mark in the answer.
        id: of the document.
        title: empty if there is none.
        source: where it comes from; empty if nobody knows.
        text: what the model has read of it.
    """

    number: int
    id: str
    title: str
    source: str
    text: str


class Passage(TypedDict):
    """A passage that was found.

    Attributes:
        id: of the document.
        title: of the document.
        source: where it comes from.
        text: as far as the model reads it.
        by_meaning: whether a search by meaning has found it, so that its words need not be those of the question.
    """

    id: str
    title: str
    source: str
    text: str
    by_meaning: bool


class RagState(AgentMessages):
    """The conversation, and what is being worked out for the user's last message.

    Attributes:
        queries: that are searched for.
        tried: queries that have found nothing of use.
        passages: that were found, then those of them that are kept.
        draft: an answer that has not been checked yet.
        problem: what is wrong with it.
        tries: how many answers have been written.
        rejected: ids of passages that were of no use.
        rewrites: how often the search was put differently.
        sources: that the last answer stands on.
        outcome: how the last message was answered.
        taint: what has ever entered the conversation.
        spent: what the run and the thread have used of their budgets.
        run: which run it is, as long as it is under way in this process.
    """

    queries: NotRequired[list[str]]
    tried: NotRequired[list[str]]
    passages: NotRequired[list[Passage]]
    draft: NotRequired[str]
    problem: NotRequired[str]
    tries: NotRequired[int]
    rejected: NotRequired[list[str]]
    rewrites: NotRequired[int]
    sources: NotRequired[list[Source]]
    outcome: NotRequired[str]
    taint: NotRequired[Annotated[list[str], merge_taint]]
    spent: NotRequired[Annotated[dict[str, Any], merge_spent]]
    run: NotRequired[Annotated[str, UntrackedValue(str, guard=False)]]


class RagOutput(AgentMessages):
    """What a run gives out.

    Attributes:
        sources: that the answer stands on, in the order of its marks.
        outcome: how the message was answered, see `Outcome`.
    """

    sources: NotRequired[list[Source]]
    outcome: NotRequired[str]


class RagContext(BaseModel):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="System prompt for the answer",
        json_schema_extra={"langgraph_nodes": ["answer"], "langgraph_type": "prompt"},
    )
    model: str | None = Field(
        default=None,
        description="Name of the model that writes the answer, for instance HCX-005",
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
    decider: str | None = Field(
        default=None,
        description="Name of the model that decides what to search for, for instance HCX-DASH-002",
        json_schema_extra={"langgraph_nodes": ["decide"]},
    )
    budget_model_calls: int | None = Field(
        default=None,
        ge=1,
        description="Most requests to models in this run",
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
    budget_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of input and output in this run, of all model calls together",
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
    budget_cost: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Most that this run may cost, in KRW",
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
    budget_seconds: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Seconds that this run may take",
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
