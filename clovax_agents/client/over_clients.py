"""Requests over clients of httpx: those of the user's, and for async calls those that go through a proxy."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from clovax_agents.client.httpx_parts import ERRORS, explain, head_of
from clovax_agents.client.watchdog import watched
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from clovax_agents.client.ops import Head, Send
    from clovax_agents.errors import ServiceError

__all__ = ["HttpxAsyncTransport", "HttpxTransport"]


def _request(client: httpx.Client | httpx.AsyncClient, op: Send) -> httpx.Request:
    timeout = httpx.Timeout(op.wait, connect=op.connect)
    return client.build_request("POST", op.url, headers=dict(op.headers), content=op.body, timeout=timeout)


@dataclass(frozen=True, slots=True)
class HttpxTransport:
    """Sends over an `httpx.Client` of the user's. Redirects are never followed: they would carry the key elsewhere."""

    client: httpx.Client
    errors = ERRORS

    def explain(self, error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of httpx's."""
        return explain(error, op)

    def send(self, op: Send) -> _Exchange:
        """Send a request and wait for the head of its answer."""
        if self.client.is_closed:
            raise ConfigurationError("http_client has been closed: keep it open as long as the model is in use")
        request = _request(self.client, op)
        response = self.client.send(request, stream=True, follow_redirects=False)
        connection = _socket(response)
        if connection is not None:
            request.extensions["timeout"]["read"] = None  # from now on the watchdog keeps the time
        return _Exchange(response, connection)


class _Exchange:
    def __init__(self, response: httpx.Response, connection: socket.socket | None) -> None:
        read = _read_already(response)
        self.head: Head = head_of(response, unpacked=read is not None)
        self._response = response
        self._socket = connection
        self._chunks: Iterator[bytes] = response.iter_raw() if read is None else iter([read])

    def read(self, seconds: float) -> bytes | None:
        if self._socket is not None:
            with watched(self._socket, seconds):
                return next(self._chunks, None)
        since = time.monotonic()
        chunk = next(self._chunks, None)
        if time.monotonic() - since > seconds:  # of a transport that has no socket, and its own time
            raise TimeoutError
        return chunk

    def close(self) -> None:
        self._response.close()


def _read_already(response: httpx.Response) -> bytes | None:
    """Return the body if something of the user's has read it before us, unpacked; None if it is still to be read."""
    try:
        return response.content
    except httpx.ResponseNotRead:
        return None


def _socket(response: httpx.Response) -> socket.socket | None:
    """Return the socket below; there is none in a replayed answer."""
    stream = response.extensions.get("network_stream")
    found = stream.get_extra_info("socket") if stream is not None else None
    return found if isinstance(found, socket.socket) else None


@dataclass(frozen=True, slots=True)
class HttpxAsyncTransport:
    """Sends over an `httpx.AsyncClient`."""

    client: httpx.AsyncClient
    proxied: bool = False
    errors = ERRORS

    def explain(self, error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of httpx's."""
        return explain(error, op, proxied=self.proxied)

    async def send(self, op: Send) -> _AsyncExchange:
        """Send a request and wait for the head of its answer."""
        if self.client.is_closed:
            raise ConfigurationError("http_async_client has been closed: keep it open as long as the model is in use")
        request = _request(self.client, op)
        step = _Step(request.extensions["timeout"])
        try:
            async with asyncio.timeout(op.wait):
                return _AsyncExchange(await _sent(self.client, request, step))
        except httpx.ReadTimeout as error:
            raise (httpx.ConnectTimeout(str(error)) if step.tunnelling else error) from None

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    def abandon(self) -> None:
        """Do nothing: httpx says nothing about a client whose loop has gone."""


async def _sent(client: httpx.AsyncClient, request: httpx.Request, step: _Step) -> httpx.Response:
    """Send a request, and let no cancellation in at the one moment at which httpcore would lose its connection.

    A connection that stands but has not been given its request yet stays in httpcore's pool for good when it is
    cancelled, open and of no use to anybody; enough of them, and a client with a limit has none left.
    """
    request.extensions["trace"] = step.note
    task = asyncio.ensure_future(client.send(request, stream=True, follow_redirects=False))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            while step.fresh and not task.done():  # noqa: ASYNC110  # one turn of the loop or two
                await asyncio.sleep(0)
        finally:
            task.cancel()
        for found in await asyncio.gather(task, return_exceptions=True):
            if isinstance(found, httpx.Response):
                await found.aclose()
        raise


class _Step:
    """How far httpcore has come with a request, as its trace tells."""

    def __init__(self, waits: dict[str, Any]) -> None:
        self._waits = waits
        self.fresh = False
        """Whether a connection stands that has not been given its request yet."""
        self.tunnelling = False
        """Whether a proxy is asked to let the request through, for which there is as long as for connecting."""

    async def note(self, name: str, info: dict[str, Any]) -> None:
        """Take note of an event, such as ``connection.connect_tcp.complete``; the next one begins with the request."""
        self.fresh = name.startswith(("connection.", "proxy.", "socks.")) and name.endswith(".complete")
        if name.endswith("send_request_headers.started"):
            self.tunnelling = info["request"].method == b"CONNECT"
        elif name.startswith("proxy."):
            self.tunnelling = False
        self._waits["read"] = self._waits["connect"] if self.tunnelling else None  # the time is kept elsewhere


class _AsyncExchange:
    def __init__(self, response: httpx.Response) -> None:
        read = _read_already(response)
        self.head = head_of(response, unpacked=read is not None)
        self._response = response
        self._chunks: AsyncIterator[bytes] = response.aiter_raw() if read is None else _one(read)

    async def read(self, seconds: float) -> bytes | None:
        async with asyncio.timeout(seconds):
            return await anext(self._chunks, None)

    async def close(self) -> None:
        await self._response.aclose()


async def _one(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
