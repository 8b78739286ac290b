"""The simulator's rules in one place (docs/wire.md, section 12), over both APIs where they have both."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.capabilities import MODELS
from clovax_agents.simulator import BrainReply, Switches, ToolCall

OPENAI = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {}}}
TEXT_CALL: dict[str, Any] = {**CALL, "function": {"name": "f", "arguments": "{}"}}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
NATIVE_FORMAT: dict[str, Any] = {"responseFormat": {"type": "json", "schema": SCHEMA}}
OPENAI_FORMAT: dict[str, Any] = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
}
EVENTS = {"Accept": "text/event-stream"}
OFF = {"thinking": {"effort": "none"}}


def _native(client: TestClient, model: str = "HCX-005", headers: dict[str, str] | None = None, **body: Any) -> Any:
    return client.post(f"/v3/chat-completions/{model}", json={"messages": [USER], **body}, headers=headers)


def _openai(client: TestClient, model: str = "HCX-005", **body: Any) -> Any:
    return client.post(OPENAI, json={"model": model, "messages": [USER], **body})


def _events(answer: Any) -> list[tuple[str, Any]]:
    """Return names and data of native events, checking their framing on the way."""
    read = []
    for block in answer.text.removesuffix("\n\n").split("\n\n"):
        *ids, name, data = block.split("\n")
        assert all(re.fullmatch(r"id:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", line) for line in ids)
        assert name.startswith("event:")
        assert data.startswith("data:{")
        read.append((name.removeprefix("event:"), json.loads(data.removeprefix("data:"))))
    return read


@pytest.mark.parametrize(
    ("accept", "streams"),
    [
        ("text/event-stream", True),
        ("application/json, text/event-stream", True),
        ("application/json", False),
        ("*/*", False),
    ],
)
def test_w12_01_the_accept_header_asks_for_a_stream(simulator: START, accept: str, *, streams: bool) -> None:
    """Natively nothing else does, not even a field ``stream``."""
    answer = _native(simulator(), headers={"Accept": accept}, stream=not streams)

    assert answer.headers["content-type"].startswith("text/event-stream") is streams


def test_w12_02_w12_03_tokens_then_result_then_signal(simulator: START) -> None:
    """In this order, each event once, framed without spaces."""
    events = _events(_native(simulator(BrainReply("하나 둘 셋")), headers=EVENTS))

    assert [name for name, _ in events] == ["token", "token", "token", "result", "signal"]
    assert events[-1][1] == {"data": "[DONE]"}


def test_w12_04_every_event_has_an_id_of_its_own(simulator: START) -> None:
    """Fresh UUIDs, on the signal too where the switch says so."""
    answer = _native(simulator(switches=Switches(signal_id=True)), headers=EVENTS)
    ids = re.findall(r"^id:(.+)$", answer.text, re.MULTILINE)

    assert len(ids) == len(set(ids)) == answer.text.count("event:")


@pytest.mark.parametrize("streamed", [False, True])
def test_w12_05_json_is_compact_and_utf_8(simulator: START, *, streamed: bool) -> None:
    """Hangul stays Hangul, and no blank stands between the parts."""
    answer = _native(simulator(BrainReply("안녕")), headers=EVENTS if streamed else None)

    assert '"content":"안녕"' in answer.content.decode()
    assert '": ' not in answer.text


def test_w12_06_the_status_comes_first(simulator: START) -> None:
    """Then the result."""
    assert [*_native(simulator()).json()] == ["status", "result"]


@pytest.mark.parametrize("null_result", [False, True])
def test_w12_07_failures_have_the_documented_status(simulator: START, *, null_result: bool) -> None:
    """The HTTP status goes with the code; ``"result": null`` is a switch."""
    answer = _native(simulator(switches=Switches(null_result=null_result)), topP=0)

    assert (answer.status_code, answer.json()["status"]["code"]) == (400, "40001")
    assert ("result" in answer.json()) is null_result


@pytest.mark.parametrize("model", MODELS)
def test_w12_08_w12_10_each_model_is_served_by_its_own_api(simulator: START, model: str) -> None:
    """A v1 model on v3, or the reverse, is 400/40084; both are served over the OpenAI-compatible API."""
    client = simulator()
    generation = MODELS[model].generation
    codes = {
        version: client.post(f"/{version}/chat-completions/{model}", json={"messages": [USER]}).json()["status"]["code"]
        for version in ("v1", "v3")
    }

    assert codes == {generation: "20000", "v1" if generation == "v3" else "v3": "40084"}
    assert _openai(client, model).status_code == 200


def test_w12_09_an_unknown_model_is_40080(simulator: START) -> None:
    """Over every API."""
    client = simulator()

    assert _openai(client, "HCX-900").json()["error"]["code"] == "40080"
    assert _native(client, "HCX-900").json()["status"]["code"] == "40080"
    v1 = client.post("/v1/chat-completions/HCX-900", json={"messages": [USER]})
    assert v1.json()["status"]["code"] == "40080"


PAIRS: dict[str, tuple[str, dict[str, Any], str]] = {
    "w12_12_tools_and_cap": ("HCX-005", {"tools": [TOOL], "maxTokens": 1023}, "tools, maxTokens"),
    "w12_13_tools_and_thinking": ("HCX-007", {"tools": [TOOL], "thinking": {"effort": "low"}}, "tools, thinking"),
    "w12_13_tools_and_thinking_by_default": ("HCX-007", {"tools": [TOOL]}, "tools, thinking"),
    "w12_14_schema_and_thinking": ("HCX-007", NATIVE_FORMAT, "responseFormat, thinking"),
    "w12_15_tools_and_schema": ("HCX-007", {"tools": [TOOL], **OFF, **NATIVE_FORMAT}, "tools, responseFormat"),
    "w12_16_two_caps": ("HCX-005", {"maxTokens": 9, "maxCompletionTokens": 9}, "maxTokens, maxCompletionTokens"),
    "w12_17_stop_and_thinking": ("HCX-007", {"stop": ["끝"]}, "stop, thinking"),
    "w12_18_cap_of_hcx_007": ("HCX-007", {"maxTokens": 100}, "maxTokens"),
    "w12_19_thinking_on_hcx_005": ("HCX-005", OFF, "thinking"),
    "w12_19_thinking_on_dash_002": ("HCX-DASH-002", {"thinking": {"effort": "low"}}, "thinking"),
}


@pytest.mark.parametrize(("model", "body", "names"), PAIRS.values(), ids=PAIRS.keys())
def test_w12_11_exclusions_name_what_they_are_about(
    simulator: START, model: str, body: dict[str, Any], names: str
) -> None:
    """400/40001, with exactly these names."""
    answer = _native(simulator(), model, **body)

    assert answer.status_code == 400
    assert answer.json()["status"] == {"code": "40001", "message": f"Invalid parameter: {names}"}


CAPS = [
    ("HCX-007", {"thinking": {"effort": "none"}}, 512),
    ("HCX-007", {}, 5_120),
    ("HCX-007", {"thinking": {"effort": "medium"}}, 10_240),
    ("HCX-007", {"thinking": {"effort": "high"}}, 20_480),
    ("HCX-005", {}, 100),
    ("HCX-DASH-002", {}, 100),
]


@pytest.mark.parametrize(("model", "body", "cap"), CAPS)
def test_w12_20_w12_21_the_default_cap_ends_the_answer(
    simulator: START, model: str, body: dict[str, Any], cap: int
) -> None:
    """An endless answer has exactly so many tokens and the finish reason length."""
    result = _native(simulator(BrainReply("가나 " * 30_000)), model, **body).json()["result"]

    assert result["usage"]["completionTokens"] == cap
    assert result["finishReason"] == "length"


@pytest.mark.parametrize(("path", "cap"), [("/v1/chat-completions/HCX-003", 100), (OPENAI, 512)])
def test_w12_20_the_default_caps_of_the_other_apis(simulator: START, path: str, cap: int) -> None:
    """100 on v1, 512 on the OpenAI-compatible API."""
    body = simulator(BrainReply("가나 " * 3_000)).post(path, json={"model": "HCX-005", "messages": [USER]}).json()

    assert (body["result"]["outputLength"] if "result" in body else body["usage"]["completion_tokens"]) == cap


def test_w12_21_a_cap_inside_of_the_thinking_leaves_no_answer(simulator: START) -> None:
    """HTTP 200, thoughts up to the cap, empty content."""
    reply = BrainReply("답", thinking="가나 " * 3_000)
    result = _native(simulator(reply), "HCX-007", maxCompletionTokens=50).json()["result"]

    assert result["message"]["content"] == ""
    assert (result["finishReason"], result["usage"]["completionTokens"]) == ("length", 50)


CALLING = BrainReply(tool_calls=(ToolCall("f", {"도시": "서울"}),))


def test_w12_26_w12_27_w12_28_how_calls_are_written(simulator: START) -> None:
    """Arguments are an object natively and text over the other API; content is empty; ids are call_ and 24 more."""
    client = simulator(CALLING)
    native = _native(client, tools=[TOOL]).json()["result"]["message"]
    openai = _openai(client, tools=[TOOL], max_tokens=1024).json()["choices"][0]["message"]

    assert native["toolCalls"][0]["function"]["arguments"] == {"도시": "서울"}
    assert openai["tool_calls"][0]["function"]["arguments"] == '{"도시":"서울"}'
    assert native["content"] == openai["content"] == ""
    for call in (*native["toolCalls"], *openai["tool_calls"]):
        assert re.fullmatch(r"call_[A-Za-z0-9]{24}", call["id"])


def test_w12_31_sampling_waits_for_the_final_answer(simulator: START) -> None:
    """A stop sequence cuts nothing while tools are asked for, and the answer after a result."""
    client = simulator(BrainReply("하나 끝 둘"))
    history = [USER, {"role": "assistant", "content": "", "toolCalls": [CALL]}]
    history.append({"role": "tool", "toolCallId": "c1", "content": "1"})
    options: dict[str, Any] = {"tools": [TOOL], "stop": ["끝"]}

    assert _native(client, **options).json()["result"]["message"]["content"] == "하나 끝 둘"
    assert _native(client, **options, messages=history).json()["result"]["message"]["content"] == "하나 "


@pytest.mark.parametrize("seed", [None, 0, 42])
def test_w12_32_the_seed_is_echoed_or_drawn(simulator: START, seed: int | None) -> None:
    """Over both APIs; 0 and absence draw 32 bits."""
    client = simulator()
    options = {} if seed is None else {"seed": seed}
    seeds = [_native(client, **options).json()["result"]["seed"], _openai(client, **options).json()["seed"]]

    assert seeds == [42, 42] if seed else all(1 <= drawn <= 4_294_967_295 for drawn in seeds)


@pytest.mark.parametrize("asked", [None, False, True])
def test_w12_33_the_filter_is_there_when_asked_for(simulator: START, *, asked: bool | None) -> None:
    """Three entries with scores as text, or no field at all."""
    result = _native(simulator(), **({} if asked is None else {"includeAiFilters": asked})).json()["result"]

    assert [entry["score"] for entry in result.get("aiFilter", [])] == (["2", "2", "2"] if asked else [])


def test_w12_35_ids_are_32_hex_digits(simulator: START) -> None:
    """Whole and streamed, without a prefix, and one for all chunks of a stream."""
    client = simulator()
    streamed = {json.loads(line[6:])["id"] for line in _openai(client, stream=True).text.split("\n\n") if "{" in line}

    for found in (_openai(client).json()["id"], *streamed):
        assert re.fullmatch(r"[0-9a-f]{32}", found)
    assert len(streamed) == 1


@pytest.mark.parametrize("mask", [False, True])
def test_w12_45_masking_is_a_switch(simulator: START, *, mask: bool) -> None:
    """Phone numbers and URLs become asterisks of the same length, and nothing else changes."""
    client = simulator(BrainReply("문의: 02-123-4567, https://x.kr/a 참고"), switches=Switches(mask=mask))
    text = _native(client).json()["result"]["message"]["content"]

    assert text == ("문의: ***********, ************** 참고" if mask else "문의: 02-123-4567, https://x.kr/a 참고")
