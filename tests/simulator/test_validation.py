"""What the simulator refuses and accepts over the OpenAI-compatible API, whole and streamed."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import Switches

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
BROKEN: dict[str, Any] = {**CALL, "function": {"name": "f", "arguments": '{"a'}}
ASKED: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT: dict[str, Any] = {"role": "tool", "tool_call_id": "c1", "content": "1"}
SCHEMA: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
IMAGE: dict[str, Any] = {"type": "image_url", "image_url": {"url": "https://x.kr/a.png"}}


def _body(**changes: Any) -> dict[str, Any]:
    body = {"model": "HCX-005", "messages": [USER], **changes}
    return {name: value for name, value in body.items() if value is not None}


def _function(**changes: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "description": "does f", **changes}}


TOOLS_007 = {"model": "HCX-007", "tools": [TOOL], "max_tokens": 1024}
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown model", {"model": "HCX-900"}, "40080", "Model not found"),
    ("model of another API", {"model": "bge-m3"}, "40084", "Unsupported API for model"),
    ("model missing", {"model": None}, "40001", "model"),
    ("cap 0", {"max_tokens": 0}, "40001", "max_tokens"),
    ("cap above the model", {"max_tokens": 4097}, "40001", "max_tokens"),
    ("two caps", {"max_tokens": 9, "max_completion_tokens": 9}, "40001", "maxTokens, maxCompletionTokens"),
    ("tools, low cap", {"tools": [TOOL], "max_tokens": 1023}, "40001", "Invalid parameter: tools, maxTokens"),
    ("tools, low other cap", {"tools": [TOOL], "max_completion_tokens": 512}, "40001", "tools, maxTokens"),
    ("tools, no cap", {"tools": [TOOL]}, "40001", "Invalid parameter: tools, maxTokens"),
    ("tools while thinking by default", TOOLS_007, "40001", "Invalid parameter: tools, reasoning"),
    ("tools while thinking", {**TOOLS_007, "reasoning_effort": "low"}, "40001", "tools, reasoning"),
    ("thinking on 005", {"reasoning_effort": "low"}, "40001", "Invalid parameter: thinking"),
    ("effort mid", {"model": "HCX-007", "reasoning_effort": "mid"}, "40001", "thinking"),
    ("schema while thinking", {"model": "HCX-007", "response_format": SCHEMA}, "40001", "responseFormat, reasoning"),
    ("schema on 005", {"response_format": SCHEMA}, "40001", "response_format.type"),
    ("schema beside tools", {**TOOLS_007, "reasoning_effort": "none", "response_format": SCHEMA}, "40001", "tools"),
    ("json_object", {"model": "HCX-007", "response_format": {"type": "json_object"}}, "40001", "esponse"),
    ("n 2", {"n": 2}, "40001", "n"),
    ("one call at a time", {"tools": [TOOL], "max_tokens": 1024, "parallel_tool_calls": False}, "4000", "arallel"),
    ("tool_choice required", {"tools": [TOOL], "max_tokens": 1024, "tool_choice": "required"}, "40001", "oice"),
    ("tool_choice any", {"tools": [TOOL], "max_tokens": 1024, "tool_choice": "any"}, "40001", "oice"),
    (
        "tool_choice unknown",
        {"tools": [TOOL], "max_tokens": 1024, "tool_choice": {"type": "function", "function": {"name": "g"}}},
        "40001",
        "oice",
    ),
    ("temperature 1.1", {"temperature": 1.1}, "40001", "temperature"),
    ("temperature text", {"temperature": "hot"}, "40001", "temperature"),
    ("top_p 0", {"top_p": 0}, "40001", "top"),
    ("top_k 129", {"top_k": 129}, "40001", "top"),
    ("penalty 0", {"repetition_penalty": 0}, "40001", "epetition"),
    ("seed too large", {"seed": 2**32}, "40001", "seed"),
    ("messages empty", {"messages": []}, "40001", "messages"),
    ("messages no list", {"messages": "안녕"}, "40001", "messages"),
    ("two systems", {"messages": [{"role": "system", "content": "a"}] * 2 + [USER]}, "40001", "messages"),
    ("unknown role", {"messages": [{"role": "critic", "content": "a"}]}, "40001", "messages"),
    ("content null", {"messages": [{"role": "assistant", "content": None}, USER]}, "40001", "messages"),
    ("content missing", {"messages": [{"role": "user"}]}, "40001", "messages"),
    ("result without id", {"messages": [USER, ASKED, {"role": "tool", "content": "1"}]}, "40001", "messages"),
    ("result of nothing", {"messages": [USER, {**RESULT, "tool_call_id": "c9"}]}, "40001", "messages"),
    ("call unanswered", {"messages": [USER, ASKED, USER]}, "40001", "messages"),
    (
        "arguments broken",
        {
            "messages": [
                USER,
                {**ASKED, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": '{"a'}}]},
                RESULT,
            ]
        },
        "40001",
        "messages",
    ),
    ("image on 007", {"model": "HCX-007", "messages": [{"role": "user", "content": [IMAGE]}]}, "400", ""),
    ("two images in a turn", {"messages": [{"role": "user", "content": [IMAGE, IMAGE]}]}, "40000", "only one image"),
    ("six images", {"messages": [{"role": "user", "content": [IMAGE]}] * 6}, "40003", "Image limit exceeded"),
    ("tool name", {"tools": [_function(name="날씨")], "max_tokens": 1024}, "40001", "tools"),
    ("no description", {"tools": [_function(description="")], "max_tokens": 1024}, "40001", "function.description"),
    ("one name twice", {"tools": [TOOL, TOOL], "max_tokens": 1024}, "40001", "tools"),
    ("parameters no object", {"tools": [_function(parameters=[])], "max_tokens": 1024}, "40001", "tools"),
    ("tools on a v1 model", {"model": "HCX-003", "tools": [TOOL], "max_tokens": 1024}, "40009", "Unsupported function"),
    (
        "tools on a tuned model",
        {"model": "ft:a1", "tools": [TOOL], "max_tokens": 1024},
        "40009",
        "Unsupported function",
    ),
    ("too long", {"messages": [{"role": "user", "content": "가" * 200_000}]}, "40003", "Context length exceeded"),
]


@pytest.mark.parametrize(("changes", "code", "text"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_what_the_service_refuses_is_refused(
    simulator: START,
    changes: dict[str, Any],
    code: str,
    text: str,
    streamed: bool,  # noqa: FBT001
) -> None:
    """Status 400 and the documented code and message, in the OpenAI envelope, even where a stream was asked for."""
    answer = simulator().post(CHAT, json={**_body(**changes), **({"stream": True} if streamed else {})})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"].startswith(code)
    assert text in error["message"]
    assert (error["type"], error["param"]) == (None, None)


ALLOWED: list[dict[str, Any]] = [
    {},
    {
        "max_tokens": 4096,
        "temperature": 0,
        "top_p": 1,
        "top_k": 128,
        "repetition_penalty": 2,
        "seed": 2**32 - 1,
        "n": 1,
    },
    {"tools": [TOOL], "max_completion_tokens": 1024, "tool_choice": "auto", "parallel_tool_calls": True},
    {**TOOLS_007, "reasoning_effort": "none", "tool_choice": {"type": "function", "function": {"name": "f"}}},
    {"model": "HCX-007", "reasoning_effort": "high", "max_tokens": 32_768},
    {"model": "HCX-007", "reasoning_effort": "none", "response_format": SCHEMA},
    {"messages": [{"role": "system", "content": "친절하게"}, USER, ASKED, RESULT], "tools": [TOOL], "max_tokens": 1024},
    {"messages": [{"role": "user", "content": [IMAGE, {"type": "text", "text": "뭐야?"}]}]},
    {"model": "ft:a1b2c3d4", "stop": ["끝"]},
    {"model": "HCX-003"},
]


@pytest.mark.parametrize("changes", ALLOWED, ids=range(len(ALLOWED)))
def test_what_the_service_accepts_is_accepted(simulator: START, changes: dict[str, Any]) -> None:
    """The strict mode refuses nothing that the documentation allows."""
    answer = simulator().post(CHAT, json=_body(**changes))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("header", "code"),
    [(None, "40100"), ("Basic abc", "40102"), ("nv-test", "40102"), ("Bearer ", "40104"), ("Bearer sk-1", "40104")],
)
def test_keys_are_checked_before_anything_else(simulator: START, header: str | None, code: str) -> None:
    """A request that is wrong in every way fails on its key first."""
    client = simulator()
    del client.headers["Authorization"]
    headers = {"Authorization": header} if header is not None else {}
    answer = client.post(CHAT, content=b"{", headers={**headers, "Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert client.get("/v1/openai/models", headers=headers).status_code == 401


def test_the_body_is_checked_in_order(simulator: START) -> None:
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
    assert client.post(CHAT, json=_body(model="HCX-900", temperature=9)).json()["error"]["code"] == "40080"
