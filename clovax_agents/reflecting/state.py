"""State and context of reflections."""

from __future__ import annotations

from typing import NotRequired

from langchain_core.messages import AnyMessage
from pydantic import Field
from typing_extensions import TypedDict

from clovax_agents.reflecting.verdicts import Attempt
from clovax_agents.state import AgentMessages, AgentState, RunContext

__all__ = ["ReflectionContext", "ReflectionOutput", "ReflectionState", "Work"]


class ReflectionOutput(AgentMessages):
    """What a reflection gives out.

    Attributes:
        attempts: at the answer, in order, each with what the judge said.
    """

    attempts: NotRequired[list[Attempt]]


class Work(TypedDict):
    """What an agent has done for a message; in a dictionary of its own, LangGraph's streams do not show it to users.

    Attributes:
        draft: its last answer.
        trace: all that it reads if it has to answer again.
    """

    draft: AnyMessage
    trace: list[AnyMessage]


class ReflectionState(ReflectionOutput, AgentState):
    """The conversation, and the attempts at an answer to the user's last message.

    Attributes:
        answering: id of the message that is being answered; None if none is.
        work: of the agent for it.
    """

    answering: NotRequired[str | None]
    work: NotRequired[Work | None]


class ReflectionContext(RunContext):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    rubric: str | None = Field(
        default=None,
        description="By what a model judges the answers",
        json_schema_extra={"langgraph_nodes": ["judge"], "langgraph_type": "prompt"},
    )
    judge_model: str | None = Field(
        default=None,
        description="Name of the model that judges, for instance HCX-007",
        json_schema_extra={"langgraph_nodes": ["judge"]},
    )
