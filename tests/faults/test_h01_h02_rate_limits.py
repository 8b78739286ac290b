"""H01 and H02: two 429s in a row are waited out as they ask for, and one without end ends at the call's deadline."""

import socketserver
import threading
import time
from email.utils import formatdate
from typing import ClassVar

import pytest
from rawserver import Behaviour, Peer, StartRaw, Way, http, model

from clovax_agents import ChatClovaX
from clovax_agents.errors import CallTimeoutError, ConnectionFailedError, RateLimitError

BUSY = b'{"error":{"code":"42901","message":"Too many requests"}}'
DATE = f"Date: {formatdate(0, usegmt=True)}\r\nRetry-After: {formatdate(1, usegmt=True)}"
PAIRS: dict[str, tuple[tuple[str, float], tuple[str, float]]] = {
    "seconds, then milliseconds": (("Retry-After: 1", 1.0), ("Retry-After-Ms: 300", 0.3)),
    "milliseconds, then a date": (("Retry-After-Ms: 300", 0.3), (DATE, 1.0)),
    "durations of two kinds": (("x-ratelimit-reset-tokens: 300ms", 0.3), ("x-ratelimit-reset-requests: 0.5s", 0.5)),
}


class Timed:
    """A server that says 429 with these headers, one after the other, and when it was asked."""

    def __init__(self, raw: StartRaw, way: Way, *headers: str) -> None:
        self.at: list[float] = []
        self.server = raw(
            *(self._behaviour(http(BUSY, 429, header)) for header in headers), self._behaviour(way.answer())
        )

    def _behaviour(self, data: bytes) -> Behaviour:
        async def behave(peer: Peer) -> None:
            self.at.append(time.monotonic())
            await peer.send(data)

        return behave

    @property
    def waits(self) -> list[float]:
        """Seconds between one request and the next."""
        return [after - before for before, after in zip(self.at, self.at[1:], strict=False)]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.soak(every=7)
def test_h01_two_429s_are_each_waited_out(raw: StartRaw, way: Way, pair: str) -> None:
    """As long as each of them asks for, and a fifth more at most; three requests and one answer come of it."""
    (first, first_wait), (second, second_wait) = PAIRS[pair]
    timed = Timed(raw, way, first, second)

    assert way.ask(model(timed.server)) == "네"

    assert len(timed.server.requests) == 3
    for found, asked in zip(timed.waits, (first_wait, second_wait), strict=True):
        assert asked <= found <= asked * 1.2 + 0.5


@pytest.mark.soak(every=2)
def test_h01_a_third_429_is_one_too_many(raw: StartRaw, way: Way) -> None:
    """A model makes two more attempts after the first, unless it is told otherwise; the error counts all three."""
    headers = ["Retry-After-Ms: 20"] * 3
    with pytest.raises(RateLimitError) as caught:
        way.ask(model(Timed(raw, way, *headers).server))

    assert caught.value.facts.attempts == 3
    assert "3 attempts" in str(caught.value)
    assert way.ask(model(Timed(raw, way, *headers).server, max_retries=3)) == "네"


def test_h01_the_same_request_is_sent_again(raw: StartRaw, way: Way) -> None:
    """Byte for byte, under the same request id."""
    timed = Timed(raw, way, "Retry-After-Ms: 10", "Retry-After-Ms: 10")
    way.ask(model(timed.server))

    assert {peer.body for peer in timed.server.requests} == {timed.server.requests[0].body}
    ids = {line for peer in timed.server.requests for line in peer.head.lower().split(b"\r\n") if b"request-id" in line}
    assert len(ids) == 1


@pytest.mark.parametrize("header", ["Retry-After-Ms: 200", "Retry-After: 0.2", "X-Nothing: 1"])
@pytest.mark.soak(every=6)
def test_h02_with_attempts_to_spare_it_ends_at_the_total_deadline(raw: StartRaw, way: Way, header: str) -> None:
    """Not before the time is spent, not after it: by the limit's error, or by the deadline's if that is met asking."""
    timed = Timed(raw, way, *[header] * 10_000)
    chat = model(timed.server, timeout=1.2, max_retries=9_999)
    began = time.monotonic()
    with pytest.raises((RateLimitError, CallTimeoutError)) as caught:
        way.ask(chat)

    asks, facts = header.startswith("Retry"), caught.value.facts
    assert time.monotonic() - began <= 1.2 + 0.3
    if isinstance(caught.value, RateLimitError):
        assert facts.retry_after == (0.2 if asks else None)
        assert facts.attempts == len(timed.server.requests)
    else:
        assert facts.deadline == "total"
    if asks:
        assert facts.elapsed >= 1.2 - 0.2 * 1.2 - 0.5
        assert 3 <= len(timed.server.requests) <= 6


@pytest.mark.soak(every=2)
def test_h02_a_server_that_falls_silent_ends_at_the_total_deadline_too(raw: StartRaw, way: Way) -> None:
    """The time that the 429 took is part of it."""

    async def busy(peer: Peer) -> None:
        await peer.send(http(BUSY, 429, "Retry-After-Ms: 300"))

    async def silent(peer: Peer) -> None:
        await peer.gone()

    began = time.monotonic()
    with pytest.raises(CallTimeoutError) as caught:
        way.ask(model(raw(busy, silent), timeout=1.0, max_retries=5))

    assert 0.95 <= time.monotonic() - began <= 1.4
    assert (caught.value.facts.deadline, caught.value.facts.attempts) == ("total", 2)


@pytest.mark.soak(every=2)
def test_h01_a_limit_that_is_told_within_an_answer_is_waited_out_too(raw: StartRaw, way: Way) -> None:
    """Some failures come with status 200; the hint stands in the head all the same."""
    kind = "text/event-stream" if way.streams else "application/json"
    said = b"data: " + BUSY + b"\n\n" if way.streams else BUSY
    at: list[float] = []

    def behaviour(data: bytes) -> Behaviour:
        async def behave(peer: Peer) -> None:
            at.append(time.monotonic())
            await peer.send(data)

        return behave

    server = raw(behaviour(http(said, 200, "x-ratelimit-reset-tokens: 600ms", kind=kind)), behaviour(way.answer()))
    assert way.ask(model(server)) == "네"
    assert at[1] - at[0] >= 0.6


class _Refusing(socketserver.StreamRequestHandler):
    """A proxy that lets nobody through."""

    asked: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        """Refuse."""
        self.asked.append(self.rfile.readline())
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


def test_h01_a_proxy_that_wants_a_password_is_asked_once(way: Way) -> None:
    """It will not change its mind."""
    _Refusing.asked.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy = f"http://127.0.0.1:{server.server_address[1]}"
        chat = ChatClovaX(api_key="nv-test", base_url="https://studio.example/v1/openai", proxy=proxy)
        with pytest.raises(ConnectionFailedError, match="user name and password"):
            way.ask(chat)
        server.shutdown()
    assert _Refusing.asked == [b"CONNECT studio.example:443 HTTP/1.1\r\n"]
