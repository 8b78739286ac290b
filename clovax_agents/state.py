"""State and context of the prebuilt graphs."""

from __future__ import annotations

from typing import Annotated, Any, Final, NotRequired

from langchain_core.messages import AnyMessage
from langgraph.channels import UntrackedValue
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # Pydantic refuses typing's own before Python 3.12, and Studio's forms with it

from clovax_agents.appending import append_messages
from clovax_agents.execution.approvals import merge_approvals
from clovax_agents.execution.handoffs import merge_handoffs
from clovax_agents.execution.taint import merge_taint
from clovax_agents.notes import merge_notes
from clovax_agents.spending import merge_spent

__all__ = [
    "AS_BUILT",
    "AgentContext",
    "AgentInput",
    "AgentMessages",
    "AgentState",
    "BudgetContext",
    "BudgetState",
    "RunContext",
]


_ABOUT_MESSAGES = "The conversation: what the user says, and what was said before where no thread keeps it"
_EXAMPLES: list[Any] = [
    [{"type": "human", "content": "안녕하세요"}],
    [{"type": "human", "content": "(12500+3000)*2는?"}],
]


class AgentMessages(TypedDict):
    """What a conversation consists of, as it is begun and as it is given out."""

    messages: Annotated[list[AnyMessage], Field(description=_ABOUT_MESSAGES, examples=_EXAMPLES), append_messages]


class AgentState(AgentMessages):
    """The conversation, and what the nodes note beside it; a run cannot be started with the latter.

    Attributes:
        approvals: what a person has decided about tool calls.
        handoffs: where tool calls want to go when all of them have ended.
        taint: what has ever entered the conversation.
        notes: what models in other roles have said about the user's messages.
        spent: what the run and the thread have used of their budgets.
        run: which run it is, as long as it is under way in this process.
    """

    approvals: NotRequired[Annotated[dict[str, Any], merge_approvals]]
    handoffs: NotRequired[Annotated[dict[str, str], merge_handoffs]]
    taint: NotRequired[Annotated[list[str], merge_taint]]
    notes: NotRequired[Annotated[dict[str, Any], merge_notes]]
    spent: NotRequired[Annotated[dict[str, Any], merge_spent]]
    run: NotRequired[Annotated[str, UntrackedValue(str, guard=False)]]


class AgentInput(TypedDict):
    """What a run may be started with: messages in any form that LangChain reads."""

    messages: list[AnyMessage | dict[str, Any] | tuple[str, str]]


class BudgetState(AgentMessages):
    """What a graph with budgets notes beside its conversation.

    Attributes:
        spent: what the run and the thread have used of their budgets.
        run: which run it is, as long as it is under way in this process.
    """

    spent: NotRequired[Annotated[dict[str, Any], merge_spent]]
    run: NotRequired[Annotated[str, UntrackedValue(str, guard=False)]]


class BudgetContext(BaseModel):
    """How far one run may lower the budgets of a graph whose agents have models of their own."""

    budget_model_calls: int | None = Field(
        default=None, ge=1, description="Most requests to models in this run", examples=[10]
    )
    budget_tool_calls: int | None = Field(
        default=None, ge=0, description="Most calls of tools in this run", examples=[20]
    )
    budget_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of input and output in this run, of all model calls together",
        examples=[50000],
    )
    budget_cost: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most that this run may cost, in KRW", examples=[100]
    )
    budget_seconds: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Seconds that this run may take", examples=[60]
    )


class RunContext(BudgetContext):
    """What may be set for one run of any graph: what it may do, and what it may cost."""

    scopes: list[str] | None = Field(
        default=None,
        description="What the run may do: tools that declare scopes run only if all of theirs are here",
        examples=[["orders:read", "orders:write"]],
    )


class AgentContext(BaseModel):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="System prompt",
        examples=["당신은 온라인 쇼핑몰의 고객 지원 담당자입니다. 도구로 확인한 사실만으로 답하세요."],
        json_schema_extra={"langgraph_nodes": ["model"], "langgraph_type": "prompt"},
    )
    model: str | None = Field(
        default=None,
        description="Name of the model, for instance HCX-007",
        examples=["HCX-007", "HCX-005"],
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
    answer_model: str | None = Field(
        default=None,
        description="Name of the model that writes the answer, in agents that have one for it",
        examples=["HCX-005"],
        json_schema_extra={"langgraph_nodes": ["answer"]},
    )
    reasoning_model: str | None = Field(
        default=None,
        description="Name of the model that makes a plan, in agents that have one for it",
        examples=["HCX-007"],
        json_schema_extra={"langgraph_nodes": ["reasoning"]},
    )
    routing_model: str | None = Field(
        default=None,
        description="Name of the model that decides whether tools are needed, in agents that have one for it",
        examples=["HCX-DASH-002"],
        json_schema_extra={"langgraph_nodes": ["routing"]},
    )
    vision_model: str | None = Field(
        default=None,
        description="Name of the model that describes images, in agents that have one for it",
        examples=["HCX-005"],
        json_schema_extra={"langgraph_nodes": ["vision"]},
    )
    tools: list[str] | None = Field(
        default=None,
        description="The tools that this run may use; all of the agent's own if it is not set, none if it is empty",
        json_schema_extra={"langgraph_nodes": ["model", "tools"]},
    )
    scopes: list[str] | None = Field(
        default=None,
        description="What the run may do: tools that declare scopes run only if all of theirs are here",
        examples=[["orders:read", "orders:write"]],
        json_schema_extra={"langgraph_nodes": ["tools"]},
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of one answer; at least 1,024 are always asked for when there are tools",
        examples=[2048],
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
    budget_model_calls: int | None = Field(
        default=None,
        ge=1,
        description="Most requests to models in this run",
        examples=[10],
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
    budget_tool_calls: int | None = Field(
        default=None,
        ge=0,
        description="Most calls of tools in this run",
        examples=[20],
        json_schema_extra={"langgraph_nodes": ["tools"]},
    )
    budget_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of input and output in this run, of all model calls together",
        examples=[50000],
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
    budget_cost: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Most that this run may cost, in KRW",
        examples=[100],
        json_schema_extra={"langgraph_nodes": ["model"]},
    )
    budget_seconds: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Seconds that this run may take",
        examples=[60],
        json_schema_extra={"langgraph_nodes": ["model"]},
    )


AS_BUILT: Final = AgentContext()
"""The context of a run that sets nothing."""
