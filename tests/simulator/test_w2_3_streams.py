"""Streams of native chat: events, framing, transcripts, failures (docs/wire.md, sections 2.3 and 2.5)."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, Message, Switches, ToolCall, tokens

START = Callable[..., TestClient]
Events = list[tuple[str, Any]]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
STREAM = {"Accept": "text/event-stream"}
STRING = r'"(?:\\.|[^"\\])*"'
USAGE = r'"usage":\{.*?\}'
WIRE = Path(__file__).parents[2] / "docs" / "wire.md"


def _ask(client: TestClient, headers: dict[str, str] | None = None, model: str = "HCX-005", **changes: Any) -> Any:
    path = f"/v3/chat-completions/{model}"
    return client.post(path, json={"messages": [USER], **changes}, headers=STREAM if headers is None else headers)


def _events(text: str) -> Events:
    """Return the name and the data of each event."""
    blocks = [block for block in text.split("\n\n") if block]
    names = [re.findall(r"^event:(.*)$", block, re.MULTILINE)[0] for block in blocks]
    return [(name, json.loads(block.partition("\ndata:")[2])) for name, block in zip(names, blocks, strict=True)]


def _of(name: str, events: Events) -> list[Any]:
    return [data for event, data in events if event == name]


ACCEPTS: dict[str, tuple[str, bool]] = {
    "w2_3_01_event_stream": ("text/event-stream", True),
    "w2_3_01_event_stream_among_others": ("application/json, text/event-stream;q=0.9", True),
    "w2_3_01_capitals": ("Text/Event-Stream", True),
    "w2_3_01_json": ("application/json", False),
    "w2_3_01_anything": ("*/*", False),
}


@pytest.mark.parametrize(("accept", "streamed"), ACCEPTS.values(), ids=ACCEPTS.keys())
def test_a_stream_is_asked_for_in_the_accept_header(
    simulator: START,
    accept: str,
    streamed: bool,  # noqa: FBT001
) -> None:
    """Nothing else turns it on, not even a body field of that name."""
    answer = _ask(simulator(), {"Accept": accept}, stream=not streamed)
    assert answer.headers["content-type"].startswith("text/event-stream") is streamed
    assert answer.text.startswith("id:") is streamed


def test_w2_3_03_w2_3_10_tokens_then_the_result_then_the_signal(simulator: START) -> None:
    """Each token adds its piece; the result comes once, and the signal is last."""
    events = _events(_ask(simulator(BrainReply("네, 알겠습니다."))).text)
    names = [name for name, _ in events]
    assert re.fullmatch("(token )+result signal", " ".join(names))
    assert len(_of("token", events)) == tokens.count("네, 알겠습니다.") > 2
    assert "".join(data["message"]["content"] for data in _of("token", events)) == "네, 알겠습니다."


def test_w2_3_02_there_are_four_names_of_events(simulator: START) -> None:
    """Three in a stream that succeeds, the fourth in one that fails."""
    client = simulator(BrainReply("하나 둘"))
    whole, broken = _ask(client), _ask(client, {**STREAM, "x-clovax-fault": "error_event; at_event=1"})
    assert {name for name, _ in _events(whole.text)} == {"token", "result", "signal"}
    assert {name for name, _ in _events(broken.text)} == {"token", "error"}


def test_w2_3_03_w2_3_04_a_token_holds_a_delta_and_no_end(simulator: START) -> None:
    """Its keys, in their order; reason and usage are null on every one, on the last one too."""
    for token in _of("token", _events(_ask(simulator(BrainReply("하나 둘 셋")), seed=5).text)):
        assert list(token) == ["message", "finishReason", "created", "seed", "usage"]
        assert list(token["message"]) == ["role", "content"]
        assert (token["finishReason"], token["usage"], token["seed"]) == (None, None, 5)


def test_w2_3_05_w2_3_06_w2_3_07_the_result_has_everything_in_full(simulator: START) -> None:
    """The same shape as a token, with the complete text, the reason and the usage; no filter unless asked for."""
    events = _events(_ask(simulator(BrainReply("하나 둘 셋"))).text)
    (result,) = _of("result", events)
    assert list(result) == list(_of("token", events)[0])
    assert result["message"] == {"role": "assistant", "content": "하나 둘 셋"}
    assert result["finishReason"] == "stop"
    assert result["usage"]["completionTokens"] == 3


def test_w2_3_06_the_result_repeats_thinking_and_calls(simulator: START) -> None:
    """Whatever the tokens told piece by piece stands in it as one."""
    thought = _events(_ask(simulator(BrainReply("네", thinking="하나 둘")), model="HCX-007").text)
    assert _of("result", thought)[0]["message"]["thinkingContent"] == "하나 둘"
    tool = {"type": "function", "function": {"name": "f", "description": "f를 합니다"}}
    called = _events(_ask(simulator(BrainReply(tool_calls=(ToolCall("f", {"a": 1}),))), tools=[tool]).text)
    assert _of("result", called)[0]["message"]["toolCalls"][0]["function"] == {"name": "f", "arguments": {"a": 1}}


def test_w2_3_07_the_filter_stands_in_the_result_only(simulator: START) -> None:
    """If it was asked for."""
    events = _events(_ask(simulator(BrainReply("하나 둘")), includeAiFilters=True).text)
    assert len(_of("result", events)[0]["aiFilter"]) == 3
    assert not any("aiFilter" in token for token in _of("token", events))


def test_w2_3_09_w2_3_11_w2_3_12_nothing_follows_the_result_but_one_signal(simulator: START) -> None:
    """A client that stops at the result loses nothing, and the stream ends by itself."""
    *_, result, signal = _events(_ask(simulator()).text)
    assert result[0] == "result"
    assert signal == ("signal", {"data": "[DONE]"})


def test_w2_3_13_the_result_says_again_what_the_tokens_said(simulator: START) -> None:
    """So a client that appends its text to theirs has everything twice."""
    events = _events(_ask(simulator(BrainReply("오늘은 맑고, 내일은 비가 옵니다."))).text)
    told = "".join(token["message"]["content"] for token in _of("token", events))
    assert told == _of("result", events)[0]["message"]["content"]


def test_w2_3_14_w2_3_15_w2_3_16_an_event_is_three_lines_and_a_blank_one(simulator: START) -> None:
    """No space after a colon, no other line, no carriage return; the JSON is compact."""
    answer = _ask(simulator(BrainReply("하나 둘")))
    *events, signal, end = answer.text.split("\n\n")
    assert end == ""
    for event in events:
        assert re.fullmatch(r"id:[0-9a-f-]{36}\nevent:(?:token|result)\ndata:\{\S.*\}", event)
        data = event.partition("data:")[2]
        assert data == json.dumps(json.loads(data), ensure_ascii=False, separators=(",", ":"))
    assert signal == 'event:signal\ndata:{"data":"[DONE]"}'


def test_w2_3_17_the_json_is_raw_utf_8(simulator: START) -> None:
    """Hangul is sent as it is, not escaped."""
    answer = _ask(simulator(BrainReply("안녕 😀")))
    assert '"content":"안녕 😀"'.encode() in answer.content
    assert b"\\u" not in answer.content


def test_w2_3_18_every_event_has_an_id_of_its_own(simulator: START) -> None:
    """A fresh UUID for each, so it does not name the stream."""
    client = simulator(BrainReply("하나 둘 셋 넷"))
    ids = re.findall(r"^id:(.*)$", _ask(client).text + _ask(client).text, re.MULTILINE)
    assert len(ids) == len(set(ids)) == 10
    assert all(str(uuid.UUID(found)) == found and uuid.UUID(found).version == 4 for found in ids)


@pytest.mark.parametrize("there", [False, True], ids=["w2_3_19_without_an_id", "w2_3_19_with_an_id"])
def test_the_id_of_the_signal_is_a_switch(
    simulator: START,
    there: bool,  # noqa: FBT001
) -> None:
    """The transcript has none; whether the service sends one is unconfirmed."""
    signal = _ask(simulator(switches=Switches(signal_id=there))).text.removesuffix("\n\n").split("\n\n")[-1]
    form = r'(id:[0-9a-f-]{36}\n)?event:signal\ndata:\{"data":"\[DONE\]"\}'
    found = re.fullmatch(form, signal)
    assert found is not None
    assert (found[1] is not None) is there


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "w2_3_20_a_field": ({"topP": 0}, 400, "40001"),
    "w2_3_20_a_model": ({"model": "HCX-900"}, 400, "40080"),
}


@pytest.mark.parametrize(("changes", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_json_although_a_stream_was_asked_for(
    simulator: START, changes: dict[str, Any], status: int, code: str
) -> None:
    """With the documented HTTP status and no event."""
    answer = _ask(simulator(), **changes)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["status"]["code"] == code


def test_w2_3_08_w2_3_22_by_a_switch_a_refusal_is_an_event(simulator: START) -> None:
    """HTTP 200 and one error event with the status object; without a stream it stays JSON."""
    client = simulator(switches=Switches(stream_errors="event"))
    answer = _ask(client, topP=0)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream;charset=UTF-8")
    form = (
        r'id:[0-9a-f-]{36}\nevent:error\ndata:\{"status":\{"code":"40001","message":"Invalid parameter: topP"\}\}\n\n'
    )
    assert re.fullmatch(form, answer.text)
    assert _ask(client, {"Accept": "application/json"}, topP=0).status_code == 400


def test_w2_3_21_a_stream_can_break_off_with_an_error(simulator: START) -> None:
    """After some tokens, in place of everything that was to come."""
    fault = "error_event; code=42901; at_event=2"
    answer = _ask(simulator(BrainReply("하나 둘 셋")), {**STREAM, "x-clovax-fault": fault})
    *told, (name, data) = _events(answer.text)
    assert answer.status_code == 200
    assert [token["message"]["content"] for _, token in told] == ["하나", " 둘"]
    assert (name, data) == (
        "error",
        {"status": {"code": "42901", "message": "Too many requests - rate exceeded"}},
    )


def _transcripts() -> list[str]:
    """Return the two transcripts of streams on the page: of a text, and of a call."""
    page = WIRE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [text for kind, text in blocks if not kind and '"message":' in text]


def _masked(text: str) -> str:
    return re.sub(r"^id:[0-9a-f-]{36}$", "id:", text, flags=re.MULTILINE)


def _exactly(size: int) -> dict[str, Any]:
    """Return a message of so many tokens, so that the count of a transcript is met."""
    return {"role": "user", "content": " 가" * (size - tokens.prompt_tokens([Message("user", "")]))}


def test_w2_3_14_the_transcript_of_a_text_is_met_byte_by_byte(simulator: START) -> None:
    """Ids apart; the estimate takes "안녕" for one token, so a space goes between its syllables, and it counts 2."""
    transcript = _transcripts()[0]
    expected = transcript.replace('"녕"', '" 녕"').replace('"안녕"', '"안 녕"')
    expected = expected.replace('"completionTokens":5,"totalTokens":25', '"completionTokens":2,"totalTokens":22')
    client = simulator(BrainReply("안 녕"), clock=lambda: 1_744_710_905.0)
    answer = _ask(client, messages=[_exactly(20)], seed=3_284_419_119)
    assert _masked(answer.text) == _masked(expected) + "\n"


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "날씨를 알려 줍니다",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}


def test_w2_5_38_w2_5_39_w2_5_40_w2_5_41_the_transcript_of_a_call_is_met_byte_by_byte(simulator: START) -> None:
    """Ids apart; the page shortens its lines, and where fragments break and what counts is the simulator's estimate."""
    opening, *fragments, last = _transcripts()[1].splitlines()
    expected = last.removeprefix("(result) ")
    result = json.loads(expected)
    (call,) = result["message"]["toolCalls"]
    name, arguments = call["function"]["name"], call["function"]["arguments"]
    reply = BrainReply(tool_calls=(ToolCall(name, arguments, id=call["id"]),))
    client = simulator(reply, clock=lambda: float(result["created"]))
    answer = _ask(client, tools=[WEATHER], seed=result["seed"])
    tail = opening.partition("]},")[2]
    written = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))

    def whole(fragment: str, text: str) -> str:
        """Return a fragment of the page with the tail that is left out there, and with another text in it."""
        head = fragment.partition("]},")[0] + "]}," + tail
        return re.sub(rf'(?<="partialJson":){STRING}', lambda _: json.dumps(text, ensure_ascii=False), head)

    first, second = ([whole(fragment, text) for text in tokens.pieces(written)] for fragment in fragments)
    counted = re.findall(USAGE, answer.text)[0]
    assert first == second
    assert [line for line in answer.text.splitlines() if line.startswith("data:")] == [
        opening,
        *first,
        "data:" + re.sub(USAGE, counted, expected),
        'data:{"data":"[DONE]"}',
    ]


def test_w2_3_14_w2_3_18_an_injected_error_is_framed_like_every_event(simulator: START) -> None:
    """Nothing in it shows that it was asked for."""
    text = _ask(simulator(), {**STREAM, "x-clovax-fault": "error_event; at_event=1"}).text
    assert re.fullmatch(r"id:[0-9a-f-]{36}\nevent:error\ndata:\{.*\}", text.removesuffix("\n\n").split("\n\n")[-1])
