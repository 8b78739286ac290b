"""Locks that a fork waits for: a child must not begin in the middle of what another thread does in a library of C."""

from __future__ import annotations

import os
import threading
import time
from typing import Final
from weakref import WeakSet

__all__ = ["lock_for_forks"]

_PATIENCE: Final = 5.0
_one_at_a_time: Final = threading.Lock()
_locks: WeakSet[threading.Lock] = WeakSet()
_held: list[threading.Lock] = []


def lock_for_forks() -> threading.Lock:
    """Return a lock; while it is held, the process does not fork, for five seconds at most.

    A child that begins while another thread is in SQLite, say, inherits the locks inside that library, and nobody there
    would ever open them.

    Example:
        >>> with lock_for_forks():
        ...     pass
    """
    lock = threading.Lock()
    _locks.add(lock)
    return lock


def _before_fork() -> None:
    """Wait until none is held; not for ever, for whoever holds it may be waiting for another process."""
    _one_at_a_time.acquire()
    until = time.monotonic() + _PATIENCE
    _held.extend(lock for lock in list(_locks) if lock.acquire(timeout=max(0.0, until - time.monotonic())))


def _after_fork() -> None:
    while _held:
        _held.pop().release()
    _one_at_a_time.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
