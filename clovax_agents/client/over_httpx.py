"""Sync requests over the transport of httpx that lies below its clients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

from clovax_agents.client.bounded import bounded
from clovax_agents.client.httpx_parts import ERRORS, explain, head_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.client.ops import Head, Send
    from clovax_agents.errors import ServiceError

__all__ = ["HttpxDirectTransport"]


@dataclass(frozen=True, slots=True)
class HttpxDirectTransport:
    """Sends over the transport below a client, without what a client adds: cookies, redirects, environment.

    Its sockets keep to the deadlines of `bounded`.
    """

    transport: httpx.HTTPTransport
    proxied: bool = False
    errors = ERRORS

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
        self.head: Head = head_of(response)
        self._response = response
        self._chunks: Iterator[bytes] = response.iter_raw()

    def read(self, seconds: float) -> bytes | None:
        with bounded(seconds):
            return next(self._chunks, None)

    def close(self) -> None:
        self._response.close()
