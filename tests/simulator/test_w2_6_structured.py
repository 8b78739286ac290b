"""Structured outputs, natively: the field, what it excludes, the answer (docs/wire.md, section 2.6)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, ChatRequest, RuleBrain, Switches

START = Callable[..., TestClient]
OK = "200 20000 OK"
BAD_SCHEMA = "400 40055 Invalid response format schema"
USER: dict[str, Any] = {"role": "user", "content": "오늘의 최고 기온은 32도, 최저 기온은 15도, 강수 확률은 30%입니다."}
SYSTEM: dict[str, Any] = {"role": "system", "content": "형식에 맞춰 답변합니다."}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "high": {"type": "number", "description": "최고 기온"},
        "low": {"type": "number", "description": "최저 기온"},
    },
    "required": ["high", "low"],
}
FORMAT: dict[str, Any] = {"type": "json", "schema": SCHEMA}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "f를 합니다"}}
CALL: dict[str, Any] = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {}}}
CALLED: list[dict[str, Any]] = [
    {"role": "assistant", "content": "", "toolCalls": [CALL]},
    {"role": "tool", "toolCallId": "call_1", "content": "맑음"},
]
SAID = BrainReply('{"high":32,"low":15}')


def _ask(client: TestClient, model: str = "HCX-007", *, accept: str = "application/json", **changes: Any) -> Any:
    """Ask for a structured answer; a field that is None is left out."""
    body = {"messages": [USER], "responseFormat": FORMAT, "thinking": {"effort": "none"}, **changes}
    given = {name: value for name, value in body.items() if value is not None}
    return client.post(f"/v3/chat-completions/{model}", json=given, headers={"accept": accept})


def _told(answer: Any) -> str:
    status = answer.json()["status"]
    return f"{answer.status_code} {status['code']} {status['message']}"


def _wrong(*names: str) -> str:
    return f"400 40001 Invalid parameter: {', '.join(names)}"


def _format(**changes: Any) -> dict[str, Any]:
    return {"responseFormat": {name: value for name, value in {**FORMAT, **changes}.items() if value is not None}}


ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "w2_6_01_both_keys": ({}, OK),
    "w2_6_01_no_type": (_format(type=None), _wrong("responseFormat.type")),
    "w2_6_01_no_schema": (_format(schema=None), _wrong("responseFormat.schema")),
    "w2_6_01_no_object": ({"responseFormat": "json"}, _wrong("responseFormat")),
    "w2_6_02_json_object": (_format(type="json_object"), _wrong("responseFormat.type")),
    "w2_6_02_json_schema": (_format(type="json_schema"), _wrong("responseFormat.type")),
    "w2_6_02_text": (_format(type="text"), _wrong("responseFormat.type")),
    "w2_6_03_schema_is_text": (_format(schema=json.dumps(SCHEMA)), _wrong("responseFormat.schema")),
    "w2_6_03_schema_is_a_list": (_format(schema=[SCHEMA]), _wrong("responseFormat.schema")),
    "w2_6_04_not_sent": ({"thinking": None}, _wrong("responseFormat", "thinking")),
    "w2_6_04_w2_6_12_low": ({"thinking": {"effort": "low"}}, _wrong("responseFormat", "thinking")),
    "w2_6_05_cap_of_0": ({"maxCompletionTokens": 0}, _wrong("maxCompletionTokens")),
    "w2_6_05_cap_of_1": ({"maxCompletionTokens": 1}, OK),
    "w2_6_05_cap_of_32768": ({"maxCompletionTokens": 32_768}, OK),
    "w2_6_05_cap_of_32769": ({"maxCompletionTokens": 32_769}, _wrong("maxCompletionTokens")),
    "w2_6_06_cap_of_the_older_page": ({"maxTokens": 100}, _wrong("maxTokens")),
    "w2_6_07_stop": ({"stop": ["끝"]}, OK),
    "w2_6_08_in_range": ({"topP": 1, "topK": 128, "temperature": 0, "repetitionPenalty": 2.0, "seed": 1}, OK),
    "w2_6_08_topP": ({"topP": 0}, _wrong("topP")),
    "w2_6_08_topK": ({"topK": 129}, _wrong("topK")),
    "w2_6_08_temperature": ({"temperature": 1.01}, _wrong("temperature")),
    "w2_6_08_repetitionPenalty": ({"repetitionPenalty": 2.01}, _wrong("repetitionPenalty")),
    "w2_6_09_three_roles": ({"messages": [SYSTEM, USER, {"role": "assistant", "content": "네"}, USER]}, OK),
    "w2_6_09_tool": ({"messages": [USER, CALLED[1]]}, _wrong("messages[1].role")),
    "w2_6_09_call": ({"messages": [USER, *CALLED]}, _wrong("messages[1].toolCalls")),
    "w2_6_10_parts": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "32도"}]}]},
        _wrong("messages[0].content"),
    ),
    "w2_6_11_one_system": ({"messages": [SYSTEM, USER]}, OK),
    "w2_6_11_two_systems": ({"messages": [SYSTEM, SYSTEM, USER]}, _wrong("messages")),
    "w2_6_12_tools": ({"tools": [TOOL]}, _wrong("tools", "responseFormat")),
    "w2_6_12_no_tools": ({"tools": []}, OK),
    "w2_6_17_pattern": (_format(schema={"type": "string", "pattern": "^a"}), BAD_SCHEMA),
    "w2_6_17_unknown_type": (_format(schema={"type": "text"}), BAD_SCHEMA),
    "w2_6_17_broken_part": (_format(schema={"type": "object", "properties": {"a": 1}}), BAD_SCHEMA),
}


@pytest.mark.parametrize(("changes", "told"), ROWS.values(), ids=ROWS.keys())
def test_a_request_for_structure_has_its_fields(simulator: START, changes: dict[str, Any], told: str) -> None:
    """A refusal names what is wrong, or what excludes what."""
    assert _told(_ask(simulator(SAID), **changes)) == told


@pytest.mark.parametrize("model", ["HCX-005", "HCX-DASH-002"], ids=lambda model: f"w2_6_18_{model}")
def test_other_models_refuse_the_field(simulator: START, model: str) -> None:
    """With 400 and a message that begins with its name; natively no switch ignores it."""
    for options in ({}, {"strict": False}, {"switches": Switches(schema_elsewhere="ignore")}):
        told = _told(_ask(simulator(SAID, **options), model, thinking=None))
        assert told.startswith("400 40001 Invalid parameter: responseFormat")


def test_w2_6_03_the_model_is_told_of_the_schema(simulator: START) -> None:
    """As it was sent."""
    seen: list[ChatRequest] = []

    class Noting:
        def reply(self, request: ChatRequest) -> BrainReply:
            seen.append(request)
            return SAID

    _ask(simulator(brain=Noting()))
    assert [request.schema for request in seen] == [SCHEMA]


def test_w2_6_05_the_default_cap_is_512(simulator: START) -> None:
    """An answer of 512 tokens is whole, one more is cut off."""
    for size, reason in ((512, "stop"), (513, "length")):
        result = _ask(simulator(BrainReply(" 가" * size))).json()["result"]
        assert (result["usage"]["completionTokens"], result["finishReason"]) == (512, reason)


def test_w2_6_07_a_stop_sequence_ends_the_text(simulator: START) -> None:
    """Also where that leaves half an object."""
    assert _ask(simulator(SAID), stop=[","]).json()["result"]["message"]["content"] == '{"high":32'


def test_w2_6_13_w2_6_14_the_answer_is_json_text(simulator: START) -> None:
    """A string in content, whose reason is stop; the default brain reads the values out of the question."""
    result = _ask(simulator(brain=RuleBrain())).json()["result"]
    assert json.loads(result["message"]["content"]) == {"high": 32, "low": 15}
    assert set(result["message"]) == {"role", "content"}
    assert result["finishReason"] == "stop"


def test_w2_6_14_a_cap_leaves_truncated_json(simulator: START) -> None:
    """The reason is length, and the text cannot be read."""
    result = _ask(simulator(SAID), maxCompletionTokens=3).json()["result"]
    assert result["finishReason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(result["message"]["content"])


def test_w2_6_15_the_json_is_streamed_as_text(simulator: START) -> None:
    """In deltas of content that join to the object."""
    text = _ask(simulator(SAID), accept="text/event-stream").text
    found = [json.loads(data) for data in re.findall(r"^event:token\ndata:(.*)$", text, re.MULTILINE)]
    assert len(found) > 3
    assert all(set(token["message"]) == {"role", "content"} for token in found)
    assert json.loads("".join(token["message"]["content"] for token in found)) == {"high": 32, "low": 15}
    result = json.loads(re.findall(r"event:result\ndata:(.*)", text)[0])
    assert result["message"]["content"] == '{"high":32,"low":15}'


FILTERS: dict[str, tuple[bool, dict[str, Any], bool]] = {
    "w2_6_16_as_everywhere": (False, {}, False),
    "w2_6_16_asked_for": (False, {"includeAiFilters": True}, True),
    "w2_6_16_as_in_the_sample": (True, {}, True),
    "w2_6_16_not_without_a_schema": (True, {"responseFormat": None}, False),
}


@pytest.mark.parametrize(("switch", "changes", "there"), FILTERS.values(), ids=FILTERS.keys())
def test_a_filter_that_nobody_asked_for_is_a_switch(
    simulator: START,
    switch: bool,  # noqa: FBT001
    changes: dict[str, Any],
    there: bool,  # noqa: FBT001
) -> None:
    """The sample shows one; by default it comes only on demand."""
    client = simulator(SAID, switches=Switches(schema_filter=switch))
    assert ("aiFilter" in _ask(client, **changes).json()["result"]) is there
    assert ('"aiFilter"' in _ask(client, accept="text/event-stream", **changes).text) is there
