"""State and context of routers."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field

from clovax_agents.execution.taint import merge_taint
from clovax_agents.state import BudgetContext, BudgetState

__all__ = ["ClarifyState", "RouterContext", "RouterState", "merge_results"]


def merge_results(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """Merge the branches' results as they come; None forgets those of the last message.

    Example:
        >>> merge_results({"orders": "배송 중"}, {"products": "재고 있음"})
        {'orders': '배송 중', 'products': '재고 있음'}
    """
    return {} if new is None else {**(old or {}), **new}


class ClarifyState(BudgetState):
    """The conversation, and what the user is asked back about it.

    Attributes:
        question: to ask the user back.
        asked: how often the user was asked back.
        taint: what has ever entered the conversation.
    """

    question: NotRequired[str]
    asked: NotRequired[int]
    taint: NotRequired[Annotated[list[str], merge_taint]]


class RouterState(ClarifyState):
    """The conversation, and what is being worked out for the user's last message.

    Attributes:
        branches: that were chosen, in order.
        results: of the branches, by name.
        stopped: the budgets that ended branches, by name.
        draft: an answer that has not been checked yet.
        problem: what is wrong with it.
        tries: how many answers have been written.
    """

    branches: NotRequired[list[str]]
    results: NotRequired[Annotated[dict[str, str], merge_results]]
    stopped: NotRequired[Annotated[dict[str, Any], merge_results]]
    draft: NotRequired[str]
    problem: NotRequired[str]
    tries: NotRequired[int]


class RouterContext(BudgetContext):
    """What may be set for one run, in code (``context=``) or in Studio's form; what is not set is as built."""

    prompt: str | None = Field(
        default=None,
        description="System prompt for the answer that is made of several branches' results",
        examples=["당신은 온라인 쇼핑몰의 고객 지원 담당자입니다. 존댓말로 짧게 답하세요."],
        json_schema_extra={"langgraph_nodes": ["merge"], "langgraph_type": "prompt"},
    )
    model: str | None = Field(
        default=None,
        description="Name of the model that writes this answer, for instance HCX-005",
        examples=["HCX-005", "HCX-007"],
        json_schema_extra={"langgraph_nodes": ["merge"]},
    )
    classifier: str | None = Field(
        default=None,
        description="Name of the model that chooses the branches, for instance HCX-DASH-002",
        examples=["HCX-DASH-002"],
        json_schema_extra={"langgraph_nodes": ["classify"]},
    )
    scopes: list[str] | None = Field(
        default=None,
        description="What the run may do: tools that declare scopes run only if all of theirs are here",
        examples=[["orders:read", "orders:write"]],
    )
