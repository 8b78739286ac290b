"""State and context of extractions."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field

from clovax_agents.extracting.problems import Problem
from clovax_agents.state import AgentMessages, AgentState, RunContext

__all__ = ["ExtractionContext", "ExtractionInput", "ExtractionOutput", "ExtractionState"]

Json = dict[str, Any] | list[Any]


class ExtractionInput(AgentMessages):
    """What an extraction is begun with.

    Attributes:
        existing: an object, or a list of them, that the messages change, as JSON.
    """

    existing: NotRequired[
        Annotated[
            Json | None,
            Field(description="An object that the messages change", examples=[{"order_id": "ORD-20261118-0001"}]),
        ]
    ]


class ExtractionOutput(AgentMessages):
    """What an extraction gives out.

    Attributes:
        result: the object, or the list, as JSON; None if it is not valid.
        candidate: the last one, valid or not; None if there is none.
        errors: what is wrong with it.
    """

    result: NotRequired[Json | None]
    candidate: NotRequired[Json | None]
    errors: NotRequired[list[Problem]]


class ExtractionState(ExtractionInput, ExtractionOutput, AgentState):
    """The conversation, the object, and what is being worked out for it.

    Attributes:
        refused: why the last edits could not be applied.
        tries: how often the model has answered for this message.
        answering: id of the message that is being answered; None if none is.
    """

    refused: NotRequired[list[str]]
    tries: NotRequired[int]
    answering: NotRequired[str | None]


class ExtractionContext(RunContext):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="System prompt: what the object is, and how to read the text",
        json_schema_extra={"langgraph_nodes": ["extract", "update", "patch"], "langgraph_type": "prompt"},
    )
    model: str | None = Field(
        default=None,
        description="Name of the model, for instance HCX-007",
        json_schema_extra={"langgraph_nodes": ["extract", "update", "patch"]},
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of one answer; more are asked for if it is cut off",
        json_schema_extra={"langgraph_nodes": ["extract", "update", "patch"]},
    )
