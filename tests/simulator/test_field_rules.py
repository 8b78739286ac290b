"""Rules of single fields, messages and images that a request can break (docs/wire.md, sections 2, 3.2 and 4)."""

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


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "cap_is_a_boolean": ({"max_tokens": True}, "40001", "max_tokens"),
    "cap_is_a_fraction": ({"max_tokens": 1.5}, "40001", "max_tokens"),
    "w2_4_04_cap_of_007": ({"model": "HCX-007", "max_tokens": 32_769}, "40001", "max_tokens"),
    "w2_2_08_temperature_below_0": ({"temperature": -0.1}, "40001", "temperature"),
    "w2_7_03_temperature_0_on_v1": ({"model": "HCX-003", "temperature": 0}, "40001", "temperature"),
    "w2_2_02_top_p_above_1": ({"top_p": 1.01}, "40001", "top_p"),
    "w2_2_03_top_k_below_0": ({"top_k": -1}, "40001", "top_k"),
    "w2_2_09_repetition_penalty_above_2": ({"repetition_penalty": 2.1}, "40001", "repetition_penalty"),
    "w2_7_06_repeat_penalty_above_10": ({"model": "HCX-003", "repeat_penalty": 11}, "40001", "repeat_penalty"),
    "w3_2_05_repeat_penalty_on_v3": ({"repeat_penalty": 5}, "40002", "repeat_penalty"),
    "w3_2_04_repetition_penalty_on_v1": ({"model": "HCX-003", "repetition_penalty": 1}, "40002", "repetition_penalty"),
    "seed_below_0": ({"seed": -1}, "40001", "seed"),
    "stop_holds_a_number": ({"stop": [1]}, "40001", "stop"),
    "stop_is_empty": ({"stop": [""]}, "40001", "stop"),
    "w2_4_08_stop_while_thinking": ({"model": "HCX-007", "stop": ["끝"]}, "40001", "stop, reasoning"),
    "stream_is_a_word": ({"stream": "yes"}, "40001", "stream"),
    "n_0": ({"n": 0}, "40001", "n"),
    "w2_5_23_effort_none_on_005": ({"reasoning_effort": "none"}, "40001", "Invalid parameter: thinking"),
    "thinking_on_dash": ({"model": "HCX-DASH-002", "reasoning_effort": "low"}, "40001", "Invalid parameter: thinking"),
    "effort_in_another_place": ({"reasoning": {"effort": "low"}}, "40001", "Invalid parameter: thinking"),
    "effort_twice": (
        {"model": "HCX-007", "reasoning_effort": "low", "reasoning": {"effort": "low"}},
        "40001",
        "thinking",
    ),
    "reasoning_is_a_word": ({"model": "HCX-007", "reasoning": "low"}, "40001", "thinking"),
    "tools_are_no_list": ({"tools": {"f": 1}, "max_tokens": 1024}, "40001", "tools"),
    "a_tool_is_a_word": ({"tools": ["f"], "max_tokens": 1024}, "40001", "tools"),
    "w2_5_07_tool_without_type": ({**TOOLS, "tools": [{"function": TOOL["function"]}]}, "40001", "tools[].type"),
    "tool_without_function": ({**TOOLS, "tools": [{"type": "function"}]}, "40001", "tools[].function"),
    "w2_5_09_no_description": (
        {**TOOLS, "tools": [{"type": "function", "function": {"name": "f"}}]},
        "40001",
        "tools[].function.description",
    ),
    "w8_2_04_name_of_65_letters": (
        {**TOOLS, "tools": [{"type": "function", "function": {"name": "f" * 65, "description": "x"}}]},
        "40001",
        "tools[].function.name",
    ),
    "required_names_no_property": (
        {
            **TOOLS,
            "tools": [
                {
                    "type": "function",
                    "function": {**TOOL["function"], "parameters": {"type": "object", "required": ["a"]}},
                }
            ],
        },
        "40001",
        "tools[].function.parameters",
    ),
    "tool_choice_without_tools": ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "40001", "choice"),
    "tool_choice_of_another_form": ({**TOOLS, "tool_choice": {"name": "f"}}, "40001", "tool_choice"),
    "w2_5_16_tools_on_007_with_a_low_cap": (
        {"model": "HCX-007", "reasoning_effort": "none", "tools": [TOOL], "max_completion_tokens": 1023},
        "40001",
        "Invalid parameter: tools, maxTokens",
    ),
    "tools_beside_an_image": ({**TOOLS, **_image(PNG)}, "40001", "tools"),
    "text_format": ({"model": "HCX-007", "response_format": {"type": "text"}}, "40001", "response_format.type"),
    "format_is_a_word": ({"model": "HCX-007", "response_format": "json"}, "40001", "response_format"),
    "format_without_schema": (
        {"model": "HCX-007", "response_format": {"type": "json_schema"}},
        "40001",
        "response_format.json_schema",
    ),
    "w8_1_19_pattern": (
        _format({"type": "object", "properties": {"a": {"type": "string", "pattern": "a+"}}}),
        "40055",
        "Invalid response format schema",
    ),
    "unknown_type_in_schema": (_format({"type": "date"}), "40055", "Invalid response format schema"),
    "enum_without_values": (_format({"type": "string", "enum": []}), "40055", "schema"),
    "property_that_is_no_schema": (_format({"type": "object", "properties": {"a": 1}}), "40055", "schema"),
    "message_is_a_word": ({"messages": ["안녕"]}, "40001", "messages[0]"),
    "w2_2_17_content_is_an_empty_list": ({"messages": [{"role": "user", "content": []}]}, "40001", "messages[0]"),
    "content_is_a_number": ({"messages": [{"role": "user", "content": 1}]}, "40001", "messages[0].content"),
    "unknown_part": ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "40001", "messages[0]"),
    "w3_2_30_call_with_content_null": (_said(_asked(_call(), content=None), RESULT), "40001", "messages[1].content"),
    "w4_1_40004_nothing_said": ({"messages": [{"role": "user", "content": " "}]}, "40004", "Text empty"),
    "unknown_field_of_a_message": ({"messages": [{**USER, "refusal": "x"}]}, "40002", "messages[0].refusal"),
    "w2_4_13_thinking_in_the_history": (
        _said({"role": "assistant", "content": "a", "reasoning_content": "b"}, USER),
        "40002",
        "messages[1].reasoning_content",
    ),
    "name_is_a_number": ({"messages": [{**USER, "name": 5}]}, "40001", "messages[0].name"),
    "tool_role_on_v1": ({"model": "HCX-003", "messages": [USER, RESULT]}, "40001", "messages[1].role"),
    "calls_are_no_list": (_said(_asked(tool_calls=5), RESULT), "40001", "tool_calls"),
    "w3_2_31_arguments_are_an_object": (_said(_asked(_call({})), RESULT), "40001", "arguments"),
    "arguments_are_a_list_as_text": (_said(_asked(_call("[]")), RESULT), "40001", "arguments"),
    "call_without_id": (_said(_asked(_call(id=None)), RESULT), "40001", "tool_calls[0].id"),
    "call_of_another_type": (_said(_asked(_call(type="custom")), RESULT), "40001", "tool_calls[0]"),
    "one_id_twice": (_said(_asked(_call(), _call()), RESULT), "40001", "tool_calls.id"),
    "one_call_answered_twice": (_said(_asked(_call()), RESULT, RESULT), "40001", "messages[3].tool_call_id"),
    "last_call_unanswered": (_said(_asked(_call())), "40001", "tool_calls"),
    "one_of_two_calls_unanswered": (_said(_asked(_call(), _call(id="c2")), RESULT), "40001", "tool_calls"),
    "w2_1_02_image_on_dash": ({"model": "HCX-DASH-002", **_image(PNG)}, "40009", "Unsupported input format"),
    "image_on_a_tuned_model": ({"model": "ft:a1", **_image(PNG)}, "40009", "Unsupported input format"),
    "image_of_the_assistant": (_image(PNG, "assistant"), "40001", "messages[0]"),
    "image_without_address": (_image(None), "40001", "image_url"),
    "w4_1_40060_gif": (_image("data:image/gif;base64,R0lG"), "40060", "Unsupported image format"),
    "w2_2_22_bare_base64": (_image("iVBORw0KGgo="), "40063", "Invalid image url"),
    "w2_2_33_too_long_for_dash": (
        {"model": "HCX-DASH-002", "messages": [{"role": "user", "content": "가" * 33_000}]},
        "40003",
        "Context length exceeded",
    ),
    "w2_2_32_input_and_cap_together": (
        {"messages": [{"role": "user", "content": "가" * 126_000}], "max_tokens": 4096},
        "40003",
        "Context length exceeded",
    ),
}


@pytest.mark.parametrize(("changes", "code", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_rule_is_named(simulator: START, changes: dict[str, Any], code: str, text: str) -> None:
    """Status 400, the documented code, and a message that names the field."""
    status, found, message = _code(simulator(), changes)
    assert (status, found) == (400, code), message
    assert text in message


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
    "seed 0": {"seed": 0},
    "stop as a text": {"stop": "끝"},
    "effort in its other place": {"model": "HCX-007", "reasoning": {"effort": "none"}},
    "calls that are null": _said({"role": "assistant", "content": "네", "tool_calls": None}, USER),
    "two calls answered in any order": _said(
        _asked(_call(), _call(id="c2")), {**RESULT, "tool_call_id": "c2"}, RESULT, {"role": "assistant", "content": "a"}
    ),
    "five images": {"messages": [_image(PNG)["messages"][0]] * 5},
    "text parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "가"}] * 2}]},
    "optional fields in a schema": _format(
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "$defs": {}}
    ),
    "penalties where they belong": {"model": "HCX-DASH-001", "repeat_penalty": 10, "top_k": 0},
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


def test_one_fault_hides_the_next(simulator: START) -> None:
    """Model, unsupported field, range, exclusion, schema, history, images, context: mended one by one."""
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


def test_the_key_counts_more_than_the_size(simulator: START) -> None:
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
