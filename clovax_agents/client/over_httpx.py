"""Requests over httpx: all sync ones, and the async ones that go through a proxy or a client of the user's."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

from clovax_agents.client.bounded import bounded
from clovax_agents.client.ops import Head
from clovax_agents.client.watchdog import watched
from clovax_agents.errors import (
    CallFacts,
    CallTimeoutError,
    CertificateError,
    ConfigurationError,
    ConnectionFailedError,
    InvalidResponseError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from clovax_agents.client.ops import Send
    from clovax_agents.errors import ServiceError

__all__ = ["HttpxAsyncTransport", "HttpxDirectTransport", "HttpxTransport"]

_REFUSED_BY_PROXY: Final = "407"
_ERRORS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError)
_MAPPING: Final[Sequence[tuple[type[Exception], type[ServiceError], str]]] = (
    (httpx.ProxyError, ConnectionFailedError, "the proxy did not let the request to {host} through: {error}"),
    (httpx.ConnectError, ConnectionFailedError, "cannot connect to {host}: {error}. Is base_url right?"),
    (httpx.DecodingError, InvalidResponseError, "the answer of {host} cannot be decoded: {error}"),
)


def explain(error: Exception, op: Send, *, proxied: bool = False) -> ServiceError:
    """Return the error of ours for one of httpx's; what cannot be reached may be the proxy in between."""
    host = f"{'the proxy to ' if proxied else ''}{httpx.URL(op.url).netloc.decode()}"
    if isinstance(error, httpx.ConnectTimeout):
        return CallTimeoutError(f"no connection to {host} within {op.connect:.1f} s", CallFacts(deadline="connect"))
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return CallTimeoutError("a wait took too long")  # the flow knows which, and says so
    if _untrusted(error):
        return CertificateError(f"the certificate of {host} is not trusted: {error}")
    if isinstance(error, httpx.ProxyError) and _REFUSED_BY_PROXY in str(error):
        return ConnectionFailedError(f"{host} wants a user name and password: {error}", CallFacts(retries=0))
    found = ((kind, text) for source, kind, text in _MAPPING if isinstance(error, source))
    kind, text = next(found, (ConnectionFailedError, "the connection to {host} broke: {error}"))
    return kind(text.format(host=host, error=str(error) or type(error).__name__))


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _request(client: httpx.Client | httpx.AsyncClient, op: Send) -> httpx.Request:
    timeout = httpx.Timeout(op.wait, connect=op.connect)
    return client.build_request("POST", op.url, headers=dict(op.headers), content=op.body, timeout=timeout)


def _head(response: httpx.Response, *, unpacked: bool = False) -> Head:
    fields = {key.lower().decode("latin-1"): value.decode("latin-1") for key, value in response.headers.raw}
    if unpacked:
        fields.pop("content-encoding", None)
    return Head(response.status_code, fields)


@dataclass(frozen=True, slots=True)
class HttpxDirectTransport:
    """Sends over the transport below a client, without what a client adds: cookies, redirects, environment.

    Its sockets keep to the deadlines of `bounded`.
    """

    transport: httpx.HTTPTransport
    proxied: bool = False
    errors = _ERRORS

    def explain(self, error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of httpx's."""
        return explain(error, op, proxied=self.proxied)

    def send(self, op: Send) -> _BoundedExchange:
        """Send a request and wait for the head of its answer."""
        waits = {"connect": op.connect, "read": None, "write": None, "pool": op.wait}
        request = httpx.Request(
            "POST", _url(op.url), headers=op.headers, content=op.body, extensions={"timeout": waits}
        )
        with bounded(op.wait):
            return _BoundedExchange(self.transport.handle_request(request))

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()


@lru_cache(maxsize=64)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)


class _BoundedExchange:
    def __init__(self, response: httpx.Response) -> None:
        self.head = _head(response)
        self._response = response
        self._chunks: Iterator[bytes] = response.iter_raw()

    def read(self, seconds: float) -> bytes | None:
        with bounded(seconds):
            return next(self._chunks, None)

    def close(self) -> None:
        self._response.close()


@dataclass(frozen=True, slots=True)
class HttpxTransport:
    """Sends over an `httpx.Client` of the user's. Redirects are never followed: they would carry the key elsewhere."""

    client: httpx.Client
    errors = _ERRORS
    explain = staticmethod(explain)

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
        self.head = _head(response, unpacked=read is not None)
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
    errors = _ERRORS

    def explain(self, error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of httpx's."""
        return explain(error, op, proxied=self.proxied)

    async def send(self, op: Send) -> _AsyncExchange:
        """Send a request and wait for the head of its answer."""
        if self.client.is_closed:
            raise ConfigurationError("http_async_client has been closed: keep it open as long as the model is in use")
        request = _request(self.client, op)
        request.extensions["timeout"]["read"] = None  # the time is kept here
        async with asyncio.timeout(op.wait):
            return _AsyncExchange(await _sent(self.client, request))

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    def abandon(self) -> None:
        """Do nothing: httpx says nothing about a client whose loop has gone."""


async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request, and let no cancellation in at the one moment at which httpcore would lose its connection.

    A connection that stands but has not been given its request yet stays in httpcore's pool for good when it is
    cancelled, open and of no use to anybody; enough of them, and a client with a limit has none left.
    """
    step = _Step()
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

    fresh = False
    """Whether a connection stands that has not been given its request yet."""

    async def note(self, name: str, _info: object) -> None:
        """Take note of an event, such as ``connection.connect_tcp.complete``; the next one begins with the request."""
        self.fresh = name.startswith(("connection.", "proxy.", "socks.")) and name.endswith(".complete")


class _AsyncExchange:
    def __init__(self, response: httpx.Response) -> None:
        read = _read_already(response)
        self.head = _head(response, unpacked=read is not None)
        self._response = response
        self._chunks: AsyncIterator[bytes] = response.aiter_raw() if read is None else _one(read)

    async def read(self, seconds: float) -> bytes | None:
        async with asyncio.timeout(seconds):
            return await anext(self._chunks, None)

    async def close(self) -> None:
        await self._response.aclose()


async def _one(piece: bytes) -> AsyncIterator[bytes]:
    yield piece
