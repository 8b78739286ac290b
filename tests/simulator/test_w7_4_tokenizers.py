"""Token calculators, and whether they agree with what is billed (docs/wire.md, section 7.4)."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator.jobs import Call, Rules
from clovax_agents.simulator.tool_apis.tokenizers import read_tokenize_v3
from clovax_agents.simulator.validation.native import read_native

START = Callable[..., TestClient]
TOKENIZE_V1 = "/v1/api-tools/chat-tokenize/HCX-003"
TOKENIZE_V3 = "/v3/api-tools/chat-tokenize/HCX-005"
TOKENIZE_EMBEDDING = "/v1/api-tools/embedding/v2/tokenize"
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4//8/AwMDEwMYAAAkBgMBXEmR"
    "mwAAAABJRU5ErkJggg=="
)
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}
FORECAST: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_forecast",
        "description": "날씨를 알려줄 수 있는 도구",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "서울, 대전, 부산 등의 도시 이름"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "date": {
                    "type": "string",
                    "description": "2026-11-01과 같은 형태의 날짜 문자열. 날씨를 알고 싶은 날짜",
                },
            },
            "required": ["location"],
        },
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "temp_high_c": {"type": "number", "description": "최고 기온(섭씨)"},
        "temp_low_c": {"type": "number", "description": "최저 기온(섭씨)"},
        "precipitation_percent": {"type": "number", "description": "강수 확률(%)", "minimum": 0, "maximum": 100},
    },
    "required": ["temp_high_c", "temp_low_c", "precipitation_percent"],
}
FORMAT = {"type": "json", "schema": SCHEMA}
QUESTION = {"role": "user", "content": "내일 서울 날씨 어때?"}
PICTURE_PART = {"type": "image_url", "imageUrl": {"url": "https://example.com/a.png"}}
PICTURE = {"role": "user", "content": [PICTURE_PART, {"type": "text", "text": "이 사진에 대해서 설명해줘"}]}
BARE = {"type": "function", "function": {"name": "f", "description": "does f"}}


def _ask(client: TestClient, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Post a body; return the result, or the status of the refusal."""
    answer = client.post(path, json=body, headers=headers)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == int(found["status"]["code"][:3])
    return found.get("result") or found["status"]


def _words(number: int) -> str:
    """Return a text of that many tokens."""
    return "가" + " 가" * (number - 1)


def _calls(result: str | None) -> list[dict[str, Any]]:
    """Return a conversation with a tool call, and its result if there is one."""
    call = {"id": "call_1", "type": "function", "function": {"name": "search_rules", "arguments": {"query": "재택"}}}
    asked = [QUESTION, {"role": "assistant", "content": "", "toolCalls": [call]}]
    return asked if result is None else [*asked, {"role": "tool", "toolCallId": "call_1", "content": result}]


def _tokenize(client: TestClient, path: str = TOKENIZE_V3, **body: Any) -> dict[str, Any]:
    return _ask(client, path, {"messages": [QUESTION], **body})


def test_w7_4_01_v1(simulator: START) -> None:
    """The calculator of v1 gives each message its count; together they are what the chat would count."""
    client = simulator()
    messages = [{"role": "system", "content": "짧게 답합니다."}, QUESTION]

    counted = _tokenize(client, TOKENIZE_V1, messages=messages)["messages"]

    assert [{"role": item["role"], "content": item["content"]} for item in counted] == messages
    chat = _ask(client, "/v1/chat-completions/HCX-003", {"messages": messages})
    assert sum(item["count"] for item in counted) == chat["inputLength"]


def test_w7_4_02_v3(simulator: START) -> None:
    """The calculator of v3 counts messages part by part, tools and schema, also where a chat takes only one of them."""
    result = _tokenize(
        simulator(), messages=[QUESTION, PICTURE], tools=[WEATHER], toolChoice="auto", responseFormat=FORMAT
    )

    assert result.keys() == {"messages", "tools", "responseFormat"}
    assert result["tools"].keys() == result["responseFormat"].keys() == {"count"}
    parts = result["messages"][1]["content"]
    assert [part.pop("count") > 0 for part in parts] == [True, True]
    assert parts == PICTURE["content"]
    assert _tokenize(simulator()).keys() == {"messages"}


@pytest.mark.parametrize(
    ("value", "documented", "tolerance"),
    [
        pytest.param(QUESTION["content"], 12, 2, id="w7_4_04"),
        pytest.param("이 사진에 대해서 설명해줘", 12, 2, id="w7_4_05"),
        pytest.param([PICTURE_PART, {"type": "text", "text": "가"}], 1_478, 0, id="w7_4_06_w6_15"),
    ],
)
def test_sample_counts(simulator: START, value: Any, documented: int, tolerance: int) -> None:
    """The documented counts of messages: images exactly, texts within two tokens (the tokenizer is not public)."""
    counted = _tokenize(simulator(), messages=[{"role": "user", "content": value}])["messages"][0]["content"]

    assert abs(counted[0]["count"] - documented) <= tolerance


@pytest.mark.parametrize(
    ("body", "documented"),
    [({"tools": [WEATHER, FORECAST]}, 230), ({"tools": [FORECAST, {**FORECAST, "function":
      {**FORECAST["function"], "name": "get_past"}}]}, 230), ({"responseFormat": FORMAT}, 86)],
    ids=["w7_4_07_english_and_korean", "w7_4_07_korean", "w7_4_08"],
)  # fmt: skip
def test_sample_counts_of_definitions(simulator: START, body: dict[str, Any], documented: int) -> None:
    """Two tools of ordinary size, and the schema of section 2.6, count within a tenth of what NAVER's samples do."""
    (definition,) = body

    assert _tokenize(simulator(), **body)[definition]["count"] == pytest.approx(documented, rel=0.1)


def test_w7_4_03_embedding(simulator: START) -> None:
    """1 to 10,000 characters are counted, and the embedding is billed for the same number."""
    client = simulator()

    for text in ("가", "내일 서울 날씨 어때?", "a" * 10_000):
        counted = _ask(client, TOKENIZE_EMBEDDING, {"text": text})
        billed = _ask(client, "/v1/api-tools/embedding/v2", {"text": text})
        assert counted == {"numTokens": billed["inputTokens"]}
    assert _ask(client, TOKENIZE_EMBEDDING, {"text": ""})["code"] == "40004"
    assert _ask(client, TOKENIZE_EMBEDDING, {"text": "a" * 10_001})["code"] == "40003"
    assert _ask(client, TOKENIZE_EMBEDDING, {"text": ["가"]})["code"] == "40001"


def test_w7_4_09_strings_become_one_part(simulator: START) -> None:
    """A string comes back as a list with one text part, a list as it was; a data URI stays one."""
    picture = {"type": "image_url", "dataUri": {"data": PNG}}
    messages = [QUESTION, {"role": "user", "content": [picture]}]

    counted = _tokenize(simulator(), messages=messages)["messages"]

    assert counted[0]["content"][0].keys() == {"type", "text", "count"}
    assert counted[0]["content"][0]["text"] == QUESTION["content"]
    assert counted[1]["content"][0]["dataUri"] == {"data": PNG}


TOKENIZE_REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "w7_4_01_v3_model_on_v1": ("/v1/api-tools/chat-tokenize/HCX-005", {}, "40084"),
    "w7_4_01_parts_on_v1": (TOKENIZE_V1, {"messages": [PICTURE]}, "40001"),
    "w7_4_02_v1_model_on_v3": ("/v3/api-tools/chat-tokenize/HCX-003", {}, "40084"),
    "w7_4_02_embedding_model": ("/v3/api-tools/chat-tokenize/bge-m3", {}, "40084"),
    "w7_4_02_unknown_model": ("/v3/api-tools/chat-tokenize/HCX-900", {}, "40080"),
    "w7_4_02_no_messages": (TOKENIZE_V3, {"messages": []}, "40001"),
    "w7_4_02_image_for_dash": ("/v3/api-tools/chat-tokenize/HCX-DASH-002", {"messages": [PICTURE]}, "40009"),
    "w7_4_02_bare_base64": (
        TOKENIZE_V3,
        {"messages": [{"role": "user", "content": [{"type": "image_url", "dataUri": {"data": "iVBORw0KGgo="}}]}]},
        "40001",
    ),
    "w7_4_02_tool_without_parameters": (TOKENIZE_V3, {"tools": [BARE]}, "40001"),
    "w7_4_02_tool_choice_of_nothing": (
        TOKENIZE_V3,
        {"toolChoice": {"type": "function", "function": {"name": "f"}}},
        "40001",
    ),
    "w7_4_02_format_without_schema": (TOKENIZE_V3, {"responseFormat": {"type": "json"}}, "40001"),
    "w7_4_02_schema_with_a_pattern": (
        TOKENIZE_V3,
        {"responseFormat": {"type": "json", "schema": {"type": "string", "pattern": "a"}}},
        "40055",
    ),
}


@pytest.mark.parametrize(("path", "body", "code"), TOKENIZE_REFUSED.values(), ids=TOKENIZE_REFUSED.keys())
def test_tokenizer_refusals(simulator: START, path: str, body: dict[str, Any], code: str) -> None:
    """The calculators refuse what a chat would refuse, with its codes."""
    assert _tokenize(simulator(), path, **body)["code"] == code


def test_a_conversation_may_be_too_long_or_break_off(simulator: START) -> None:
    """That is what one counts for: neither the length nor an unanswered call is an error here."""
    long = _tokenize(simulator(), messages=[{"role": "user", "content": _words(130_000)}])
    open_call = _tokenize(simulator(), messages=_calls(None))

    assert long["messages"][0]["content"][0]["count"] > 128_000
    assert open_call["messages"][1]["content"][0]["count"] > 10


BILLED: dict[str, dict[str, Any]] = {
    "a text": {"messages": [{"role": "system", "content": "짧게"}, QUESTION]},
    "an image and a text": {"messages": [PICTURE]},
    "an image alone": {"messages": [{"role": "user", "content": [PICTURE_PART]}]},
    "several texts": {
        "messages": [{"role": "user", "content": [{"type": "text", "text": t} for t in ("a ", "", "b")]}]
    },
    "w6_16_tools": {"messages": [QUESTION], "tools": [WEATHER, FORECAST]},
    "calls and results": {"messages": _calls('{"재택": 2}'), "tools": [WEATHER]},
}


@pytest.mark.parametrize("body", BILLED.values(), ids=BILLED.keys())
def test_the_counts_add_up_to_what_the_chat_is_billed(simulator: START, body: dict[str, Any]) -> None:
    """The sum over messages, tools and schema is the chat's promptTokens for the same request."""
    client = simulator()

    counted = _tokenize(client, **body)
    chat = _ask(client, "/v3/chat-completions/HCX-005", body)

    assert _sum(counted) == chat["usage"]["promptTokens"]


def test_each_part_has_its_own_count(simulator: START) -> None:
    """A part counts what is in it; the message's markers and line feeds between parts go with the texts before."""
    texts = ["가나", "다라 마바", ""]
    messages = [{"role": "user", "content": [{"type": "text", "text": text} for text in texts]}]

    counted = _tokenize(simulator(), messages=messages)["messages"][0]["content"]

    assert [part["count"] for part in counted] == [5 + 1 + 1, 2 + 1, 0]


def test_the_schema_is_billed_as_counted(simulator: START) -> None:
    """The same for a structured answer, which HCX-007 writes without thinking."""
    client = simulator()
    chat = {"messages": [QUESTION], "responseFormat": FORMAT, "thinking": {"effort": "none"}}

    counted = _tokenize(client, "/v3/api-tools/chat-tokenize/HCX-007", responseFormat=FORMAT)

    assert _sum(counted) == _ask(client, "/v3/chat-completions/HCX-007", chat)["usage"]["promptTokens"]


def _sum(counted: dict[str, Any]) -> int:
    parts = [part for message in counted["messages"] for part in message["content"]]
    definitions = [counted[name] for name in ("tools", "responseFormat") if name in counted]
    return sum(item["count"] for item in [*parts, *definitions])


@given(st.lists(st.one_of(st.text(max_size=20), st.just(None)), min_size=1, max_size=5))
def test_parts_add_up_whatever_they_are(texts: list[str | None]) -> None:
    """A unit test: texts and at most one image, in any order, count together what a chat counts."""
    parts = [{"type": "text", "text": text} for text in texts if text is not None]
    body = {"messages": [{"role": "user", "content": [*parts, PICTURE_PART] if None in texts else parts}, QUESTION]}
    call = Call(orjson.loads(orjson.dumps(body)), {"model": "HCX-005"})
    job, chat = read_tokenize_v3(call, Rules()), read_native(call, Rules())
    counted: Any = job.result()

    assert _sum(counted) == job.tokens == chat.request.prompt_tokens
