"""What the simulator sends: answers, streams, cuts (docs/wire.md, sections 3.3, 3.4 and 12)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainError, BrainReply, Fault, Switches, ToolCall

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
TOOLS: list[dict[str, Any]] = [{"type": "function", "function": {"name": name, "description": "x"}} for name in "fg"]


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
    text, thinking, calls, reason = "", "", {}, None
    for chunk in chunks:
        delta, reason = chunk["choices"][0]["delta"], chunk["choices"][0]["finish_reason"] or reason
        text += delta.get("content") or ""
        thinking += delta.get("reasoning_content") or ""
        for call in delta.get("tool_calls", []):
            name, arguments = calls.get(call["index"], ("", ""))
            function = call.get("function", {})
            calls[call["index"]] = (name + (function.get("name") or ""), arguments + (function.get("arguments") or ""))
    return text, thinking, list(calls.values()), reason


def test_a_whole_answer_has_the_documented_shape(simulator: START) -> None:
    """A 32-digit id, the model, one choice, usage that adds up, and the header that says what this is."""
    answer = _ask(simulator(BrainReply("네")), seed=7)
    body = answer.json()
    assert re.fullmatch(r"[0-9a-f]{32}", body["id"])
    assert body["choices"] == [{"index": 0, "message": {"role": "assistant", "content": "네"}, "finish_reason": "stop"}]
    assert (body["model"], body["seed"]) == ("HCX-005", 7)
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert answer.headers["x-clovax-simulator"]


def test_a_tuned_model_answers_under_the_name_of_its_base(simulator: START) -> None:
    """ft:{task_id} becomes HCX-005 in the reply."""
    assert _ask(simulator(), model="ft:a1b2").json()["model"] == "HCX-005"


def test_tool_calls_are_strings_with_ids_of_their_own(simulator: START) -> None:
    """Arguments as a JSON string, content empty, ids call_ and 24 characters."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"도시": "서울"}), ToolCall("g", {})))
    choice = _ask(simulator(reply), tools=TOOLS, max_tokens=1024).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "tool_calls")
    calls = choice["message"]["tool_calls"]
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [{"도시": "서울"}, {}]
    assert all(re.fullmatch(r"call_[0-9A-Za-z]{24}", call["id"]) for call in calls)
    assert calls[0]["id"] != calls[1]["id"]


REPLIES = st.builds(
    BrainReply,
    st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=60),
    thinking=st.text(alphabet="생각 중abc…", max_size=20),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REPLIES, st.sampled_from(["none", "low"]), st.integers(1, 40))
def test_a_stream_adds_up_to_the_whole_answer(simulator: START, reply: BrainReply, effort: str, cap: int) -> None:
    """Text, thinking and finish reason are the same, cut or not."""
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
    assert not any(chunk.get("usage") for chunk in chunks)


def test_streamed_calls_come_in_fragments_behind_their_name(simulator: START) -> None:
    """Index, id and name first, then pieces of the arguments."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"city": "서울특별시 강남구"}), ToolCall("g", {"n": 1})))
    chunks = _chunks(_ask(simulator(reply), tools=TOOLS, max_tokens=1024, stream=True))
    _, _, calls, reason = _joined(chunks)
    assert calls == [("f", '{"city":"서울특별시 강남구"}'), ("g", '{"n":1}')]
    assert reason == "tool_calls"
    heads = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", []) if call.get("id")]
    assert [(head["index"], head["function"]["name"]) for head in heads] == [(0, "f"), (1, "g")]


@pytest.mark.parametrize(("where", "found"), [("absent", 0), ("last", 1), ("separate", 1)])
def test_usage_in_a_stream_is_where_the_switch_says(simulator: START, where: Any, found: int) -> None:
    """No source says where it is (U1)."""
    client = simulator(switches=Switches(stream_usage=where))
    body = {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}], "stream": True}
    chunks = _chunks(client.post(CHAT, json=body))
    assert sum(bool(chunk.get("usage")) for chunk in chunks) == found
    assert any(not chunk["choices"] for chunk in chunks) == (where == "separate")


def test_an_answer_longer_than_the_cap_is_cut(simulator: START) -> None:
    """Finish reason length, and no more tokens than asked for."""
    body = _ask(simulator(BrainReply("하나 둘 셋 넷 다섯 여섯 일곱 여덟")), max_tokens=3).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"] == "하나 둘 셋"
    assert body["usage"]["completion_tokens"] == 3


def test_a_call_longer_than_the_cap_is_cut_in_its_arguments(simulator: START) -> None:
    """The arguments end in the middle; the finish reason says so."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"text": "가나 " * 3000}),))
    for streamed in (False, True):
        answer = _ask(simulator(reply), tools=TOOLS, max_tokens=1024, stream=streamed)
        if streamed:
            _, _, [(_, arguments)], reason = _joined(_chunks(answer))
        else:
            choice = answer.json()["choices"][0]
            arguments, reason = choice["message"]["tool_calls"][0]["function"]["arguments"], choice["finish_reason"]
        assert reason == "length"
        with pytest.raises(json.JSONDecodeError):
            json.loads(arguments)


def test_thinking_can_eat_the_whole_cap(simulator: START) -> None:
    """HTTP 200, empty content, finish reason length."""
    choice = _ask(simulator(BrainReply("답", thinking="생각 " * 99)), model="HCX-007", max_tokens=9).json()["choices"][
        0
    ]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")
    assert choice["message"]["reasoning_content"]


def test_thinking_is_sent_only_where_it_is_on(simulator: START) -> None:
    """Effort none means no thoughts, and usage counts those that are sent."""
    client = simulator(BrainReply("답", thinking="생각"))
    off = _ask(client, model="HCX-007", reasoning_effort="none").json()
    assert (
        "reasoning_content" not in off["choices"][0]["message"] or not off["choices"][0]["message"]["reasoning_content"]
    )
    on = _ask(client, model="HCX-007").json()
    assert on["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0


def test_a_stop_sequence_ends_the_answer(simulator: START) -> None:
    """What is behind it is not sent, and the reason is stop."""
    choice = _ask(simulator(BrainReply("하나 끝 둘")), stop=["끝"]).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("하나 ", "stop")


@pytest.mark.parametrize("streamed", [False, True])
def test_an_invented_tool_name_throws_the_answer_away(simulator: START, streamed: bool) -> None:  # noqa: FBT001
    """40009, before anything is sent."""
    reply = BrainReply("text", tool_calls=(ToolCall("f", {}), ToolCall("h", {})))
    answer = _ask(simulator(reply), tools=TOOLS, max_tokens=1024, stream=streamed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "40009")
    assert answer.json()["error"]["message"] == "Unsupported function"


def test_an_error_of_the_brain_is_sent_with_its_headers(simulator: START) -> None:
    """A 429 with its reset header."""
    error = BrainError(429, "42901", "Too many requests", {"x-ratelimit-reset-requests": "6s"})
    answer = _ask(simulator(BrainReply(error=error)))
    assert (answer.status_code, answer.headers["x-ratelimit-reset-requests"]) == (429, "6s")


def test_a_stream_can_be_made_to_break_off(simulator: START) -> None:
    """So many events and no more: no finish reason, no terminator."""
    answer = _ask(simulator(BrainReply("하나 둘 셋 넷", faults=(Fault(kind="end", at_event=2),))), stream=True)
    assert answer.text.count("data: ") == 2
    assert "[DONE]" not in answer.text


def test_models_and_banner(simulator: START) -> None:
    """The list names every model; the banner says in two languages that this is a simulator."""
    client = simulator()
    models = client.get("/v1/openai/models").json()
    assert models["object"] == "list"
    assert {"HCX-005", "HCX-007", "HCX-DASH-002"} <= {model["id"] for model in models["data"]}
    banner = client.get("/").text
    assert "simulator" in banner.lower()
    assert "시뮬레이터" in banner
