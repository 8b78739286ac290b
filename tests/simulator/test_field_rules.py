"""Messages, tools, schemas, images over the OpenAI-compatible API; the order of checks (docs/wire.md, 2 to 4)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import Switches

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
TOOLS: dict[str, Any] = {"tools": [TOOL], "max_tokens": 1024}
RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "c1", "content": "1"}
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAAEAQAAAACBiqPTAAAAC0lEQVR4nGNggAAAAAgAAbdYc5UAAAAASUVORK5CYII="
)


def _call(arguments: Any = "{}", **changes: Any) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}, **changes}


def _asked(*calls: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": list(calls), **changes}


def _image(url: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": [{"type": "image_url", "image_url": {"url": url}}]}, USER]}


def _said(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [USER, *messages]}


def _format(schema: Any, **changes: Any) -> dict[str, Any]:
    answer = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return {"model": "HCX-007", "reasoning_effort": "none", "response_format": answer, **changes}


def _code(client: TestClient, changes: dict[str, Any]) -> tuple[int, str | None, str]:
    answer = client.post(CHAT, json={"model": "HCX-005", "messages": [USER], **changes})
    error = answer.json().get("error", {})
    return answer.status_code, error.get("code"), error.get("message", "")


def _tool(**changes: Any) -> dict[str, Any]:
    return {"max_tokens": 1024, "tools": [{"type": "function", "function": {**TOOL["function"], **changes}}]}


def _alone(content: Any, **changes: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content, **changes}]}


def _wrong(*names: str) -> str:
    return f"40001 Invalid parameter: {', '.join(names)}"


SYSTEM: dict[str, Any] = {"role": "system", "content": "친절하게"}
CALLS = "messages[1].tool_calls"
NO_IMAGES = "40009 Unsupported input format"
TOO_LONG = "40003 Context length exceeded"
BAD_SCHEMA = "40055 Invalid response format schema"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "w2_2_01_empty_list": ({"messages": []}, _wrong("messages")),
    "w2_2_01_no_list": ({"messages": "안녕"}, _wrong("messages")),
    "w2_2_01_message_is_a_word": ({"messages": ["안녕"]}, _wrong("messages[0]")),
    "w2_2_14_unknown_role": ({"messages": [{"role": "critic", "content": "a"}]}, _wrong("messages[0].role")),
    "w2_2_14_tool_role_on_v1": ({"model": "HCX-003", "messages": [USER, RESULT]}, _wrong("messages[1].role")),
    "w2_2_15_two_systems": ({"messages": [SYSTEM, SYSTEM, USER]}, _wrong("messages")),
    "w2_2_15_two_systems_apart": ({"messages": [SYSTEM, USER, SYSTEM]}, _wrong("messages")),
    "w2_2_16_no_content": ({"messages": [{"role": "user"}]}, _wrong("messages[0].content")),
    "w2_2_16_number": (_alone(1), _wrong("messages[0].content")),
    "w2_2_17_empty_list": (_alone([]), _wrong("messages[0].content")),
    "w2_2_18_another_part": (_alone([{"type": "audio"}]), _wrong("messages[0].content[0]")),
    "w3_2_01_name_is_a_number": (_alone("안녕", name=5), _wrong("messages[0].name")),
    "w3_2_16_field_of_no_message": (_alone("안녕", refusal="x"), "40002 Unsupported parameter: messages[0].refusal"),
    "w2_4_13_thinking_in_the_history": (
        _said({"role": "assistant", "content": "a", "reasoning_content": "b"}, USER),
        "40002 Unsupported parameter: messages[1].reasoning_content",
    ),
    "w4_1_40004_nothing_said": (_alone(" "), "40004 Text empty"),
    "w2_5_29_calls_are_no_list": (_said(_asked(tool_calls=5), RESULT), _wrong(CALLS)),
    "w2_5_29_call_without_id": (_said(_asked(_call(id=None)), RESULT), _wrong(f"{CALLS}[0].id")),
    "w2_5_29_call_of_another_type": (_said(_asked(_call(type="custom")), RESULT), _wrong(f"{CALLS}[0]")),
    "one_id_twice": (_said(_asked(_call(), _call()), RESULT), _wrong(f"{CALLS}.id")),
    "u12_call_unanswered": (_said(_asked(_call()), USER), _wrong("messages[2]", "tool_calls")),
    "u12_last_call_unanswered": (_said(_asked(_call())), _wrong("messages", "tool_calls")),
    "u12_one_of_two_calls_unanswered": (
        _said(_asked(_call(), _call(id="c2")), RESULT),
        _wrong("messages", "tool_calls"),
    ),
    "w2_5_06_tools_are_no_list": ({"tools": {"f": 1}, "max_tokens": 1024}, _wrong("tools")),
    "w2_5_06_tool_is_a_word": ({"tools": ["f"], "max_tokens": 1024}, _wrong("tools")),
    "w2_5_07_no_type": ({**TOOLS, "tools": [{"function": TOOL["function"]}]}, _wrong("tools[].type")),
    "w2_5_07_no_function": ({**TOOLS, "tools": [{"type": "function"}]}, _wrong("tools[].function")),
    "w2_5_09_no_description": (_tool(description=None), _wrong("tools[].function.description")),
    "w2_5_09_empty_description": (_tool(description=" "), _wrong("tools[].function.description")),
    "w8_2_01_parameters_are_a_list": (_tool(parameters=[]), _wrong("tools[].function.parameters")),
    "w8_2_01_required_names_no_property": (
        _tool(parameters={"type": "object", "required": ["a"]}),
        _wrong("tools[].function.parameters"),
    ),
    "w8_2_04_name_of_65_letters": (_tool(name="f" * 65), _wrong("tools[].function.name")),
    "w8_2_04_name_in_hangul": (_tool(name="날씨"), _wrong("tools[].function.name")),
    "w8_2_04_name_with_a_dot": (_tool(name="a.b"), _wrong("tools[].function.name")),
    "w8_2_04_empty_name": (_tool(name=""), _wrong("tools[].function.name")),
    "w8_2_04_one_name_twice": ({**TOOLS, "tools": [TOOL, TOOL]}, _wrong("tools[].function.name")),
    "w8_1_19_pattern": (
        _format({"type": "object", "properties": {"a": {"type": "string", "pattern": "a+"}}}),
        BAD_SCHEMA,
    ),
    "unknown_type_in_schema": (_format({"type": "date"}), BAD_SCHEMA),
    "enum_without_values": (_format({"type": "string", "enum": []}), BAD_SCHEMA),
    "property_that_is_no_schema": (_format({"type": "object", "properties": {"a": 1}}), BAD_SCHEMA),
    "w2_1_02_image_on_007": ({"model": "HCX-007", **_image(PNG)}, NO_IMAGES),
    "w2_1_02_image_on_dash": ({"model": "HCX-DASH-002", **_image(PNG)}, NO_IMAGES),
    "w2_1_09_image_on_a_tuned_model": ({"model": "ft:a1", **_image(PNG)}, NO_IMAGES),
    "w2_2_18_image_of_the_assistant": (_image(PNG, "assistant"), _wrong("messages[0].content[0]")),
    "w3_2_28_image_without_address": (_image(None), _wrong("messages[0].content[0].image_url.url")),
    "w2_2_28_two_images": (
        _alone(_image(PNG)["messages"][0]["content"] * 2),
        "40000 Each user message can contain only one image",
    ),
    "w2_2_29_six_images": ({"messages": [_image(PNG)["messages"][0]] * 6}, "40003 Image limit exceeded"),
    "w4_1_40060_gif": (_image("data:image/gif;base64,R0lG"), "40060 Unsupported image format"),
    "w2_2_22_bare_base64": (_image("iVBORw0KGgo="), "40063 Invalid image url"),
    "w2_2_32_too_long": (_alone("가" * 200_000), TOO_LONG),
    "w2_2_32_input_and_cap_together": ({**_alone("가" * 126_000), "max_tokens": 4096}, TOO_LONG),
    "w2_2_33_too_long_for_dash": ({"model": "HCX-DASH-002", **_alone("가" * 33_000)}, TOO_LONG),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.soak(every=2)
def test_a_broken_rule_is_named(simulator: START, changes: dict[str, Any], told: str, *, streamed: bool) -> None:
    """Status 400, the documented code, and a message that names the field, even where a stream was asked for."""
    status, code, message = _code(simulator(), {"stream": streamed, **changes})
    assert (status, f"{code} {message}") == (400, told)


ONLY_STRICT: dict[str, dict[str, Any]] = {
    "effort none on 005": {"reasoning_effort": "none"},
    "tool without type": {**TOOLS, "tools": [{"function": TOOL["function"]}]},
    "stop while thinking": {"model": "HCX-007", "stop": ["끝"]},
    "call unanswered": _said(_asked(_call()), USER),
    "arguments that are no JSON": _said(_asked(_call('{"a')), RESULT),
    "unknown field of a message": {"messages": [{**USER, "refusal": "x"}]},
    "pattern in a schema": _format({"type": "string", "pattern": "a"}),
}


@pytest.mark.parametrize("changes", ONLY_STRICT.values(), ids=ONLY_STRICT.keys())
def test_what_is_unconfirmed_is_refused_only_in_strict_mode(simulator: START, changes: dict[str, Any]) -> None:
    """Strict says no where the service may say no; lenient says no only where it is known to (U3, U12)."""
    assert _code(simulator(), changes)[0] == 400
    assert _code(simulator(strict=False), changes)[0] == 200


ALLOWED: dict[str, dict[str, Any]] = {
    "null means absent": {"max_tokens": None, "tools": None, "stop": None, "seed": None, "user": None},
    "calls that are null": _said({"role": "assistant", "content": "네", "tool_calls": None}, USER),
    "w2_2_29_five_images": {"messages": [_image(PNG)["messages"][0]] * 5},
    "w2_2_16_text_parts": _alone([{"type": "text", "text": "가"}] * 2),
    "w2_2_31_image_with_a_text": _alone([*_image(PNG)["messages"][0]["content"], {"type": "text", "text": "뭐야?"}]),
    "w2_5_37_tools_sent_again": {**TOOLS, "messages": [SYSTEM, USER, _asked(_call()), RESULT]},
    "w2_5_08_no_parameters": TOOLS,
    "w8_2_04_name_of_64_letters": _tool(name="Ab-_9" + "f" * 59),
    "w8_2_04_hundreds_of_tools": {
        "max_tokens": 1024,
        "tools": [_tool(name=f"f{n}")["tools"][0] for n in range(300)],
    },
    "optional fields in a schema": _format(
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "$defs": {}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED.keys())
def test_unusual_but_legal_requests_are_answered(simulator: START, changes: dict[str, Any]) -> None:
    """Strict mode is no stricter than the documentation."""
    assert _code(simulator(), changes)[0] == 200


SWITCHED: dict[str, tuple[Switches, dict[str, Any], int]] = {
    "schema_elsewhere": (Switches(schema_elsewhere="ignore"), {**_format({}), "model": "HCX-005"}, 400),
    "schema_elsewhere, no effort": (
        Switches(schema_elsewhere="ignore"),
        {"response_format": _format({"type": "object"})["response_format"]},
        200,
    ),
    "documented_schema_only": (
        Switches(documented_schema_only=True),
        _format({"type": "object", "additionalProperties": False}),
        400,
    ),
    "history_tools_declared": (Switches(history_tools_declared=True), _said(_asked(_call()), RESULT), 400),
    "history_tools_declared, declared": (
        Switches(history_tools_declared=True),
        {**TOOLS, **_said(_asked(_call()), RESULT)},
        200,
    ),
}


@pytest.mark.parametrize(("switches", "changes", "status"), SWITCHED.values(), ids=SWITCHED.keys())
def test_a_switch_changes_what_is_refused(
    simulator: START, switches: Switches, changes: dict[str, Any], status: int
) -> None:
    """Each switch does what docs/unconfirmed.md says of it."""
    assert _code(simulator(switches=switches), changes)[0] == status


def test_w4_2_08_one_fault_hides_the_next(simulator: START) -> None:
    """Model, unsupported field, range, exclusion, history, context: mended one by one."""
    body: dict[str, Any] = {
        "model": "HCX-900",
        "messages": [USER, _asked(_call()), {"role": "user", "content": "가" * 200_000}],
        "user": "me",
        "temperature": 9,
        "tools": [TOOL],
    }
    mended: list[tuple[str, dict[str, Any]]] = [
        ("40080 Model not found", {"model": "HCX-005"}),
        ("40002 Unsupported parameter: user", {"user": None}),
        ("40001 Invalid parameter: temperature", {"temperature": 0.5}),
        ("40001 Invalid parameter: tools, maxTokens", {"max_tokens": 1024}),
        ("40001 Invalid parameter: messages[2], tool_calls", {"messages": [USER, body["messages"][2]]}),
        ("40003 Context length exceeded", {"messages": [USER]}),
    ]
    client = simulator()
    for expected, change in mended:
        status, code, message = _code(client, body)
        assert (status, f"{code} {message}") == (400, expected)
        body |= change
    assert _code(client, body)[0] == 200


def test_w4_2_08_the_key_counts_more_than_the_size(simulator: START) -> None:
    """A body that is too large is not even measured without a key."""
    client = simulator(switches=Switches(max_body_bytes=10))
    body = json.dumps({"model": "HCX-005", "messages": [USER]})
    answer = client.post(CHAT, content=body, headers={"Authorization": "Bearer nope"})
    assert answer.json()["error"]["code"] == "40104"


def test_a_body_without_a_length_is_measured_on_the_way(simulator: START) -> None:
    """A chunked body is refused with 41300 as soon as it is too large."""

    def chunks() -> Iterator[bytes]:
        yield from [b'{"model": "HCX-005"', b" " * 200, b"}"]

    client = simulator(switches=Switches(max_body_bytes=100))
    answer = client.post(CHAT, content=chunks(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "41300")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", None])
def test_the_media_type_may_have_a_charset_but_must_be_there(simulator: START, media_type: str | None) -> None:
    """Anything but JSON is 41500."""
    headers = {"Content-Type": media_type} if media_type else {}
    answer = simulator().post(CHAT, content=json.dumps({"model": "HCX-005", "messages": [USER]}), headers=headers)
    assert answer.status_code == (200 if media_type else 415)


def test_json_nested_beyond_reason_is_refused(simulator: START) -> None:
    """40000, and no crash, for a body of a thousand brackets."""
    content = '{"a": ' + "[" * 1000 + "]" * 1000 + "}"
    answer = simulator().post(CHAT, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "40000")


@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "40100"), ("Basic abc", "40102"), ("nv-test", "40102"), ("Bearer ", "40104"), ("Bearer sk-1", "40104")],
)
def test_w4_2_08_keys_are_checked_before_anything_else(simulator: START, header: str | None, code: str) -> None:
    """A request that is wrong in every way fails on its key first."""
    client = simulator()
    del client.headers["Authorization"]
    headers = {"Authorization": header} if header is not None else {}
    answer = client.post(CHAT, content=b"{", headers={**headers, "Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert client.get("/v1/openai/models", headers=headers).status_code == 401


def test_w4_2_08_the_body_is_checked_in_order(simulator: START) -> None:
    """Size, media type, JSON, model, fields: the first that is wrong decides."""
    small = simulator(switches=Switches(max_body_bytes=100))
    large = b'{"model": "HCX-900", ' + b" " * 200
    answer = small.post(CHAT, content=large, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "41300")
    client = simulator()
    wrong = client.post(CHAT, content=b"{", headers={"Content-Type": "text/plain"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (415, "41500")
    for broken in (b"{", b"[]", b"null", b"\xff"):
        answer = client.post(CHAT, content=broken, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "40000")
    assert _code(client, {"model": "HCX-900", "temperature": 9})[:2] == (400, "40080")
