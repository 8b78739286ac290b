"""The schema that is made from type hints, and the values that reach the function."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from clovax_agents.tooling import tool


class Size(enum.Enum):
    """How large."""

    SMALL = "S"
    LARGE = "L"


class Address(BaseModel):
    """Where to."""

    city: str = Field(description="도시")


@dataclass
class Box:
    """What in."""

    width: int


class Extra(TypedDict):
    """What else."""

    note: str


@tool
def order(  # noqa: D417, PLR0913, PLR0917
    product: Annotated[str, Field(description="상품 번호", min_length=3)],
    quantity: Annotated[int, "몇 개"],
    size: Size,
    address: Address,
    box: Box,
    extra: Extra,
    pay: Literal["card", "cash"] = "card",
    tags: list[str] | None = None,
    prices: dict[str, float] | None = None,
    aliased: str = Field(default="x", alias="other"),
) -> list[Any]:
    """상품을 주문합니다.

    Args:
        product: 문서의 설명.
        quantity: 문서의 설명.
        size: 크기를
            고릅니다.
    """
    return [product, quantity, size, address, box, extra, pay, tags, prices, aliased]


GOOD: dict[str, Any] = {
    "product": "P-1",
    "quantity": 2,
    "size": "L",
    "address": {"city": "부산"},
    "box": {"width": 3},
    "extra": {"note": "빨리"},
}


def test_values_arrive_in_the_types_that_the_function_names() -> None:
    """Enums, models, dataclasses and typed dicts are built from JSON, and defaults are filled in."""
    made = order.invoke(dict(GOOD))

    assert made == ["P-1", 2, Size.LARGE, Address(city="부산"), Box(3), {"note": "빨리"}, "card", None, None, "x"]


def test_an_explicit_description_beats_the_docstring() -> None:
    """Field(description=...) and Annotated text win; the docstring fills what they leave open."""
    described = {name: schema.get("description") for name, schema in order.args.items()}

    assert described["product"] == "상품 번호"
    assert described["quantity"] == "몇 개"
    assert described["size"] == "크기를\n고릅니다."
    assert described["pay"] is None


def test_the_schema_names_choices_and_limits() -> None:
    """Literal, Optional and Field limits are visible to the model."""
    assert order.args["pay"]["enum"] == ["card", "cash"]
    assert order.args["product"]["minLength"] == 3
    assert {"type": "null"} in order.args["tags"]["anyOf"]


def test_a_model_uses_the_parameter_name_even_if_there_is_an_alias() -> None:
    """The model sees the parameter's own name and may use it."""
    assert order.invoke({**GOOD, "aliased": "y"})[-1] == "y"


@pytest.mark.parametrize(
    "change", [{"product": "P"}, {"size": "M"}, {"quantity": "두 개"}, {"pay": "won"}, {"unknown": 1}]
)
def test_wrong_values_are_refused_before_the_function_runs(change: dict[str, Any]) -> None:
    """A value that does not fit the hints is a validation error."""
    with pytest.raises(ValidationError):
        order.invoke({**GOOD, **change})


def test_mutable_defaults_are_not_shared() -> None:
    """Every call gets a fresh copy of a mutable default."""

    @tool
    def collect(item: str, into: list[str] = []) -> list[str]:  # noqa: B006
        """Collect items."""
        into.append(item)
        return into

    assert collect.invoke({"item": "a"}) == ["a"]
    assert collect.invoke({"item": "b"}) == ["b"]
