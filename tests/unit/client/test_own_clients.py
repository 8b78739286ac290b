"""Clients of httpx that the user brings along, with a transport of their own: every call goes over them."""

import asyncio
import gzip
import json
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from langchain_core.messages import HumanMessage
from rawserver import END, answer, asked, event

from clovax_agents import ChatClovaX, ClovaXEmbeddings, tool
from clovax_agents.errors import ConnectionFailedError, RateLimitError
from clovax_agents.testing import LoopbackSimulator

NOWHERE = "https://nowhere.invalid/v1/openai"
VECTOR = json.dumps({"data": [{"embedding": [0.5] * 1024, "index": 0}]}).encode()
SYNC, ASYNC = ["invoke", "stream"], ["ainvoke", "astream"]
Answer = Callable[[httpx.Request], httpx.Response]


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


class Noted(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that notes what it is given, and answers itself or hands it on."""

    def __init__(self, answers: Answer | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.closed = 0
        self._answers = answers
        self._next, self._anext = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a sync request."""
        self.requests.append(request)
        return self._answers(request) if self._answers else self._next.handle_request(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer an async request."""
        self.requests.append(request)
        return self._answers(request) if self._answers else await self._anext.handle_async_request(request)

    def close(self) -> None:
        """Close what it hands on to."""
        self.closed += 1
        self._next.close()

    async def aclose(self) -> None:
        """Close what it hands on to."""
        self.closed += 1
        await self._anext.aclose()


def says(request: httpx.Request) -> httpx.Response:
    """Answer without any server."""
    if request.url.path.endswith("/embeddings"):
        return httpx.Response(200, content=VECTOR)
    if json.loads(request.content).get("stream"):
        return httpx.Response(
            200, content=event({"content": "여기"}) + END, headers={"content-type": "text/event-stream"}
        )
    return httpx.Response(200, content=answer("여기"))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at another host fail."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", [*SYNC, *ASYNC])
async def test_every_call_goes_over_the_transport_that_was_given(name: str) -> None:
    """Nothing else is opened: an address that leads nowhere is no hindrance."""
    sync, other = Noted(says), Noted(says)
    async with httpx.AsyncClient(transport=other) as aclient:
        with httpx.Client(transport=sync) as client:
            chat = ChatClovaX(api_key="nv-test", base_url=NOWHERE, http_client=client, http_async_client=aclient)
            assert (await asked(chat, name, "안녕")).text == "여기"

    used, unused = (sync, other) if name in SYNC else (other, sync)
    assert (len(used.requests), len(unused.requests)) == (1, 0)
    assert str(used.requests[0].url) == NOWHERE + "/chat/completions"
    assert used.requests[0].headers["Authorization"] == "Bearer nv-test"
    assert used.requests[0].headers["Accept"] == ("text/event-stream" if "stream" in name else "application/json")


@pytest.mark.parametrize("name", [*SYNC, *ASYNC])
async def test_without_a_client_for_it_a_call_goes_its_own_way(name: str) -> None:
    """A client for sync calls says nothing about async ones, and the other way round."""
    noted = Noted(says)
    client: Any = httpx.AsyncClient(transport=noted) if name in SYNC else httpx.Client(transport=noted)
    setting = "http_async_client" if name in SYNC else "http_client"
    chat = ChatClovaX(api_key="nv-test", base_url=NOWHERE, max_retries=0, **{setting: client})
    with pytest.raises(ConnectionFailedError):
        await asked(chat, name, "안녕")

    assert noted.requests == []
    await client.aclose() if name in SYNC else client.close()


@pytest.mark.usefixtures("no_network")
async def test_attempts_and_embeddings_go_over_it_too() -> None:
    """Each attempt is a request of its own."""
    answers = iter([httpx.Response(429, headers={"retry-after-ms": "5"}, content=b"{}")] * 2)
    noted = Noted(lambda request: next(answers, None) or says(request))
    with httpx.Client(transport=noted) as client:
        assert ChatClovaX(api_key="nv-test", base_url=NOWHERE, http_client=client).invoke("안녕").text == "여기"
        assert len(noted.requests) == 3
        embeddings = ClovaXEmbeddings(api_key="nv-test", base_url=NOWHERE, http_client=client)
        assert embeddings.embed_query("안녕") == [0.5] * 1024

    busy = Noted(lambda _: httpx.Response(429, headers={"retry-after-ms": "5"}, content=b"{}"))
    async with httpx.AsyncClient(transport=busy) as aclient:
        with pytest.raises(RateLimitError):
            await ChatClovaX(api_key="nv-test", base_url=NOWHERE, http_async_client=aclient).ainvoke("안녕")
        embeddings = ClovaXEmbeddings(api_key="nv-test", base_url=NOWHERE, http_async_client=aclient, max_retries=0)
        with pytest.raises(RateLimitError):
            await embeddings.aembed_query("안녕")
    assert len(busy.requests) == 4


@pytest.mark.parametrize("api", ["openai", "native"])
@pytest.mark.parametrize("name", [*SYNC, *ASYNC])
@pytest.mark.soak(every=2)
async def test_tools_are_called_over_it(clovax_simulator: LoopbackSimulator, api: Any, name: str) -> None:
    """A transport that hands on to a server serves whatever a model can do; the user's client is left open."""
    sync, other = Noted(), Noted()
    async with httpx.AsyncClient(transport=other) as aclient:
        with httpx.Client(transport=sync) as client:
            chat = ChatClovaX(api=api, http_client=client, http_async_client=aclient, max_retries=0)
            message = await asked(chat.bind_tools([get_weather]), name, [HumanMessage("서울 날씨 알려줘")])
            assert message.tool_calls[0]["args"] == {"city": "서울"}
            assert (await asked(chat, name, "안녕하세요")).text == "안녕하세요! 무엇을 도와드릴까요?"
            assert (sync.closed, other.closed) == (0, 0)

    assert len(sync.requests + other.requests) == 2
    assert bool(sync.requests) is (name in SYNC)
    assert clovax_simulator.requests


async def test_a_client_of_the_users_serves_many_calls_at_once(clovax_simulator: LoopbackSimulator) -> None:
    """Over connections of its own, as many as it allows."""
    noted = Noted()
    async with httpx.AsyncClient(transport=noted) as aclient:
        chat = ChatClovaX(http_async_client=aclient)
        answers = await asyncio.gather(*(chat.ainvoke("안녕하세요") for _ in range(30)))

    assert {message.text for message in answers} == {"안녕하세요! 무엇을 도와드릴까요?"}
    assert len(noted.requests) == 30
    assert clovax_simulator.requests


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", [*SYNC, *ASYNC])
async def test_an_answer_that_is_compressed_in_one_piece_is_read(name: str) -> None:
    """As httpx's own MockTransport gives it: made of bytes, and packed as its header says."""

    def packed(request: httpx.Request) -> httpx.Response:
        content = b"".join(says(request).iter_bytes())
        return httpx.Response(200, content=gzip.compress(content), headers={"content-encoding": "gzip"})

    transport = httpx.MockTransport(packed)
    async with httpx.AsyncClient(transport=transport) as aclient:
        with httpx.Client(transport=transport) as client:
            chat = ChatClovaX(api_key="nv-test", base_url=NOWHERE, http_client=client, http_async_client=aclient)
            assert (await asked(chat, name, "안녕")).text == "여기"
