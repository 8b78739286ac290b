"""HTTP clients: made when first needed, one per process, and for async one per event loop, over one TLS context.

A client never crosses a fork or an event loop: its sockets belong to the process and the loop that opened them.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl

__all__ = ["async_client", "sync_client"]

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30)
_lock = threading.Lock()
_sync: dict[int, httpx.Client] = {}
_async: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[int, httpx.AsyncClient]] = (
    weakref.WeakKeyDictionary()
)


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


def async_client() -> httpx.AsyncClient:
    """Return the client of the running event loop."""
    loop, pid = asyncio.get_running_loop(), os.getpid()
    with _lock:
        owner, client = _async.get(loop, (None, None))
        if client is None or owner != pid:
            client = httpx.AsyncClient(verify=_tls(), limits=_LIMITS, follow_redirects=False)
            _async[loop] = (pid, client)
        return client
