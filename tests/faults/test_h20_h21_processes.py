"""H20 and H21: other kinds of event loops, and children that are forked while both kinds of connections are warm."""

import asyncio
import json
import multiprocessing
import os
import threading
from collections import Counter
from typing import Any

import pytest
from rawserver import END, LAST_CHUNK, STREAM_HEAD, Peer, StartRaw, Way, answer, chunk, event, http, model

from clovax_agents import ChatClovaX
from clovax_agents.errors import ConfigurationError

CHILDREN, QUESTIONS = 4, 10


async def echo(peer: Peer) -> None:
    """Answer with the question."""
    if json.loads(peer.body).get("stream"):
        await peer.send(STREAM_HEAD + chunk(event({"content": peer.question}) + END) + LAST_CHUNK)
    else:
        await peer.send(http(answer(peer.question)))


async def gathered(chat: ChatClovaX, name: str) -> None:
    """Ask many questions at once, whole and streamed, and check that each gets its own answer."""
    for way in (Way("ainvoke"), Way("astream")):
        questions = [f"{name}-{way.name}-{number}" for number in range(QUESTIONS)]
        assert await asyncio.gather(*(way.aask(chat, question) for question in questions)) == questions


def in_turn(chat: ChatClovaX, name: str) -> None:
    """Ask questions one after the other, whole and streamed."""
    for way in (Way("invoke"), Way("stream")):
        for number in range(QUESTIONS):
            assert way.ask(chat, f"{name}-{way.name}-{number}") == f"{name}-{way.name}-{number}"


def _child(chat: ChatClovaX, name: str, start: Any, results: Any) -> None:
    """Ask in a forked child, async first or sync first."""
    start.wait()
    try:
        asks = [lambda: asyncio.run(gathered(chat, name)), lambda: in_turn(chat, name)]
        for ask in asks if name.endswith(("0", "2")) else reversed(asks):
            ask()
        results.put("ok")
    except BaseException as error:  # noqa: BLE001  # whatever it was has to be seen
        results.put(repr(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
async def test_h21_children_of_a_running_loop_share_neither_kind_of_connection(raw: StartRaw) -> None:
    """Forked while sync and async connections are warm, children and parent ask at once, each over its own."""
    server = raw(echo)
    chat, context = model(server), multiprocessing.get_context("fork")
    await gathered(chat, "warm")
    await asyncio.to_thread(in_turn, chat, "warm")
    warm = server.connections

    start, results = context.Event(), context.Queue()
    children = [context.Process(target=_child, args=(chat, f"child{n}", start, results)) for n in range(CHILDREN)]
    for child in children:
        child.start()
    start.set()
    await asyncio.gather(gathered(chat, "parent"), asyncio.to_thread(in_turn, chat, "sync parent"))
    found = [await asyncio.to_thread(results.get, timeout=60) for _ in children]
    for child in children:
        await asyncio.to_thread(child.join, 30)

    assert found == ["ok"] * CHILDREN
    assert [child.exitcode for child in children] == [0] * CHILDREN
    assert server.connections >= warm + 2 * CHILDREN
    asked = Counter(peer.question for peer in server.requests)
    assert set(asked.values()) == {1}
    assert len(asked) == (CHILDREN + 2) * 4 * QUESTIONS  # the warm ones and the parent count as a child does


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_h21_a_parents_connections_outlive_its_children(raw: StartRaw) -> None:
    """A child that ends closes what it opened, and nothing of its parent's: the parent opens no new ones."""
    server = raw(echo)
    chat, context = model(server), multiprocessing.get_context("fork")
    await Way("ainvoke").aask(chat, "warm")
    await asyncio.to_thread(Way("invoke").ask, chat, "warm")
    for _ in range(3):
        start, results = context.Event(), context.Queue()
        start.set()
        child = context.Process(target=_child, args=(chat, "child0", start, results))
        child.start()
        assert await asyncio.to_thread(results.get, timeout=60) == "ok"
        await asyncio.to_thread(child.join, 30)
    opened = server.connections

    assert await Way("ainvoke").aask(chat, "그대로") == "그대로"
    assert await asyncio.to_thread(Way("invoke").ask, chat, "그대로") == "그대로"
    assert server.connections == opened


def test_h20_the_sync_interface_needs_no_loop_of_any_kind(raw: StartRaw) -> None:
    """In a thread without an event loop, as trio's are, the ways to ask that are not async work."""
    chat, failures = model(raw(echo)), list[BaseException]()

    def ask() -> None:
        try:
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            in_turn(chat, threading.current_thread().name)
        except BaseException as error:  # noqa: BLE001  # it is raised below
            failures.append(error)

    threads = [threading.Thread(target=ask, name=f"thread{number}") for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_h20_under_trio_the_sync_interface_works_and_the_other_says_so(raw: StartRaw) -> None:
    """Async calls are refused in a sentence with the way out, whole and streamed; that way works as it is written."""
    trio = pytest.importorskip("trio", reason="trio is not installed")
    chat = model(raw(echo))

    async def main() -> None:
        for way in (Way("ainvoke"), Way("astream")):
            with pytest.raises(ConfigurationError, match=r"trio\.to_thread\.run_sync\(chat\.invoke, messages\)"):
                await way.aask(chat)
        assert (await trio.to_thread.run_sync(chat.invoke, "안녕")).text == "안녕"
        assert chat.invoke("바로").text == "바로"
        assert "".join(part.text for part in chat.stream("조각")) == "조각"

    trio.run(main)
