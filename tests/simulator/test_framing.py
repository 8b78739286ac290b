"""How answers are written: switches, ids, headers, token counts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, RuleBrain, Switches, ToolCall, tokens
from clovax_agents.simulator.brains.protocol import Message

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "x"}}
NOW = 1_795_000_000.5


def _ask(client: TestClient, **changes: Any) -> Any:
    return client.post(CHAT, json={"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}], **changes})


def _chunks(answer: Any) -> list[dict[str, Any]]:
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    assert events.pop() == "[DONE]"
    return [json.loads(event) for event in events]


UNITS = [("mixed", 1_795_000_000_500, 1_795_000_000), ("seconds", 1_795_000_000, 1_795_000_000)]
UNITS += [("milliseconds", 1_795_000_000_500, 1_795_000_000_500)]


@pytest.mark.parametrize(("unit", "whole", "streamed"), UNITS)
def test_w3_3_02_created_is_in_the_unit_of_the_switch(simulator: START, unit: Any, whole: int, streamed: int) -> None:
    """By default milliseconds in JSON, as in NAVER's fixture, and seconds in chunks."""
    client = simulator(switches=Switches(created_unit=unit), clock=lambda: NOW)
    assert _ask(client).json()["created"] == whole
    assert {chunk["created"] for chunk in _chunks(_ask(client, stream=True))} == {streamed}


@pytest.mark.parametrize("field", ["reasoning_content", "thinking_content"])
def test_the_thinking_field_has_the_name_of_the_switch(simulator: START, field: Any) -> None:
    """Both names are in use; NAVER's code reads the first."""
    client = simulator(BrainReply("답", thinking="생각 중"), switches=Switches(reasoning_field=field))
    assert _ask(client, model="HCX-007").json()["choices"][0]["message"][field] == "생각 중"
    deltas = [chunk["choices"][0]["delta"] for chunk in _chunks(_ask(client, model="HCX-007", stream=True))]
    assert "".join(delta.get(field, "") for delta in deltas) == "생각 중"


@pytest.mark.parametrize(("thinking_caps", "tokens_sent"), [(False, 512), (True, 5_120)])
def test_the_default_cap_of_a_thinking_call_is_a_switch(
    simulator: START, *, thinking_caps: bool, tokens_sent: int
) -> None:
    """512 as for every call over this API, or 5120 as natively (U10)."""
    client = simulator(BrainReply("답", thinking="가 " * 9_000), switches=Switches(thinking_caps=thinking_caps))
    assert _ask(client, model="HCX-007").json()["usage"]["completion_tokens"] == tokens_sent


def test_ids_repeat_when_a_seed_asks_for_it(simulator: START) -> None:
    """Recordings are the same twice; without a seed every id is fresh."""

    def ids(seed: int | None) -> list[str]:
        client = simulator(BrainReply(tool_calls=(ToolCall("f"),)), switches=Switches(id_seed=seed))
        body = _ask(client, tools=[TOOL], max_tokens=1024).json()
        return [body["id"], body["choices"][0]["message"]["tool_calls"][0]["id"]]

    assert ids(7) == ids(7)
    assert not set(ids(None)) & set(ids(None))


def test_a_seed_is_echoed_or_drawn(simulator: START) -> None:
    """W12-32: the request's own, or a 32-bit number."""
    client = simulator()
    assert _ask(client, seed=42).json()["seed"] == 42
    assert 1 <= _ask(client, seed=0).json()["seed"] <= 2**32 - 1


def test_a_stream_opens_with_the_role_and_ends_with_the_reason(simulator: START) -> None:
    """W3.4: role, pieces, finish reason on a delta of its own; usage nowhere."""
    answer = _ask(simulator(BrainReply("네, 알겠습니다")), stream=True)
    first, *pieces, last = _chunks(answer)
    assert first["choices"][0] == {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    assert last["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert all(set(chunk["choices"][0]["delta"]) == {"content"} for chunk in pieces)
    assert {chunk["object"] for chunk in (first, *pieces, last)} == {"chat.completion.chunk"}
    assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8"


def test_every_response_says_that_it_is_simulated(simulator: START) -> None:
    """Answers, streams, lists, refusals and unknown paths alike carry x-clovax-simulator."""
    client = simulator()
    answers = [
        _ask(client), _ask(client, stream=True), _ask(client, model="no"), client.get("/"), client.get("/nowhere"),
        client.get("/v1/openai/models"), client.get(CHAT),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 400, 200, 404, 200, 404]
    assert all(answer.headers["x-clovax-simulator"] for answer in answers)


def test_stop_sequences_wait_for_the_final_answer(simulator: START) -> None:
    """W2.5-19: with tools they apply only when the last message is a tool's."""
    client = simulator(BrainReply("하나 끝 둘"))
    options: dict[str, Any] = {"tools": [TOOL], "max_tokens": 1024, "stop": ["끝", "둘"]}
    assert _ask(client, **options).json()["choices"][0]["message"]["content"] == "하나 끝 둘"
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "안녕"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
    ]
    answer = client.post(CHAT, json={"model": "HCX-005", "messages": history, **options})
    assert answer.json()["choices"][0]["message"]["content"] == "하나 "


def test_choosing_no_tool_makes_every_call_an_unsupported_function(simulator: START) -> None:
    """W2.5-46 with tool_choice none: nothing is offered, so nothing may be called."""
    client = simulator(BrainReply(tool_calls=(ToolCall("f"),)))
    answer = _ask(client, tools=[TOOL], max_tokens=1024, tool_choice="none")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "40009")


def test_the_cap_is_spent_call_by_call(simulator: START) -> None:
    """The first call is whole, the second one is not, and the finish reason is length."""
    calls = (ToolCall("f", {"a": "가나 " * 1_010}), ToolCall("f", {"a": "다라 " * 99}))
    choice = _ask(simulator(BrainReply(tool_calls=calls)), tools=[TOOL], max_tokens=1024).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"a": "가나 " * 1_010}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.integers(-1, 40))
def test_pieces_join_to_the_text_and_cuts_are_beginnings(text: str, budget: int) -> None:
    """A unit test of the estimate: nothing is lost in a stream, and a cut never takes more than it may."""
    assert "".join(tokens.pieces(text)) == text
    cut, used = tokens.cut(text, budget)
    assert text.startswith(cut)
    assert used == tokens.count(cut) <= max(budget, 0)


@pytest.mark.parametrize(("text", "documented"), [("내일 서울 날씨 어때?", 12), ("이 사진에 대해서 설명해줘", 12)])
def test_w7_4_04_sample_messages_count_about_as_documented(text: str, documented: int) -> None:
    """A unit test of the estimate: within two tokens of NAVER's samples."""
    assert abs(tokens.prompt_tokens([Message("user", text)]) - documented) <= 2


@pytest.mark.parametrize(("text", "count"), [("가" * 200_000, 199_999), ("가나 다라마", 3), ("abcdefgh 1234", 4)])
def test_long_words_are_not_cheap(text: str, count: int) -> None:
    """A unit test of the estimate: every further syllable counts, with spaces or without."""
    assert tokens.count(text) == count


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_the_rule_brain_has_an_answer_to_everything(simulator: START, question: str) -> None:
    """Whatever is typed, a call with arguments in JSON or a text comes back."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["n"]}
    tool = {"type": "function", "function": {"name": "f", "description": "아무거나 합니다", "parameters": schema}}
    client = simulator(brain=RuleBrain())
    messages = [{"role": "user", "content": question}]
    answer = client.post(CHAT, json={"model": "HCX-005", "messages": messages, "tools": [tool], "max_tokens": 1024})
    message = answer.json()["choices"][0]["message"]
    assert message["content"] or isinstance(json.loads(message["tool_calls"][0]["function"]["arguments"])["n"], int)
