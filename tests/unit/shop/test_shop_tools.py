"""The shop's tools answer as a model needs it: compact, typed, honest about what is not there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

if TYPE_CHECKING:
    from clovax_agents.tooling import Toolbox

GOOD_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("search_products", {"query": "무선 이어폰"}),
    ("get_product", {"product_id": "P-0001"}),
    ("get_order", {"order_id": "ORD-20261118-0001"}),
    ("list_orders", {"customer_name": "김서연"}),
    ("cancel_order", {"order_id": "ORD-20261110-0001", "reason": "단순 변심"}),
    ("get_delivery_status", {"order_id": "ORD-20261118-0001"}),
    ("search_policies", {"query": "반품 기한"}),
    ("calculate", {"expression": "1,000 * 3"}),
    ("request_refund", {"order_id": "ORD-20261118-0001", "reason": "단순 변심", "detail": "색상이 달라요"}),
    ("get_refund_status", {"order_id": "ORD-20260822-0002"}),
    ("list_coupons", {"customer_name": "김서연"}),
    ("issue_coupon", {"customer_id": "C-0003", "code": "THANKS5000"}),
    ("apply_coupon", {"order_id": "ORD-20261118-0001", "code": "WELCOME10"}),
]


def ask(box: Toolbox, name: str, **args: object) -> Any:
    """Call one tool."""
    return box[name].invoke(args)


def test_these_are_the_tools(box: Toolbox) -> None:
    """The folder holds the support desk's tools and nothing else."""
    assert set(box.names) == {name for name, _ in GOOD_CALLS}


def test_every_tool_and_parameter_is_described_in_korean(box: Toolbox) -> None:
    """A model gets a Korean description for each tool and for each of its parameters."""
    for made in box:
        texts = [made.description, *(schema.get("description", "") for schema in made.args.values())]
        assert all(any("가" <= letter <= "힣" for letter in text) for text in texts), made.name
        assert "Args" not in made.description


@pytest.mark.parametrize(("name", "args"), GOOD_CALLS)
def test_answers_are_small_json(box: Toolbox, name: str, args: dict[str, Any]) -> None:
    """Every answer is plain JSON of less than 2,000 characters."""
    assert len(json.dumps(ask(box, name, **args), ensure_ascii=False)) < 2000


async def test_all_of_them_run_at_once_in_an_async_graph(box: Toolbox) -> None:
    """Called together from LangGraph, on its threads, each tool answers."""
    graph = StateGraph(MessagesState).add_node("tools", ToolNode(box.tools)).add_edge("__start__", "tools").compile()
    calls = [
        {"name": name, "args": args, "id": f"call_{number}", "type": "tool_call"}
        for number, (name, args) in enumerate(GOOD_CALLS)
    ]

    messages = (await graph.ainvoke({"messages": [AIMessage("", tool_calls=calls)]}))["messages"][1:]

    assert [(message.name, message.status) for message in messages] == [(name, "success") for name, _ in GOOD_CALLS]
    assert all(isinstance(message, ToolMessage) for message in messages)


@pytest.mark.parametrize("query", ["무선 이어폰", "무선이어폰", "무선 이어폰을", "이어폰", "이어폰 미니"])
def test_spacing_and_particles_do_not_matter(box: Toolbox, query: str) -> None:
    """However it is written, the earphones are found first."""
    found = ask(box, "search_products", query=query)

    assert "무선 이어폰" in found["products"][0]["name"]


@pytest.mark.parametrize(
    ("query", "noun"), [("노트북", "노트북"), ("캠핑", "캠핑 텐트"), ("한우 선물세트", "한우 불고기")]
)
def test_the_best_match_comes_first(box: Toolbox, query: str, noun: str) -> None:
    """Names count more than descriptions."""
    assert noun in ask(box, "search_products", query=query)["products"][0]["name"]


def test_a_search_can_be_narrowed(box: Toolbox) -> None:
    """Category, highest price and limit are kept."""
    found = ask(box, "search_products", query="블랙", category="신발", max_price=150_000, limit=2)

    assert 1 <= len(found["products"]) <= 2
    assert {product["category"] for product in found["products"]} == {"신발"}
    assert all(product["price"] <= 150_000 for product in found["products"])


def test_a_search_says_why_it_found_nothing(box: Toolbox) -> None:
    """Too cheap, unknown category and unknown thing have three different answers."""
    assert "노트북" in ask(box, "search_products", query="노트북", max_price=1000)["cheapest"]["name"]
    assert "주방가전" in ask(box, "search_products", query="밥솥", category="우주선")["categories"]
    assert ask(box, "search_products", query="zzz") == {
        "found": 0,
        "products": [],
        "note": "맞는 상품이 없습니다: 'zzz'",
        "similar": [],
    }


@pytest.mark.parametrize("args", [{"limit": 0}, {"limit": 21}, {"max_price": -1}])
def test_limits_are_checked_before_the_search(box: Toolbox, args: dict[str, Any]) -> None:
    """Values outside the schema's bounds are validation errors."""
    with pytest.raises(ValueError, match="validation error"):
        ask(box, "search_products", query="책", **args)


def test_a_product_is_found_however_its_number_is_typed(box: Toolbox) -> None:
    """Case and blanks around a number do not matter."""
    assert ask(box, "get_product", product_id=" p-0001 ") == ask(box, "get_product", product_id="P-0001")


def test_an_unknown_product_suggests_others(box: Toolbox) -> None:
    """A mistyped number suggests numbers, a name suggests names."""
    assert "P-0001" in ask(box, "get_product", product_id="P-00001")["similar"]
    assert any("노트북" in name for name in ask(box, "get_product", product_id="노트북 프로")["similar"])


def test_an_order_lists_its_items(box: Toolbox) -> None:
    """The total is the sum of the items, which carry their names."""
    order = ask(box, "get_order", order_id="ord-20261118-0001")

    assert order["total"] == sum(item["quantity"] * item["unit_price"] for item in order["items"])
    assert all(item["name"] for item in order["items"])


@pytest.mark.parametrize("name", ["get_order", "get_delivery_status"])
def test_an_unknown_order_suggests_near_ones(box: Toolbox, name: str) -> None:
    """The answer says that there is no such order and which numbers are near."""
    answer = ask(box, name, order_id="ORD-20261118-001")

    assert answer["found"] is False
    assert "ORD-20261118-0001" in answer["similar"]
    assert ask(box, name, order_id="모름")["similar"] == []


def test_a_customers_orders_come_newest_first(box: Toolbox) -> None:
    """Orders are sorted by date, filtered by state and limited."""
    orders = ask(box, "list_orders", customer_name="김서연 님")["orders"]
    delivered = ask(box, "list_orders", customer_name="김서연", status="배송완료", limit=1)

    assert orders == sorted(orders, key=lambda order: order["ordered_at"], reverse=True)
    assert orders[0]["id"] == "ORD-20261118-0001"
    assert [order["id"] for order in delivered["orders"]] == ["ORD-20261101-0001"]


def test_an_unknown_customer_suggests_similar_names(box: Toolbox) -> None:
    """Nobody of that name is not the same as nothing ordered."""
    answer = ask(box, "list_orders", customer_name="김서연희")

    assert answer["found"] == 0
    assert "김서연" in answer["similar"]


def test_a_parcel_under_way_tells_where_it_is(box: Toolbox) -> None:
    """Carrier, tracking number and the events so far are there, in order."""
    parcel = ask(box, "get_delivery_status", order_id="ORD-20261118-0001")

    assert parcel["status"] == "배송중"
    assert parcel["delivered_at"] is None
    assert parcel["carrier"]
    assert len(parcel["tracking_number"]) == 12
    assert [event["at"] for event in parcel["events"]] == sorted(event["at"] for event in parcel["events"])


@pytest.mark.parametrize(
    ("order_id", "status", "note"),
    [
        ("ORD-20261120-0001", "결제완료", "발송 전"),
        ("ORD-20261119-0001", "상품준비중", "발송 전"),
        ("ORD-20261110-0001", "주문취소", "취소"),
    ],
)
def test_an_order_without_a_parcel_says_so(box: Toolbox, order_id: str, status: str, note: str) -> None:
    """Orders that were not sent have no events but a reason."""
    answer = ask(box, "get_delivery_status", order_id=order_id)

    assert (answer["status"], answer["events"]) == (status, [])
    assert note in answer["note"]


def test_a_delivered_parcel_has_arrived(box: Toolbox) -> None:
    """The last event of a delivered parcel is its delivery."""
    parcel = ask(box, "get_delivery_status", order_id="ORD-20261101-0001")

    assert parcel["status"] == "배송완료"
    assert parcel["events"][-1]["at"] == parcel["delivered_at"]
