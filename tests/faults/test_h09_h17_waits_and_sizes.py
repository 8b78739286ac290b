"""H09 to H12 and H17: every wait ends on time, and nothing grows without bound."""

import gzip
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rawserver
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
from clovax_agents.client.policy import Deadlines
from clovax_agents.errors import CallTimeoutError, InvalidResponseError, ServiceError, TruncatedStreamError

PART = chunk(event({"content": "안녕"}))
ROOM = 1.5
"""Seconds that a call may end late on a busy machine; which deadline it was, the error says."""


def hangs(*pieces: bytes) -> Behaviour:
    """Return the behaviour of sending this, and nothing more."""

    async def behave(peer: Peer) -> None:
        await says(*pieces)(peer)
        await peer.gone()

    return behave


def timed_out(way: Way, server: Any, deadline: str, seconds: float, **limits: float) -> CallTimeoutError:
    """Ask, and check that it ends at this deadline, on time: with room for a machine that is busy."""
    chat = model(server, timeout=Deadlines(**limits), max_retries=0)
    began = time.monotonic()
    with pytest.raises(CallTimeoutError) as caught:
        way.ask(chat)
    assert seconds - 0.05 <= time.monotonic() - began <= seconds + ROOM
    assert caught.value.facts.deadline == deadline
    return caught.value


@pytest.mark.soak(every=2)
def test_h09_silence_ends_at_the_first_token_deadline(raw: StartRaw, way: Way) -> None:
    """A whole answer has no first token: there the total counts, or a deadline of its own."""
    server = raw(hangs())

    if way.streams:
        timed_out(way, server, "first_token", 0.5, total=5, first_token=0.5, answer=0.1)
    else:
        timed_out(way, server, "total", 0.5, total=0.5, first_token=0.1)
        timed_out(way, server, "answer", 0.3, total=5, answer=0.3)


def test_h09_a_head_without_content_ends_the_same(raw: StartRaw, way: Way) -> None:
    """A status line is not content."""
    server = raw(hangs(STREAM_HEAD))

    if way.streams:
        timed_out(way, server, "first_token", 0.5, total=5, first_token=0.5)
    else:
        timed_out(way, server, "total", 0.5, total=0.5)


def test_h09_a_connection_that_does_not_come_about_ends_at_its_deadline(way: Way) -> None:
    """An address that swallows packets; where the machine has no route at all, it fails at once."""
    limits = Deadlines(total=5, connect=0.3)
    chat = ChatClovaX(api_key="nv-test", base_url="https://192.0.2.1/v1/openai", timeout=limits, max_retries=0)
    began = time.monotonic()
    with pytest.raises(ServiceError):
        way.ask(chat)
    assert time.monotonic() - began < 0.3 + ROOM


@pytest.mark.soak(every=2)
def test_h10_a_dripping_body_ends_at_the_total_deadline(raw: StartRaw, way: Way) -> None:
    """One byte now and then keeps no call alive."""
    server = raw(drips(chunk(b" "), 0.1, STREAM_HEAD))

    timed_out(way, server, "total", 0.8, total=0.8)


def test_h10_pings_are_not_content(raw: StartRaw) -> None:
    """A stream that pings for ever ends when content has been missing too long."""
    for name in ("stream", "astream"):
        server = raw(drips(chunk(b": ping\n\n"), 0.05, STREAM_HEAD, PART))
        timed_out(Way(name), server, "idle", 0.5, total=5, idle=0.5)


def test_h11_a_stall_ends_at_the_idle_deadline_and_keeps_the_text(raw: StartRaw) -> None:
    """What had arrived is on the error; the idle deadline may be longer than the first token's."""
    for name in ("stream", "astream"):
        server = raw(hangs(STREAM_HEAD, PART, PART))
        error = timed_out(Way(name), server, "idle", 0.6, total=5, first_token=0.3, idle=0.6)
        assert error.facts.partial == "안녕안녕"


def test_h11_the_total_is_never_overrun(raw: StartRaw) -> None:
    """Even when the last piece came just before it."""
    for name in ("stream", "astream"):
        server = raw(drips(PART, 0.35, STREAM_HEAD))
        timed_out(Way(name), server, "total", 0.8, total=0.8, idle=0.6)


def test_h12_a_clean_end_without_a_finish_is_no_answer(raw: StartRaw) -> None:
    """In the middle of the text: an error with the text so far; before any text: asked again."""
    for name in ("stream", "astream"):
        server = raw(says(STREAM_HEAD, PART, LAST_CHUNK))
        with pytest.raises(TruncatedStreamError) as caught:
            Way(name).ask(model(server))
        assert caught.value.facts.partial == "안녕"
        assert len(server.requests) == 1

        server = raw(says(STREAM_HEAD, LAST_CHUNK), says(STREAM_HEAD, PART, chunk(END), LAST_CHUNK))
        assert Way(name).ask(model(server)) == "안녕"


def test_h12_a_broken_connection_keeps_the_text_too(raw: StartRaw) -> None:
    """Hung up in the middle of a chunk."""

    async def breaks(peer: Peer) -> None:
        await says(STREAM_HEAD, PART, b"ff\r\nhalf")(peer)
        peer.writer.close()

    for name in ("stream", "astream"):
        with pytest.raises(ServiceError) as caught:
            Way(name).ask(model(raw(breaks)))
        assert caught.value.facts.partial == "안녕"


def endless(first: bytes, piece: bytes, times: int) -> Behaviour:
    """Return the behaviour of sending a large body."""

    async def behave(peer: Peer) -> None:
        await peer.send(first)
        for _ in range(times):
            await peer.send(piece)
        await peer.gone()

    return behave


MEGABYTE = chunk(b"x" * 2**20)
LARGE = {
    "body": (STREAM_HEAD, MEGABYTE, 400),
    "header": (b"HTTP/1.1 200 OK\r\nX-Large: ", b"x" * 2**20, 10),
    "many headers": (b"HTTP/1.1 200 OK\r\n", b"X-Many: " + b"x" * 1000 + b"\r\n", 10_000),
}


BOMB = http(gzip.compress(b" " * 2**28, 9), 200, "Content-Encoding: gzip")
CLIENT = """
import re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from rawserver import Way
from clovax_agents import ChatClovaX
from clovax_agents.errors import ServiceError

def peak():  # ru_maxrss would count what the parent had
    return int(re.search("VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1])

way, chat = Way(sys.argv[3]), ChatClovaX(api_key="nv-test", base_url=sys.argv[2], max_retries=0, timeout=20)
assert way.ask(chat) == "네"
before = peak()
try:
    way.ask(chat)
except ServiceError as error:
    print(type(error).__name__, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read as Linux shows it")
@pytest.mark.parametrize("kind", [*LARGE, "bomb"])
@pytest.mark.soak(every=16)
def test_h17_what_is_too_large_is_not_taken_in(raw: StartRaw, way: Way, kind: str) -> None:
    """400 MB in one event or body, 10 MB of header, a bomb: an error, and the process grows by less than 64 MB."""
    server = raw(says(way.answer()), says(BOMB) if kind == "bomb" else endless(*LARGE[kind]))
    arguments = [str(Path(rawserver.__file__).parent), server.url + "/v1/openai", way.name]

    done = subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-c", CLIENT, *arguments], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    error, grown = done.stdout.split()
    assert error == (
        "ConnectionFailedError" if "header" in kind and way.name in ("invoke", "stream") else "InvalidResponseError"
    )
    assert int(grown) < 64 * 2**10


def test_h17_a_bomb_is_not_unpacked(raw: StartRaw, way: Way) -> None:
    """Compression that nobody asked for is understood, up to a size."""
    server = raw(says(BOMB))

    with pytest.raises(InvalidResponseError, match="when it is unpacked"):
        way.ask(model(server, max_retries=0))


def _without_head(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def _in_members(data: bytes) -> bytes:
    return gzip.compress(data[:20]) + gzip.compress(data[20:])


PACKS: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress, _in_members],
    "deflate": [zlib.compress, _without_head],
    "identity": [bytes],
}


@pytest.mark.parametrize(("coding", "pack"), [(coding, pack) for coding, packs in PACKS.items() for pack in packs])
def test_h17_a_compressed_answer_is_read(raw: StartRaw, way: Way, coding: str, pack: Callable[[bytes], bytes]) -> None:
    """As some gateways send it, in several members or without the head that it should have."""
    body = way.answer("압축").partition(b"\r\n\r\n")[2]
    server = raw(says(http(pack(body), 200, f"Content-Encoding: {coding}")))

    assert way.ask(model(server)) == "압축"


def test_h17_an_unknown_compression_is_an_error(raw: StartRaw, way: Way) -> None:
    """Named, and not read as text."""
    server = raw(says(http(json.dumps({}).encode(), 200, "Content-Encoding: br")))

    with pytest.raises(InvalidResponseError, match="'br', which was not asked for"):
        way.ask(model(server, max_retries=0))
