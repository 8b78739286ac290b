"""The scripted model by itself: what it says, what it was asked, and what it complains about."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from clovax_agents import tool
from clovax_agents.errors import ConfigurationError, RateLimitError, StructuredOutputError
from clovax_agents.guards.pii import KoreanPII
from clovax_agents.testing import ScriptedChatModel, ScriptedModelError, ScriptedReply, ScriptedRequest


class Weather(BaseModel):
    """날씨 예보."""

    high: int
    low: int


@tool
def find_order(order_id: str) -> str:
    """주문을 찾습니다."""
    return f"{order_id}: 배송 중"


CALL = ("find_order", {"order_id": "A-1"})
FINE = Weather(high=30, low=21)


def test_replies_come_in_order() -> None:
    """A text, a call, several calls and a message, each in its turn, as the real model would give them."""
    said = AIMessage("네", additional_kwargs={"thinking_content": "음"}, response_metadata={"finish_reason": "length"})
    model = ScriptedChatModel(["안녕하세요", CALL, [CALL, ("find_order", {"order_id": "A-2"})], said])
    text, call, calls, message = (model.invoke("?") for _ in range(4))
    assert text.text == "안녕하세요"
    assert [(found["name"], found["args"]) for found in call.tool_calls] == [CALL]
    assert [found["args"]["order_id"] for found in calls.tool_calls] == ["A-1", "A-2"]
    assert (message.text, message.additional_kwargs["thinking_content"]) == ("네", "음")
    reasons = [found.response_metadata["finish_reason"] for found in (text, call, message)]
    assert reasons == ["stop", "tool_calls", "length"]


def test_ids_of_calls_differ() -> None:
    """Calls of one answer and of all answers have ids of their own, the same in every run."""
    model = ScriptedChatModel([[CALL, CALL], CALL])
    ids = [call["id"] for _ in range(2) for call in model.invoke("?").tool_calls]
    assert ids == ["call_1_1", "call_1_2", "call_2_1"]


def test_arguments_may_be_broken() -> None:
    """Arguments that are a text are sent as they are, and a call that is no JSON is none that may run."""
    model = ScriptedChatModel([("find_order", '{"order_id": "A'), ScriptedReply(calls=[CALL], finish_reason="length")])
    broken, cut = model.invoke("?"), model.invoke("?")
    assert (broken.tool_calls, cut.tool_calls) == ([], [])
    assert broken.invalid_tool_calls[0]["args"] == '{"order_id": "A'
    assert "cut off" in (cut.invalid_tool_calls[0]["error"] or "")


def test_a_stream_has_the_pieces() -> None:
    """A text comes word by word, a list in its pieces, and the sum is what would have come at once."""
    model = ScriptedChatModel(["곧 도착합니다.", ScriptedReply(["곧 도", "착"], usage=(7, 3))])
    assert [chunk.text for chunk in model.stream("?")] == ["곧 ", "도착합니다.", ""]
    first, second, last = model.stream("?")
    assert (first.text, second.text, last.chunk_position) == ("곧 도", "착", "last")
    whole = first + second + last
    assert whole.text == "곧 도착"
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["total_tokens"] == 10


async def test_an_async_stream_has_calls_and_thoughts() -> None:
    """Thoughts come first, and a call is whole in the sum."""
    model = ScriptedChatModel([ScriptedReply("찾아볼게요", [CALL], thinking="주문 번호가 있다")])
    chunks = [chunk async for chunk in model.astream("?")]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert chunks[0].additional_kwargs == {"thinking_content": "주문 번호가 있다"}
    assert (whole.text, whole.tool_calls[0]["args"]) == ("찾아볼게요", CALL[1])
    assert model.requests[0].stream is True


async def test_an_error_is_raised_behind_what_was_said() -> None:
    """Asked for the whole answer it is raised at once, in a stream after the text."""
    error = RateLimitError("too many requests")
    model = ScriptedChatModel([ScriptedReply("곧 ", error=error), error])
    heard: list[str] = []
    with pytest.raises(RateLimitError, match="too many"):
        heard.extend([chunk.text async for chunk in _noted(model, heard)])
    assert heard == ["곧 "]
    with pytest.raises(RateLimitError):
        await model.ainvoke("?")


async def _noted(model: ScriptedChatModel, heard: list[str]) -> Any:
    async for chunk in model.astream("?"):
        heard.append(chunk.text)
        yield chunk


def test_usage_is_estimated_unless_it_is_said() -> None:
    """What budgets and prices are tested with."""
    model = ScriptedChatModel([ScriptedReply("네", usage=(120, 20)), "네"])
    said, estimated = (model.invoke("오늘 주문한 상품은 언제 도착하나요?").usage_metadata for _ in range(2))
    assert said is not None
    assert (said["input_tokens"], said["output_tokens"]) == (120, 20)
    assert estimated is not None
    assert estimated["input_tokens"] > estimated["output_tokens"] > 0


@pytest.mark.parametrize("settings", [{}, {"model": "HCX-007"}])
@pytest.mark.parametrize("schema", [Weather, Weather.model_json_schema()])
def test_objects_answer_structured_requests(settings: dict[str, Any], schema: Any) -> None:
    """In the way in which the model is asked: by a tool, or by a response format."""
    model = ScriptedChatModel([FINE, {"high": 30, "low": 21}], **settings)
    structured = model.with_structured_output(schema)
    for _ in range(2):
        found = structured.invoke("?")
        assert (found if isinstance(found, dict) else found.model_dump()) == {"high": 30, "low": 21}


def test_an_object_of_another_form_is_asked_for_again() -> None:
    """As of the real model: once more, and then it is an error."""
    structured = ScriptedChatModel([{"high": "?"}, FINE, {"high": 1}, {"low": 1}]).with_structured_output(Weather)
    assert structured.invoke("?") == FINE
    with pytest.raises(StructuredOutputError):
        structured.invoke("?")


def test_a_function_may_decide() -> None:
    """One function answers everything; in a list, it answers one request."""
    echo = ScriptedChatModel(lambda request: f"{request.text}?")
    assert [echo.invoke(text).text for text in ("하나", "둘")] == ["하나?", "둘?"]
    mixed = ScriptedChatModel([lambda request: (request.tool_names[0], CALL[1]), "끝"])
    assert mixed.bind_tools([find_order]).invoke("?").tool_calls[0]["name"] == "find_order"
    assert mixed.invoke("?").text == "끝"


def test_conditions_choose_among_replies() -> None:
    """Where several ask at once, each request takes the first reply that fits it."""
    model = ScriptedChatModel(
        [
            ScriptedReply("환불됩니다", when="환불"),
            ScriptedReply("시스템입니다", when=lambda request: "상담" in request.system),
            ScriptedReply("그 밖의 답", repeat=True),
        ]
    )
    assert model.invoke("배송은?").text == "그 밖의 답"
    assert model.invoke([SystemMessage("상담원입니다."), HumanMessage("배송은?")]).text == "시스템입니다"
    assert model.invoke("환불은?").text == "환불됩니다"
    assert model.invoke("환불은?").text == "그 밖의 답"


def test_it_tells_what_it_was_asked() -> None:
    """Messages, tools, tool choice and options, as they reached the model."""
    model = ScriptedChatModel(["네"], temperature=0.2)
    model.bind_tools([find_order], tool_choice="find_order").invoke([SystemMessage("짧게."), HumanMessage("주문?")])
    (request,) = model.requests
    assert (request.system, request.text) == ("짧게.", "주문?")
    assert (request.tool_names, request.tool_choice) == (("find_order",), "find_order")
    assert (request.options["model"], request.options["temperature"]) == ("HCX-005", 0.2)


def test_all_copies_share_the_script() -> None:
    """What one copy has said, no other says again."""
    model = ScriptedChatModel(["하나", "둘", "셋"])
    copies = [model.model_copy(update={"max_tokens": 100}), model.model_copy(deep=True), copy.copy(model)]
    assert [found.invoke("?").text for found in copies] == ["하나", "둘", "셋"]
    assert len(model.requests) == 3


def test_what_the_service_refuses_is_refused() -> None:
    """A request that could never be sent is no use in a test."""
    model = ScriptedChatModel(["네"], model="HCX-007", thinking={"effort": "low"})
    with pytest.raises(ConfigurationError, match="thinking"):
        model.bind_tools([find_order]).invoke("?")
    assert model.invoke("?").text == "네"


def test_the_settings_of_the_real_model_hold() -> None:
    """Redaction, for one."""
    assert "010-1234-5678" not in ScriptedChatModel(["010-1234-5678"], redact=KoreanPII()).invoke("?").text


def test_one_request_too_many_shows_what_was_asked() -> None:
    """The conversation, the tools, and the replies that are left."""
    model = ScriptedChatModel([CALL, ScriptedReply("끝", when="고마워요")])
    bound = model.bind_tools([find_order])
    asked = bound.invoke("주문 A-1?")
    with pytest.raises(ScriptedModelError) as caught:
        bound.invoke(
            [HumanMessage("주문 A-1?"), asked, ToolMessage("없음", name="find_order", tool_call_id="call_1_1")]
        )
    assert str(caught.value).splitlines() == [
        "The scripted model has no reply for request 2; its script has 2. It was asked:",
        "  human: 주문 A-1?",
        "  ai: calls find_order({'order_id': 'A-1'})",
        "  tool find_order: 없음",
        "  (with the tools find_order)",
        "Of the replies that are left, none fits:",
        "  2: '끝', when '고마워요'",
    ]
    model._script._misses.clear()  # or this test would fail, too
    assert model.invoke("고마워요").text == "끝"


def test_a_long_conversation_is_shortened() -> None:
    """An error shows the end of it, in lines that somebody will read."""
    request = ScriptedRequest(messages=[HumanMessage(f"{number} {'가' * 500}") for number in range(20)])
    lines = str(request).splitlines()
    assert lines[0] == "  (12 earlier messages)"
    assert lines[-2].startswith("  human: 19 가가")
    assert max(map(len, lines)) < 200


@pytest.mark.parametrize(
    "check",
    [lambda request: "주문" in request.text, lambda request: _fail(f"{request.text} is no order")],
)
def test_a_check_fails_with_the_request(check: Any) -> None:
    """A request that is not what the script expects is refused, and shown."""
    model = ScriptedChatModel([ScriptedReply("네", check=check)])
    with pytest.raises(ScriptedModelError, match=r"Request 1, which reply 1 answers, is not what(.|\n)*human: 배송"):
        model.invoke("배송?")
    model._script._misses.clear()


def _fail(text: str) -> None:
    raise AssertionError(text)


def test_a_with_statement_wants_it_finished() -> None:
    """Outside of pytest, leaving the block is what checks."""
    with pytest.raises(ScriptedModelError) as caught, ScriptedChatModel(["하나", CALL]) as model:
        model.invoke("?")
    assert str(caught.value).splitlines() == [
        "1 of 2 replies of the scripted model were never asked for:",
        "  2: calls find_order({'order_id': 'A-1'})",
        "It was asked 1 times, the last time:",
        "  human: ?",
        "  (without tools)",
    ]
    model.invoke("?")


def test_an_error_of_the_block_is_not_hidden() -> None:
    """What went wrong first is told, not what it left over."""
    with pytest.raises(KeyError), ScriptedChatModel(["하나"]) as model:
        raise KeyError
    model.invoke("?")


@pytest.mark.parametrize("said", [3, [], [("a", "b", "c")], None, b"text"])
def test_what_is_no_reply_is_refused(said: Any) -> None:
    """At once, and with what there is to choose from."""
    with pytest.raises(ConfigurationError, match="is no reply: give a text, a call as"):
        ScriptedChatModel([said])
