"""What can be extracted, and what is wrong with what was: places that can be patched, in both languages."""

from datetime import date
from typing import Annotated, Any, Literal, NotRequired, Self

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from clovax_agents.errors import ConfigurationError
from clovax_agents.extracting import Target
from clovax_agents.extracting.problems import description_of


class Item(BaseModel):
    """주문한 상품."""

    sku: str
    price: Annotated[int, Field(ge=0)]


class Order(BaseModel):
    """주문서."""

    model_config = ConfigDict(extra="forbid")

    order_id: str
    items: list[Item] = Field(min_length=1)
    due: date | None = None
    way: Literal["택배", "퀵"] = "택배"
    contact: int | str | None = None

    @model_validator(mode="after")
    def _has_contact(self) -> Self:
        if self.way == "퀵" and self.contact is None:
            raise ValueError("퀵 배송에는 연락처가 필요합니다")
        return self


class ItemDict(TypedDict):
    """주문한 상품."""

    sku: str
    price: int
    color: NotRequired[Literal["빨강", "파랑"]]


SCHEMA: dict[str, Any] = {
    "title": "Item",
    "type": "object",
    "properties": {"sku": {"type": "string", "maxLength": 3}, "price": {"type": "integer", "minimum": 0}},
    "required": ["sku", "price"],
    "additionalProperties": False,
}
GOOD = {"order_id": "A-1", "items": [{"sku": "A", "price": 12_000}]}


def _paths(target: Target, value: Any) -> list[str]:
    return [each["path"] for each in target.problems(value)]


@pytest.mark.parametrize("schema", [Item, ItemDict, SCHEMA])
def test_every_kind_of_form_is_taken_alone_and_in_a_list(schema: Any) -> None:
    """What fits has no problems, and what the user gets of it is the object, or the list."""
    one = Target.of(schema)
    several = Target.of({"type": "array", "items": schema} if schema is SCHEMA else list[schema])
    item = {"sku": "A", "price": 5}
    assert (one.problems(item), several.problems({"items": [item, item]})) == ([], [])
    assert (one.shown(item), several.shown({"items": [item]})) == (item, [item])
    assert several.opened([item]) == {"items": [item]}
    wrong = {"sku": "A", "price": "오천 원"}
    assert _paths(one, wrong) == ["/price"]
    assert _paths(several, {"items": [item, wrong]}) == ["/items/1/price"]


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"items": [{"sku": "A", "price": "12,000원"}]}, ["/items/0/price"]),
        ({"items": [{"sku": "A"}]}, ["/items/0/price"]),
        ({"items": []}, ["/items"]),
        ({"due": "다음 주 금요일"}, ["/due"]),
        ({"contact": [1]}, ["/contact"]),
        ({"메모": "문 앞에", "a/b": 1}, ["/메모", "/a~1b"]),
        ({"way": "퀵"}, [""]),
    ],
)
def test_places_are_where_something_stands_or_has_to(change: dict[str, Any], paths: list[str]) -> None:
    """Neither members of unions nor validators are part of them."""
    assert _paths(Target.of(Order), GOOD | change) == paths


def test_a_json_schema_names_what_is_missing_and_what_is_too_much() -> None:
    """Each at its own place, not at the object around it."""
    target = Target.of({"type": "array", "items": SCHEMA})
    assert sorted(_paths(target, {"items": [{"sku": "ABCD", "색": "빨강"}]})) == [
        "/items/0/price",
        "/items/0/sku",
        "/items/0/색",
    ]


@pytest.mark.parametrize("schema", [Item, ItemDict, SCHEMA])
def test_problems_are_told_in_korean(schema: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has checked: Pydantic, or the JSON schema."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    told = {each["path"]: each["problem"] for each in Target.of(schema).problems({"price": "오천 원"})}
    assert told == {"/sku": "필수 값이 없습니다", "/price": "정수여야 합니다"}


def test_limits_and_choices_of_a_json_schema_are_told_in_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their values."""
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    given = {"sku": "ABCD", "price": -1, "n": "", "on": "내일", "kind": 3, "tags": [1]}
    more = {
        "n": {"type": "string", "pattern": "^[가-힣]+$"},
        "on": {"type": "string", "format": "date"},
        "kind": {"enum": ["가", "나"]},
        "tags": {"type": "array", "items": {"type": ["string", "boolean"]}},
    }
    target = Target.of({**SCHEMA, "properties": {**SCHEMA["properties"], **more}})
    told = {each["path"]: each["problem"] for each in target.problems(given)}
    assert told["/sku"] == "3자 이하여야 합니다"
    assert told["/price"] == "0 이상이어야 합니다"
    assert told["/n"] == "이 형식이어야 합니다: ^[가-힣]+$"
    assert told["/on"] == "날짜여야 합니다 (예: 2026-11-30)"
    assert told["/kind"] == "다음 중 하나여야 합니다: '가', '나'"
    assert "1 is not of types" in told["/tags/0"]


class Node(BaseModel):
    """A part that holds others."""

    name: str
    parts: list["Node"] = []


class Box(BaseModel):
    """A form with another one in it."""

    item: Item


def test_definitions_stay_in_reach_in_a_list() -> None:
    """Forms that refer to others can be wanted several times."""
    target = Target.of({"type": "array", "items": Box.model_json_schema()})
    assert _paths(target, {"items": [{"item": {"sku": "A", "price": "오천"}}]}) == ["/items/0/item/price"]


@pytest.mark.parametrize(
    ("pointer", "about"),
    [
        ("/order_id", ""),
        ("/items", ""),
        ("/items/0", ""),
        ("/items/0/sku", "재고 번호"),
        ("/items/0/price", ""),
        ("/nothing/0/at~1all", ""),
        ("", ""),
    ],
)
def test_what_the_form_says_about_a_place_is_found(pointer: str, about: str) -> None:
    """Through lists and references; nothing, where it says nothing."""
    schema = Order.model_json_schema()
    schema["$defs"]["Item"]["properties"]["sku"]["description"] = "재고 번호"
    assert description_of(schema, pointer) == about


@pytest.mark.parametrize("schema", [None, "Order", 5, list, list[int], {}, {"type": "array"}, lambda: None])
def test_what_is_no_form_is_refused(schema: Any) -> None:
    """When the graph is built, with what there is instead."""
    with pytest.raises(ConfigurationError, match=r"list\[Order\]"):
        Target.of(schema)


@pytest.mark.parametrize(
    ("schema", "given"),
    [(Item, [GOOD]), (list[Item], GOOD), (Item, "A-1"), (Item, Item(sku="A", price=1)), (Item, {"price": object()})],
)
def test_an_existing_object_is_json(schema: Any, given: Any) -> None:
    """Anything else is refused, with the way to make it so."""
    with pytest.raises(ConfigurationError, match="model_dump"):
        Target.of(schema).opened(given)
