"""Our own bounded pool of threads for sync tools; the event loop's default executor is never used (promise 7)."""

from __future__ import annotations

import contextvars
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_THREADS", "submit"]

MAX_THREADS: Final = 32
P = ParamSpec("P")
R = TypeVar("R")
_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}


def submit(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
    """Run a function in one of at most 32 threads, with the caller's context variables."""
    context = contextvars.copy_context()
    return _pool().submit(lambda: context.run(function, *args, **kwargs))


def _pool() -> ThreadPoolExecutor:
    pid = os.getpid()  # threads do not survive a fork
    with _lock:
        if pid not in _pools:
            _pools[pid] = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="clovax-tool")
        return _pools[pid]
