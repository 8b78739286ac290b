"""Requests to the OpenAI-compatible chat API (docs/wire.md, sections 3.1, 3.2, 3.5 and 3.7)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.capabilities import EFFORTS, MODELS
from clovax_agents.errors import RequestError
from clovax_agents.simulator import BrainReply, ChatRequest, Switches
from clovax_agents.wire.failures import http_error
from clovax_agents.wire.neutral import Request, Turn
from clovax_agents.wire.openai import encode

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
TOOLS: dict[str, Any] = {"tools": [TOOL], "max_tokens": 1024}
CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "c1", "content": "1"}
SECOND: dict[str, Any] = {**RESULT, "tool_call_id": "c2"}
OFF: dict[str, Any] = {"model": "HCX-007", "reasoning_effort": "none"}
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAAEAQAAAACBiqPTAAAAC0lEQVR4nGNggAAAAAgAAbdYc5UAAAAASUVORK5CYII="
)


def _asked(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": [*calls]}


HISTORY: list[dict[str, Any]] = [USER, _asked(CALL), RESULT]


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
    "w3_2_01_names_of_speakers": {
        "messages": [
            {"role": "system", "content": "친절하게", "name": "shop"},
            {**USER, "name": "minsu"},
            {**HISTORY[1], "name": "bot"},
            {**HISTORY[2], "name": "f"},
        ]
    },
    "w3_2_04_repetition_penalty_on_v3": {"repetition_penalty": 1.1},
    "w3_2_05_repeat_penalty_on_v1": {"model": "HCX-DASH-001", "repeat_penalty": 5},
    "w3_2_08_n": {"n": 1},
    "w3_2_09_w3_2_19_auto": {**TOOLS, "tool_choice": "auto"},
    "w3_2_09_none": {**TOOLS, "tool_choice": "none"},
    "w3_2_09_object": {**TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}},
    "w3_2_10_parallel": {**TOOLS, "parallel_tool_calls": True},
    **{f"w3_2_11_{effort}": {"model": "HCX-007", "reasoning_effort": effort} for effort in EFFORTS},
    "w3_2_11_in_its_other_place": {"model": "HCX-007", "reasoning": {"effort": "none"}},
    "w3_2_12_w3_2_25_w3_5_01_w3_5_02_schema": {**OFF, **_format(strict=True)},
    "w3_2_13_without_name": {**OFF, **_format(name=None)},
    "w3_2_13_name_is_not_read": {**OFF, **_format(name=5)},
    "w3_2_13_strict_is_not_read": {**OFF, **_format(strict="perhaps")},
    "w3_2_14_lower_ends": {"temperature": 0, "top_p": 1e-6, "top_k": 0, "repetition_penalty": 1e-6, "seed": 0},
    "w3_2_14_upper_ends": {"temperature": 1, "top_p": 1, "top_k": 128, "repetition_penalty": 2, "seed": 2**32 - 1},
    "w3_2_14_lower_ends_on_v1": {"model": "HCX-003", "temperature": 1e-6, "repeat_penalty": 1e-6},
    "w3_2_14_upper_ends_on_v1": {"model": "HCX-003", "temperature": 1, "repeat_penalty": 10},
    "w3_2_14_stop_as_a_text": {"stop": "끝"},
    "w3_2_23_cap_of_1024": TOOLS,
    "w3_2_23_other_cap_of_1024": {"tools": [TOOL], "max_completion_tokens": 1024},
    "w3_2_24_effort_none": {**OFF, **TOOLS},
    "w3_2_28_address": _image("https://x.kr/a.png"),
    "w3_2_29_data_url": _image(PNG),
    "w3_2_30_empty_content": {"messages": HISTORY},
    "w3_2_33_two_results_in_any_order": {"messages": [USER, _asked(CALL, {**CALL, "id": "c2"}), SECOND, RESULT]},
    "w3_2_34_tuned": {"model": "ft:a1b2c3", "stop": ["끝"]},
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


def _wrong(*names: str) -> tuple[str, str]:
    return "40001", f"Invalid parameter: {', '.join(names)}"


NO_FUNCTIONS = ("40009", "Unsupported function")
ARGUMENTS = "messages[1].tool_calls[0].function.arguments"
FORCED_OTHER: dict[str, Any] = {"type": "function", "function": {"name": "g"}}
REFUSED: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "w3_1_02_w4_1_40084_embedding_model": ({"model": "bge-m3"}, ("40084", "Unsupported API for model")),
    "w3_2_01_no_model": ({"model": None}, _wrong("model")),
    "w3_2_01_stream_is_a_word": ({"stream": "yes"}, _wrong("stream")),
    "w3_2_04_repetition_penalty_on_v1": (
        {"model": "HCX-003", "repetition_penalty": 1},
        ("40002", "Unsupported parameter: repetition_penalty"),
    ),
    "w3_2_05_repeat_penalty_on_v3": ({"repeat_penalty": 5}, ("40002", "Unsupported parameter: repeat_penalty")),
    "w3_2_08_n_0": ({"n": 0}, _wrong("n")),
    "w3_2_08_w12_38_n_2": ({"n": 2}, _wrong("n")),
    "w3_2_09_w12_40_required": ({**TOOLS, "tool_choice": "required"}, _wrong("tool_choice")),
    "w3_2_09_any": ({**TOOLS, "tool_choice": "any"}, _wrong("tool_choice")),
    "w3_2_09_unknown_tool": ({**TOOLS, "tool_choice": FORCED_OTHER}, _wrong("tool_choice")),
    "w3_2_09_without_tools": ({"tool_choice": FORCED_OTHER}, _wrong("tool_choice")),
    "w3_2_09_another_form": ({**TOOLS, "tool_choice": {"name": "f"}}, _wrong("tool_choice")),
    "w3_2_10_w3_2_17_w12_39_not_parallel": ({**TOOLS, "parallel_tool_calls": False}, _wrong("parallel_tool_calls")),
    "w3_2_11_mid": ({"model": "HCX-007", "reasoning_effort": "mid"}, _wrong("thinking")),
    "w3_2_11_twice": (
        {"model": "HCX-007", "reasoning_effort": "low", "reasoning": {"effort": "low"}},
        _wrong("thinking"),
    ),
    "w3_2_11_a_word": ({"model": "HCX-007", "reasoning": "low"}, _wrong("thinking")),
    "w2_1_03_thinking_on_005": ({"reasoning_effort": "low"}, _wrong("thinking")),
    "w2_1_03_thinking_on_dash": ({"model": "HCX-DASH-002", "reasoning": {"effort": "low"}}, _wrong("thinking")),
    "w2_5_23_effort_none_on_005": ({"reasoning_effort": "none"}, _wrong("thinking")),
    "w3_2_12_w3_5_04_w12_41_json_object": (
        {**OFF, "response_format": {"type": "json_object"}},
        _wrong("response_format.type"),
    ),
    "w3_2_12_w12_41_text": ({**OFF, "response_format": {"type": "text"}}, _wrong("response_format.type")),
    "w3_2_12_a_word": ({**OFF, "response_format": "json"}, _wrong("response_format")),
    "w3_2_12_no_schema": ({**OFF, "response_format": {"type": "json_schema"}}, _wrong("response_format.json_schema")),
    "w3_2_14_cap_is_a_boolean": ({"max_tokens": True}, _wrong("max_tokens")),
    "w3_2_14_cap_is_a_fraction": ({"max_completion_tokens": 1.5}, _wrong("max_completion_tokens")),
    "w3_2_14_two_caps": ({"max_tokens": 9, "max_completion_tokens": 9}, _wrong("maxTokens", "maxCompletionTokens")),
    "w3_2_14_temperature_below": ({"temperature": -0.1}, _wrong("temperature")),
    "w3_2_14_temperature_above": ({"temperature": 1.1}, _wrong("temperature")),
    "w3_2_14_temperature_in_words": ({"temperature": "hot"}, _wrong("temperature")),
    "w3_2_14_temperature_0_on_v1": ({"model": "HCX-003", "temperature": 0}, _wrong("temperature")),
    "w3_2_14_top_p_below": ({"top_p": 0}, _wrong("top_p")),
    "w3_2_14_top_p_above": ({"top_p": 1.01}, _wrong("top_p")),
    "w3_2_14_top_k_below": ({"top_k": -1}, _wrong("top_k")),
    "w3_2_14_top_k_above": ({"top_k": 129}, _wrong("top_k")),
    "w3_2_14_repetition_penalty_below": ({"repetition_penalty": 0}, _wrong("repetition_penalty")),
    "w3_2_14_repetition_penalty_above": ({"repetition_penalty": 2.1}, _wrong("repetition_penalty")),
    "w3_2_14_repeat_penalty_below": ({"model": "HCX-003", "repeat_penalty": 0}, _wrong("repeat_penalty")),
    "w3_2_14_repeat_penalty_above": ({"model": "HCX-003", "repeat_penalty": 10.1}, _wrong("repeat_penalty")),
    "w3_2_14_seed_below": ({"seed": -1}, _wrong("seed")),
    "w3_2_14_seed_above": ({"seed": 2**32}, _wrong("seed")),
    "w3_2_14_stop_holds_a_number": ({"stop": [1]}, _wrong("stop")),
    "w3_2_14_stop_holds_nothing": ({"stop": [""]}, _wrong("stop")),
    "w2_4_08_stop_while_thinking": ({"model": "HCX-007", "stop": ["끝"]}, _wrong("stop", "reasoning")),
    "w3_2_20_schema_on_005": (_format(), _wrong("response_format.type")),
    "w3_2_23_cap_of_1023": ({**TOOLS, "max_tokens": 1023}, _wrong("tools", "maxTokens")),
    "w3_2_23_other_cap_of_1023": ({"tools": [TOOL], "max_completion_tokens": 1023}, _wrong("tools", "maxTokens")),
    "w3_2_23_cap_of_1023_on_007": ({**OFF, **TOOLS, "max_tokens": 1023}, _wrong("tools", "maxTokens")),
    "w3_2_23_no_cap": ({"tools": [TOOL]}, _wrong("tools", "maxTokens")),
    "w3_2_24_tools_and_thinking": (
        {**TOOLS, "model": "HCX-007", "reasoning_effort": "low"},
        _wrong("tools", "reasoning"),
    ),
    "w3_2_24_w3_2_26_thinking_is_the_default": ({**TOOLS, "model": "HCX-007"}, _wrong("tools", "reasoning")),
    "w3_2_25_schema_and_thinking": ({"model": "HCX-007", **_format()}, _wrong("responseFormat", "reasoning")),
    "w2_1_08_tools_and_schema": ({**OFF, **TOOLS, **_format()}, _wrong("tools", "responseFormat")),
    "w2_1_08_tools_and_image": ({**TOOLS, **_image(PNG)}, _wrong("tools", "image_url")),
    "w3_2_30_w12_37_content_null": (
        {"messages": [USER, {"role": "assistant", "content": None}, USER]},
        _wrong("messages[1].content"),
    ),
    "w3_2_30_w12_37_content_null_beside_calls": (
        {"messages": [USER, {**_asked(CALL), "content": None}, RESULT]},
        _wrong("messages[1].content"),
    ),
    "w3_2_31_w3_2_32_arguments_as_object": (
        {"messages": [USER, _asked({**CALL, "function": {"name": "f", "arguments": {}}}), RESULT]},
        _wrong(ARGUMENTS),
    ),
    "w3_2_31_arguments_are_no_json": (
        {"messages": [USER, _asked({**CALL, "function": {"name": "f", "arguments": '{"a'}}), RESULT]},
        _wrong(ARGUMENTS),
    ),
    "w3_2_31_arguments_are_a_list": (
        {"messages": [USER, _asked({**CALL, "function": {"name": "f", "arguments": "[]"}}), RESULT]},
        _wrong(ARGUMENTS),
    ),
    "w3_2_33_result_without_id": (
        {"messages": [*HISTORY[:2], {"role": "tool", "content": "1"}]},
        _wrong("messages[2].tool_call_id"),
    ),
    "w3_2_33_result_of_nothing": ({"messages": [*HISTORY[:2], SECOND]}, _wrong("messages[2].tool_call_id")),
    "w3_2_33_one_call_answered_twice": ({"messages": [*HISTORY, RESULT]}, _wrong("messages[3].tool_call_id")),
    "w4_1_40009a_tools_on_a_v1_model": ({**TOOLS, "model": "HCX-003"}, NO_FUNCTIONS),
    "w4_1_40009a_tools_on_a_tuned_model": ({**TOOLS, "model": "ft:a1"}, NO_FUNCTIONS),
}  # fmt: skip


@pytest.mark.parametrize(("body", "told"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("stream", [None, True], ids=["whole", "streamed"])
@pytest.mark.soak(every=2)
def test_w3_7_01_w12_36_what_is_refused(
    simulator: START, body: dict[str, Any], told: tuple[str, str], stream: object
) -> None:
    """400 with the whole envelope and a message that names what is wrong, even where a stream was asked for."""
    answer = _post(simulator(), **{"stream": stream, **body})
    code, message = told

    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": message, "type": None, "param": None, "code": code}}


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


def test_w3_7_02_the_code_is_text(simulator: START) -> None:
    """Digits as a string, which the client's errors keep."""
    answer = _post(simulator(), n=2)
    error = http_error(answer.status_code, answer.headers, answer.content)

    assert isinstance(error, RequestError)
    assert error.facts.code == "40001"
