"""What the rule brain makes of Korean and English questions; it sees nothing but the request."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clovax_agents.simulator import BrainReply, ChatRequest, Message, RuleBrain, ToolCall, ToolSpec

WHEN = 1_795_000_000.0  # 2026-11-18, a Wednesday, in Korea
STATES = ["결제완료", "상품준비중", "배송중", "배송완료", "주문취소", "반품접수"]


def _text(description: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _tool(name: str, description: str, required: tuple[str, ...] = (), **properties: dict[str, Any]) -> ToolSpec:
    return ToolSpec(name, description, {"type": "object", "properties": properties, "required": list(required)})


ORDERS = _tool(
    "list_orders", "고객 이름으로 주문 목록을 최근 것부터 조회합니다.", ("customer_name",),
    customer_name=_text('고객의 이름 전체. 예: "홍길동".'),
    status={"anyOf": [_text(enum=STATES), {"type": "null"}], "description": "이 상태의 주문만 찾을 때 씁니다."},
    limit={"type": "integer", "description": "돌려줄 주문의 최대 개수.", "minimum": 1},
)  # fmt: skip
DELIVERY = _tool(
    "get_delivery_status", "주문의 배송 상태, 택배사, 이동 기록을 조회합니다.", ("order_id",),
    order_id=_text('주문 번호. 예: "ORD-20261118-0001".'),
)  # fmt: skip
CALCULATE = _tool("calculate", "수식을 정확하게 계산합니다.", ("expression",), expression=_text("계산할 식"))
EVENT = _tool(
    "create_event", "일정을 등록합니다.", ("title", "date"),
    title=_text("일정 제목"), date=_text("날짜 (YYYY-MM-DD)", format="date"),
)  # fmt: skip
MAIL = _tool(
    "send_mail", "Send an e-mail. 메일을 보냅니다.", ("to",),
    to=_text("e-mail address of the receiver"), urgent={"type": "boolean", "description": "urgent 긴급 여부"},
)  # fmt: skip
WEATHER = _tool(
    "get_weather", "Get the current weather of a city. 도시의 날씨를 조회합니다.", ("city",),
    city=_text("city"), unit=_text("temperature unit", enum=["celsius", "fahrenheit"]),
)  # fmt: skip
LIGHT = _tool(
    "set_light", "조명을 켜거나 끕니다.", ("on",),
    on={"type": "boolean", "description": "조명 켜기 여부"}, room=_text("방", enum=["거실", "안방"]),
)  # fmt: skip
ROUTE = _tool(
    "find_route", "이동 경로를 찾습니다.", ("origin", "destination"),
    origin=_text("출발지"), destination=_text("도착지"), mode=_text("수단", enum=["car", "walk"]),
)  # fmt: skip
ALL = (ORDERS, DELIVERY, CALCULATE, EVENT, MAIL, WEATHER, LIGHT, ROUTE)


def _ask(question: str, *tools: ToolSpec, **more: Any) -> BrainReply:
    request = ChatRequest("HCX-005", (Message("user", question),), tools=tools, **more)
    return RuleBrain(clock=lambda: WHEN).reply(request)


QUESTIONS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "김서연 고객 주문 목록 보여줘": [("list_orders", {"customer_name": "김서연"})],
    "이민준 주문 취소된거 있어?": [("list_orders", {"customer_name": "이민준", "status": "주문취소"})],
    "김서연님 배송중인 주문 보여줘": [("list_orders", {"customer_name": "김서연", "status": "배송중"})],
    "박지훈 씨 주문 내역 알려줘": [("list_orders", {"customer_name": "박지훈"})],
    "최수아 고객님 주문 5개만 보여줘": [("list_orders", {"customer_name": "최수아", "limit": 5})],
    "배송 완료된 김서연 주문 보여줘": [("list_orders", {"customer_name": "김서연", "status": "배송완료"})],
    "Show me the orders of customer Kim Seoyeon that are cancelled": [
        ("list_orders", {"customer_name": "Kim Seoyeon", "status": "주문취소"})
    ],
    "김서연 고객의 주문이랑 ORD-20261118-0001 배송 상태 알려줘": [
        ("list_orders", {"customer_name": "김서연"}),
        ("get_delivery_status", {"order_id": "ORD-20261118-0001"}),
    ],
    "Where is my order ORD-20261118-0001 and what is 15% of 30000?": [
        ("get_delivery_status", {"order_id": "ORD-20261118-0001"}),
        ("calculate", {"expression": "15% * 30000"}),
    ],
    "1,200원의 30%는 얼마야?": [("calculate", {"expression": "1200 * 30%"})],
    "12 곱하기 7은?": [("calculate", {"expression": "12 * 7"})],
    "내일 치과 일정 등록해줘": [("create_event", {"title": "치과", "date": "2026-11-19"})],
    "2026년 12월 24일에 '송년회' 일정 등록해줘": [("create_event", {"title": "송년회", "date": "2026-12-24"})],
    "kim@naver.com 으로 긴급 메일 보내줘": [("send_mail", {"to": "kim@naver.com", "urgent": True})],
    "Send a mail to kim@naver.com, not urgent": [("send_mail", {"to": "kim@naver.com", "urgent": False})],
    "What is the weather in Busan in fahrenheit?": [("get_weather", {"city": "Busan", "unit": "fahrenheit"})],
    "What's the weather in Seoul and what is 3*4?": [
        ("get_weather", {"city": "Seoul"}),
        ("calculate", {"expression": "3*4"}),
    ],
    "서울과 부산 날씨 알려줘": [("get_weather", {"city": "서울"}), ("get_weather", {"city": "부산"})],
    "거실 조명 꺼줘": [("set_light", {"on": False, "room": "거실"})],
    "안방 불 켜줘": [("set_light", {"on": True, "room": "안방"})],
    "서울역에서 강남역까지 걸어서 가는 길 알려줘": [
        ("find_route", {"origin": "서울역", "destination": "강남역", "mode": "walk"})
    ],
}


@pytest.mark.parametrize(("question", "calls"), QUESTIONS.items(), ids=QUESTIONS.keys())
def test_a_question_becomes_the_calls_that_it_asks_for(question: str, calls: list[tuple[str, Any]]) -> None:
    """Among eight tools the right ones, with names, states, ids, formulas, dates, choices and yes or no."""
    assert [(call.name, call.arguments) for call in _ask(question, *ALL).tool_calls] == calls


def test_an_id_of_an_earlier_message_is_remembered() -> None:
    """What "that order" means is taken from the conversation."""
    history = (
        Message("user", "ORD-20261118-0001 주문했어"),
        Message("assistant", "네"),
        Message("user", "그 주문 배송 어디까지 왔어?"),
    )
    (call,) = RuleBrain().reply(ChatRequest("HCX-005", history, tools=ALL)).tool_calls
    assert (call.name, call.arguments) == ("get_delivery_status", {"order_id": "ORD-20261118-0001"})


def test_a_thing_is_no_person() -> None:
    """이어폰 begins like a family name, but nobody is called that."""
    search = _tool("search_products", "상품을 검색합니다.", ("query",), query=_text('검색어. 예: "무선 이어폰"'))
    (call,) = _ask("무선 이어폰 추천해줘", *ALL, search).tool_calls
    assert (call.name, call.arguments) == ("search_products", {"query": "무선 이어폰"})


def test_the_digits_of_an_id_are_no_number() -> None:
    """An order number does not become a limit."""
    (call,) = _ask("김서연 ORD-20261118-0001 주문 목록", ORDERS).tool_calls
    assert "limit" not in dict(call.arguments)  # type: ignore[arg-type]


def test_a_word_that_two_values_share_chooses_neither() -> None:
    """배송 alone is neither 배송중 nor 배송완료, and 주문 is not 주문취소."""
    for question in ("김서연 주문 배송 조회", "김서연 주문", "김서연 주문 보여줘"):
        (call,) = _ask(question, ORDERS).tool_calls
        assert call.arguments == {"customer_name": "김서연"}


def test_equal_calls_are_made_once() -> None:
    """Asked for twice in one breath, the weather is looked up once."""
    reply = _ask("서울 날씨 알려줘. 서울 날씨 알려줘", *ALL)
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("get_weather", {"city": "서울"})]


RESULTS: list[tuple[str, str, str]] = [
    ("날씨?", '{"found": true, "city": "서울", "rain": false, "wind": null}', "- city: 서울\n- rain: 아니요"),
    ("weather?", '{"ok": true, "city": "Seoul", "rain": true, "alerts": []}', "- city: Seoul\n- rain: yes"),
    ("weather?", '["a", 1, null]', "- a\n- 1"),
    ("날씨?", '{"items": [{"a": 1, "b": {"c": 2}}, {"a": null}]}', "- items:\n  - a: 1\n    - b:\n      - c: 2"),
    ("날씨?", "맑음", "맑음"),
    ("weather?", "21.5", "21.5"),
]


@pytest.mark.parametrize(("question", "result", "lines"), RESULTS)
def test_results_are_told_in_readable_lines(question: str, result: str, lines: str) -> None:
    """One heading, yes and no in words, and nothing about what is null, empty or merely found."""
    call = ToolCall("get_weather", {"city": "서울"}, "a")
    history = (Message("user", question), Message("assistant", tool_calls=(call,)))
    reply = RuleBrain().reply(ChatRequest("HCX-005", (*history, Message("tool", result, tool_call_id="a")), tools=ALL))
    lead = "확인한 내용을 알려드립니다." if "날씨" in question else "Here is what I found."
    assert reply.text == f"{lead}\n\n{lines}"


@pytest.mark.parametrize("result", ["", "{}", '{"found": false}', "null"])
def test_an_empty_result_is_told_as_empty(result: str) -> None:
    """Nobody is left with a heading above nothing."""
    history = (
        Message("user", "weather?"),
        Message("assistant", tool_calls=(ToolCall("get_weather", {}, "a"),)),
        Message("tool", result, tool_call_id="a"),
    )
    text = RuleBrain().reply(ChatRequest("HCX-005", history, tools=ALL)).text
    assert "The result of get_weather is empty." in text


@pytest.mark.parametrize("content", ['{"error": "no city"}', "Error: no city", '{"ok": false, "note": "no city"}'])
def test_failures_are_told_as_failures(content: str) -> None:
    """The user hears which tool failed and why, and no tool is called again."""
    history = (
        Message("user", "weather?"),
        Message("assistant", tool_calls=(ToolCall("get_weather", {}, "a"),)),
        Message("tool", content, tool_call_id="a"),
    )
    reply = RuleBrain().reply(ChatRequest("HCX-005", history, tools=ALL))
    assert reply.tool_calls == ()
    assert "get_weather failed" in reply.text
    assert "no city" in reply.text


def test_a_new_question_after_results_calls_tools_again() -> None:
    """Results belong to their own turn."""
    history = (
        Message("user", "서울 날씨?"),
        Message("assistant", tool_calls=(ToolCall("get_weather", {"city": "서울"}, "a"),)),
        Message("tool", "맑음", tool_call_id="a"),
        Message("assistant", "맑습니다"),
        Message("user", "부산 날씨는 어때?"),
    )
    (call,) = RuleBrain().reply(ChatRequest("HCX-005", history, tools=ALL)).tool_calls
    assert call.arguments == {"city": "부산"}


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_more_effort_means_longer_thinking(effort: Any) -> None:
    """None at all without effort."""
    thinking = _ask("왜 하늘은 파랄까?", effort=effort).thinking
    assert "왜 하늘은 파랄까?" in thinking
    assert _ask("왜 하늘은 파랄까?").thinking == ""
    assert len(thinking.splitlines()) == {"low": 1, "medium": 2, "high": 4}[effort]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*QUESTIONS, "안녕", "그리고", "ORD-1-2", "5만원", "?", "\n"]), max_size=4))
@pytest.mark.soak
def test_the_same_request_always_gets_the_same_answer(parts: list[str]) -> None:
    """Deterministic, and every argument that a tool insists on is there."""
    question = " ".join(parts)
    reply = _ask(question, *ALL)
    assert reply == _ask(question, *ALL)
    required = {tool.name: tool.parameters["required"] for tool in ALL}
    for call in reply.tool_calls:
        assert set(required[call.name]) <= set(call.arguments)  # type: ignore[arg-type]


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string"}, {"type": "string", "format": "date"}, {"type": "string", "enum": ["가", "나"]},
            {"type": "integer", "minimum": 3, "maximum": 9}, {"type": "number"}, {"type": "boolean"},
            {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        ]
    ),
    lambda inner: st.builds(lambda items: {"type": "array", "items": items, "minItems": 1, "maxItems": 2}, inner)
    | st.dictionaries(st.sampled_from(["city", "날짜", "count", "a"]), inner, max_size=3).map(
        lambda inside: {"type": "object", "properties": inside, "required": [*inside]}
    ),
    max_leaves=6,
)  # fmt: skip


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    if "anyOf" in schema:
        return any(value is None if branch["type"] == "null" else _fits(value, branch) for branch in schema["anyOf"])
    if schema["type"] == "object":
        return value.keys() == schema["properties"].keys() and all(
            _fits(value[name], inner) for name, inner in schema["properties"].items()
        )
    if schema["type"] == "array":
        return 1 <= len(value) <= 2 and all(_fits(item, schema["items"]) for item in value)
    if isinstance(value, bool) or schema["type"] == "boolean":
        return isinstance(value, bool) and schema["type"] == "boolean"
    kind: Any = {"string": str, "integer": int, "number": int | float}[schema["type"]]
    inside = value in schema.get("enum", [value])
    return (
        isinstance(value, kind)
        and inside
        and (kind is not int or schema.get("minimum", value) <= value <= schema.get("maximum", value))
    )


@settings(max_examples=100, deadline=None)
@given(SCHEMAS, st.sampled_from(["서울은 내일 12도", "Seoul 2026-11-18, 3 times", "", "안녕"]))
def test_structured_output_validates_whatever_the_schema(schema: dict[str, Any], question: str) -> None:
    """The text is JSON, and it fits the schema that was sent."""
    whole = {"type": "object", "properties": {"root": schema}, "required": ["root"]}
    value = json.loads(_ask(question, effort="none", schema=whole).text)
    assert _fits(value, whole), value


@pytest.mark.parametrize(
    "pointer", ["#/$defs/a~1b", "#/$defs/a%2Fb", "#/properties/other/anyOf/0"], ids=["escaped", "percent", "index"]
)
def test_references_are_followed_however_they_are_written(pointer: str) -> None:
    """Every JSON pointer that a schema may hold leads to the values that it names."""
    colours = {"type": "string", "enum": ["빨강", "파랑"]}
    schema = {
        "type": "object",
        "properties": {"colour": {"$ref": pointer}, "other": {"anyOf": [colours]}},
        "required": ["colour"],
        "$defs": {"a/b": colours},
    }
    value = json.loads(_ask("파랑으로 해줘", effort="none", schema=schema).text)
    assert value["colour"] == "파랑"
