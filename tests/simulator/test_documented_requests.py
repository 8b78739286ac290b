"""The requests that docs/wire.md prints in section 2, sent as they are printed, by curl and over a bare socket."""

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.simulator import BrainReply, ScriptBrain, ScriptStep, SimulatorServer, Switches, create_app

WIRE = Path(__file__).parents[2] / "docs" / "wire.md"
KEY = "Authorization: Bearer nv-test"
JSON = "Content-Type: application/json"
EVENTS = "Accept: text/event-stream"
CURL = shutil.which("curl")
Answer = tuple[int, str, str]
"""HTTP status, content type and body."""
Client = Callable[[str, str, bytes, tuple[str, ...]], Answer]


def _blocks(kind: str) -> list[str]:
    """Return the blocks of code of a kind in section 2, as they are printed."""
    page = WIRE.read_text(encoding="utf-8")
    section = page[page.index("\n## 2. ") : page.index("\n## 3. ")]
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return [text for name, text in blocks if name == kind]


REQUESTS = [text for text in _blocks("json") if '"messages"' in text]
IMAGE, STRUCTURED = REQUESTS


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    """Return the strict simulator with its default brain, on a loopback socket."""
    with SimulatorServer() as running:
        yield running


def _curl(*options: str) -> list[str]:
    """Return the command; the user's own configuration and proxies stay out of it."""
    assert CURL is not None
    return [CURL, "-q", "--noproxy", "*", "-sS", "-N", "--max-time", "20", *options]


def _by_curl(url: str, path: str, body: bytes, headers: tuple[str, ...]) -> Answer:
    lines = [part for header in (KEY, JSON, *headers) for part in ("-H", header)]
    command = _curl("-X", "POST", *lines, "--data-binary", "@-", "-w", "\n%{http_code} %{content_type}", url + path)
    done = subprocess.run(command, input=body, capture_output=True, check=True)  # noqa: S603  # a fixed command
    answer, _, told = done.stdout.decode().rpartition("\n")
    status, _, kind = told.partition(" ")
    return int(status), kind, answer


def _by_socket(url: str, path: str, body: bytes, headers: tuple[str, ...]) -> Answer:
    host, _, port = url.removeprefix("http://").partition(":")
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", KEY, JSON, f"Content-Length: {len(body)}", *headers]
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, response.headers["content-type"], response.read().decode()


needs_curl = pytest.mark.skipif(CURL is None, reason="curl is not installed")
CLIENTS = [pytest.param(_by_curl, marks=needs_curl, id="curl"), pytest.param(_by_socket, id="socket")]


def _result(kind: str, body: str) -> Any:
    """Return the result of an answer: of the body, or of the event of that name."""
    if kind == "application/json":
        answer = json.loads(body)
        assert answer["status"] == {"code": "20000", "message": "OK"}
        return answer["result"]
    assert kind == "text/event-stream;charset=UTF-8"
    *events, signal, end = body.split("\n\n")
    assert (signal, end) == ('event:signal\ndata:{"data":"[DONE]"}', "")
    assert all(re.fullmatch(r"id:[0-9a-f-]{36}\nevent:(token|result)\ndata:\{.*\}", event) for event in events)
    *tokens, result = (json.loads(event.partition("\ndata:")[2]) for event in events)
    assert "".join(token["message"]["content"] for token in tokens) == result["message"]["content"]
    return result


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("headers", [(), (EVENTS,)], ids=["w1_3_06_json", "w2_3_01_events"])
def test_w2_2_20_the_printed_request_with_an_image_is_answered(
    server: SimulatorServer, client: Client, headers: tuple[str, ...]
) -> None:
    """Its address has asterisks for a name, and is never fetched."""
    status, kind, body = client(server.url, "/v3/chat-completions/HCX-005", IMAGE.encode(), headers)
    result = _result(kind, body)
    assert (status, result["finishReason"]) == (200, "stop")
    assert result["message"]["content"]
    assert result["usage"]["promptTokens"] > 1_478


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("headers", [(), (EVENTS,)], ids=["w1_3_06_json", "w2_3_01_events"])
def test_w2_6_13_the_printed_request_for_structure_is_answered(
    server: SimulatorServer, client: Client, headers: tuple[str, ...]
) -> None:
    """With the numbers of its question, in the form of its schema."""
    status, kind, body = client(server.url, "/v3/chat-completions/HCX-007", STRUCTURED.encode(), headers)
    result = _result(kind, body)
    assert (status, result["finishReason"]) == (200, "stop")
    assert json.loads(result["message"]["content"]) == {
        "temp_high_c": 32,
        "temp_low_c": 15,
        "precipitation_percent": 30,
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_w1_3_02_a_request_id_of_the_caller_is_accepted(server: SimulatorServer, client: Client) -> None:
    """The page lists the header; it changes nothing."""
    header = "X-NCP-CLOVASTUDIO-REQUEST-ID: 9f1c2d3e-0000-4000-8000-000000000000"
    status, kind, body = client(server.url, "/v3/chat-completions/HCX-007", STRUCTURED.encode(), (header,))
    assert status == 200
    assert _result(kind, body)["message"]["content"].startswith("{")


@pytest.mark.parametrize("client", CLIENTS)
def test_w2_3_20_a_refusal_reaches_the_client_as_json(server: SimulatorServer, client: Client) -> None:
    """The printed request for structure, sent to a model that has none, although events were asked for."""
    status, kind, body = client(server.url, "/v3/chat-completions/HCX-DASH-002", STRUCTURED.encode(), (EVENTS,))
    assert (status, kind) == (400, "application/json")
    assert json.loads(body)["status"]["code"] == "40001"


@needs_curl
def test_w2_3_01_curl_shows_events_while_they_are_made() -> None:
    """With -N the first event is there although the second is an hour away."""
    brain = ScriptBrain([ScriptStep(BrainReply("하나 둘", event_delay=3600))])
    body = json.dumps({"messages": [{"role": "user", "content": "안녕"}]})
    with SimulatorServer(brain=brain) as slow:
        address = f"{slow.url}/v3/chat-completions/HCX-005"
        command = _curl("-H", KEY, "-H", JSON, "-H", EVENTS, "-d", body, address)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as running:  # noqa: S603  # a fixed command
            assert running.stdout is not None
            lines = [running.stdout.readline().decode() for _ in range(3)]
            running.kill()
    assert re.fullmatch(r"id:[0-9a-f-]{36}\n", lines[0])
    assert lines[1] == "event:token\n"
    assert json.loads(lines[2].removeprefix("data:"))["message"]["content"] == "하나"


def test_w2_5_35_w2_5_36_the_printed_call_is_sent_back_with_a_result(server: SimulatorServer) -> None:
    """Step 4 of the page: the message of the printed result, a result, no tools, and two fields of v1."""
    transcript = next(text for text in _blocks("") if "get_weather" in text)
    message = json.loads(transcript.splitlines()[-1].removeprefix("(result) "))["message"]
    found = {"role": "tool", "toolCallId": message["toolCalls"][0]["id"], "content": '{"weather":"맑음","temp":"24도"}'}
    question = {"role": "user", "content": "오늘 서울 날씨를 알려줘"}
    body = {"messages": [question, message, found], "seed": 0, "topP": 0.8, "topK": 0, "temperature": 0.5}
    body |= {"maxTokens": 1024, "repeatPenalty": 1.1, "stopBefore": []}
    for path in ("/v3/chat-completions/HCX-005", "/testapp/v3/chat-completions/HCX-DASH-002"):
        status, kind, answer = _by_socket(server.url, path, json.dumps(body).encode(), ())
        result = _result(kind, answer)
        assert (status, result["finishReason"]) == (200, "stop")
        assert "맑음" in result["message"]["content"]
        assert "24도" in result["message"]["content"]


def test_w2_2_01_every_printed_body_is_found() -> None:
    """Section 2 prints two requests; a third one would be tested by nobody."""
    assert len(REQUESTS) == 2
    assert [sorted({"imageUrl", "responseFormat"} & set(re.findall(r"\w+", text))) for text in REQUESTS] == [
        ["imageUrl"],
        ["responseFormat"],
    ]


def test_w2_6_16_the_printed_request_is_annotated_where_a_switch_says_so() -> None:
    """The page's own answer to it carries the filter, which it does not ask for."""
    app = create_app(switches=Switches(schema_filter=True))
    with SimulatorServer(app=app) as annotating:
        _, kind, body = _by_socket(annotating.url, "/v3/chat-completions/HCX-007", STRUCTURED.encode(), ())
    assert [entry["score"] for entry in _result(kind, body)["aiFilter"]] == ["2", "2", "2"]
