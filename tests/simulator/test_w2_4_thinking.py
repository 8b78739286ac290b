"""Thinking, natively: efforts, caps, what it excludes, how it is told (docs/wire.md, section 2.4)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.capabilities import EFFORTS
from clovax_agents.simulator import BrainReply, ChatRequest, Message, RuleBrain, ScriptBrain, ScriptStep, tokens

START = Callable[..., TestClient]
OK = "200 20000 OK"
TOO_LONG = "400 40003 Context length exceeded"
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
TEXT: dict[str, Any] = {"type": "text", "text": "안녕"}
IMAGE: dict[str, Any] = {"type": "image_url", "imageUrl": {"url": "https://x.kr/a.png"}}
TOOLS: dict[str, Any] = {"tools": [{"type": "function", "function": {"name": "f", "description": "f를 합니다"}}]}
SCHEMA: dict[str, Any] = {"responseFormat": {"type": "json", "schema": {"type": "object"}}}
NONE: dict[str, Any] = {"thinking": {"effort": "none"}}


def _post(client: TestClient, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(path, json={"messages": [USER], **body}, headers=headers)


def _ask(client: TestClient, **changes: Any) -> Any:
    return _post(client, "/v3/chat-completions/HCX-007", changes)


def _told(answer: Any) -> str:
    status = answer.json()["status"]
    return f"{answer.status_code} {status['code']} {status['message']}"


def _wrong(*names: str) -> str:
    return f"400 40001 Invalid parameter: {', '.join(names)}"


class _Noting:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Think, then answer."""
        self.seen.append(request)
        return BrainReply("네", thinking="하나 둘")


@pytest.mark.parametrize("effort", EFFORTS, ids=[f"w2_4_01_{effort}" for effort in EFFORTS])
def test_an_effort_is_one_of_four(simulator: START, effort: str) -> None:
    """The model hears of it, and only with none it does not think."""
    brain = _Noting()
    message = _ask(simulator(brain=brain), thinking={"effort": effort}).json()["result"]["message"]
    assert [seen.effort for seen in brain.seen] == [effort]
    assert ("thinkingContent" in message) is (effort != "none")


DEFAULTS: dict[str, dict[str, Any]] = {
    "w2_4_02_field_absent": {},
    "w2_4_02_field_null": {"thinking": None},
    "w2_4_02_object_empty": {"thinking": {}},
}


@pytest.mark.parametrize("changes", DEFAULTS.values(), ids=DEFAULTS.keys())
def test_thinking_is_on_by_default(simulator: START, changes: dict[str, Any]) -> None:
    """With the effort low."""
    brain = _Noting()
    message = _ask(simulator(brain=brain), **changes).json()["result"]["message"]
    assert [seen.effort for seen in brain.seen] == ["low"]
    assert message["thinkingContent"] == "하나 둘"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "w2_4_03_mid": ({"thinking": {"effort": "mid"}}, _wrong("thinking")),
    "w2_4_01_capitals": ({"thinking": {"effort": "Low"}}, _wrong("thinking")),
    "w2_4_01_number": ({"thinking": {"effort": 1}}, _wrong("thinking")),
    "w2_4_01_no_object": ({"thinking": "low"}, _wrong("thinking")),
    "w2_4_04_cap_of_0": ({"maxCompletionTokens": 0}, _wrong("maxCompletionTokens")),
    "w2_4_04_cap_of_1": ({"maxCompletionTokens": 1}, OK),
    "w2_4_04_cap_of_32768": ({"maxCompletionTokens": 32_768}, OK),
    "w2_4_04_cap_of_32769": ({"maxCompletionTokens": 32_769}, _wrong("maxCompletionTokens")),
    "w2_4_07_maxTokens": ({"maxTokens": 100}, _wrong("maxTokens")),
    "w2_4_07_maxTokens_without_thinking": ({"maxTokens": 100, **NONE}, _wrong("maxTokens")),
    "w2_4_07_both_caps": ({"maxTokens": 9, "maxCompletionTokens": 9}, _wrong("maxTokens", "maxCompletionTokens")),
    "w2_4_08_stop": ({"stop": ["끝"]}, _wrong("stop", "thinking")),
    "w2_4_08_stop_without_thinking": ({"stop": ["끝"], **NONE}, OK),
    "w2_4_08_no_stop": ({"stop": []}, OK),
    "w2_4_09_string": ({"messages": [USER]}, OK),
    "w2_4_09_text_parts": ({"messages": [{"role": "user", "content": [TEXT, TEXT]}]}, OK),
    "w2_4_09_w2_4_10_image": (
        {"messages": [{"role": "user", "content": [TEXT, IMAGE]}]},
        "400 40009 Unsupported input format",
    ),
    "w2_4_12_tools": ({**TOOLS, "thinking": {"effort": "low"}}, _wrong("tools", "thinking")),
    "w2_4_12_tools_by_default": (TOOLS, _wrong("tools", "thinking")),
    "w2_4_12_tools_without_thinking": ({**TOOLS, **NONE}, OK),
    "w2_4_12_schema": ({**SCHEMA, "thinking": {"effort": "high"}}, _wrong("responseFormat", "thinking")),
    "w2_4_12_schema_by_default": (SCHEMA, _wrong("responseFormat", "thinking")),
    "w2_4_12_schema_without_thinking": ({**SCHEMA, **NONE}, OK),
    "w2_4_13_only_content": ({"messages": [USER, {"role": "assistant", "content": "네"}, USER]}, OK),
    "w2_4_13_thoughts_sent_back": (
        {"messages": [USER, {"role": "assistant", "content": "네", "thinkingContent": "하나 둘"}, USER]},
        _wrong("messages[1].thinkingContent"),
    ),
    "w2_4_13_no_thoughts_sent_back": (
        {"messages": [USER, {"role": "assistant", "content": "네", "thinkingContent": ""}, USER]},
        _wrong("messages[1].thinkingContent"),
    ),
}


@pytest.mark.parametrize(("changes", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_thinking_request_has_rules_of_its_own(simulator: START, changes: dict[str, Any], told: str) -> None:
    """In strict and in lenient mode alike."""
    for strict in (True, False):
        assert _told(_ask(simulator(strict=strict), **changes)) == told


def test_w2_4_11_a_tuned_model_does_not_think(simulator: START) -> None:
    """Not by default, and not on demand."""
    client, path = simulator(BrainReply("네", thinking="하나 둘")), "/v3/tasks/t1/chat-completions"
    assert _told(_post(client, path, {"thinking": {"effort": "low"}})) == _wrong("thinking")
    assert "thinkingContent" not in _post(client, path, {}).json()["result"]["message"]


def test_w2_4_05_the_cap_covers_reasoning_and_answer(simulator: START) -> None:
    """What the reasoning has used is missing for the answer."""
    client = simulator(BrainReply("하나 둘 셋 넷", thinking="가 나 다"))
    result = _ask(client, maxCompletionTokens=5).json()["result"]
    assert result["message"] == {"role": "assistant", "content": "하나 둘", "thinkingContent": "가 나 다"}
    assert (result["usage"]["completionTokens"], result["finishReason"]) == (5, "length")
    assert _ask(client, maxCompletionTokens=7).json()["result"]["finishReason"] == "stop"


CAPS = {"none": 512, "low": 5_120, "medium": 10_240, "high": 20_480}


@pytest.mark.parametrize(("effort", "cap"), CAPS.items(), ids=[f"w2_4_06_{effort}" for effort in CAPS])
def test_the_default_cap_depends_on_the_effort(simulator: START, effort: str, cap: int) -> None:
    """An answer of as many tokens is whole, one more token is cut off."""
    for size, reason in ((cap, "stop"), (cap + 1, "length")):
        result = _ask(simulator(BrainReply(" 가" * size)), thinking={"effort": effort}).json()["result"]
        assert (result["usage"]["completionTokens"], result["finishReason"]) == (cap, reason)


SIZES: dict[str, tuple[int, int, str]] = {
    "w2_4_14_full": (127_999, 1, OK),
    "w2_4_14_full_with_an_answer": (95_232, 32_768, OK),
    "w2_4_14_one_too_many": (95_233, 32_768, TOO_LONG),
    "w2_4_14_input_alone_too_long": (128_001, 1, TOO_LONG),
}


@pytest.mark.parametrize(("size", "cap", "told"), SIZES.values(), ids=SIZES.keys())
def test_input_and_cap_have_room_in_the_model(simulator: START, size: int, cap: int, told: str) -> None:
    """128,000 tokens for both together."""
    text = " 가" * (size - tokens.prompt_tokens([Message("user", "")]))
    body = {"messages": [{"role": "user", "content": text}], "maxCompletionTokens": cap}
    assert _told(_ask(simulator(), **body)) == told


def test_w2_4_15_a_budget_spent_on_reasoning_leaves_no_answer(simulator: START) -> None:
    """That is no error: HTTP 200, an empty content, and length as the reason; a stream tells the same."""
    client = simulator(BrainReply("답입니다", thinking="가 " * 50))
    answer = _ask(client, maxCompletionTokens=20)
    result = answer.json()["result"]
    assert (answer.status_code, result["message"]["content"], result["finishReason"]) == (200, "", "length")
    assert result["usage"]["completionTokens"] == result["usage"]["completionTokensDetails"]["thinkingTokens"] == 20
    *told, streamed = _messages(client, maxCompletionTokens=20)
    assert streamed == result["message"]
    assert all("content" not in message for message in told)


def test_w2_4_16_a_budget_of_2048_is_not_enough_for_every_thought(simulator: START) -> None:
    """Three of five calls ended so; those are the ones whose reasoning alone is longer than the budget."""
    lengths = (3_000, 500, 2_048, 1_500, 2_500)
    brain = ScriptBrain([ScriptStep(BrainReply("답", thinking=" 가" * length)) for length in lengths])
    client = simulator(brain=brain)
    results = [_ask(client, maxCompletionTokens=2_048).json()["result"] for _ in lengths]
    told = [(result["message"]["content"], result["finishReason"]) for result in results]
    assert told == [("", "length"), ("답", "stop"), ("", "length"), ("답", "stop"), ("", "length")]


def test_w2_4_17_w2_4_18_w2_4_19_an_answer_tells_thoughts_and_their_tokens(simulator: START) -> None:
    """As a string beside the content, and as a part of the completion's tokens."""
    result = _ask(simulator(BrainReply("하나 둘 셋", thinking="가 나"))).json()["result"]
    usage = result["usage"]
    assert result["message"] == {"role": "assistant", "content": "하나 둘 셋", "thinkingContent": "가 나"}
    assert usage["completionTokensDetails"] == {"thinkingTokens": 2}
    assert usage["completionTokens"] == 2 + 3
    assert usage["totalTokens"] == usage["promptTokens"] + 5


def _messages(client: TestClient, **changes: Any) -> list[dict[str, Any]]:
    """Return the messages of all events that have one: of the tokens, and last that of the result."""
    path = "/v3/chat-completions/HCX-007"
    text = _post(client, path, changes, accept="text/event-stream").text
    found = [json.loads(data) for data in re.findall(r"^data:(.*)$", text, re.MULTILINE)]
    return [data["message"] for data in found if "message" in data]


def test_w2_4_20_w2_4_21_w2_4_22_a_stream_tells_thoughts_first(simulator: START) -> None:
    """A token has the one key or the other, never both; the result has both in full."""
    *told, whole = _messages(simulator(BrainReply("하나 둘", thinking="가 나 다")))
    assert told == [
        {"role": "assistant", "thinkingContent": "가"},
        {"role": "assistant", "thinkingContent": " 나"},
        {"role": "assistant", "thinkingContent": " 다"},
        {"role": "assistant", "content": "하나"},
        {"role": "assistant", "content": " 둘"},
    ]
    assert whole == {"role": "assistant", "content": "하나 둘", "thinkingContent": "가 나 다"}


def test_w2_4_22_the_result_has_the_usage_details(simulator: START) -> None:
    """As in an answer that is not streamed."""
    answer = _post(
        simulator(BrainReply("하나", thinking="가")), "/v3/chat-completions/HCX-007", {}, accept="text/event-stream"
    )
    result = json.loads(re.findall(r"event:result\ndata:(.*)", answer.text)[0])
    assert result["usage"]["completionTokensDetails"] == {"thinkingTokens": 1}


def test_w2_4_23_thoughts_never_stand_in_the_content(simulator: START) -> None:
    """They may quote the system prompt, so they have a field that a program need not show."""
    secret = "비밀 할인율은 37%입니다"
    client = simulator(BrainReply("할인이 있습니다.", thinking=f"지시에는 '{secret}'라고 적혀 있다."))
    messages = [{"role": "system", "content": secret}, USER]
    message = _ask(client, messages=messages).json()["result"]["message"]
    assert secret in message["thinkingContent"]
    assert secret not in message["content"]
    told = _messages(client, messages=messages)
    assert secret not in "".join(part.get("content", "") for part in told)


def test_w2_4_02_the_default_brain_thinks_too(simulator: START) -> None:
    """A question to HCX-007 gets a thought and an answer."""
    message = _ask(simulator(brain=RuleBrain())).json()["result"]["message"]
    assert message["thinkingContent"]
    assert message["content"] == "안녕하세요! 무엇을 도와드릴까요?"
