"""A bound on a blocking read that nothing else can give: when its time is up, a thread shuts the socket down.

httpx fixes the timeout of its reads when the request is sent; but how long the next piece may take changes with every
piece. One thread per process serves all reads; it lives while something is being watched.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clovax_agents.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["watched"]


@dataclass(slots=True, eq=False)
class _Watch:
    socket: socket.socket
    until: float
    fired: bool = False


class _Watchdog:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._active: set[_Watch] = set()
        self._wakes = float("inf")
        self._running = False

    def arm(self, watch: _Watch) -> None:
        with self._changed:
            if not self._running:
                threading.Thread(target=self._run, name="clovax-watchdog", daemon=True).start()
                self._running = True
            self._active.add(watch)
            if watch.until < self._wakes:
                self._changed.notify()

    def disarm(self, watch: _Watch) -> None:
        with self._changed:
            self._active.discard(watch)

    def _run(self) -> None:
        with self._changed:
            while self._active:
                now = time.monotonic()
                for watch in [watch for watch in self._active if watch.until <= now]:
                    self._fire(watch)
                self._wakes = min((watch.until for watch in self._active), default=now + 1)
                self._changed.wait(self._wakes - now)
            self._running = False

    def _fire(self, watch: _Watch) -> None:
        self._active.discard(watch)
        watch.fired = True
        with suppress(OSError):  # the other side may have been faster
            # not SSLSocket's own, which takes the TLS state away from the thread that is reading
            socket.socket.shutdown(watch.socket, socket.SHUT_RDWR)


_watchdog = _Watchdog()


@contextmanager
def watched(connection: socket.socket, seconds: float) -> Generator[None]:
    """Let a read of this socket take so many seconds at most.

    Raises:
        TimeoutError: it took longer; the connection is of no more use.
        ConnectionFailedError: nothing can keep the time.
    """
    watch = _Watch(connection, time.monotonic() + seconds)
    try:
        _watchdog.arm(watch)
    except RuntimeError as error:  # the machine has no more threads
        raise ConnectionFailedError(f"no thread can be started to keep the time of a read: {error}") from None
    try:
        yield
    except Exception:
        if not watch.fired:
            raise
    finally:
        _watchdog.disarm(watch)
    if watch.fired:
        raise TimeoutError


def _renew() -> None:
    """Begin anew in a forked child: the thread, and maybe the owner of the lock, stayed behind."""
    global _watchdog  # noqa: PLW0603  # one per process
    _watchdog = _Watchdog()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
