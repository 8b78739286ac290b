"""A clock that stands still until it is told otherwise, for tests of limits."""

from __future__ import annotations

import threading
from typing import Final

__all__ = ["VirtualClock"]

_SECOND: Final = 1_000_000_000


class VirtualClock:
    """Seconds since 1970, moved by hand; call it like ``time.time``. Threads may share it.

    It keeps whole nanoseconds: ten steps of 0.1 s are one second.

    Args:
        now: where it starts; default a day in November 2026.

    Example:
        >>> clock = VirtualClock(1_795_000_000)
        >>> clock.advance(61.5)
        >>> clock()
        1795000061.5
    """

    def __init__(self, now: float = 1_795_000_000) -> None:
        self._now = round(now * _SECOND)
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the time."""
        with self._lock:
            return self._now / _SECOND

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number sets it back."""
        with self._lock:
            self._now += round(seconds * _SECOND)
