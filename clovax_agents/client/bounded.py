"""Sockets whose every wait ends by a deadline of the calling thread: httpcore's own timeouts begin anew at each byte.

What a call may still take is known to its flow and changes with every piece; the thread that waits says it here, and
connecting (with all addresses of a name, and their lookup), sending and receiving keep to it.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Iterable

__all__ = ["BoundedBackend", "bounded"]

_MOST_AT_ONCE: Final = 256 * 1024
"""Bytes to send between two looks at the clock."""


class _Time(threading.local):
    ends = float("inf")
    connected_by = float("inf")


_time: Final = _Time()


@contextmanager
def bounded(seconds: float) -> Generator[None]:
    """Let everything that this thread does with its sockets take so many seconds at most."""
    before, _time.ends = _time.ends, time.monotonic() + seconds
    try:
        yield
    finally:
        _time.ends = before


def _left(timeout: float | None, kind: type[httpcore.TimeoutException], *, connecting: bool = False) -> float:
    now = time.monotonic()
    left = (min(_time.ends, _time.connected_by) if connecting else _time.ends) - now
    if left <= 0:
        raise kind
    return left if timeout is None else min(left, timeout)


class BoundedBackend(httpcore.NetworkBackend):
    """Connects within one deadline, whatever a name resolves to."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the addresses of a host, each with its share of the time that is left."""
        _time.connected_by = time.monotonic() + (float("inf") if timeout is None else timeout)
        addresses = _addresses(host, port)
        for number, address in enumerate(addresses, 1):
            share = _left(timeout, httpcore.ConnectTimeout, connecting=True) / (len(addresses) - number + 1)
            try:
                return _BoundedStream(self._inner.connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore.ConnectError(f"{host} has no address")


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._process = os.getpid()
        self._tunnels = False
        """Whether a proxy is asked to let us through, which is part of connecting."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._tunnels:
            return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        try:
            return self._inner.read(max_bytes, _left(timeout, httpcore.ConnectTimeout, connecting=True))
        except httpcore.ReadTimeout as error:
            raise httpcore.ConnectTimeout(str(error)) from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._tunnels = buffer.startswith(b"CONNECT ")
        for start in range(0, len(buffer), _MOST_AT_ONCE):
            piece = buffer[start : start + _MOST_AT_ONCE]
            self._inner.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Hang up: a child that was forked in the meantime holds the socket, too, and would keep it open."""
        if os.getpid() == self._process:
            with suppress(OSError, AttributeError):
                # not SSLSocket's own, which takes the TLS state away from a thread that may be reading
                socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout, connecting=True)
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    """Look a name up, in a thread of its own: a lookup cannot be interrupted."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    found: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            found.set_result([str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except BaseException as error:  # noqa: BLE001  # whatever it is, the waiting thread must hear of it
            found.set_exception(error)

    try:
        threading.Thread(target=look_up, name="clovax-lookup", daemon=True).start()
    except RuntimeError as error:  # the machine has no more threads
        raise httpcore.ConnectError(f"no thread can be started to look up {host}: {error}") from None
    try:
        return found.result(_left(None, httpcore.ConnectTimeout, connecting=True))
    except TimeoutError:
        raise httpcore.ConnectTimeout(f"looking up {host} took too long") from None
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
