"""Transports: made when first needed, one per process, and for async one per event loop, over one TLS context.

None ever crosses a fork or an event loop: its sockets belong to the process and the loop that opened them.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import SecretStr

from clovax_agents.client.bounded import BoundedBackend
from clovax_agents.client.connections import check_proxy
from clovax_agents.client.over_clients import HttpxAsyncTransport, HttpxTransport
from clovax_agents.client.over_httpx import HttpxDirectTransport
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

    from clovax_agents.client.ops import Send
    from clovax_agents.client.transport import AsyncTransport, SyncTransport

__all__ = ["async_transport", "sync_transport"]

_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30)
_DIRECT: Final = "direct"
_lock = threading.Lock()
_sync: dict[str, HttpxDirectTransport] = {}
_async: dict[tuple[asyncio.AbstractEventLoop, str], tuple[AsyncTransport, AsyncGenerator[None, None]]] = {}


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def sync_transport(op: Send) -> SyncTransport:
    """Return what to send a request over: the user's client, or this process's own."""
    if op.via.client is not None:
        return HttpxTransport(op.via.client)
    route = op.via.proxy or _route(_origin(op.url))
    with _lock:
        if route not in _sync:
            _sync[route] = _opened_sync(route)
        return _sync[route]


def _opened_sync(route: str) -> HttpxDirectTransport:
    proxy = None if route == _DIRECT else route
    transport: Any = httpx.HTTPTransport(verify=_tls(), limits=_LIMITS, proxy=proxy)
    transport._pool._network_backend = BoundedBackend()  # noqa: SLF001  # httpx has no other way to hand one in
    return HttpxDirectTransport(transport, proxied=proxy is not None)


async def async_transport(op: Send) -> AsyncTransport:
    """Return what to send a request over: the user's client, or the running event loop's own.

    Raises:
        ConfigurationError: the loop that is running is not asyncio's.
    """
    if op.via.async_client is not None:
        return HttpxAsyncTransport(op.via.async_client)
    key = _loop(), op.via.proxy or _route(_origin(op.url))
    if key not in _async:
        _forget_closed_loops()
        transport = _opened(key[1])
        guard = _guard(key, transport)
        _async[key] = transport, guard
        await anext(guard)
    return _async[key][0]


def _loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError(
            "the async interface of ChatClovaX runs on asyncio; under trio, call invoke in a thread: "
            "await trio.to_thread.run_sync(chat.invoke, messages)"
        ) from None


def _opened(route: str) -> AsyncTransport:
    from clovax_agents.client.over_aiohttp import AiohttpTransport  # noqa: PLC0415  # slow to import

    if route == _DIRECT:
        return AiohttpTransport(_tls())
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))  # of one key's session they are not for another's
    client = httpx.AsyncClient(verify=_tls(), limits=_LIMITS, proxy=route, cookies=cookies)
    return HttpxAsyncTransport(client, proxied=True)


@lru_cache(maxsize=256)
def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@lru_cache(maxsize=256)
def _route(origin: str) -> str:
    """Return the proxy that the environment names for this address, if any; it is looked at once."""
    proxy = _proxy_of_environment(urlsplit(origin))
    if proxy is None:
        return _DIRECT
    check_proxy(proxy, "the proxy of the environment")
    return proxy.get_secret_value()


def _proxy_of_environment(address: SplitResult) -> SecretStr | None:
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(address.hostname or ""):
        return None
    return SecretStr(proxy if "://" in proxy else f"http://{proxy}")


async def _guard(key: tuple[asyncio.AbstractEventLoop, str], transport: AsyncTransport) -> AsyncGenerator[None, None]:
    """Wait for the end of the loop: asyncio closes every async generator that is still open then, and so this."""
    try:
        yield
    finally:
        _async.pop(key, None)
        await transport.aclose()


def _forget_closed_loops() -> None:
    """Drop what belongs to loops that were closed without a shutdown: their sockets are gone, their memory is not."""
    for key in [key for key in list(_async) if key[0].is_closed()]:
        _async.pop(key)[0].abandon()


@atexit.register
def _close() -> None:
    while _sync:
        _sync.popitem()[1].close()


def _renew() -> None:
    """Begin anew in a forked child. What the parent opened is kept, unused: closing it would end its calls."""
    global _lock  # noqa: PLW0603  # its owner may have stayed behind
    _lock = threading.Lock()
    _INHERITED.append((dict(_sync), dict(_async)))
    _sync.clear()
    _async.clear()


_INHERITED: Final[list[object]] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
