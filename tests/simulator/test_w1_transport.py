"""Paths, keys, headers and envelopes (docs/wire.md, section 1)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents import ChatClovaX
from clovax_agents.capabilities import DEFAULT_BASE_URL
from clovax_agents.errors import ServiceError
from clovax_agents.simulator import Key, Limit, Limits, Switches, VirtualClock
from clovax_agents.wire import native, openai
from clovax_agents.wire.codecs import codec_for
from clovax_agents.wire.failures import body_error, http_error, retry_after

OPENAI = "/v1/openai/chat/completions"
NATIVE = "/v3/chat-completions/HCX-005"
START = Callable[..., TestClient]
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "안녕"}]}
WITH_MODEL = {"model": "HCX-005", **BODY}
EVENTS = {"Accept": "text/event-stream"}
OLD_PAIR = {"X-NCP-CLOVASTUDIO-API-KEY": "old-key", "X-NCP-APIGW-API-KEY": "gateway-key"}


def _code(answer: Any) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, str((body.get("status") or body.get("error"))["code"])


def _keyless(client: TestClient) -> TestClient:
    del client.headers["Authorization"]
    return client


SERVED: dict[str, tuple[str, str, bool]] = {
    "w1_1_05_compat": ("public", OPENAI, True),
    "w1_1_06_native": ("public", NATIVE, True),
    "w1_1_07_tuned": ("public", "/v3/tasks/a1/chat-completions", True),
    "w1_1_08_legacy_models": ("public", "/v1/chat-completions/HCX-003", True),
    "w1_1_09_tuned_v1": ("public", "/v1/tasks/a1/chat-completions", True),
    "w1_1_09_tuned_v2": ("public", "/v2/tasks/a1/chat-completions", True),
    "w1_1_10_w1_1_11_testapp": ("public", f"/testapp{NATIVE}", True),
    "w1_1_14_compat_takes_no_prefix": ("gov", OPENAI, True),
    "w1_1_14_compat_with_a_prefix": ("gov", f"/testapp{OPENAI}", False),
    "w1_1_13_gov_without_prefix": ("gov", NATIVE, False),
    "w1_1_12_w1_1_13_gov_with_prefix": ("gov", f"/testapp{NATIVE}", True),
    "unknown": ("public", "/v4/chat-completions/HCX-005", False),
}


@pytest.mark.parametrize(("profile", "path", "served"), SERVED.values(), ids=SERVED.keys())
def test_which_paths_are_served(simulator: START, profile: Any, path: str, *, served: bool) -> None:
    """An answer, or 404/40400."""
    answer = simulator(profile=profile).post(path, json=WITH_MODEL)

    assert _code(answer) == (404, "40400") if not served else answer.status_code == 200


def test_w1_1_10_old_paths_name_the_app(simulator: START) -> None:
    """Behind a prefix the embedding APIs take the id of the app as their last part."""
    client = simulator()

    assert client.post("/testapp/v1/api-tools/embedding/v2/a1b2c3", json={"text": "안녕"}).status_code == 200
    assert client.post("/v1/api-tools/embedding/clir-emb-dolphin/a1b2c3", json={"text": "안녕"}).status_code == 404


def test_w1_1_11_prefixes_can_be_turned_off(simulator: START) -> None:
    """Where the switch says that the public cloud serves them no more."""
    assert simulator(switches=Switches(app_prefixes=False)).post(f"/testapp{NATIVE}", json=BODY).status_code == 404


def test_w1_1_01_w1_1_05_the_client_knows_the_host() -> None:
    """The public cloud is the default, and one base address serves both APIs."""
    host = "https://clovastudio.stream.ntruss.com"

    assert f"{host}/v1/openai" == DEFAULT_BASE_URL == ChatClovaX(api_key="nv-a").base_url
    assert codec_for("native", "HCX-005").url(DEFAULT_BASE_URL, "HCX-005") == host + NATIVE
    assert codec_for("openai", "HCX-005").url(DEFAULT_BASE_URL, "HCX-005") == host + OPENAI


def test_w1_1_02_w1_1_03_w1_1_04_the_legacy_host(simulator: START) -> None:
    """It still answers the old pair of keys, refuses new ones, and streams nothing."""
    client = simulator(profile="legacy-host")
    assert _code(client.post(NATIVE, json=BODY)) == (401, "40104")

    answer = _keyless(client).post(NATIVE, json=BODY, headers={**OLD_PAIR, **EVENTS})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


KEYS = [
    Key(value="nv-test"),
    Key(value="nv-service", kind="service"),
    Key(value="nv-new", subscribed=False),
    Key(value="nv-locked", allowed=False),
    Key(value="nv-tuner", tasks={"mine": "HCX-005"}),
    Key(value="old-key"),
]
ASKED: dict[str, tuple[dict[str, str], str, tuple[int, str]]] = {
    "w1_2_01_w1_3_01_bearer": ({"Authorization": "Bearer nv-test"}, NATIVE, (200, "20000")),
    "w1_2_01_scheme_in_small_letters": ({"Authorization": "bearer nv-test"}, NATIVE, (200, "20000")),
    "w1_2_02_unknown": ({"Authorization": "Bearer nv-unknown"}, NATIVE, (401, "40104")),
    "w1_2_02_of_another_form": ({"Authorization": "Bearer sk-test"}, NATIVE, (401, "40104")),
    "w1_2_03_service": ({"Authorization": "Bearer nv-service"}, NATIVE, (200, "20000")),
    "w1_2_04_test_key_at_a_service_app": ({"Authorization": "Bearer nv-test"}, f"/serviceapp{NATIVE}", (401, "40100")),
    "w1_2_05_service_app": ({"Authorization": "Bearer nv-service"}, f"/serviceapp{NATIVE}", (200, "20000")),
    "w1_2_08_without_an_app": ({"Authorization": "Bearer nv-test"}, NATIVE, (200, "20000")),
    "w1_2_09_old_pair": (OLD_PAIR, NATIVE, (200, "20000")),
    "w1_2_09_half_a_pair": ({"X-NCP-CLOVASTUDIO-API-KEY": "old-key"}, NATIVE, (401, "40100")),
    "w1_2_10_old_pair_over_compat": (OLD_PAIR, OPENAI, (401, "40100")),
    "w1_2_11_nothing": ({}, NATIVE, (401, "40100")),
    "w1_2_11_basic": ({"Authorization": "Basic abc"}, NATIVE, (401, "40102")),
    "w1_2_11_no_subscription": ({"Authorization": "Bearer nv-new"}, NATIVE, (401, "40170")),
    "w1_2_11_forbidden": ({"Authorization": "Bearer nv-locked"}, NATIVE, (403, "40300")),
    "w1_2_11_someone_else_s_task": (
        {"Authorization": "Bearer nv-other-tuner"},
        "/v3/tasks/mine/chat-completions",
        (403, "40301"),
    ),
    "own_task": ({"Authorization": "Bearer nv-tuner"}, "/v3/tasks/mine/chat-completions", (200, "20000")),
    "no_task": ({"Authorization": "Bearer nv-tuner"}, "/v3/tasks/none/chat-completions", (404, "40400")),
}


@pytest.mark.parametrize(("headers", "path", "expected"), ASKED.values(), ids=ASKED.keys())
def test_who_may_ask(simulator: START, headers: dict[str, str], path: str, expected: tuple[int, str]) -> None:
    """Status and code for each way to name a key."""
    client = _keyless(simulator(keys=[*KEYS, Key(value="nv-other-tuner", tasks={"theirs": "HCX-005"})]))

    assert _code(client.post(path, json=WITH_MODEL, headers=headers)) == expected


@pytest.mark.parametrize("path", [OPENAI, NATIVE])
def test_w1_3_02_w1_4_10_a_request_id_is_taken_and_not_echoed(simulator: START, path: str) -> None:
    """The header changes nothing, and comes back in none."""
    answer = simulator().post(path, json=WITH_MODEL, headers={"X-NCP-CLOVASTUDIO-REQUEST-ID": "lcnv-1234"})

    assert answer.status_code == 200
    assert "lcnv-1234" not in str(answer.headers)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("path", [OPENAI, NATIVE])
def test_w1_3_04_the_body_is_json(simulator: START, path: str, media_type: str) -> None:
    """Anything else is 415/41500."""
    headers = {"Content-Type": media_type} if media_type else {}

    assert _code(simulator().post(path, content=json.dumps(WITH_MODEL), headers=headers)) == (415, "41500")


@pytest.mark.parametrize("stream", [True, False, "yes"])
def test_w1_3_07_w1_3_08_a_native_field_stream_is_ignored(simulator: START, stream: Any) -> None:
    """It is no field there, and has no effect."""
    answer = simulator().post(NATIVE, json={**BODY, "stream": stream})

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["status"]["code"] == "20000"


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json", "*/*"])
@pytest.mark.parametrize("stream", [False, True])
def test_w1_3_09_over_compat_the_field_stream_decides(simulator: START, accept: str, *, stream: bool) -> None:
    """Whatever the Accept header says."""
    answer = simulator().post(OPENAI, json={**WITH_MODEL, "stream": stream}, headers={"Accept": accept})

    assert answer.headers["content-type"].startswith("text/event-stream") is stream


def test_w1_4_01_w1_4_02_w1_4_03_content_types(simulator: START) -> None:
    """JSON, or a stream of events in UTF-8."""
    client = simulator()

    assert client.post(NATIVE, json=BODY).headers["content-type"] == "application/json"
    assert client.post(OPENAI, json=WITH_MODEL).headers["content-type"] == "application/json"
    for path, body, headers in ((NATIVE, BODY, EVENTS), (OPENAI, {**WITH_MODEL, "stream": True}, {})):
        answer = client.post(path, json=body, headers=headers)
        assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8"


def test_w1_4_04_w1_4_07_a_refusal_tells_when_to_come_back(simulator: START) -> None:
    """In headers that begin with x-ratelimit, which the client reads."""
    client = simulator(limits=Limits.of({"HCX-005": Limit(1, None)}), clock=VirtualClock())
    client.post(OPENAI, json=WITH_MODEL)
    answer = client.post(OPENAI, json=WITH_MODEL)

    assert _code(answer) == (429, "42901")
    assert {name for name in answer.headers if name.startswith("x-ratelimit")} == {"x-ratelimit-reset-requests"}
    assert retry_after(answer.headers) == 60


@pytest.mark.parametrize(("text", "seconds"), [("6s", 6), ("2.5s", 2.5), ("3s", 3), ("1m30s", 90), ("250ms", 0.25)])
def test_w1_4_06_the_client_reads_durations(text: str, seconds: float) -> None:
    """As Go writes them."""
    assert retry_after({"x-ratelimit-reset-tokens": text}) == seconds


def test_w1_5_01_w1_5_02_a_native_success(simulator: START) -> None:
    """Status with a code that is text, then the result."""
    body = simulator().post(NATIVE, json=BODY).json()

    assert body["status"] == {"code": "20000", "message": "OK"}
    assert isinstance(body["result"], dict)


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("changes", [{"topP": 9}, {"messages": []}])
def test_w1_5_03_w1_5_04_w1_5_05_w1_5_06_w1_5_09_a_native_failure(
    simulator: START, changes: dict[str, Any], *, null: bool
) -> None:
    """The code begins with the HTTP status; the result is absent, or null where a switch says so."""
    answer = simulator(switches=Switches(null_result=null)).post(NATIVE, json={**BODY, **changes})
    body = answer.json()

    assert body["status"]["code"].startswith(str(answer.status_code))
    assert body.get("result", "absent") is (None if null else "absent")


def test_w1_5_07_a_failure_inside_http_200_is_a_switch(simulator: START) -> None:
    """Natively only; the code stays what it is."""
    client = simulator(switches=Switches(failure_status="200"))

    assert _code(client.post(NATIVE, json={**BODY, "topP": 9})) == (200, "40001")
    assert _code(client.post(OPENAI, json={**WITH_MODEL, "top_p": 9})) == (400, "40001")


@pytest.mark.parametrize("stream", [False, True])
def test_w1_5_07_a_failure_as_an_event_is_a_switch(simulator: START, *, stream: bool) -> None:
    """Where a stream was asked for, one error event inside HTTP 200."""
    client = simulator(switches=Switches(stream_errors="event"))
    answer = client.post(NATIVE, json={**BODY, "topP": 9}, headers=EVENTS if stream else {})

    if not stream:
        assert _code(answer) == (400, "40001")
        return
    pattern = (
        r'id:[0-9a-f-]{36}\nevent:error\ndata:\{"status":\{"code":"40001","message":"Invalid parameter: topP"\}\}\n\n'
    )
    assert answer.status_code == 200
    assert re.fullmatch(pattern, answer.text)


@pytest.mark.parametrize("codec", [native, openai])
@pytest.mark.parametrize(
    "body",
    [
        b'{"status":{"code":"42901","message":"x"}}',
        b'{"error":{"message":"x","type":null,"param":null,"code":"42901"}}',
    ],
)
def test_w1_5_08_the_client_checks_status_and_code(codec: Any, body: bytes) -> None:
    """A failure is an error with HTTP 200 as with 429, in either envelope."""
    with pytest.raises(ServiceError, match="42901"):
        codec.decode_reply(body)
    assert http_error(429, {}, body).facts.code == "42901"
    assert body_error({"status": {"code": "20000", "message": "OK"}}) is None


def test_w1_5_10_w1_5_11_w1_5_12_w1_5_13_a_compat_failure(simulator: START) -> None:
    """Four fields, two of them always null, and the code as text."""
    body = simulator().post(OPENAI, json={**WITH_MODEL, "model": "HCX-900"}).json()

    assert body == {"error": {"message": "Model not found", "type": None, "param": None, "code": "40080"}}
