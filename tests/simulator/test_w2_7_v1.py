"""Native chat of v1, for HCX-003 and HCX-DASH-001 (docs/wire.md, section 2.7)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, Message, Switches, tokens

START = Callable[..., TestClient]
OK = "200 20000 OK"
TOO_LONG = "400 40003 Context length exceeded"
MODELS = ("HCX-003", "HCX-DASH-001")
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
SYSTEM: dict[str, Any] = {"role": "system", "content": "비서입니다."}


def _ask(client: TestClient, model: str = "HCX-003", *, accept: str = "application/json", **changes: Any) -> Any:
    body = {"messages": [USER], **changes}
    return client.post(f"/v1/chat-completions/{model}", json=body, headers={"accept": accept})


def _told(answer: Any) -> str:
    status = answer.json()["status"]
    return f"{answer.status_code} {status['code']} {status['message']}"


def _wrong(*names: str) -> str:
    return f"400 40001 Invalid parameter: {', '.join(names)}"


ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "w2_7_01_string": ({"messages": [USER]}, OK),
    "w2_7_01_parts": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "안녕"}]}]},
        _wrong("messages[0].content"),
    ),
    "w2_7_01_no_messages": ({"messages": []}, _wrong("messages")),
    "w2_7_02_three_roles": ({"messages": [SYSTEM, USER, {"role": "assistant", "content": "네"}, USER]}, OK),
    "w2_7_02_tool": (
        {"messages": [USER, {"role": "tool", "toolCallId": "c", "content": "1"}]},
        _wrong("messages[1].role"),
    ),
    "w2_7_03_low": ({"temperature": 0.01}, OK),
    "w2_7_03_high": ({"temperature": 1}, OK),
    "w2_7_03_zero": ({"temperature": 0}, _wrong("temperature")),
    "w2_7_03_too_high": ({"temperature": 1.01}, _wrong("temperature")),
    "w2_7_04_low": ({"topK": 0}, OK),
    "w2_7_04_high": ({"topK": 128}, OK),
    "w2_7_04_too_low": ({"topK": -1}, _wrong("topK")),
    "w2_7_04_too_high": ({"topK": 129}, _wrong("topK")),
    "w2_7_05_low": ({"topP": 0.01}, OK),
    "w2_7_05_high": ({"topP": 1}, OK),
    "w2_7_05_zero": ({"topP": 0}, _wrong("topP")),
    "w2_7_05_too_high": ({"topP": 1.01}, _wrong("topP")),
    "w2_7_06_low": ({"repeatPenalty": 0.01}, OK),
    "w2_7_06_high": ({"repeatPenalty": 10}, OK),
    "w2_7_06_zero": ({"repeatPenalty": 0}, _wrong("repeatPenalty")),
    "w2_7_06_too_high": ({"repeatPenalty": 10.01}, _wrong("repeatPenalty")),
    "w2_7_07_empty": ({"stopBefore": []}, OK),
    "w2_7_07_string": ({"stopBefore": "끝"}, _wrong("stopBefore")),
    "w2_7_08_low": ({"maxTokens": 1}, OK),
    "w2_7_08_high": ({"maxTokens": 4_096}, OK),
    "w2_7_08_zero": ({"maxTokens": 0}, _wrong("maxTokens")),
    "w2_7_08_w2_7_11_too_high": ({"maxTokens": 4_097}, _wrong("maxTokens")),
    "w2_7_09_true": ({"includeAiFilters": True}, OK),
    "w2_7_09_text": ({"includeAiFilters": "true"}, _wrong("includeAiFilters")),
    "w2_7_10_zero": ({"seed": 0}, OK),
    "w2_7_10_high": ({"seed": 4_294_967_295}, OK),
    "w2_7_10_too_low": ({"seed": -1}, _wrong("seed")),
    "w2_7_10_too_high": ({"seed": 4_294_967_296}, _wrong("seed")),
}


@pytest.mark.parametrize(("changes", "told"), ROWS.values(), ids=ROWS.keys())
def test_a_field_has_its_range(simulator: START, changes: dict[str, Any], told: str) -> None:
    """The ends of the range are accepted, the next value on either side is refused by name."""
    assert _told(_ask(simulator(), **changes)) == told


SIZES: dict[str, tuple[str, int, int, str]] = {
    "w2_7_11_most_input": ("HCX-003", 7_600, 592, OK),
    "w2_7_11_too_much_together": ("HCX-003", 7_600, 593, TOO_LONG),
    "w2_7_11_too_much_input": ("HCX-003", 7_601, 1, TOO_LONG),
    "w2_7_11_most_output": ("HCX-003", 4_096, 4_096, OK),
    "w2_7_12_most_input": ("HCX-DASH-001", 3_500, 596, OK),
    "w2_7_12_too_much_together": ("HCX-DASH-001", 3_500, 597, TOO_LONG),
    "w2_7_12_too_much_input": ("HCX-DASH-001", 3_501, 1, TOO_LONG),
    "w2_7_12_most_output": ("HCX-DASH-001", 6, 4_090, OK),
    "w2_7_12_output_and_context_are_equal": ("HCX-DASH-001", 6, 4_096, TOO_LONG),
    "w2_7_12_too_much_output": ("HCX-DASH-001", 6, 4_097, _wrong("maxTokens")),
}


@pytest.mark.parametrize(("model", "size", "cap", "told"), SIZES.values(), ids=SIZES.keys())
def test_input_and_cap_have_room_in_the_model(simulator: START, model: str, size: int, cap: int, told: str) -> None:
    """There are limits for the input, for the output and for both together."""
    text = " 가" * (size - tokens.prompt_tokens([Message("user", "")]))
    answer = _ask(simulator(), model, messages=[{"role": "user", "content": text}], maxTokens=cap)
    assert _told(answer) == told
    if told == OK:
        assert answer.json()["result"]["inputLength"] == size


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"w2_7_08_{model}")
def test_the_default_cap_is_100(simulator: START, model: str) -> None:
    """An answer of 100 tokens is whole, one more is cut off."""
    for size, reason in ((100, "end_token"), (101, "length")):
        result = _ask(simulator(BrainReply(" 가" * size)), model).json()["result"]
        assert (result["outputLength"], result["stopReason"]) == (100, reason)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"w2_7_13_{model}")
def test_an_answer_has_its_fields(simulator: START, model: str) -> None:
    """With names of its own; the filter only on demand."""
    client = simulator(BrainReply("하나 둘"))
    result = _ask(client, model, seed=7).json()["result"]
    assert result == {
        "message": {"role": "assistant", "content": "하나 둘"},
        "stopReason": "end_token",
        "inputLength": tokens.prompt_tokens([Message("user", "안녕")]),
        "outputLength": 2,
        "seed": 7,
    }
    annotated = _ask(client, model, seed=7, includeAiFilters=True).json()["result"]
    assert len(annotated.pop("aiFilter")) == 3
    assert annotated == result


def test_w2_7_10_a_seed_is_drawn_when_0_or_absent(simulator: START) -> None:
    """Each time another."""
    client = simulator()
    seeds = [_ask(client, **changes).json()["result"]["seed"] for changes in ({}, {}, {"seed": 0})]
    assert len(set(seeds)) == 3
    assert all(1 <= seed <= 4_294_967_295 for seed in seeds)


REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "w2_7_14_end": ({}, "end_token"),
    "w2_7_14_cap": ({"maxTokens": 1}, "length"),
    "w2_7_14_w2_7_07_stop": ({"stopBefore": [" 둘"]}, "stop_before"),
    "w2_7_14_cap_before_the_stop": ({"stopBefore": [" 셋"], "maxTokens": 1}, "length"),
}


@pytest.mark.parametrize(("changes", "reason"), REASONS.values(), ids=REASONS.keys())
@pytest.mark.parametrize("style", ["lower", "upper"], ids=["w2_7_14_lower", "w2_7_15_upper"])
def test_an_answer_says_why_it_ended(simulator: START, changes: dict[str, Any], reason: str, style: Any) -> None:
    """In small letters as in the table, or, by a switch, in capitals as in the sample."""
    client = simulator(BrainReply("하나 둘 셋"), switches=Switches(v1_stop_reason=style))
    expected = reason if style == "lower" else reason.upper()
    assert _ask(client, **changes).json()["result"]["stopReason"] == expected
    assert _events(_ask(client, accept="text/event-stream", **changes))[-2][1]["stopReason"] == expected


def test_w2_7_07_the_text_ends_before_the_sequence(simulator: START) -> None:
    """The sequence itself is not sent."""
    result = _ask(simulator(BrainReply("하나 둘 셋")), stopBefore=["셋", " 둘"]).json()["result"]
    assert result["message"]["content"] == "하나"


def _events(answer: Any) -> list[tuple[str, Any]]:
    found = re.findall(r"^event:(\w+)\ndata:(.*)$", answer.text, re.MULTILINE)
    return [(name, json.loads(data)) for name, data in found]


def test_w2_7_16_w2_7_17_w2_7_18_a_stream_has_its_events(simulator: START) -> None:
    """Tokens with a message and nothing else, the result with four fields, the signal."""
    *told, result, signal = _events(_ask(simulator(BrainReply("하나 둘")), accept="text/event-stream"))
    assert told == [
        ("token", {"message": {"role": "assistant", "content": "하나"}}),
        ("token", {"message": {"role": "assistant", "content": " 둘"}}),
    ]
    assert result == (
        "result",
        {
            "message": {"role": "assistant", "content": "하나 둘"},
            "inputLength": tokens.prompt_tokens([Message("user", "안녕")]),
            "outputLength": 2,
            "stopReason": "end_token",
        },
    )
    assert signal == ("signal", {"data": "[DONE]"})
