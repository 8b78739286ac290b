"""H18 to H22 and H27: cancelled, broken out of, shared by loops and threads, forked, pickled, sent through a proxy.

Each answer echoes its question, so that one which went to another call is seen. `make soak` runs the full numbers.
"""

import asyncio
import copy
import gc
import itertools
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import uvloop
from langchain_core.messages import HumanMessage
from rawserver import END, LAST_CHUNK, STREAM_HEAD, Peer, RawServer, StartRaw, Way, answer, chunk, event, http, model

from clovax_agents import ChatClovaX
from clovax_agents.errors import ClovaXError, ConfigurationError, ConnectionFailedError

SOAK = bool(os.environ.get("CLOVAX_SOAK"))


async def echo(peer: Peer) -> None:
    """Answer with the question."""
    if json.loads(peer.body).get("stream"):
        await peer.send(STREAM_HEAD + chunk(event({"content": peer.question}) + END) + LAST_CHUNK)
    else:
        await peer.send(http(answer(peer.question)))


async def slowly(peer: Peer) -> None:
    """Begin a stream that goes on for a minute."""
    await peer.send(STREAM_HEAD)
    for number in range(6000):
        await peer.send(chunk(event({"content": f"{number} "})))
        await asyncio.sleep(0.01)


async def never(peer: Peer) -> None:
    """Do not answer."""
    await peer.gone()


def closed_within(server: RawServer, seconds: float) -> float:
    """Wait until no connection is open; return how long that took."""
    began = time.monotonic()
    while server.open and time.monotonic() - began < seconds + 2:
        time.sleep(0.002)
    assert not server.open, f"{server.open} connections still open"
    return time.monotonic() - began


@pytest.mark.parametrize("kind", ["waiting", "streaming"])
async def test_h18_a_cancelled_call_closes_its_connection(raw: StartRaw, kind: str) -> None:
    """At any moment, and again and again; no task stays behind."""
    server = raw(never if kind == "waiting" else slowly)
    chat, way = model(server), Way("ainvoke" if kind == "waiting" else "astream")
    before = asyncio.all_tasks()

    for wait in [number / 400 for number in range(8)] * (125 if SOAK else 4):
        task = asyncio.create_task(way.aask(chat))
        await asyncio.sleep(wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await asyncio.to_thread(closed_within, server, 0.1) <= 0.3
    assert asyncio.all_tasks() == before


async def test_h18_cancelled_while_connecting(raw: StartRaw) -> None:
    """Before the first byte was sent."""
    server = raw(never)
    for _ in range(200 if SOAK else 20):
        task = asyncio.create_task(model(server).ainvoke("안녕"))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.to_thread(closed_within, server, 0.1)


def test_h19_breaking_out_of_a_sync_stream_closes_its_connection(raw: StartRaw) -> None:
    """By reference counting alone: without a collection, and without close()."""
    server = raw(slowly)
    gc.disable()
    try:
        for part in model(server).stream("안녕"):
            assert part.text
            break
        assert closed_within(server, 0.1) <= 0.3
    finally:
        gc.enable()


async def test_h19_breaking_out_of_an_async_stream_closes_its_connection(raw: StartRaw) -> None:
    """The loop closes what was left open, at once."""
    server = raw(slowly)
    gc.disable()
    try:
        async for part in model(server).astream("안녕"):
            assert part.text
            break
        assert await asyncio.to_thread(closed_within, server, 0.1) <= 0.3
    finally:
        gc.enable()


def echoes(way: Way, chat: ChatClovaX, questions: list[str]) -> None:
    """Ask each question and check that its own answer comes back."""
    for question in questions:
        assert way.ask(chat, question) == question


async def gathered(way: Way, chat: ChatClovaX, name: str, count: int) -> None:
    """Ask many questions at once."""
    questions = [f"{name}-{number}" for number in range(count)]
    assert await asyncio.gather(*(way.aask(chat, question) for question in questions)) == questions


def test_h20_one_model_serves_several_loops_in_a_row(raw: StartRaw, way: Way) -> None:
    """Each asyncio.run has a loop of its own, and closes what was opened in it."""
    server = raw(echo)
    chat = model(server)

    for turn in range(3):
        if way.name.startswith("a"):
            asyncio.run(gathered(way, chat, f"loop{turn}", 20))
            closed_within(server, 0.2)
        else:
            echoes(way, chat, [f"{turn}-{number}" for number in range(5)])


def test_h20_uvloop_serves_as_well(raw: StartRaw) -> None:
    """The loop that LangGraph's server runs on: whole answers, streams, and a stream that is left early."""
    server = raw(echo)
    chat = model(server)

    async def ask() -> None:
        await gathered(Way("ainvoke"), chat, "whole", 50)
        await gathered(Way("astream"), chat, "streamed", 50)
        async for part in chat.astream("left"):
            assert part.text
            break

    for _ in range(2):
        uvloop.run(ask())
        closed_within(server, 0.3)


def test_h20_a_loop_that_was_closed_without_a_shutdown_is_forgotten(raw: StartRaw) -> None:
    """As old programs do; the next loop works."""
    chat = model(raw(echo))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # about the sockets, which are that loop's to close
        for turn in range(2):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(gathered(Way("ainvoke"), chat, str(turn), 3))
            loop.close()
        asyncio.run(gathered(Way("ainvoke"), chat, "last", 3))
        gc.collect()


def test_h20_one_model_serves_many_threads(raw: StartRaw) -> None:
    """16 threads ask, and 4 more have loops of their own."""
    chat = model(raw(echo))
    count = 100 if SOAK else 10
    jobs: list[Callable[[], object]] = [
        lambda name=name: echoes(Way("stream" if name % 2 else "invoke"), chat, [f"s{name}-{n}" for n in range(count)])
        for name in range(16)
    ]
    jobs += [lambda name=name: asyncio.run(gathered(Way("ainvoke"), chat, f"a{name}", count)) for name in range(4)]

    with ThreadPoolExecutor(20) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result(60)


async def test_h20_a_thousand_calls_at_once(raw: StartRaw) -> None:
    """No limit of a pool, and no answer swapped."""
    server = raw(echo)
    await gathered(Way("ainvoke"), model(server), "q", 1000)
    await gathered(Way("astream"), model(server), "s", 200)


def test_h20_another_kind_of_loop_is_refused_in_a_sentence(raw: StartRaw) -> None:
    """Trio has no sockets for us; a thread has."""
    coroutine = model(raw(echo))._agenerate([HumanMessage("안녕")])
    with pytest.raises(ConfigurationError, match="runs on asyncio; under trio, call invoke in a thread"):
        coroutine.send(None)


def _child(chat: ChatClovaX, name: str, start: Any, results: Any) -> None:
    start.wait()
    try:
        echoes(Way("invoke"), chat, [f"{name}-{number}" for number in range(20)])
        asyncio.run(gathered(Way("ainvoke"), chat, name, 20))
        results.put("ok")
    except BaseException as error:  # noqa: BLE001  # whatever it was has to be seen
        results.put(repr(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_h21_forked_children_do_not_share_connections(raw: StartRaw) -> None:
    """Eight children of a process with warm connections ask at once, and so does the process."""
    server = raw(echo)
    chat = model(server)
    context = multiprocessing.get_context("fork")
    for turn in range(20 if SOAK else 2):
        echoes(Way("invoke"), chat, ["warm"] * 3)
        start, results = context.Event(), context.Queue()
        children = [
            context.Process(target=_child, args=(chat, f"{turn}-{n}", start, results), daemon=True) for n in range(8)
        ]
        for child in children:
            child.start()
        start.set()
        echoes(Way("invoke"), chat, [f"parent-{number}" for number in range(20)])

        assert [results.get(timeout=60) for _ in children] == ["ok"] * 8
        for child in children:
            child.join(30)


def test_h22_a_model_can_be_sent_to_other_processes(raw: StartRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spawned ones take the key from the environment; the bytes that went there do not hold it."""
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-canary-22")
    chat = model(raw(echo))
    chat.invoke("warm")
    assert b"nv-" not in pickle.dumps(chat)

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        questions = ["하나", "둘", "셋"]
        answers = list(pool.map(chat.invoke, questions))

    assert [found.text for found in answers] == questions


def test_h22_copies_work_with_clients_of_the_users(raw: StartRaw) -> None:
    """A copy shares the client; a pickle leaves it behind."""
    with httpx.Client() as client:
        chat = model(raw(echo), http_client=client)
        assert copy.deepcopy(chat).http_client is client
        assert chat.model_copy(deep=True).invoke("안녕").text == "안녕"
        assert pickle.loads(pickle.dumps(chat)).http_client is None  # noqa: S301  # our own


async def test_a_client_of_the_users_is_used(raw: StartRaw) -> None:
    """With everything it was made with, here a header; and never for redirects."""
    server = raw(echo)
    async with httpx.AsyncClient(headers={"X-Mine": "1"}, follow_redirects=True) as client:
        with httpx.Client(headers={"X-Mine": "1"}) as sync_client:
            chat = model(server, http_client=sync_client, http_async_client=client)
            assert (await chat.ainvoke("하나")).text == "하나"
            assert await Way("astream").aask(chat, "둘") == "둘"
            assert (await asyncio.to_thread(chat.invoke, "셋")).text == "셋"

    assert [b"x-mine: 1" in peer.head.lower() for peer in server.requests] == [True] * 3


def test_h28_a_clock_that_jumps_changes_nothing(raw: StartRaw, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Years forward or back between any two looks at it: neither an early end nor a wait without one."""
    jumps = itertools.cycle([0.0, 4e9, 1e9])
    chat, stuck = model(raw(echo)), model(raw(slowly), timeout=0.5, max_retries=0)
    monkeypatch.setattr(time, "time", lambda: next(jumps))

    assert way.ask(chat, "지금") == "지금"
    began = time.monotonic()
    with pytest.raises(ClovaXError):
        way.ask(stuck)
    assert time.monotonic() - began < 2


def test_something_else_than_a_client_is_refused() -> None:
    """By name."""
    with pytest.raises(ClovaXError, match=r"http_client takes an httpx\.Client, not a str"):
        ChatClovaX(api_key="nv-test", http_client="http://proxy")


@pytest.fixture
def proxy(raw: StartRaw) -> RawServer:
    """Give a proxy: it is asked for whole addresses, and answers itself."""
    return raw(echo)


@pytest.fixture
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("_no_proxy")
def test_h27_an_explicit_proxy_is_used(proxy: RawServer, way: Way) -> None:
    """For this model alone; the key goes through it as it would go anywhere."""
    chat = ChatClovaX(
        api_key="nv-test", base_url="http://service.example/v1", deployment="self-hosted", allow_http=True,
        proxy=proxy.url,
    )  # fmt: skip
    assert way.ask(chat, "프록시") == "프록시"
    assert proxy.requests[0].head.startswith(b"POST http://service.example/v1/chat/completions")
    assert proxy.url not in repr(chat)


@pytest.mark.usefixtures("_no_proxy")
@pytest.mark.parametrize("spared", ["", "127.0.0.1"])
@pytest.mark.soak(every=8)
def test_h27_the_environment_is_honoured(
    proxy: RawServer, raw: StartRaw, way: Way, monkeypatch: pytest.MonkeyPatch, spared: str
) -> None:
    """A process that starts with HTTP_PROXY uses it, except for what NO_PROXY names."""
    server = raw(echo)
    script = f"""
import asyncio
from clovax_agents import ChatClovaX
chat = ChatClovaX(api_key="nv-test", base_url="{server.url}/v1/openai")
async def main():
    print((await chat.ainvoke("a")).text, "".join([part.text async for part in chat.astream("b")]))
asyncio.run(main()) if {way.name.startswith("a")} else print(chat.invoke("a").text, "b")
"""
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", spared)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert done.stdout.split() == ["a", "b"], done.stderr
    assert bool(proxy.requests) is not bool(spared)


@pytest.mark.usefixtures("_no_proxy")
def test_h27_a_proxy_that_is_down_is_named_as_such(way: Way) -> None:
    """A connection error, tried again."""
    chat = ChatClovaX(api_key="nv-test", proxy="http://127.0.0.1:9", max_retries=1)
    with pytest.raises(ConnectionFailedError, match="cannot connect to the proxy to clovastudio") as caught:
        way.ask(chat)
    assert caught.value.facts.attempts == 2


def test_the_threads_of_a_process_end(raw: StartRaw) -> None:
    """The watchdog of blocking reads does not outlive what it watched by long."""
    chat = model(raw(echo), timeout=1)
    chat.invoke("안녕")
    watchdogs = [thread for thread in threading.enumerate() if thread.name == "clovax-watchdog"]
    for thread in watchdogs:
        assert thread.daemon
