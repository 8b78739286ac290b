"""The two drivers: they do what a flow says, over httpx, and tell it what came of it.

Errors of httpx are mapped here and nowhere else. They become values that are thrown into the flow, so that none of
ours drags httpx's request, with the key in its headers, along as its context.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import TYPE_CHECKING, Self, TypeVar

import httpx

from clovax_agents.client.call import Deliver, Head, Send, Sleep
from clovax_agents.client.pools import async_client, sync_client
from clovax_agents.errors import CallTimeoutError, ConnectionFailedError, InvalidResponseError, ServiceError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence

    from clovax_agents.client.call import Flow, Op

__all__ = ["aiterate", "aone", "iterate", "one"]

T = TypeVar("T")
_MAPPING: Sequence[tuple[type[httpx.HTTPError], type[ServiceError], str]] = (
    (httpx.ConnectTimeout, CallTimeoutError, "no connection to {host} within {connect:.1f} s"),
    (httpx.TimeoutException, CallTimeoutError, "nothing came from {host} for {read:.1f} s"),
    (httpx.ConnectError, ConnectionFailedError, "cannot connect to {host}: {error}. Is base_url right?"),
    (httpx.DecodingError, InvalidResponseError, "the answer of {host} cannot be decoded: {error}"),
    (httpx.HTTPError, ConnectionFailedError, "the connection to {host} broke: {error}"),
)


def iterate(flow: Flow[T]) -> Generator[T, None, None]:
    """Drive a flow and yield what it delivers; closing the iterator closes the connection."""
    with closing(flow), _SyncChannel() as channel:
        outcome: object = None
        while (op := _step(flow, outcome)) is not None:
            if isinstance(op, Deliver):
                yield op.item
                outcome = None
            else:
                outcome = channel.perform(op)


async def aiterate(flow: Flow[T]) -> AsyncGenerator[T, None]:
    """Drive a flow and yield what it delivers; closing the iterator closes the connection."""
    with closing(flow):
        async with _AsyncChannel() as channel:
            outcome: object = None
            while (op := _step(flow, outcome)) is not None:
                if isinstance(op, Deliver):
                    yield op.item
                    outcome = None
                else:
                    outcome = await channel.perform(op)


def one(flow: Flow[T]) -> T:
    """Drive a flow that delivers one thing; return it."""
    (item,) = iterate(flow)
    return item


async def aone(flow: Flow[T]) -> T:
    """Drive a flow that delivers one thing; return it."""
    (item,) = [item async for item in aiterate(flow)]
    return item


def _step(flow: Flow[T], outcome: object) -> Op | Deliver[T] | None:
    try:
        return flow.throw(outcome) if isinstance(outcome, ServiceError) else flow.send(outcome)
    except StopIteration:
        return None


def _translate(error: httpx.HTTPError, sent: Send | None) -> ServiceError:
    kind, text = next((kind, text) for source, kind, text in _MAPPING if isinstance(error, source))
    host = httpx.URL(sent.url).netloc.decode() if sent else "the service"
    connect, read = (sent.connect, sent.read) if sent else (0.0, 0.0)
    return kind(text.format(host=host, error=str(error) or type(error).__name__, connect=connect, read=read))


def _request(client: httpx.Client | httpx.AsyncClient, op: Send) -> httpx.Request:
    timeout = httpx.Timeout(op.read, connect=op.connect)
    return client.build_request("POST", op.url, headers=dict(op.headers), content=op.body, timeout=timeout)


def _head(response: httpx.Response) -> Head:
    return Head(response.status_code, {key.lower(): value for key, value in response.headers.items()})


class _SyncChannel:
    def __init__(self) -> None:
        self._sent: Send | None = None
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()

    def perform(self, op: Op) -> object:
        try:
            if isinstance(op, Send):
                return self._send(op)
            if isinstance(op, Sleep):
                time.sleep(op.seconds)
                return None
            return next(self._chunks, None)
        except httpx.HTTPError as error:
            return _translate(error, self._sent)

    def _send(self, op: Send) -> Head:
        self.__exit__()
        self._sent, client = op, sync_client()
        self._response = client.send(_request(client, op), stream=True)
        self._chunks = self._response.iter_bytes()
        return _head(self._response)


class _AsyncChannel:
    def __init__(self) -> None:
        self._sent: Send | None = None
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._response is not None:
            await self._response.aclose()

    async def perform(self, op: Op) -> object:
        try:
            if isinstance(op, Send):
                return await self._send(op)
            if isinstance(op, Sleep):
                await asyncio.sleep(op.seconds)
                return None
            return await anext(self._chunks, None)
        except httpx.HTTPError as error:
            return _translate(error, self._sent)

    async def _send(self, op: Send) -> Head:
        await self.__aexit__()
        self._sent, client = op, await async_client()
        self._response = await client.send(_request(client, op), stream=True)
        self._chunks = self._response.aiter_bytes()
        return _head(self._response)
