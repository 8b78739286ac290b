"""Answers and streams of the OpenAI-compatible chat API (docs/wire.md, sections 3.3 and 3.4)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainError, BrainReply, Fault, Switches, ToolCall
from clovax_agents.wire.neutral import Delta, Usage
from clovax_agents.wire.openai import StreamDecoder, decode_reply

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
NOW = 1_795_000_000.5
TOOLS: list[dict[str, Any]] = [{"type": "function", "function": {"name": name, "description": "x"}} for name in "fg"]
OFFERED: dict[str, Any] = {"tools": TOOLS, "max_tokens": 1024}


def _ask(client: TestClient, **changes: Any) -> Any:
    body = {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}], **changes}
    return client.post(CHAT, json=body)


def _chunks(answer: Any) -> list[dict[str, Any]]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, rest = answer.text.split("\n\n")
    assert rest == ""
    assert events[-1] == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]


def _joined(chunks: list[dict[str, Any]]) -> tuple[str, str, list[tuple[str, str]], str | None]:
    """Return text, thinking, names and arguments of calls, and the finish reason, as accumulators do it."""
    text, thinking, reason = "", "", None
    calls: dict[int, tuple[str, str]] = {}
    for chunk in chunks:
        delta, reason = chunk["choices"][0]["delta"], chunk["choices"][0]["finish_reason"] or reason
        text += delta.get("content") or ""
        thinking += delta.get("reasoning_content") or ""
        for call in delta.get("tool_calls", []):
            name, arguments = calls.get(call["index"], ("", ""))
            function = call["function"]
            calls[call["index"]] = (name + function.get("name", ""), arguments + function["arguments"])
    return text, thinking, list(calls.values()), reason


def test_w3_3_01_w3_3_03_w3_3_04_w3_3_05_w3_3_06_the_answer(simulator: START) -> None:
    """Exactly these fields in this order: no fingerprint, no tier, no details without thinking."""
    body = _ask(simulator(BrainReply("네")), seed=1).json()

    assert [*body] == ["id", "object", "created", "model", "choices", "usage", "seed"]
    assert re.fullmatch(r"[0-9a-f]{32}", body["id"])
    assert (body["object"], body["model"], body["seed"]) == ("chat.completion", "HCX-005", 1)
    assert body["choices"] == [{"index": 0, "message": {"role": "assistant", "content": "네"}, "finish_reason": "stop"}]
    usage = body["usage"]
    assert [*usage] == ["completion_tokens", "prompt_tokens", "total_tokens"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


UNITS = [("mixed", 1_795_000_000_500, 1_795_000_000), ("seconds", 1_795_000_000, 1_795_000_000)]
UNITS += [("milliseconds", 1_795_000_000_500, 1_795_000_000_500)]


@pytest.mark.parametrize(("unit", "whole", "streamed"), UNITS)
def test_w3_3_02_created_is_in_the_unit_of_the_switch(simulator: START, unit: Any, whole: int, streamed: int) -> None:
    """By default milliseconds in JSON, as in NAVER's fixture, and seconds in chunks."""
    client = simulator(switches=Switches(created_unit=unit), clock=lambda: NOW)
    assert _ask(client).json()["created"] == whole
    assert {chunk["created"] for chunk in _chunks(_ask(client, stream=True))} == {streamed}


def test_w3_2_35_w12_34_a_tuned_model_is_answered_as_its_base(simulator: START) -> None:
    """HCX-005 in the reply and in every chunk."""
    client = simulator()

    assert _ask(client, model="ft:a1b2c3").json()["model"] == "HCX-005"
    assert {chunk["model"] for chunk in _chunks(_ask(client, model="ft:a1b2c3", stream=True))} == {"HCX-005"}


def test_w3_3_07_tool_calls_are_strings_with_ids_of_their_own(simulator: START) -> None:
    """Arguments as a JSON string, content empty, ids call_ and 24 characters."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"도시": "서울"}), ToolCall("g", {})))
    choice = _ask(simulator(reply), **OFFERED).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "tool_calls")
    calls = choice["message"]["tool_calls"]
    assert [(call["type"], call["function"]["name"]) for call in calls] == [("function", "f"), ("function", "g")]
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [{"도시": "서울"}, {}]
    assert all(re.fullmatch(r"call_[0-9A-Za-z]{24}", call["id"]) for call in calls)
    assert calls[0]["id"] != calls[1]["id"]


@pytest.mark.parametrize("field", ["reasoning_content", "thinking_content"])
def test_w3_3_08_w3_3_09_w3_3_10_w3_3_11_w3_4_03_thinking_has_two_names(simulator: START, field: Any) -> None:
    """Either by switch, whole and streamed, with its tokens; the client reads both."""
    reply = BrainReply("답", thinking="생각")
    client = simulator(reply, switches=Switches(reasoning_field=field))
    whole = _ask(client, model="HCX-007")
    streamed = _ask(client, model="HCX-007", stream=True)
    deltas = [chunk["choices"][0]["delta"] for chunk in _chunks(streamed)]

    assert whole.json()["choices"][0]["message"][field] == "생각"
    assert whole.json()["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}
    assert "".join(delta.get(field, "") for delta in deltas) == "생각"
    assert decode_reply(whole.content).thinking == "생각"
    assert "".join(delta.thinking for delta in StreamDecoder().feed(streamed.content)) == "생각"


def test_w3_3_06_without_thinking_nothing_tells_of_it(simulator: START) -> None:
    """Effort none sends no thoughts, whatever the model had in mind."""
    client = simulator(BrainReply("답", thinking="생각"))
    body = _ask(client, model="HCX-007", reasoning_effort="none").json()

    assert body["choices"][0]["message"] == {"role": "assistant", "content": "답"}
    assert "completion_tokens_details" not in body["usage"]


# What is cut


def test_w12_21_an_answer_longer_than_the_cap_is_cut(simulator: START) -> None:
    """Finish reason length, and no more tokens than asked for."""
    body = _ask(simulator(BrainReply("하나 둘 셋 넷 다섯 여섯 일곱 여덟")), max_tokens=3).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == "하나 둘 셋"
    assert body["usage"]["completion_tokens"] == 3


def test_w12_21_thinking_can_eat_the_whole_cap(simulator: START) -> None:
    """HTTP 200, empty content, finish reason length."""
    reply = BrainReply("답", thinking="생각 " * 99)
    choice = _ask(simulator(reply), model="HCX-007", max_tokens=9).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")
    assert choice["message"]["reasoning_content"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_w12_21_a_call_longer_than_the_cap_is_cut_in_its_arguments(simulator: START, *, streamed: bool) -> None:
    """The arguments end in the middle; the finish reason says so."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"text": "가나 " * 3000}),))
    answer = _ask(simulator(reply), stream=streamed, **OFFERED)
    if streamed:
        _, _, [(_, arguments)], reason = _joined(_chunks(answer))
    else:
        choice = answer.json()["choices"][0]
        arguments, reason = choice["message"]["tool_calls"][0]["function"]["arguments"], choice["finish_reason"]
    assert reason == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(arguments)


def test_w12_21_the_cap_is_spent_call_by_call(simulator: START) -> None:
    """The first call is whole, the second one is not, and the finish reason is length."""
    calls = (ToolCall("f", {"a": "가나 " * 1_010}), ToolCall("f", {"a": "다라 " * 99}))
    choice = _ask(simulator(BrainReply(tool_calls=calls)), **OFFERED).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"a": "가나 " * 1_010}


def test_w2_2_42_a_stop_sequence_ends_the_answer(simulator: START) -> None:
    """What is behind the first of them is not sent, and the reason is stop."""
    choice = _ask(simulator(BrainReply("하나 끝 둘")), stop=["둘", "끝"]).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("하나 ", "stop")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_w2_5_46_an_invented_tool_name_throws_the_answer_away(simulator: START, *, streamed: bool) -> None:
    """40009, before anything is sent; with tool_choice none every name is invented."""
    reply = BrainReply("text", tool_calls=(ToolCall("f", {}), ToolCall("h", {})))
    offered = BrainReply(tool_calls=(ToolCall("f"),))
    for client, choice in ((simulator(reply), "auto"), (simulator(offered), "none")):
        answer = _ask(client, stream=streamed, tool_choice=choice, **OFFERED)
        assert answer.status_code == 400
        error = {"message": "Unsupported function", "type": None, "param": None, "code": "40009"}
        assert answer.json() == {"error": error}


def test_an_error_of_the_brain_is_sent_with_its_headers(simulator: START) -> None:
    """A 429 with its reset header."""
    error = BrainError(429, "42901", "Too many requests", {"x-ratelimit-reset-requests": "6s"})
    answer = _ask(simulator(BrainReply(error=error)))
    assert (answer.status_code, answer.headers["x-ratelimit-reset-requests"]) == (429, "6s")


# Streams


def test_w3_4_02_w3_4_10_the_stream_has_the_proposed_form(simulator: START) -> None:
    """A role, text, a finish reason on a delta of its own, and the terminator."""
    chunks = _chunks(_ask(simulator(BrainReply("부분 둘")), stream=True))

    assert {(*chunk,) for chunk in chunks} == {("id", "object", "created", "model", "choices")}
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert [chunk["choices"] for chunk in chunks] == [
        [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
        [{"index": 0, "delta": {"content": "부분"}, "finish_reason": None}],
        [{"index": 0, "delta": {"content": " 둘"}, "finish_reason": None}],
        [{"index": 0, "delta": {}, "finish_reason": "stop"}],
    ]


REPLIES = st.builds(
    BrainReply,
    st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=60),
    thinking=st.text(alphabet="생각 중abc…", max_size=20),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REPLIES, st.sampled_from(["none", "low"]), st.integers(1, 40))
def test_w3_4_01_a_stream_adds_up_to_the_whole_answer(
    simulator: START, reply: BrainReply, effort: str, cap: int
) -> None:
    """Text, thinking and finish reason are the same, cut or not; all chunks have one id."""
    client = simulator(reply)
    options = {"model": "HCX-007", "reasoning_effort": effort, "max_tokens": cap}
    choice = _ask(client, **options).json()["choices"][0]
    chunks = _chunks(_ask(client, stream=True, **options))
    text, thinking, _, reason = _joined(chunks)
    message = choice["message"]
    assert (text, thinking, reason) == (
        message["content"], message.get("reasoning_content") or "", choice["finish_reason"],
    )  # fmt: skip
    assert len({chunk["id"] for chunk in chunks}) == 1


@pytest.mark.parametrize("model", ["HCX-007", "HCX-005", "HCX-DASH-002"])
def test_w3_4_04_w3_4_05_streamed_calls_accumulate_by_index(simulator: START, model: str) -> None:
    """As OpenAI-style accumulators do it: index, id and name first, then pieces of the arguments."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"city": "서울특별시 강남구"}), ToolCall("g", {"n": 1})))
    effort = {"reasoning_effort": "none"} if model == "HCX-007" else {}
    chunks = _chunks(_ask(simulator(reply), model=model, stream=True, **effort, **OFFERED))
    _, _, calls, reason = _joined(chunks)
    assert calls == [("f", '{"city":"서울특별시 강남구"}'), ("g", '{"n":1}')]
    assert reason == "tool_calls"

    pieces = [piece for chunk in chunks for piece in chunk["choices"][0]["delta"].get("tool_calls", [])]
    heads = [piece for piece in pieces if "id" in piece]
    assert [(head["index"], head["type"], head["function"]) for head in heads] == [
        (0, "function", {"name": "f", "arguments": ""}),
        (1, "function", {"name": "g", "arguments": ""}),
    ]
    assert all(re.fullmatch(r"call_[0-9A-Za-z]{24}", head["id"]) for head in heads)
    assert len(pieces) > len(heads) + 2


@pytest.mark.parametrize(("where", "found"), [("absent", None), ("last", -1), ("separate", -1)])
def test_w3_4_07_w3_4_08_w3_4_12_usage_in_a_stream_is_a_switch(simulator: START, where: Any, found: int | None) -> None:
    """Nowhere, on the last chunk, or on a chunk without choices; the client takes it from anywhere."""
    client = simulator(switches=Switches(stream_usage=where))
    answer = _ask(client, stream=True)
    chunks = _chunks(answer)
    whole = decode_reply(_ask(client).content).usage
    usage = [delta.usage for delta in StreamDecoder().feed(answer.content) if delta.usage]

    assert [n - len(chunks) for n, chunk in enumerate(chunks) if "usage" in chunk] == ([] if found is None else [found])
    assert (chunks[-1]["choices"] == []) is (where == "separate")
    assert usage == ([] if found is None else [whole])


def test_a_stream_can_be_made_to_break_off(simulator: START) -> None:
    """So many events and no more: no finish reason, no terminator."""
    answer = _ask(simulator(BrainReply("하나 둘 셋 넷", faults=(Fault(kind="end", at_event=2),))), stream=True)
    assert answer.text.count("data: ") == 2
    assert "[DONE]" not in answer.text


def _chunk(delta: dict[str, Any], **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    body = {"id": "a" * 32, "model": "HCX-005", "choices": [choice], **more}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


PIECE = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
TOLERATED: dict[str, tuple[bytes, Callable[[list[Delta]], bool]]] = {
    "w3_4_11_no_object": (_chunk({"content": "가"}), lambda deltas: deltas[0].content == "가"),
    "w3_4_12_usage_without_choices": (
        b'data: {"id":"a","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n',
        lambda deltas: deltas[0].usage == Usage(1, 2, 3),
    ),
    "w3_4_13_role_everywhere": (
        _chunk({"role": "assistant", "content": "가"}) + _chunk({"role": "assistant", "content": "나"}),
        lambda deltas: [delta.content for delta in deltas] == ["가", "나"],
    ),
    "w3_4_14_no_index": (
        _chunk({"tool_calls": [{name: value for name, value in PIECE.items() if name != "index"}]})
        + _chunk({"tool_calls": [{"function": {"arguments": "{}"}}]}),
        lambda deltas: (
            [(delta.fragments[0].index, delta.fragments[0].arguments) for delta in deltas] == [(0, ""), (0, "{}")]
        ),
    ),
    "w3_4_15_whole_call": (
        _chunk({"tool_calls": [{**PIECE, "function": {"name": "f", "arguments": "{}"}}]}),
        lambda deltas: (deltas[0].fragments[0].name, deltas[0].fragments[0].arguments) == ("f", "{}"),
    ),
    "w3_4_16_milliseconds": (
        _chunk({"content": "가"}, created=1_744_703_673_905),
        lambda deltas: deltas[0].content == "가",
    ),
}


@pytest.mark.parametrize(("stream", "holds"), TOLERATED.values(), ids=TOLERATED.keys())
def test_what_the_client_tolerates(stream: bytes, holds: Callable[[list[Delta]], bool]) -> None:
    """Each variation is read as if it were the usual form."""
    assert holds([*StreamDecoder().feed(stream)])
