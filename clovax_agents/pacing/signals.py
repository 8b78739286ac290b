"""`Signal`: wakes whoever waits for it, a thread or a coroutine, from any thread. Nobody looks again and again."""

from __future__ import annotations

import asyncio
import threading

__all__ = ["Signal"]


class Signal:
    """One waiter's bell: it may ring before anybody listens, and stays rung until it was heard.

    Example:
        >>> signal = Signal()
        >>> signal.ring(), signal.wait(10.0)
        (True, None)
    """

    __slots__ = ("_event", "_future", "_lock", "_rung")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung = False
        self._event: threading.Event | None = None
        self._future: asyncio.Future[None] | None = None

    def ring(self) -> bool:
        """Wake the waiter, a second time before it has heard changes nothing; tell whether it can still hear."""
        with self._lock:
            self._rung = True
            event, future, self._future = self._event, self._future, None
        if event is not None:
            event.set()
        if future is not None:
            try:
                future.get_loop().call_soon_threadsafe(_settle, future)
            except RuntimeError:  # its loop was closed: nobody waits any more
                return False
        return True

    def wait(self, seconds: float) -> None:
        """Wait in this thread until it rings, but no longer than so many seconds."""
        with self._lock:
            if self._take():
                return
            event = self._event = self._event or threading.Event()
        event.wait(min(seconds, threading.TIMEOUT_MAX))
        with self._lock:
            event.clear()
            self._rung = False

    async def heard(self, seconds: float) -> None:
        """Wait in this task until it rings, but no longer than so many seconds."""
        with self._lock:
            if self._take():
                return
            loop = asyncio.get_running_loop()
            future = self._future = loop.create_future()
        timer = loop.call_later(seconds, _settle, future) if seconds < threading.TIMEOUT_MAX else None
        try:
            await future
        finally:
            if timer is not None:
                timer.cancel()
            with self._lock:
                self._future = None
                self._rung = False

    def _take(self) -> bool:
        rung, self._rung = self._rung, False
        if self._event is not None:
            self._event.clear()
        return rung


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
