"""HTTP clients: made when first needed, one per process, and for async one per event loop, over one TLS context.

A client never crosses a fork or an event loop: its sockets belong to the process and the loop that opened them.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

__all__ = ["async_client", "sync_client"]

_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30)
_lock = threading.Lock()
_sync: dict[int, httpx.Client] = {}
_async: dict[tuple[int, asyncio.AbstractEventLoop], tuple[httpx.AsyncClient, AsyncGenerator[None, None]]] = {}


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def sync_client() -> httpx.Client:
    """Return this process's client. Redirects are never followed: they would carry the key elsewhere."""
    pid = os.getpid()
    with _lock:
        if pid not in _sync:
            _sync[pid] = httpx.Client(verify=_tls(), limits=_LIMITS, follow_redirects=False)
        return _sync[pid]


@atexit.register
def _close() -> None:
    if client := _sync.pop(os.getpid(), None):
        client.close()


async def async_client() -> httpx.AsyncClient:
    """Return the client of the running event loop; it is closed when the loop shuts down."""
    key = os.getpid(), asyncio.get_running_loop()
    if key not in _async:
        _forget_closed_loops()
        client = httpx.AsyncClient(verify=_tls(), limits=_LIMITS, follow_redirects=False)
        guard = _guard(key, client)
        _async[key] = client, guard
        await anext(guard)
    return _async[key][0]


async def _guard(key: tuple[int, asyncio.AbstractEventLoop], client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    """Wait for the end of the loop: asyncio closes every async generator that is still open then, and so the client."""
    try:
        yield
    finally:
        _async.pop(key, None)
        await client.aclose()


def _forget_closed_loops() -> None:
    """Drop what belongs to loops that were closed without a shutdown: their sockets are gone, their memory is not."""
    for key in [key for key in list(_async) if key[1].is_closed()]:
        _async.pop(key, None)
