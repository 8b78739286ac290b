"""Waits that an HTTP library's own timeouts miss: name lookups, heads that drip, streams without content."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from rawserver import (
    END,
    LAST_CHUNK,
    STREAM_HEAD,
    Behaviour,
    Peer,
    StartRaw,
    Way,
    chunk,
    drips,
    event,
    http,
    model,
    says,
)

from clovax_agents import ChatClovaX
from clovax_agents.client import watchdog
from clovax_agents.client.policy import Deadlines
from clovax_agents.errors import (
    AuthenticationError,
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    ContextLengthError,
    InvalidResponseError,
)

ROLE = chunk(event({"role": "assistant", "content": ""}))
PART = chunk(event({"content": "안녕"}))


async def hangs_up(peer: Peer) -> None:
    """Send the role, and break off."""
    await says(STREAM_HEAD, ROLE)(peer)
    peer.reset()


def ends(way: Way, chat: ChatClovaX, deadline: str, seconds: float) -> None:
    """Ask, and check that it ends at this deadline, on time."""
    began = time.monotonic()
    with pytest.raises(CallTimeoutError) as caught:
        way.ask(chat)
    assert caught.value.facts.deadline == deadline
    assert time.monotonic() - began < seconds + 1


@pytest.mark.parametrize(
    ("piece", "first"), [(b"X-Slow: 1\r\n", b"HTTP/1.1 200 OK\r\n"), (b"HTTP/1.1 100 Continue\r\n\r\n", b"")]
)
@pytest.mark.soak(every=2)
def test_a_head_that_never_ends_is_no_longer_than_the_call(raw: StartRaw, way: Way, piece: bytes, first: bytes) -> None:
    """A byte now and then does not begin the wait anew."""
    server = raw(drips(piece, 0.1, first))
    ends(way, model(server, timeout=0.5, max_retries=0), "total", 0.5)


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let the lookup of a name take as long as the test."""
    over = threading.Event()

    def look_up(*_: Any, **__: Any) -> list[Any]:
        over.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield over
    over.set()


@pytest.mark.parametrize("name", ["invoke", "stream"])
def test_a_lookup_that_hangs_ends_at_the_connect_deadline(lookups: threading.Event, name: str) -> None:
    """It cannot be interrupted, so nobody waits for it."""
    limits = Deadlines(total=5, connect=0.3)
    chat = ChatClovaX(api_key="nv-test", base_url="https://hangs.example/v1/openai", timeout=limits, max_retries=0)
    ends(Way(name), chat, "connect", 0.3)
    lookups.set()


async def test_a_lookup_that_hangs_ends_at_the_connect_deadline_in_a_loop(lookups: threading.Event) -> None:
    """The same for async calls."""
    limits = Deadlines(total=5, connect=0.3)
    chat = ChatClovaX(api_key="nv-test", base_url="https://hangs.example/v1/openai", timeout=limits, max_retries=0)
    began = time.monotonic()
    with pytest.raises(CallTimeoutError, match="no connection"):
        await chat.ainvoke("안녕")
    assert time.monotonic() - began < 1.3
    lookups.set()


def test_a_name_without_an_address_is_a_failed_connection(way: Way) -> None:
    """As everywhere: with the question whether the address is right."""
    chat = ChatClovaX(api_key="nv-test", base_url="https://nobody.invalid/v1/openai", max_retries=0)
    with pytest.raises(ConnectionFailedError, match="Is base_url right"):
        way.ask(chat)


@pytest.fixture
def full() -> Iterator[int]:
    """Give the port of a server that lets nobody in."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for client in waiting:
        client.settimeout(0)
        client.connect_ex(server.getsockname())
    yield server.getsockname()[1]
    for each in (server, *waiting):
        each.close()


def test_all_addresses_of_a_name_share_one_connect_deadline(
    full: int, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """Four that do not answer take no longer than one."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", full))] * 4
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    limits = Deadlines(total=5, connect=0.4)
    ends(
        way,
        ChatClovaX(api_key="nv-test", base_url="https://many.example/v1/openai", timeout=limits, max_retries=0),
        "connect",
        0.4,
    )


@pytest.mark.parametrize("name", ["stream", "astream"])
def test_the_role_alone_is_no_content(raw: StartRaw, name: str) -> None:
    """What breaks off behind it is asked for again, and silence behind it is a first token that does not come."""
    server = raw(hangs_up, says(STREAM_HEAD, ROLE, PART, chunk(END), LAST_CHUNK))
    assert Way(name).ask(model(server)) == "안녕"
    assert len(server.requests) == 2

    silent = raw(drips(chunk(b": ping\n\n"), 0.1, STREAM_HEAD, ROLE))
    ends(
        Way(name),
        model(silent, timeout=Deadlines(total=5, first_token=0.5, idle=0.2), max_retries=0),
        "first_token",
        0.5,
    )


@pytest.mark.parametrize("name", ["stream", "astream"])
def test_events_without_content_keep_nothing_alive(raw: StartRaw, name: str) -> None:
    """A stream of empty deltas is silence."""
    server = raw(drips(chunk(event({})), 0.05, STREAM_HEAD, PART))
    ends(Way(name), model(server, timeout=Deadlines(total=9, idle=0.4), max_retries=0), "idle", 0.4)


@pytest.mark.parametrize("name", ["stream", "astream"])
def test_a_finished_answer_is_not_lost_by_what_comes_behind_it(raw: StartRaw, name: str) -> None:
    """A connection that stays open, or breaks: the answer was whole."""
    finish = chunk(event({}, "stop"))

    async def breaks(peer: Peer) -> None:
        await says(STREAM_HEAD, PART, finish)(peer)
        peer.reset()

    server = raw(drips(chunk(b": ping\n\n"), 0.2, STREAM_HEAD, PART, finish), breaks)
    chat = model(server, max_retries=0)
    began = time.monotonic()
    assert [Way(name).ask(chat), Way(name).ask(chat)] == ["안녕", "안녕"]
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("late", [False, True])
async def test_streams_give_their_connection_back(raw: StartRaw, *, late: bool) -> None:
    """Also where the end of the body comes a little later than its last event."""

    async def behave(peer: Peer) -> None:
        await says(STREAM_HEAD, PART, chunk(END))(peer)
        await asyncio.sleep(0.01 if late else 0)
        await peer.send(LAST_CHUNK)

    server = raw(behave)
    chat = model(server)
    for _ in range(3):
        await Way("astream").aask(chat)
    assert server.connections == 1
    for _ in range(3):
        await asyncio.to_thread(Way("stream").ask, chat)
    assert server.connections == 2


async def _hangs(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 401 X\r\nContent-Length: 500\r\n\r\n{")
    await peer.gone()


async def _breaks(peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 401 X\r\nContent-Length: 500\r\n\r\n{")
    peer.reset()


@pytest.mark.parametrize("failure", [_hangs, _breaks, says(http(b"xx", 401, "Content-Encoding: br"))])
def test_a_status_says_enough_whatever_becomes_of_its_body(raw: StartRaw, way: Way, failure: Behaviour) -> None:
    """A refused key is not asked for again."""
    server = raw(failure)
    with pytest.raises(AuthenticationError):
        way.ask(model(server, timeout=0.5))
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["stream", "astream"])
def test_a_stream_has_a_largest_size(raw: StartRaw, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small its pieces are."""
    monkeypatch.setattr("clovax_agents.client.call.MAX_STREAM_BYTES", 10_000)
    server = raw(drips(PART * 10, 0.0, STREAM_HEAD))
    with pytest.raises(InvalidResponseError, match="larger than 10000 bytes"):
        Way(name).ask(model(server, max_retries=0))


@pytest.mark.soak(every=3)
def test_a_request_has_a_largest_size(raw: StartRaw, way: Way) -> None:
    """What the service refuses with 413 is not uploaded first."""
    server = raw(says(http(b"")))
    with pytest.raises(ConfigurationError, match="send less"):
        way.ask(model(server), "가" * (18 * 1024 * 1024))
    assert not server.requests


def test_a_watchdog_that_cannot_start_once_starts_later(raw: StartRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine short of threads for a moment has deadlines again afterwards."""
    monkeypatch.setattr(watchdog, "_watchdog", watchdog._Watchdog())
    server = raw(drips(chunk(b": ping\n\n"), 0.1, STREAM_HEAD))
    with httpx.Client() as client:
        chat = model(server, timeout=0.5, max_retries=0, http_client=client)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", _no_thread)
            with pytest.raises(ConnectionFailedError, match="thread"):
                chat.invoke("안녕")
        ends(Way("invoke"), chat, "total", 0.5)


def _no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.soak(every=3)
def test_a_proxy_that_says_nothing_ends_at_the_connect_deadline(way: Way, scheme: str) -> None:
    """To be let through is part of connecting; a request that a proxy forwards is not."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limits = Deadlines(total=1, connect=0.3)
        chat = ChatClovaX(
            api_key="nv-test", base_url=f"{scheme}://studio.example/v1", profile="self-hosted", allow_http=True,
            proxy=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=limits, max_retries=0,
        )  # fmt: skip
        ends(way, chat, "connect" if scheme == "https" else "total", 1)


@pytest.mark.parametrize("name", ["stream", "astream"])
def test_content_behind_the_end_keeps_nothing_alive(raw: StartRaw, name: str) -> None:
    """The answer is finished, and its end is not waited for any longer than a second."""
    server = raw(drips(PART, 0.1, STREAM_HEAD, PART, chunk(event({}, "stop"))))
    began = time.monotonic()
    assert Way(name).ask(model(server, max_retries=0)).startswith("안녕")
    assert time.monotonic() - began < 3


def test_a_failure_may_be_compressed(raw: StartRaw, way: Way) -> None:
    """Its code and text are read all the same."""
    body = gzip.compress(b'{"error": {"code": "40003", "message": "too many tokens"}}')
    server = raw(says(http(body, 400, "Content-Encoding: gzip")))
    with pytest.raises(ContextLengthError, match="too many tokens"):
        way.ask(model(server))


@pytest.mark.parametrize("name", ["invoke", "stream"])
def test_a_lookup_without_a_thread_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A machine short of threads says so."""
    monkeypatch.setattr(threading.Thread, "start", _no_thread)
    with pytest.raises(ConnectionFailedError, match="no thread can be started"):
        Way(name).ask(ChatClovaX(api_key="nv-test", base_url="https://studio.example/v1/openai", max_retries=0))
