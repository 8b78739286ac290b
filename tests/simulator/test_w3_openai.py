"""The OpenAI-compatible chat API (docs/wire.md, sections 3.1 to 3.5 and 3.7)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.capabilities import EFFORTS, MODELS
from clovax_agents.errors import RequestError
from clovax_agents.simulator import BrainReply, ChatRequest, Switches, ToolCall
from clovax_agents.wire.failures import http_error
from clovax_agents.wire.neutral import Delta, Request, Turn, Usage
from clovax_agents.wire.openai import StreamDecoder, decode_reply, encode

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
TOOLS: dict[str, Any] = {"tools": [TOOL], "max_tokens": 1024}
CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
OBJECT_CALL: dict[str, Any] = {**CALL, "function": {"name": "f", "arguments": {}}}
HISTORY: list[dict[str, Any]] = [
    USER,
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "1"},
]
OFF: dict[str, Any] = {"model": "HCX-007", "reasoning_effort": "none"}
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAAEAQAAAACBiqPTAAAAC0lEQVR4nGNggAAAAAgAAbdYc5UAAAAASUVORK5CYII="
)


def _format(schema: dict[str, Any] | None = None, **json_schema: Any) -> dict[str, Any]:
    answer = {
        "name": "x",
        "schema": schema or {"type": "object", "properties": {"a": {"type": "string"}}},
        **json_schema,
    }
    return {"response_format": {"type": "json_schema", "json_schema": answer}}


def _image(url: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]}


def _post(client: TestClient, **changes: Any) -> Any:
    body = {"model": "HCX-005", "messages": [USER], **changes}
    return client.post(CHAT, json={name: value for name, value in body.items() if value is not None})


def _code(answer: Any) -> tuple[int, str, str]:
    error = answer.json().get("error", {})
    return answer.status_code, str(error.get("code", "")), str(error.get("message", ""))


def _chunks(answer: Any) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("model", MODELS)
def test_w3_1_01_chat_serves_every_chat_model(simulator: START, model: str) -> None:
    """The models of v1 and of v3."""
    assert _post(simulator(), model=model).json()["model"] == model


def test_w3_1_04_the_list_of_models_has_openai_s_shape(simulator: START) -> None:
    """An object of type list, whose entries name the models."""
    body = simulator().get("/v1/openai/models").json()

    assert body["object"] == "list"
    assert {(entry["object"], entry["id"]) for entry in body["data"]} >= {("model", name) for name in MODELS}


@pytest.mark.parametrize("path", ["responses", "completions", "files", "batches", "moderations"])
def test_w3_1_05_other_endpoints_do_not_exist(simulator: START, path: str) -> None:
    """404/40400 in this API's envelope."""
    assert _code(simulator().post(f"/v1/openai/{path}", json={}))[:2] == (404, "40400")


def test_w3_1_06_w1_2_10_only_new_style_keys_are_accepted(simulator: START) -> None:
    """An old key behind Bearer is wrong, and the old pair of headers is no authentication here."""
    client = simulator()
    pair = {"X-NCP-CLOVASTUDIO-API-KEY": "old", "X-NCP-APIGW-API-KEY": "old"}
    del client.headers["Authorization"]
    old = client.post(CHAT, json={"model": "HCX-005", "messages": [USER]}, headers={"Authorization": "Bearer old"})

    assert _code(old)[:2] == (401, "40104")
    assert _code(client.post(CHAT, json={"model": "HCX-005", "messages": [USER]}, headers=pair))[:2] == (401, "40100")


SUPPORTED: dict[str, Any] = {
    "max_completion_tokens": 1024, "n": 1, "temperature": 0, "tools": [TOOL], "tool_choice": "auto", "stop": ["끝"],
    "parallel_tool_calls": True, "top_p": 0.9, "seed": 3, "stream": False, "top_k": 3, "repetition_penalty": 1.1,
    "messages": [{**USER, "name": "minsu"}],
}  # fmt: skip


def test_w3_2_01_w3_2_03_supported_fields_are_accepted_together(simulator: START) -> None:
    """All of them in one request; the effort of thinking needs another model."""
    client = simulator()

    assert _post(client, **SUPPORTED).status_code == 200
    assert _post(client, **OFF).status_code == 200
    assert _post(client, model="HCX-007", reasoning={"effort": "low"}).status_code == 200
    assert _post(client, **OFF, **_format()).status_code == 200
    assert _post(client, max_tokens=9, max_completion_tokens=None).status_code == 200


@pytest.mark.parametrize("name", ["temperature", "maxTokens", "toolChoice", "topP"])
def test_w3_1_07_names_are_snake_case(simulator: START, name: str) -> None:
    """The native names are unknown here, but for those that are the same."""
    status, code, _ = _code(_post(simulator(), **{name: 0.5}))

    assert (status, code) == ((200, "") if name == "temperature" else (400, "40002"))


UNSUPPORTED = [
    "audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities", "prediction", "presence_penalty",
    "prompt_cache_key", "safety_identifier", "service_tier", "store", "stream_options", "top_logprobs", "user",
    "web_search_options",
]  # fmt: skip


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_w3_2_02_w3_2_15_w3_2_16_w3_2_22_w3_4_06_unsupported_fields(simulator: START, name: str) -> None:
    """Strict mode refuses them with 40002 and their name, lenient mode ignores them."""
    assert _code(_post(simulator(), **{name: {}})) == (400, "40002", f"Unsupported parameter: {name}")
    assert _post(simulator(strict=False), **{name: {}}).status_code == 200


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_w3_2_21_the_client_sends_none_of_them(name: str) -> None:
    """Whatever is set on a request."""
    request = Request(
        model="HCX-007", turns=[Turn("user", "안녕")], cap=1024, stream=True, effort="none", temperature=0.1, top_p=0.5,
        top_k=1, repetition_penalty=1.0, stop=["끝"], seed=1, response_schema={"type": "object"},
    )  # fmt: skip
    assert name not in json.loads(encode(request))


@pytest.mark.parametrize("cap", [{}, {"max_tokens": None}, {"max_completion_tokens": None}])
def test_w3_2_06_w3_2_07_the_default_cap_is_512(simulator: START, cap: dict[str, Any]) -> None:
    """Whichever name it would have had."""
    body = _post(simulator(BrainReply("가나 " * 2_000)), **cap).json()

    assert body["usage"]["completion_tokens"] == 512


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(("model", "most"), [("HCX-007", 32_768), ("HCX-005", 4_096), ("HCX-003", 4_096)])
def test_w3_2_14_caps_go_up_to_the_model_s_maximum(simulator: START, name: str, model: str, most: int) -> None:
    """The last value is accepted, the next one refused by name (HCX-003 has less room for output than its maximum)."""
    client = simulator()

    assert _post(client, model=model, **{name: most + 1}).json()["error"]["message"] == f"Invalid parameter: {name}"
    assert _code(_post(client, model=model, **{name: most}))[1] in ("", "40003")
    assert _post(client, model=model, **{name: 0}).json()["error"]["code"] == "40001"


ACCEPTED: dict[str, dict[str, Any]] = {
    "w3_2_08_n": {"n": 1},
    "w3_2_09_w3_2_19_auto": {**TOOLS, "tool_choice": "auto"},
    "w3_2_09_none": {**TOOLS, "tool_choice": "none"},
    "w3_2_09_object": {**TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}},
    "w3_2_10_parallel": {**TOOLS, "parallel_tool_calls": True},
    **{f"w3_2_11_{effort}": {"model": "HCX-007", "reasoning_effort": effort} for effort in EFFORTS},
    "w3_2_12_json_schema": {**OFF, **_format()},
    "w3_2_13_without_name": {**OFF, **_format(name=None)},
    "w3_2_13_strict_is_not_read": {**OFF, **_format(strict="perhaps")},
    "w3_2_23_cap_of_1024": TOOLS,
    "w3_2_24_w3_2_25_effort_none": {**OFF, **TOOLS},
    "w3_2_28_address": _image("https://x.kr/a.png"),
    "w3_2_29_data_url": _image(PNG),
    "w3_2_33_tool_result": {"messages": HISTORY},
    "w3_2_34_tuned": {"model": "ft:a1b2c3"},
    "w3_5_01_w3_5_02_schema": {**OFF, **_format(strict=True)},
    "w3_5_03_optional": {
        **OFF,
        **_format(
            {
                "type": "object",
                "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
                "additionalProperties": False,
            }
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_accepted(simulator: START, body: dict[str, Any]) -> None:
    """The values that the page names, each in a request that is otherwise plain."""
    reply = BrainReply('{"a": null}') if "response_format" in body else BrainReply("네")
    answer = _post(simulator(reply), **body)

    assert answer.status_code == 200, answer.text


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "w3_2_08_n_2": ({"n": 2}, "n"),
    "w3_2_09_required": ({**TOOLS, "tool_choice": "required"}, "tool_choice"),
    "w3_2_10_w3_2_17_not_parallel": ({**TOOLS, "parallel_tool_calls": False}, "parallel_tool_calls"),
    "w3_2_11_mid": ({"model": "HCX-007", "reasoning_effort": "mid"}, "thinking"),
    "w3_2_12_w3_5_04_json_object": ({**OFF, "response_format": {"type": "json_object"}}, "response_format.type"),
    "w3_2_20_schema_on_005": (_format(), "response_format.type"),
    "w3_2_23_cap_of_1023": ({**TOOLS, "max_tokens": 1023}, "tools, maxTokens"),
    "w3_2_23_no_cap": ({"tools": [TOOL]}, "tools, maxTokens"),
    "w3_2_24_tools_and_thinking": ({**TOOLS, "model": "HCX-007", "reasoning_effort": "low"}, "tools, reasoning"),
    "w3_2_26_thinking_is_the_default": ({**TOOLS, "model": "HCX-007"}, "tools, reasoning"),
    "w3_2_25_schema_and_thinking": ({"model": "HCX-007", **_format()}, "responseFormat, reasoning"),
    "w3_2_30_content_null": ({"messages": [USER, {"role": "assistant", "content": None}, USER]}, "messages[1].content"),
    "w3_2_32_arguments_as_object": (
        {"messages": [USER, {**HISTORY[1], "tool_calls": [OBJECT_CALL]}, HISTORY[2]]},
        "messages[1].tool_calls[0].function.arguments",
    ),
    "w3_2_33_result_without_id": (
        {"messages": [*HISTORY[:2], {"role": "tool", "content": "1"}]},
        "messages[2].tool_call_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "names"), REFUSED.values(), ids=REFUSED.keys())
def test_w3_7_01_what_is_refused(simulator: START, body: dict[str, Any], names: str) -> None:
    """400 with the whole envelope, and a message that names what is wrong."""
    answer = _post(simulator(), **body)

    assert answer.status_code == 400
    message = f"Invalid parameter: {names}"
    assert answer.json() == {"error": {"message": message, "type": None, "param": None, "code": "40001"}}


def test_w3_2_20_the_other_report_is_a_switch(simulator: START) -> None:
    """With it, a schema on a model without structured outputs is ignored."""
    client = simulator(BrainReply("말"), switches=Switches(schema_elsewhere="ignore"))

    assert _post(client, **_format()).json()["choices"][0]["message"]["content"] == "말"


def test_w3_2_18_what_navers_adapter_strips_is_refused_where_the_service_refuses_it(simulator: START) -> None:
    """Of its four keys, HCX-005 refuses a schema and ``parallel_tool_calls: false``; the others have legal values."""
    client = simulator()

    assert _post(client, **_format()).status_code == 400
    assert _post(client, **TOOLS, parallel_tool_calls=False).status_code == 400
    assert _post(client, tools=[TOOL], max_completion_tokens=1024, tool_choice="auto").status_code == 200


@pytest.mark.parametrize(("caps", "tokens"), [(False, 512), (True, 5_120)])
def test_w3_2_27_the_default_cap_of_thinking_is_a_switch(simulator: START, *, caps: bool, tokens: int) -> None:
    """512 as for every call here, or by effort as natively."""
    reply = BrainReply("답", thinking="가나 " * 6_000)
    body = _post(simulator(reply, switches=Switches(thinking_caps=caps)), model="HCX-007").json()

    assert body["usage"]["completion_tokens"] == tokens


class _Seen:
    """A brain that remembers what it saw."""

    def __init__(self) -> None:
        self.requests: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Remember, and answer."""
        self.requests.append(request)
        return BrainReply("네", thinking="음")


def test_w3_2_26_hcx_007_thinks_unless_told_not_to(simulator: START) -> None:
    """Low is the default; none turns it off."""
    brain = _Seen()
    client = simulator(brain=brain)
    _post(client, model="HCX-007")
    _post(client, **OFF)

    assert [request.effort for request in brain.requests] == ["low", "none"]


def test_w3_2_31_w3_2_33_calls_and_results_of_the_history_reach_the_model(simulator: START) -> None:
    """Arguments as text, results by their id."""
    brain = _Seen()
    _post(simulator(brain=brain), messages=HISTORY)
    _, asked, result = brain.requests[0].messages

    assert [(call.id, call.name, call.arguments) for call in asked.tool_calls] == [("c1", "f", "{}")]
    assert (result.role, result.tool_call_id, result.text) == ("tool", "c1", "1")


def test_w3_2_35_a_tuned_model_is_answered_as_its_base(simulator: START) -> None:
    """HCX-005 in the reply and in every chunk."""
    client = simulator()

    assert _post(client, model="ft:a1b2c3").json()["model"] == "HCX-005"
    assert {chunk["model"] for chunk in _chunks(_post(client, model="ft:a1b2c3", stream=True))} == {"HCX-005"}


def test_w3_3_01_w3_3_03_w3_3_04_w3_3_05_w3_3_06_the_answer(simulator: START) -> None:
    """Exactly these fields in this order: no fingerprint, no tier, no details without thinking."""
    body = _post(simulator(BrainReply("네")), seed=1).json()

    assert [*body] == ["id", "object", "created", "model", "choices", "usage", "seed"]
    assert (len(body["id"]), int(body["id"], 16) > 0, body["object"]) == (32, True, "chat.completion")
    assert body["choices"] == [{"index": 0, "message": {"role": "assistant", "content": "네"}, "finish_reason": "stop"}]
    assert [*body["usage"]] == ["completion_tokens", "prompt_tokens", "total_tokens"]


@pytest.mark.parametrize("field", ["reasoning_content", "thinking_content"])
def test_w3_3_09_w3_3_10_w3_4_03_thinking_has_two_names(simulator: START, field: Any) -> None:
    """Either by switch, whole and streamed, with its tokens; the client reads both."""
    reply = BrainReply("답", thinking="생각")
    client = simulator(reply, switches=Switches(reasoning_field=field))
    whole = _post(client, model="HCX-007")
    streamed = _post(client, model="HCX-007", stream=True)

    assert whole.json()["choices"][0]["message"][field] == "생각"
    assert whole.json()["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}
    assert decode_reply(whole.content).thinking == "생각"
    assert "".join(delta.thinking for delta in StreamDecoder().feed(streamed.content)) == "생각"


def test_w3_4_02_w3_4_10_the_stream_has_the_proposed_form(simulator: START) -> None:
    """A role, text, a finish reason on a delta of its own, and the terminator."""
    answer = _post(simulator(BrainReply("부분 둘")), stream=True)
    chunks = _chunks(answer)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [*chunks[0]] == ["id", "object", "created", "model", "choices"]
    assert [chunk["choices"][0] for chunk in chunks] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None},
        {"index": 0, "delta": {"content": "부분"}, "finish_reason": None},
        {"index": 0, "delta": {"content": " 둘"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]


@pytest.mark.parametrize("model", ["HCX-007", "HCX-005", "HCX-DASH-002"])
def test_w3_4_04_streamed_calls_accumulate_by_index(simulator: START, model: str) -> None:
    """As OpenAI-style accumulators do it: id and name first, then pieces of the arguments."""
    reply = BrainReply(tool_calls=(ToolCall("f", {"a": "하나 둘"}), ToolCall("f", {"a": "셋"})))
    effort = {"reasoning_effort": "none"} if model == "HCX-007" else {}
    calls: dict[int, dict[str, str]] = {}
    for chunk in _chunks(_post(simulator(reply), model=model, stream=True, **effort, **TOOLS)):
        for piece in chunk["choices"][0]["delta"].get("tool_calls", []):
            call = calls.setdefault(piece["index"], {"id": piece.get("id", ""), "name": "", "arguments": ""})
            call["name"] += piece["function"].get("name", "")
            call["arguments"] += piece["function"]["arguments"]

    assert [(call["name"], json.loads(call["arguments"])) for call in calls.values()] == [
        ("f", {"a": "하나 둘"}),
        ("f", {"a": "셋"}),
    ]
    assert all(call["id"].startswith("call_") for call in calls.values())


@pytest.mark.parametrize(("where", "found"), [("absent", None), ("last", -1), ("separate", -1)])
def test_w3_4_07_w3_4_08_w3_4_12_usage_in_a_stream_is_a_switch(simulator: START, where: Any, found: int | None) -> None:
    """Nowhere, on the last chunk, or on a chunk without choices; the client takes it from anywhere."""
    answer = _post(simulator(switches=Switches(stream_usage=where)), stream=True)
    chunks = _chunks(answer)
    decoder = StreamDecoder()
    usage = [delta.usage for delta in decoder.feed(answer.content) if delta.usage]

    assert [n - len(chunks) for n, chunk in enumerate(chunks) if "usage" in chunk] == ([] if found is None else [found])
    assert (chunks[-1]["choices"] == []) is (where == "separate")
    assert bool(usage) is (found is not None)


def _chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
    body = {
        "id": "a" * 32,
        "model": "HCX-005",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        **more,
    }
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
        lambda deltas: [delta.fragments[0].index for delta in deltas] == [0, 0],
    ),
    "w3_4_15_whole_call": (
        _chunk({"tool_calls": [{**PIECE, "function": {"name": "f", "arguments": "{}"}}]}),
        lambda deltas: deltas[0].fragments[0].arguments == "{}",
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


def test_w3_7_02_the_code_is_text(simulator: START) -> None:
    """Digits as a string, which the client's errors keep."""
    answer = _post(simulator(), n=2)
    error = http_error(answer.status_code, answer.headers, answer.content)

    assert isinstance(error, RequestError)
    assert error.facts.code == "40001"
