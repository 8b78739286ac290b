"""The table of errors and the order of checks (docs/wire.md, section 4)."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.errors import RateLimitError, ServerError, ServiceError
from clovax_agents.simulator import BrainReply, Key, Limit, Limits, RuleBrain, Switches, ToolCall, VirtualClock
from clovax_agents.wire.failures import http_error

OPENAI = "/v1/openai/chat/completions"
NATIVE = "/v3/chat-completions/HCX-005"
START = Callable[..., TestClient]
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
BODY: dict[str, Any] = {"messages": [USER]}
WITH_MODEL: dict[str, Any] = {"model": "HCX-005", **BODY}
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "does f"}}
WIRE = (Path(__file__).parents[2] / "docs" / "wire.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `W4\.1-(\w+)` \| (\d{3}) \| (\d{5}) \| (.+?) \| (.*?) \| (.*?) \|", WIRE, re.MULTILINE)
FAILURES = [(row, int(status), code, message, retry) for row, status, code, message, _, retry in ROWS if status > "299"]


def _status(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    found = body.get("status") or body.get("error")
    return answer.status_code, found["code"], found["message"]


@pytest.mark.parametrize(
    ("status", "code", "message", "retry"),
    [row[1:] for row in FAILURES],
    ids=[f"w4_1_{row[0]}" for row in FAILURES],
)
@pytest.mark.parametrize("path", [NATIVE, OPENAI], ids=["native", "openai"])
@pytest.mark.soak(every=2)
def test_every_documented_error_can_be_had_in_both_envelopes(
    simulator: START, path: str, status: int, code: str, message: str, retry: str
) -> None:
    """Status, code and text of the table; the client makes an error of it that is tried again as the table says."""
    text = message.strip("`").replace("`", "")
    headers = {"x-clovax-fault": f"error; code={code}; message={text}"}
    answer = simulator().post(path, json=WITH_MODEL, headers=headers)
    assert _status(answer) == (status, code, text)

    error = http_error(answer.status_code, answer.headers, answer.content)
    assert (error.facts.code, error.facts.status) == (code, status)
    again = RetryPolicy(retries=1).delay(error, 1, 600.0)
    assert not (retry == "yes" and status >= 429) or again is not None
    assert retry != "no" or again is None


def test_w4_1_40380_an_unlisted_code_is_an_error_all_the_same(simulator: START) -> None:
    """A token quota that only one edition mentions: the code decides."""
    answer = simulator().post(NATIVE, json=BODY, headers={"x-clovax-fault": "error; code=40380"})

    assert _status(answer)[:2] == (403, "40380")
    assert isinstance(http_error(answer.status_code, answer.headers, answer.content), ServiceError)


def test_w4_1_20000_a_success(simulator: START) -> None:
    """200, 20000, OK."""
    assert _status(simulator().post(NATIVE, json=BODY)) == (200, "20000", "OK")


def _parts(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [*parts]}]}


IMAGE: dict[str, Any] = {"type": "image_url", "imageUrl": {"url": "https://x.kr/a.png"}}
DATA: dict[str, Any] = {"type": "image_url", "dataUri": {"data": "data:image/gif;base64,R0lGODlhAQABAAAAACw="}}
EMPTY: dict[str, Any] = {"type": "image_url", "dataUri": {"data": "data:image/png;base64,"}}
SCHEMA: dict[str, Any] = {
    "thinking": {"effort": "none"},
    "responseFormat": {"type": "json", "schema": {"type": "string", "pattern": "a"}},
}
MADE: dict[str, tuple[str, dict[str, Any], tuple[int, str, str]]] = {
    "w4_1_40000b_two_images": (
        NATIVE, _parts(IMAGE, IMAGE), (400, "40000", "Each user message can contain only one image"),
    ),
    "w4_1_40001_w4_2_02_range": (NATIVE, {"topP": 0}, (400, "40001", "Invalid parameter: topP")),
    "w4_1_40001_w4_2_04_pair": (
        NATIVE, {"tools": [TOOL], "maxTokens": 9}, (400, "40001", "Invalid parameter: tools, maxTokens"),
    ),
    "w4_2_04_tools_thinking": (
        NATIVE.replace("005", "007"), {"tools": [TOOL]}, (400, "40001", "Invalid parameter: tools, thinking"),
    ),
    "w4_2_04_cap": (NATIVE.replace("005", "007"), {"maxTokens": 9}, (400, "40001", "Invalid parameter: maxTokens")),
    "w4_2_04_thinking": (NATIVE, {"thinking": {"effort": "low"}}, (400, "40001", "Invalid parameter: thinking")),
    "w4_1_40002_foreign": (OPENAI, {"user": "me"}, (400, "40002", "Unsupported parameter: user")),
    "w4_1_40003a_long": (
        NATIVE, {"messages": [{**USER, "content": "가" * 130_000}]}, (400, "40003", "Context length exceeded"),
    ),
    "w4_1_40003b_six_images": (
        NATIVE, {"messages": [_parts(IMAGE)["messages"][0]] * 6}, (400, "40003", "Image limit exceeded"),
    ),
    "w4_1_40004_blank": (NATIVE, {"messages": [{**USER, "content": " "}]}, (400, "40004", "Text empty")),
    "w4_1_40009a_tuned": ("/v3/tasks/a1/chat-completions", {"tools": [TOOL]}, (400, "40009", "Unsupported function")),
    "w4_1_40009a_v1": ("/v1/chat-completions/HCX-003", {"tools": [TOOL]}, (400, "40009", "Unsupported function")),
    "w4_1_40009c_blind": (
        NATIVE.replace("005", "DASH-002"), _parts(IMAGE), (400, "40009", "Unsupported input format"),
    ),
    "w4_1_40055_pattern": (NATIVE.replace("005", "007"), SCHEMA, (400, "40055", "Invalid response format schema")),
    "w4_1_40060_gif": (NATIVE, _parts(DATA), (400, "40060", "Unsupported image format")),
    "w4_1_40061_empty": (NATIVE, _parts(EMPTY), (400, "40061", "File size error")),
    "w4_1_40063d_no_address": (
        NATIVE, _parts({**IMAGE, "imageUrl": {"url": "https://x.kr/a"}}), (400, "40063", "Invalid image url"),
    ),
    "w4_1_40080_unknown": (NATIVE + "0", {}, (400, "40080", "Model not found")),
    "w4_1_40082_retired": ("/v1/chat-completions/HCX-002", {}, (400, "40082", "Model fade out")),
    "w4_1_40083_ended": (NATIVE.replace("005", "DASH-002"), {}, (400, "40083", "Model no resource")),
    "w4_1_40084_other_api": ("/v1/chat-completions/HCX-005", {}, (400, "40084", "Unsupported API for model")),
    "w4_1_40400a_path": ("/v3/nowhere", {}, (404, "40400", "Not found")),
}  # fmt: skip


@pytest.mark.parametrize(("path", "changes", "expected"), MADE.values(), ids=MADE.keys())
def test_what_brings_an_error_about(
    simulator: START, path: str, changes: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    """Not by a fault, but by the request."""
    ended = frozenset({"HCX-DASH-002"}) if expected[1] == "40083" else frozenset[str]()
    client = simulator(switches=Switches(ended_models=ended))

    assert _status(client.post(path, json={**WITH_MODEL, **changes})) == expected


def test_w4_1_40000a_w4_1_41300_w4_1_41500_bodies(simulator: START) -> None:
    """No JSON, too large, not labelled as JSON."""
    client = simulator(switches=Switches(max_body_bytes=400))
    json_type = {"Content-Type": "application/json"}

    assert _status(client.post(NATIVE, content="{", headers=json_type)) == (400, "40000", "Bad request")
    assert _status(client.post(NATIVE, content=" " * 500, headers=json_type))[:2] == (413, "41300")
    assert _status(client.post(NATIVE, content="{}"))[:2] == (415, "41500")
    assert _status(client.post(NATIVE, json=BODY, headers={"Accept": "image/png"}))[:2] == (406, "40600")


def test_w4_1_40009b_a_tool_that_is_not_there(simulator: START) -> None:
    """The model's mistake, not the request's."""
    client = simulator(BrainReply(tool_calls=(ToolCall("g"),)))

    assert _status(client.post(NATIVE, json={**BODY, "tools": [TOOL]})) == (400, "40009", "Unsupported function")


def test_w4_1_42901_over_the_limit(simulator: START) -> None:
    """The second request of a minute, with the documented text or the one that was seen."""
    for text, message in (("documented", "Too many requests - rate exceeded"), ("observed", "Check response headers")):
        switches = Switches(limit_text=text)  # type: ignore[arg-type]  # both are values of the switch
        client = simulator(limits=Limits.of({"HCX-005": Limit(1, None)}), clock=VirtualClock(), switches=switches)
        client.post(NATIVE, json=BODY)
        status, code, found = _status(client.post(NATIVE, json=BODY))
        assert (status, code) == (429, "42901")
        assert message in found


def test_w4_2_01_failed_calls_are_not_counted(simulator: START) -> None:
    """Refused requests leave the limits as they were."""
    client = simulator(limits=Limits.of({"HCX-005": Limit(1, None)}), clock=VirtualClock())
    for _ in range(3):
        assert client.post(NATIVE, json={**BODY, "topP": 9}).status_code == 400

    assert client.post(NATIVE, json=BODY).status_code == 200


@pytest.mark.parametrize("text", ["Too many requests", "요청이 많습니다", ""])
def test_w4_2_03_the_client_goes_by_the_code(text: str) -> None:
    """Whatever the message says."""
    body = json.dumps({"status": {"code": "42901", "message": text}}).encode()

    assert isinstance(http_error(429, {}, body), RateLimitError)
    assert isinstance(http_error(200, {}, body.replace(b"42901", b"50400")), ServerError)


def test_w4_2_05_w4_2_06_the_client_does_not_wait_for_ten_minutes() -> None:
    """A minute for an ordinary answer, more for a long one, and every silence has an end of its own."""
    usual = Deadlines().for_cap(512)
    long = Deadlines().for_cap(20_480)

    assert usual.total is not None
    assert long.total is not None
    assert 60 <= usual.total <= 120 < long.total
    assert usual.idle <= 60


MENDED: list[tuple[tuple[int, str], dict[str, Any]]] = [
    ((401, "40100"), {"headers": {"Authorization": "Bearer nv-new"}}),
    ((401, "40170"), {"headers": {"Authorization": "Bearer nv-test"}}),
    ((413, "41300"), {"pad": 0}),
    ((415, "41500"), {"headers": {"Content-Type": "application/json"}}),
    ((400, "40000"), {"broken": False}),
    ((400, "40080"), {"model": "HCX-003"}),
    ((400, "40084"), {"model": "HCX-005"}),
    ((400, "40001 topP"), {"body": {"topP": 0.5}}),
    ((400, "40001 tools, maxTokens"), {"body": {"tools": None}}),
    ((400, "40063"), {"image": "https://x.kr/a.png"}),
    ((400, "40003"), {"text": "안녕"}),
    ((429, "42901"), {"wait": 60}),
]


def test_w4_2_07_w4_2_08_one_fault_hides_the_next(simulator: START) -> None:
    """Key, subscription, size, media type, JSON, model, API, ranges, exclusions, images, length, limit: one by one."""
    clock = VirtualClock()
    client = simulator(
        brain=RuleBrain(clock=clock),
        clock=clock,
        keys=[Key(value="nv-new", subscribed=False), Key(value="nv-test", limits={"*": Limit(1, None)})],
        switches=Switches(max_body_bytes=2_000_000),
    )
    del client.headers["Authorization"]
    state: dict[str, Any] = {
        "headers": {}, "pad": 3_000_000, "broken": True, "model": "HCX-900", "image": "https://x.kr/a",
        "text": "가" * 130_000, "body": {"topP": 9, "tools": [TOOL], "maxTokens": 9},
    }  # fmt: skip
    ok = client.post(NATIVE, json=BODY, headers={"Authorization": "Bearer nv-test"})
    assert ok.status_code == 200
    for (status, told), change in MENDED:
        found = _status(_ask(client, state))
        code, _, names = told.partition(" ")
        assert (found[0], found[1]) == (status, code), found
        assert names in found[2]
        clock.advance(change.pop("wait", 0))
        for name, value in change.items():
            state[name] = {**state[name], **value} if isinstance(value, dict) else value
    assert _ask(client, state).status_code == 200


def _ask(client: TestClient, state: dict[str, Any]) -> Any:
    # The image stays beside tools only while those are refused for another reason.
    said: Any = state["text"]
    if state["body"].get("tools") is None:
        image = {"type": "image_url", "imageUrl": {"url": state["image"]}}
        said = [image, {"type": "text", "text": state["text"]}]
    body = json.dumps({"messages": [{"role": "user", "content": said}], **state["body"]})
    path = f"/v3/chat-completions/{state['model']}"
    content = (body[:-1] if state["broken"] else body) + " " * state["pad"]
    return client.post(path, content=content, headers=state["headers"])
