"""One event loop on a thread of its own, for coroutines that code without a loop has to wait for.

The loop lives as long as the process, so what a coroutine keeps between calls, a pool of connections for instance,
stays on the loop that it belongs to.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["background_loop", "in_background", "run_in_background"]

T = TypeVar("T")


class _BackgroundLoop:
    """Starts its thread at the first use and again in a forked child, which inherits no threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError(
                "an async tool was called synchronously from inside another one, which would wait for itself; "
                "await its ainvoke instead of calling invoke"
            )
        # The coroutine sees the caller's context variables: call_soon_threadsafe copies them.
        future = asyncio.run_coroutine_threadsafe(work, self.running())
        try:
            return future.result()
        except BaseException:
            future.cancel()  # an interrupted caller takes its work along
            raise

    def running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="clovax-async-tools", daemon=True)
                self._thread.start()
            return self._loop

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._loop = None
        self._thread = None


_BACKGROUND = _BackgroundLoop()


def run_in_background(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and wait for its result.

    Example:
        >>> run_in_background(asyncio.sleep(0, "done"))
        'done'
    """
    return _BACKGROUND.run(work)


async def in_background(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and await its result on the caller's own, which may be any.

    What has to outlive the caller's loop, such as a connection that later calls use again, belongs there.

    Example:
        >>> asyncio.run(in_background(asyncio.sleep(0, "done")))
        'done'
    """
    loop = background_loop()
    if asyncio.get_running_loop() is loop:
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def background_loop() -> asyncio.AbstractEventLoop:
    """The background loop of this process, started if need be."""
    return _BACKGROUND.running()
