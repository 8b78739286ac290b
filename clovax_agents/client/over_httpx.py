"""Requests over httpx: all sync ones, and the async ones that go through a proxy or a client of the user's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

from clovax_agents.client.ops import Head
from clovax_agents.client.watchdog import watched
from clovax_agents.errors import (
    CallFacts,
    CallTimeoutError,
    CertificateError,
    ConnectionFailedError,
    InvalidResponseError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from clovax_agents.client.ops import Send
    from clovax_agents.errors import ServiceError

__all__ = ["HttpxAsyncTransport", "HttpxDirectTransport", "HttpxTransport"]

_ERRORS: Final = (httpx.HTTPError, TimeoutError)
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


def _head(response: httpx.Response) -> Head:
    fields = {key.lower().decode("latin-1"): value.decode("latin-1") for key, value in response.headers.raw}
    return Head(response.status_code, fields)


@dataclass(frozen=True, slots=True)
class HttpxTransport:
    """Sends over an `httpx.Client`. Redirects are never followed: they would carry the key elsewhere."""

    client: httpx.Client
    proxied: bool = False
    errors = _ERRORS

    def explain(self, error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of httpx's."""
        return explain(error, op, proxied=self.proxied)

    def send(self, op: Send) -> _Exchange:
        """Send a request and wait for the head of its answer."""
        request = _request(self.client, op)
        return _exchange(request, self.client.send(request, stream=True, follow_redirects=False))

    def close(self) -> None:
        """Close all connections."""
        self.client.close()


@dataclass(frozen=True, slots=True)
class HttpxDirectTransport:
    """Sends over the transport below a client, without what a client adds: cookies, redirects, environment."""

    transport: httpx.HTTPTransport
    errors = _ERRORS
    explain = staticmethod(explain)

    def send(self, op: Send) -> _Exchange:
        """Send a request and wait for the head of its answer."""
        waits = {"connect": op.connect, "read": op.wait, "write": op.wait, "pool": op.wait}
        request = httpx.Request(
            "POST", _url(op.url), headers=op.headers, content=op.body, extensions={"timeout": waits}
        )
        return _exchange(request, self.transport.handle_request(request))

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()


@lru_cache(maxsize=64)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)


def _exchange(request: httpx.Request, response: httpx.Response) -> _Exchange:
    connection = _socket(response)
    if connection is not None:
        request.extensions["timeout"]["read"] = None  # from now on the watchdog keeps the time
    return _Exchange(response, connection)


class _Exchange:
    def __init__(self, response: httpx.Response, connection: socket.socket | None) -> None:
        self.head = _head(response)
        self._response = response
        self._socket = connection
        self._chunks: Iterator[bytes] = response.iter_raw()

    def read(self, seconds: float) -> bytes | None:
        if self._socket is None:
            return next(self._chunks, None)
        with watched(self._socket, seconds):
            return next(self._chunks, None)

    def close(self) -> None:
        self._response.close()


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
        request = _request(self.client, op)
        request.extensions["timeout"]["read"] = None  # the time is kept here
        async with asyncio.timeout(op.wait):
            return _AsyncExchange(await self.client.send(request, stream=True, follow_redirects=False))

    async def aclose(self) -> None:
        """Close all connections."""
        await self.client.aclose()


class _AsyncExchange:
    def __init__(self, response: httpx.Response) -> None:
        self.head = _head(response)
        self._response = response
        self._chunks: AsyncIterator[bytes] = response.aiter_raw()

    async def read(self, seconds: float) -> bytes | None:
        async with asyncio.timeout(seconds):
            return await anext(self._chunks, None)

    async def close(self) -> None:
        await self._response.aclose()
