"""Faults over real sockets: each does what it says, at any byte and at any event, and the server goes on serving."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import (
    BrainReply,
    ChatRequest,
    Fault,
    FaultPlan,
    Limit,
    Limits,
    RequestRecord,
    SimulatorServer,
    Switches,
    VirtualClock,
    create_app,
    load_brain,
    parse_faults,
)
from clovax_agents.simulator.faults.spec import KINDS, STATUSES

NATIVE: Final = "/v3/chat-completions/HCX-005"
OPENAI: Final = "/v1/openai/chat/completions"
BODY: Final[dict[str, Any]] = {"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}], "seed": 1}
EVENTS: Final = {"Accept": "text/event-stream"}
AUTH: Final = {"Authorization": "Bearer nv-test"}


class _Same:
    """A brain that always says the same, in several tokens."""

    def reply(self, request: ChatRequest) -> BrainReply:
        """Say it."""
        assert request.messages
        return BrainReply("하나 둘 셋 넷")


class _Log:
    """Collects records, and lets a test wait for one."""

    def __init__(self) -> None:
        self.records: list[RequestRecord] = []
        self._came = threading.Condition()

    def __call__(self, record: RequestRecord) -> None:
        with self._came:
            self.records.append(record)
            self._came.notify_all()

    def wait_for(self, number: int) -> bool:
        """Wait until so many requests have ended; False if they do not."""
        with self._came:
            return self._came.wait_for(lambda: len(self.records) >= number, timeout=30)


def _served(**options: Any) -> SimulatorServer:
    options = {"brain": _Same(), "clock": VirtualClock(), "switches": Switches(id_seed=1), **options}
    return SimulatorServer(app=create_app(**options))


@pytest.fixture(scope="module")
def log() -> _Log:
    """Collect what the server tells."""
    return _Log()


@pytest.fixture(scope="module")
def client(log: _Log) -> Iterator[httpx.Client]:
    """Talk to one server for all tests, so that each also shows that the faults before it broke nothing."""
    with _served(log=log) as server, httpx.Client(base_url=server.url, headers=AUTH, timeout=30) as opened:
        yield opened


def _read(client: httpx.Client, fault: str, **headers: str) -> tuple[bytes, Exception | None]:
    """Return what arrived of a body, and how it ended."""
    got = b""
    try:
        with client.stream("POST", NATIVE, json=BODY, headers={"x-clovax-fault": fault, **headers}) as answer:
            for chunk in answer.iter_raw():
                got += chunk
    except httpx.TransportError as error:
        return got, error
    return got, None


def _stream(client: httpx.Client, fault: str) -> list[bytes]:
    """Return the events of a stream that ended well, without the ids, which are drawn anew."""
    got, error = _read(client, fault, **EVENTS)
    assert error is None
    return [event.partition(b"\n")[2] if event.startswith(b"id:") else event for event in got.split(b"\n\n")]


WHOLE: Final = 6
"""Events of the undisturbed stream: four tokens, result and signal."""


def test_the_stream_without_faults_is_what_the_others_are_compared_with(client: httpx.Client) -> None:
    """Tokens, result, signal."""
    names = [event.partition(b"\n")[0] for event in _stream(client, "") if event]

    assert names == [b"event:token"] * (WHOLE - 2) + [b"event:result", b"event:signal"]


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_w12_25_a_connection_can_break_before_anything_comes(client: httpx.Client, kind: str) -> None:
    """No byte of an answer, and an error of the transport."""
    got, error = _read(client, kind)

    assert got == b""
    assert isinstance(error, httpx.ReadError if kind == "reset" else httpx.RemoteProtocolError)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["reset", "close", "end"]), st.integers(0, 150), st.booleans())
def test_a_body_can_end_at_any_byte(client: httpx.Client, kind: str, at: int, streamed: bool) -> None:  # noqa: FBT001
    """Exactly so many bytes arrive; only a clean end is no error."""
    got, error = _read(client, f"{kind}; at_byte={at}", **(EVENTS if streamed else {}))

    assert len(got) == at
    assert got.startswith((b"id:" if streamed else b'{"status":{"code":"20000"')[:at])
    assert (error is None) == (kind == "end")
    assert kind != "reset" or isinstance(error, httpx.ReadError)


@pytest.mark.parametrize("at", range(WHOLE + 1))
@pytest.mark.parametrize("kind", ["reset", "close", "end"])
def test_a_stream_can_end_at_any_event(client: httpx.Client, kind: str, at: int) -> None:
    """So many whole events arrive, and then the end that was asked for."""
    got, error = _read(client, f"{kind}; at_event={at}", **EVENTS)

    assert got.count(b"\n\n") == at
    assert got == b"" or got.endswith(b"\n\n")
    assert (error is None) == (kind == "end")


def test_an_event_can_be_cut_doubled_and_lost(client: httpx.Client) -> None:
    """The events around it are as they were."""
    whole = _stream(client, "")
    cut = _stream(client, "truncate; at_event=1; at_byte=70")
    doubled = _stream(client, "duplicate; at_event=1")
    lost = _stream(client, "drop; at_event=1")

    assert len(cut) == len(whole)
    assert whole[1].startswith(cut[1])
    assert cut[1] != whole[1]
    assert len(doubled) == len(whole) + 1
    assert b'"content":" \xeb\x91\x98"' in doubled[1]
    assert doubled[1] == doubled[2]
    assert len(lost) == len(whole) - 1


def _raw(client: httpx.Client, *headers: str) -> bytes:
    """Return everything that the server sends, with the framing of HTTP."""
    body = json.dumps(BODY).encode()
    lines = [
        f"POST {NATIVE} HTTP/1.1",
        "Host: simulator",
        "Authorization: Bearer nv-test",
        "Connection: close",
        *headers,
    ]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_drip_changes_nothing_but_the_pace(client: httpx.Client) -> None:
    """The body comes in pieces of the size that was asked for, and is whole in the end."""
    dripped = _raw(client, "Accept: text/event-stream", "x-clovax-fault: drip; size=50; seconds=0")
    body = dripped.partition(b"\r\n\r\n")[2]
    sizes = []
    while body:
        size, _, body = body.partition(b"\r\n")
        sizes.append(int(size, 16))
        body = body[sizes[-1] + 2 :]

    assert max(sizes) == 50
    assert sizes.count(50) > 10
    assert b"[DONE]" in dripped


def test_pings_come_where_they_should(client: httpx.Client) -> None:
    """Three comments after the second event, and the stream goes on."""
    events = _stream(client, "pings; count=3; seconds=0; at_event=2")

    assert [number for number, event in enumerate(events) if event == b": ping"] == [2, 3, 4]
    assert len(events) == WHOLE + 3 + 1


def test_w12_25_an_error_can_come_in_the_middle_of_a_stream(client: httpx.Client) -> None:
    """Natively as event:error, over the OpenAI-compatible API as a data line; nothing follows it."""
    native = _stream(client, "error_event; at_event=2; code=42902")
    headers = {"x-clovax-fault": "error_event; at_event=2; code=42902"}
    openai = client.post(OPENAI, json={**BODY, "stream": True}, headers=headers).text

    assert native[2] == b'event:error\ndata:{"status":{"code":"42902","message":"Too many requests - overloaded"}}'
    assert native[3:] == [b""]
    assert openai.split("\n\n")[2].startswith('data: {"error":{"message":"Too many requests - overloaded"')


def test_a_gateway_answers_with_a_page(client: httpx.Client) -> None:
    """HTML with the status of a gateway, whatever was asked."""
    answer = client.post(OPENAI, json=BODY, headers={"x-clovax-fault": "html; status=504"})

    assert (answer.status_code, answer.headers["content-type"]) == (504, "text/html")
    assert "504 Gateway Timeout" in answer.text


def test_a_body_can_have_the_wrong_type(client: httpx.Client) -> None:
    """The body is right, its content type is not."""
    answer = client.post(NATIVE, json=BODY, headers={"x-clovax-fault": "content_type; value=text/plain"})

    assert answer.headers["content-type"] == "text/plain"
    assert answer.json()["status"]["code"] == "20000"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_body_can_be_huge(client: httpx.Client, *, streamed: bool) -> None:
    """Millions of bytes that mean nothing come first; the answer is behind them."""
    got, error = _read(client, "huge; size=3000000", **(EVENTS if streamed else {}))

    assert error is None
    assert len(got) > 3_000_000
    assert got.endswith(b'data:{"data":"[DONE]"}\n\n') if streamed else json.loads(got)["result"]


def test_an_error_can_name_its_hints(client: httpx.Client) -> None:
    """Status and text come from the table of errors, and the headers from the request."""
    fault = "error; code=42901; retry_after=7; reset=2.5"
    answer = client.post(OPENAI, json=BODY, headers={"x-clovax-fault": fault})

    assert (answer.status_code, answer.json()["error"]["message"]) == (429, "Too many requests - rate exceeded")
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["x-ratelimit-reset-requests"] == answer.headers["x-ratelimit-reset-tokens"] == "2.5s"


@pytest.mark.parametrize(
    "fault", ["black_hole", "pings; seconds=0.01", "pings; seconds=0", "delay; seconds=600", "drip; seconds=600"]
)
def test_waiting_ends_as_soon_as_the_client_is_gone(client: httpx.Client, log: _Log, fault: str) -> None:
    """Whoever hangs up leaves nothing behind on the server."""
    ended = len(log.records)
    body = json.dumps(BODY).encode()
    url = client.base_url
    with socket.create_connection((url.host, url.port or 80)) as connection:
        head = (
            f"POST {NATIVE} HTTP/1.1\r\nHost: simulator\r\nAuthorization: Bearer nv-test\r\nx-clovax-fault: {fault}\r\n"
        )
        head += f"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        if not fault.startswith(("black_hole", "delay")):
            assert connection.recv(64)

    assert log.wait_for(ended + 1)
    assert log.records[-1].faults.startswith(fault.partition(";")[0])
    assert log.records[-1].seconds < 60


def test_a_black_hole_can_close(client: httpx.Client) -> None:
    """After its seconds the connection ends without an answer."""
    got, error = _read(client, "black_hole; seconds=0.01")

    assert got == b""
    assert isinstance(error, httpx.RemoteProtocolError)


def test_over_the_limit_a_request_can_hang(client: httpx.Client) -> None:
    """Instead of a 42901 nothing comes, as one team saw; below the limit the fault means nothing."""
    assert client.post(NATIVE, json=BODY, headers={"x-clovax-fault": "hang"}).status_code == 200
    limits = Limits.of({"HCX-005": Limit(1, None)})
    for switches, headers in ((Switches(), {"x-clovax-fault": "hang"}), (Switches(over_limit="hang"), {})):
        with (
            _served(limits=limits, switches=switches) as server,
            httpx.Client(base_url=server.url, headers=AUTH) as limited,
        ):
            assert limited.post(NATIVE, json=BODY).status_code == 200
            with pytest.raises(httpx.ReadTimeout):
                limited.post(NATIVE, json=BODY, headers=headers, timeout=0.3)


def test_a_header_that_makes_no_sense_is_explained(client: httpx.Client) -> None:
    """400 that names the header and what would make sense; nothing goes wrong by mistake."""
    answer = client.post(OPENAI, json=BODY, headers={"x-clovax-fault": "rest; at_byte=1"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "40000")
    assert "x-clovax-fault: 'rest' is no fault (did you mean reset?)" in answer.json()["error"]["message"]


def test_a_script_asks_for_faults() -> None:
    """As text or as objects, for one step each."""
    script = "- reply: {text: 하나 둘, faults: 'end; at_event=1'}\n- reply: {text: 둘, faults: [{kind: html}]}\n"
    with _served(brain=load_brain(script)) as server, httpx.Client(base_url=server.url, headers=AUTH) as scripted:
        first = scripted.post(NATIVE, json=BODY, headers=EVENTS)
        second = scripted.post(NATIVE, json=BODY)

    assert first.text.count("event:") == 1
    assert (second.status_code, second.headers["content-type"]) == (502, "text/html")


def test_a_plan_says_when() -> None:
    """So many times, after so many, on one path only, and with a probability that a seed fixes."""
    plan = FaultPlan.parse("storm; times=2; after=1; path=/v3", "error; code=50000; probability=0.5; path=/v1", seed=4)
    native = [[fault.code for fault in plan.take(NATIVE)] for _ in range(5)]
    openai = [len(plan.take(OPENAI)) for _ in range(200)]

    assert native == [[], ["42901"], ["42901"], [], []]
    assert 70 <= sum(openai) <= 130
    again = FaultPlan.parse("error; code=50000; probability=0.5", seed=4)
    assert [len(again.take(OPENAI)) for _ in range(50)] == [
        len(FaultPlan.take(other, OPENAI))
        for other in [FaultPlan.parse("error; probability=0.5", seed=4)]
        for _ in range(50)
    ]


def test_a_storm_passes() -> None:
    """The first requests of a server meet it, the next ones do not."""
    plan = FaultPlan.parse("storm; times=3; code=42902")
    with _served(faults=plan) as server, httpx.Client(base_url=server.url, headers=AUTH) as stormy:
        statuses = [stormy.post(NATIVE, json=BODY).status_code for _ in range(5)]

    assert statuses == [429, 429, 429, 200, 200]


BAD: Final = {
    "reset; at_byte": "name=value",
    "reset; at_byte=-1": "whole number",
    "reset; at_byte=1.5": "whole number",
    "delay; seconds=soon": "a number",
    "error; code=429": "five digits",
    "html; status=99": "an HTTP status",
    "hang; seconds=1": "has no parameter 'seconds'; known: none",
    "content_type; value=한글": "printable",
}


@pytest.mark.parametrize(("text", "message"), BAD.items(), ids=BAD.keys())
def test_a_fault_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    """The message says what would make sense."""
    with pytest.raises(ConfigurationError, match=message):
        parse_faults(text)


@pytest.mark.parametrize("text", ["storm; times=x", "reset; probability=2", "reset; after=-1"])
def test_a_plan_that_makes_no_sense_is_refused(text: str) -> None:
    """Bad conditions are as loud as bad faults."""
    with pytest.raises(ConfigurationError):
        FaultPlan.parse(text)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_what_describes_a_fault_reads_as_the_same_fault(kind: str, data: st.DataObject) -> None:
    """The request log can be copied into a header."""
    values: dict[str, st.SearchStrategy[object]] = {
        "seconds": st.floats(0, 100, allow_nan=False).map(lambda number: round(number, 2)),
        "reset": st.integers(0, 100),
        "status": st.sampled_from(sorted(STATUSES)),
        "code": st.sampled_from(["42901", "50000", "40009"]),
        "message": st.just("stop it"),
        "retry_after": st.just("6"),
        "value": st.just("text/plain"),
    }
    names = data.draw(st.sets(st.sampled_from(sorted(KINDS[kind])))) if KINDS[kind] else set()
    source = {name: data.draw(values.get(name, st.integers(0, 1000))) for name in names}
    fault = Fault.from_mapping({"kind": kind, **source})

    assert parse_faults(fault.describe()) == (fault,)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No header ends in a traceback."""
    try:
        faults = parse_faults(text)
    except ConfigurationError:
        return
    assert all(fault.kind in KINDS for fault in faults)
