"""State and context of the prebuilt graphs."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # Pydantic refuses typing's own before Python 3.12, and Studio's forms with it

from clovax_agents.execution.approvals import merge_approvals
from clovax_agents.execution.handoffs import merge_handoffs
from clovax_agents.execution.taint import merge_taint

__all__ = ["AgentContext", "AgentInput", "AgentMessages", "AgentState"]


class AgentMessages(TypedDict):
    """What a conversation consists of, as it is begun and as it is given out."""

    messages: Annotated[list[AnyMessage], add_messages]


class AgentState(AgentMessages):
    """The conversation, what was decided about its calls, where these want to go, and what has ever entered it.

    A run can be started with the conversation only.
    """

    approvals: NotRequired[Annotated[dict[str, Any], merge_approvals]]
    handoffs: NotRequired[Annotated[dict[str, str], merge_handoffs]]
    taint: NotRequired[Annotated[list[str], merge_taint]]


class AgentInput(TypedDict):
    """What a run may be started with: messages in any form that LangChain reads."""

    messages: list[AnyMessage | dict[str, Any] | tuple[str, str]]


class AgentContext(BaseModel):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="System prompt",
        json_schema_extra={"langgraph_nodes": ["model"], "langgraph_type": "prompt"},
    )
    model: str | None = Field(
        default=None,
        description="Name of the model, for instance HCX-007",
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
    scopes: list[str] | None = Field(
        default=None,
        description="What the run may do: tools that declare scopes run only if all of theirs are here",
        json_schema_extra={"langgraph_nodes": ["tools"]},
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of one answer; at least 1,024 are always asked for when there are tools",
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
