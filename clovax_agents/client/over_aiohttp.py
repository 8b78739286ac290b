"""Async requests over aiohttp: its pool stays fast however many connections are open, which httpx's does not.

Decision 5 in docs/decisions has the figures.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from clovax_agents.client.ops import Head
from clovax_agents.errors import (
    CallFacts,
    CallTimeoutError,
    CertificateError,
    ConnectionFailedError,
    InvalidResponseError,
)
from clovax_agents.wire.quoting import shortened

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from clovax_agents.client.ops import Send
    from clovax_agents.errors import ServiceError

__all__ = ["AiohttpTransport"]

_MAPPING: Final[Sequence[tuple[type[Exception], type[ServiceError], str]]] = (
    (aiohttp.ClientConnectorCertificateError, CertificateError, "the certificate of {host} is not trusted: {error}"),
    (aiohttp.ClientConnectorError, ConnectionFailedError, "cannot connect to {host}: {error}. Is base_url right?"),
    (aiohttp.ClientResponseError, InvalidResponseError, "the answer of {host} is not HTTP as it should be: {error}"),
)
_KEEPALIVE_SECONDS: Final = 30


class AiohttpTransport:
    """Sends over one session, which belongs to the event loop that is running."""

    errors: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError, TimeoutError)

    def __init__(self, tls: ssl.SSLContext) -> None:
        """Open a session without limits, cookies, redirects and proxies."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls, keepalive_timeout=_KEEPALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def send(self, op: Send) -> _Exchange:
        """Send a request and wait for the head of its answer."""
        async with asyncio.timeout(op.wait):
            response = await self._session.post(
                _url(op.url), data=op.body, headers=op.headers, allow_redirects=False, timeout=_timeout(op.connect)
            )
        return _Exchange(response)

    @staticmethod
    def explain(error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of aiohttp's."""
        host = URL(op.url).authority
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return CallTimeoutError(
                f"no connection to {host} within {op.connect:.1f} s", CallFacts(deadline="connect", arrived=False)
            )
        if isinstance(error, TimeoutError):
            return CallTimeoutError("a wait took too long")  # the flow knows which, and says so
        found = ((kind, text) for source, kind, text in _MAPPING if isinstance(error, source))
        kind, text = next(found, (ConnectionFailedError, "the connection to {host} broke: {error}"))
        facts = CallFacts(arrived=not isinstance(error, aiohttp.ClientConnectorError))
        return kind(text.format(host=host, error=_reason(error)), facts)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    def abandon(self) -> None:
        """Forget a session whose loop has been closed: there is nothing left to close it with."""
        self._session.detach()


def _reason(error: Exception) -> str:
    text = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return shortened(text) or type(error).__name__


@lru_cache(maxsize=64)
def _url(url: str) -> URL:
    return URL(url, encoded=True)


@lru_cache(maxsize=64)
def _timeout(connect: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect)  # with the lookup of the name


class _Exchange:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.head = Head(response.status, response.headers)
        self._response = response
        self._content = response.content

    async def read(self, seconds: float) -> bytes | None:
        """Return what is there, and wait only if nothing is."""
        content = self._content
        if content.at_eof():
            return None
        if chunk := content.read_nowait(-1):
            return chunk
        async with asyncio.timeout(seconds):
            return await content.readany() or None

    async def close(self) -> None:
        if self._content.at_eof():
            self._response.release()
        else:
            self._response.close()
