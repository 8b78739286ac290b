"""H09: a connection that does not come about ends at the deadline for connecting, and the error says so."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from deaf import deaf_server
from rawserver import Way

from clovax_agents import ChatClovaX, ClovaXEmbeddings
from clovax_agents.client.policy import Deadlines
from clovax_agents.errors import CallTimeoutError

LIMITS = Deadlines(total=20, connect=0.3)


@pytest.fixture(scope="module")
def deaf() -> Iterator[str]:
    """Give the address of a server that accepts nobody."""
    with deaf_server() as url:
        yield url


def chat_at(url: str, **settings: Any) -> ChatClovaX:
    """Return a model that gives up connecting soon, and everything else late."""
    return ChatClovaX(**{"api_key": "nv-test", "base_url": url, "timeout": LIMITS, "max_retries": 0, **settings})


def assert_told(error: CallTimeoutError, url: str) -> None:
    """Check that the error names the deadline, the server and the seconds."""
    assert error.facts.deadline == "connect"
    assert f"no connection to {url.split('/')[2]} within 0.3 s" in str(error)


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.soak(every=2)
def test_h09_the_deadline_for_connecting_is_named(deaf: str, way: Way, api: str) -> None:
    """Sync and async, whole and streamed: long before the call's other deadlines."""
    began = time.monotonic()
    with pytest.raises(CallTimeoutError) as caught:
        way.ask(chat_at(deaf, api=api))

    assert 0.25 <= time.monotonic() - began < 5
    assert_told(caught.value, deaf)


@pytest.mark.soak(every=3)
def test_h09_connecting_is_tried_again(deaf: str, way: Way) -> None:
    """As often as the model may, since nothing can have been sent yet."""
    with pytest.raises(CallTimeoutError) as caught:
        way.ask(chat_at(deaf, max_retries=2))

    assert_told(caught.value, deaf)
    assert caught.value.facts.attempts == 3


def test_h09_the_total_deadline_cuts_connecting_short(deaf: str, way: Way) -> None:
    """A call whose total is shorter than its time to connect ends at its total."""
    began = time.monotonic()
    with pytest.raises(CallTimeoutError):
        way.ask(chat_at(deaf, timeout=Deadlines(total=0.3, connect=19)))

    assert time.monotonic() - began < 5


async def test_h09_a_client_of_the_users_has_the_same_deadline(deaf: str) -> None:
    """The deadline is the call's, whatever the client itself was made with."""
    async with httpx.AsyncClient(timeout=60) as client:
        with httpx.Client(timeout=60) as sync_client:
            chat = chat_at(deaf, http_client=sync_client, http_async_client=client)
            with pytest.raises(CallTimeoutError) as caught:
                await chat.ainvoke("안녕")
            assert_told(caught.value, deaf)
            with pytest.raises(CallTimeoutError) as caught:
                await asyncio.to_thread(chat.invoke, "안녕")
            assert_told(caught.value, deaf)


async def test_h09_so_have_embeddings(deaf: str) -> None:
    """Sync and async."""
    embeddings = ClovaXEmbeddings(api_key="nv-test", base_url=deaf, timeout=LIMITS, max_retries=0)
    with pytest.raises(CallTimeoutError) as caught:
        await embeddings.aembed_query("안녕")
    assert_told(caught.value, deaf)
    with pytest.raises(CallTimeoutError) as caught:
        await asyncio.to_thread(embeddings.embed_query, "안녕")
    assert_told(caught.value, deaf)
