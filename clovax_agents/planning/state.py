"""State and context of agents that work by a plan."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypeAlias, cast

from langgraph.channels import UntrackedValue
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # Pydantic refuses typing's own before Python 3.12

from clovax_agents.execution.taint import merge_taint
from clovax_agents.spending import merge_spent
from clovax_agents.state import AgentMessages

__all__ = ["PlanContext", "PlanOutput", "PlanState", "PlanStep", "Status", "merge_plan"]

Status: TypeAlias = Literal["pending", "in_progress", "completed", "failed", "skipped"]


class PlanStep(TypedDict):
    """One step of a plan.

    Attributes:
        id: its number; ids are never used twice in a plan.
        task: what is to be done.
        after: ids of the steps whose results it needs.
        status: how far it is.
        result: what came of it, or why it failed.
    """

    id: str
    task: str
    after: list[str]
    status: Status
    result: str


def merge_plan(old: list[PlanStep] | None, new: list[PlanStep] | dict[str, Any] | None) -> list[PlanStep]:
    """Merge what is new: a list is another plan, a dict changes steps by their ids, as steps side by side do.

    Example:
        >>> step = {"id": "1", "task": "주문 조회", "after": [], "status": "pending", "result": ""}
        >>> merge_plan([step], {"1": {"status": "completed"}})[0]["status"]
        'completed'
    """
    if isinstance(new, dict):
        return [cast("PlanStep", {**step, **new.get(step["id"], {})}) for step in old or []]
    return list(new or [])


class PlanOutput(AgentMessages):
    """The conversation, and the plan as it ended."""

    plan: NotRequired[Annotated[list[PlanStep], merge_plan]]


class PlanState(PlanOutput):
    """The conversation, the plan for the user's last message, and what the nodes note beside it.

    Attributes:
        plan: the steps and how far they are.
        reasoning: what the planner thought last.
        revisions: how often the plan was made anew for this message.
        failures: how many failed steps the planner knows of.
        taint: what has ever entered the conversation.
        spent: what the run and the thread have used of their budgets.
        run: which run it is, as long as it is under way in this process.
    """

    reasoning: NotRequired[str]
    revisions: NotRequired[int]
    failures: NotRequired[int]
    taint: NotRequired[Annotated[list[str], merge_taint]]
    spent: NotRequired[Annotated[dict[str, Any], merge_spent]]
    run: NotRequired[Annotated[str, UntrackedValue(str, guard=False)]]


def _for(*nodes: str, **more: str) -> dict[str, Any]:
    return {"langgraph_nodes": list(nodes), **more}


class PlanContext(BaseModel):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="System prompt of the answer",
        json_schema_extra=_for("answer", langgraph_type="prompt"),
    )
    step_prompt: str | None = Field(
        default=None,
        description="System prompt of the steps",
        json_schema_extra=_for("step", langgraph_type="prompt"),
    )
    planner: str | None = Field(
        default=None,
        description="Name of the model that makes the plan, for instance HCX-007, which thinks",
        json_schema_extra=_for("plan", "replan"),
    )
    model: str | None = Field(
        default=None,
        description="Name of the model that carries out the steps, for instance HCX-007",
        json_schema_extra=_for("step"),
    )
    answer_model: str | None = Field(
        default=None,
        description="Name of the model that writes the answer, for instance HCX-005",
        json_schema_extra=_for("answer"),
    )
    scopes: list[str] | None = Field(
        default=None,
        description="What the run may do: tools that declare scopes run only if all of theirs are here",
        json_schema_extra=_for("step"),
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of one answer of a step's model; at least 1,024 are always asked for with tools",
        json_schema_extra=_for("step"),
    )
    budget_model_calls: int | None = Field(
        default=None, ge=1, description="Most requests to models in this run", json_schema_extra=_for("plan", "step")
    )
    budget_tool_calls: int | None = Field(
        default=None, ge=0, description="Most calls of tools in this run", json_schema_extra=_for("step")
    )
    budget_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Most tokens of input and output in this run, of all model calls together",
        json_schema_extra=_for("plan", "step"),
    )
    budget_cost: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Most that this run may cost, in KRW",
        json_schema_extra=_for("plan", "step"),
    )
    budget_seconds: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Seconds that this run may take",
        json_schema_extra=_for("plan", "step"),
    )
