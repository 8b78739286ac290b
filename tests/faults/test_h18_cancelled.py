"""H18: a thousand calls are cancelled, each at another moment; sockets and tasks are gone at once, and none stays."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from deaf import deaf_server
from rawserver import STREAM_HEAD, Peer, StartRaw, Way, chunk, event

from clovax_agents import ChatClovaX

TIMES = 340
"""For each of three cases: more than 1,000 in all."""
FOLDER = Path("/proc/self/fd")
KINDS = ["connecting", "waiting", "streaming"]
EACH_KIND = pytest.mark.parametrize(("place", "kind"), [(kind, kind) for kind in KINDS], indirect=["place"], ids=KINDS)

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the sockets of a process are counted as Linux shows them")


def sockets() -> int:
    """Return how many sockets this process has open, its servers' among them."""
    found = 0
    for entry in os.scandir(FOLDER):
        try:
            found += str(Path(entry.path).readlink()).startswith("socket:")
        except OSError:  # it was the scan's own
            continue
    return found


async def silent(peer: Peer) -> None:
    """Do not answer."""
    await peer.gone()


async def endless(peer: Peer) -> None:
    """Stream until the client hangs up."""
    await peer.send(STREAM_HEAD)
    while True:
        await peer.send(chunk(event({"content": "말 "})))
        await asyncio.sleep(0.002)


@pytest.fixture
def place(raw: StartRaw, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a server at which calls get as far as they should."""
    if request.param == "connecting":
        with deaf_server() as url:
            yield url
    else:
        yield raw(silent if request.param == "waiting" else endless).url + "/v1/openai"


async def until(holds: Callable[[], bool], seconds: float) -> float:
    """Wait until something holds, and return how long that took."""
    began = time.monotonic()
    while not holds() and time.monotonic() - began < seconds:  # noqa: ASYNC110  # sockets do not say when they go
        await asyncio.sleep(0.001)
    return time.monotonic() - began


async def cancelled(call: Awaitable[Any], after: float) -> None:
    """Begin a call, and cancel it after a while."""
    task = asyncio.ensure_future(call)
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@EACH_KIND
@pytest.mark.soak(every=3)
async def test_h18_of_a_cancelled_call_nothing_stays(place: str, kind: str) -> None:
    """Whether it was connecting, waiting, or in the middle of its stream."""
    way, chat = Way("astream" if kind == "streaming" else "ainvoke"), ChatClovaX(api_key="nv-test", base_url=place)
    await cancelled(way.aask(chat), 0.05)  # opens what is kept
    await until(lambda: False, 0.1)
    before, tasks, seconds = sockets(), asyncio.all_tasks(), list[float]()
    for number in range(TIMES):
        await cancelled(way.aask(chat), number % 12 / 1000)
        assert asyncio.all_tasks() == tasks
        seconds.append(await until(lambda: sockets() <= before, 2))

    assert await until(lambda: sockets() <= before, 2) < 2
    assert statistics.median(seconds) <= 0.05
    assert max(seconds) <= 1


@EACH_KIND
@pytest.mark.soak(every=2)
async def test_h18_fifty_at_once_leave_nothing_either(place: str, kind: str) -> None:
    """As when a server drops all that a user had asked for."""
    way, chat = Way("astream" if kind == "streaming" else "ainvoke"), ChatClovaX(api_key="nv-test", base_url=place)
    await cancelled(way.aask(chat), 0.05)
    await until(lambda: False, 0.1)
    before, tasks = sockets(), asyncio.all_tasks()
    for turn in range(4):
        await asyncio.gather(*(cancelled(way.aask(chat), turn / 50) for _ in range(50)))
        assert await until(lambda: sockets() <= before, 2) < 2

    assert asyncio.all_tasks() == tasks


@pytest.mark.parametrize("through", ["a client of the user's", "a proxy"])
@EACH_KIND
@pytest.mark.soak(every=6)
async def test_h18_httpx_keeps_no_connection_of_a_cancelled_call(place: str, kind: str, through: str) -> None:
    """A client that allows a few connections would soon have none left, and a proxy's would pile up."""
    way = Way("astream" if kind == "streaming" else "ainvoke")
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=8)) as client:
        given: dict[str, Any] = {"http_async_client": client}
        if through == "a proxy":
            given = {"proxy": place.removesuffix("/v1/openai")}
        chat = ChatClovaX(api_key="nv-test", base_url=place, **given)
        await cancelled(way.aask(chat), 0.05)
        await until(lambda: False, 0.1)
        before, tasks = sockets(), asyncio.all_tasks()
        for turn in range(60):
            await asyncio.gather(*(cancelled(way.aask(chat), (turn * 7 + n * 3) % 20 / 1000) for n in range(6)))

        assert asyncio.all_tasks() == tasks
        assert await until(lambda: sockets() <= before, 2) < 2
