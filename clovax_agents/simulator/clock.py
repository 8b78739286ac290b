"""A clock that stands still until it is told otherwise, for tests of limits."""

from __future__ import annotations

import threading

__all__ = ["VirtualClock"]


class VirtualClock:
    """Seconds since 1970, moved by hand; call it like ``time.time``.

    Args:
        now: where it starts.

    Example:
        >>> clock = VirtualClock(1_795_000_000)
        >>> clock.advance(61)
        >>> clock()
        1795000061
    """

    def __init__(self, now: float = 1_795_000_000) -> None:
        self._now = now
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return the time."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number sets it back."""
        with self._lock:
            self._now += seconds
