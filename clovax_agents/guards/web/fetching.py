"""`GuardedFetcher`: the two drivers of `fetch_flow`, over httpx's transports with a pinned connection for each request.

What goes wrong becomes a value that is thrown into the flow, so that no error of ours drags a request, with the
headers that it carries, along as its context.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

from clovax_agents._version import __version__
from clovax_agents.client.bounded import bounded
from clovax_agents.errors import ConfigurationError, FetchError, ToolError
from clovax_agents.guards.web.flow import Fetched, Head, Limits, Send, fetch_flow
from clovax_agents.guards.web.pinning import AsyncPinnedBackend, Pin, PinnedBackend, system_resolve
from clovax_agents.guards.web.policy import URLPolicy
from clovax_agents.guards.web.wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.guards.web.flow import Flow, Read
    from clovax_agents.guards.web.pinning import Resolve

__all__ = ["GuardedFetcher"]

_OURS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "proxy-authorization", "te", "transfer-encoding"}
)
_FORBIDDEN_IN_HEADERS: Final = frozenset("\r\n\0")
_ERRORS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ToolError)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedFetcher:
    """Fetches pages whose addresses strangers chose: only from where the policy allows, and only so much.

    Each request looks its host up once, checks all of its addresses, and connects to one of these. Redirects are
    checked as the first address was; credentials go to the first origin only. Proxies of the environment are not used:
    behind one, nobody could see where the connection ends.

    Attributes:
        policy: what may be fetched; the public internet by default.
        timeout: seconds for all of it, above 0.
        max_bytes: of the body, as it comes and unpacked; at least 1.
        redirects: how many are followed; 0 for none.
        resolve: looks a host up, in a thread: ``(host, port) -> addresses``; None for the system's way.
        tls: for a certificate authority of your own; None for the usual ones.

    Example:
        >>> GuardedFetcher().get("http://127.0.0.1/admin")
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ForbiddenURLError: 127.0.0.1 is not on the public internet (loopback address)
    """

    policy: URLPolicy = field(default_factory=URLPolicy)
    timeout: float = 20.0
    max_bytes: int = 5 * 1024 * 1024
    redirects: int = 5
    resolve: Resolve | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse limits that cannot be."""
        if not 0 < self.timeout < float("inf"):
            raise ConfigurationError(f"timeout={self.timeout!r}: give seconds above 0")
        if self.max_bytes < 1 or self.redirects < 0:
            raise ConfigurationError(
                f"max_bytes={self.max_bytes!r}, redirects={self.redirects!r}: give at least 1 byte and 0 redirects"
            )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a page.

        Args:
            url: of http or https.
            headers: to send; all but Accept, Accept-Language and User-Agent go to the first origin only.

        Raises:
            ForbiddenURLError: the address, or one that it leads on to, may not be fetched.
            FetchError: no answer, none in time, or too large a one.
        """
        flow, ends = self._flow(url, headers)
        channel = _Channel(self, ends)
        outcome: object = None
        try:
            with bounded(self.timeout):
                while not isinstance(op := _next(flow, outcome), Fetched):
                    outcome = channel.perform(op)
            return op
        finally:
            channel.close()

    async def aget(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch a page, as `get` does, on asyncio's event loop."""
        flow, ends = self._flow(url, headers)
        channel = _AsyncChannel(self, ends)
        outcome: object = None
        try:
            while not isinstance(op := _next(flow, outcome), Fetched):
                outcome = await channel.perform(op)
            return op
        finally:
            await channel.close()

    def _flow(self, url: str, headers: Mapping[str, str] | None) -> tuple[Flow, float]:
        limits = Limits(self.timeout, self.max_bytes, self.redirects)
        flow = fetch_flow(url, self.policy, limits, _checked(headers or {}))
        return flow, time.monotonic() + self.timeout


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that may be sent, with a User-Agent; a value is never part of an error's text."""
    for name, value in headers.items():
        if name.lower() in _OURS or _FORBIDDEN_IN_HEADERS & set(name + value):
            raise ConfigurationError(
                f"the header {name!r} cannot be set: it is ours to send, or has a line break in it"
            )
    agent = (
        {} if any(name.lower() == "user-agent" for name in headers) else {"User-Agent": f"clovax-agents/{__version__}"}
    )
    return agent | dict(headers)


def _next(flow: Flow, outcome: object) -> Send | Read | Fetched:
    try:
        return flow.throw(outcome) if isinstance(outcome, ToolError) else flow.send(outcome)
    except StopIteration as end:
        return cast("Fetched", end.value)


class _Exchange:
    """What sync and async share: one request after the other, each over a transport of its own."""

    def __init__(self, fetcher: GuardedFetcher, ends: float) -> None:
        self._fetcher = fetcher
        self._ends = ends
        self._transport: Any = None
        self._response: httpx.Response | None = None
        self._chunks: Any = None
        self._host = ""

    def _opened(self, op: Send, transport: Any, backend: Any) -> tuple[Any, httpx.Request]:
        transport._pool._network_backend = backend  # noqa: SLF001  # httpx has no other way to hand one in
        self._transport, self._host = transport, op.address.host
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self.pin(op).left)
        return transport, httpx.Request("GET", str(op.address), headers=op.headers, extensions={"timeout": waits})

    def pin(self, op: Send) -> Pin:
        return Pin(op.address, self._fetcher.policy, self._fetcher.resolve or system_resolve, self._ends)

    @property
    def _settings(self) -> dict[str, Any]:
        return {"verify": self._fetcher.tls or _tls(), "trust_env": False}

    def _explained(self, error: Exception) -> ToolError:
        """Return the error of ours for one on the way; it never says where a name led to."""
        if isinstance(error, ToolError):
            return error
        if isinstance(error, httpx.TimeoutException | TimeoutError):
            sentence = "{host} did not send its whole answer within {seconds:g} s"
            return FetchError(say(sentence, host=self._host, seconds=self._fetcher.timeout))
        if _is_untrusted(error):
            return FetchError(say("the certificate of {host} is not trusted", host=self._host))
        if isinstance(error, httpx.ConnectError):
            return FetchError(say("cannot connect to {host}", host=self._host))
        return FetchError(say("the connection to {host} broke", host=self._host))


class _Channel(_Exchange):
    def perform(self, op: Send | Read) -> object:
        try:
            return self._send(op) if isinstance(op, Send) else next(self._chunks, None)
        except _ERRORS as error:
            return self._explained(error).with_traceback(None)

    def _send(self, op: Send) -> Head:
        self.close()
        transport, request = self._opened(op, httpx.HTTPTransport(**self._settings), PinnedBackend(self.pin(op)))
        self._response = response = transport.handle_request(request)
        self._chunks = response.iter_raw()
        return _head(response)

    def close(self) -> None:
        with suppress(*_ERRORS):
            if self._response is not None:
                self._response.close()
        if self._transport is not None:
            self._transport.close()
        self._transport = self._response = self._chunks = None


class _AsyncChannel(_Exchange):
    async def perform(self, op: Send | Read) -> object:
        try:
            async with asyncio.timeout(max(self._ends - time.monotonic(), 0)):
                return await self._send(op) if isinstance(op, Send) else await anext(self._chunks, None)
        except _ERRORS as error:
            return self._explained(error).with_traceback(None)

    async def _send(self, op: Send) -> Head:
        await self.close()
        backend = AsyncPinnedBackend(self.pin(op))
        transport, request = self._opened(op, httpx.AsyncHTTPTransport(**self._settings), backend)
        self._response = response = await transport.handle_async_request(request)
        self._chunks = response.aiter_raw()
        return _head(response)

    async def close(self) -> None:
        with suppress(*_ERRORS):
            if self._chunks is not None:
                await self._chunks.aclose()
            if self._response is not None:
                await self._response.aclose()
        if self._transport is not None:
            await self._transport.aclose()
        self._transport = self._response = self._chunks = None


def _head(response: httpx.Response) -> Head:
    raw = ((name.decode("latin-1").lower(), _text(value)) for name, value in response.headers.raw)
    return Head(response.status_code, dict(raw))


def _text(value: bytes) -> str:
    """Return a header's value; a Location may be UTF-8 although it should not."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
