"""How often a tool may be called: a window that slides, shared by everybody in the process."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.tooling.policy import Rate

__all__ = ["RateWindow"]


class RateWindow:
    """Gives each call the moment at which it may begin.

    Example:
        >>> from clovax_agents.tooling.policy import Rate
        >>> window = RateWindow(Rate.of("2/min"), clock=lambda: 100.0)
        >>> [window.reserve(within=10), window.reserve(within=10), window.reserve(within=10)]
        [0.0, 0.0, None]
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._starts: deque[float] = deque(maxlen=rate.calls)

    def reserve(self, *, within: float) -> float | None:
        """Take the next place, and return the seconds until then; None, and no place, if it is not near enough.

        Args:
            within: seconds that the call can wait.
        """
        with self._lock:
            now = self._clock()
            full = len(self._starts) == self._rate.calls
            start = max(now, self._starts[0] + self._rate.seconds) if full else now
            if start - now > within:
                return None
            self._starts.append(start)
            return start - now

    def wait(self) -> float:
        """Return the seconds until a call could begin."""
        with self._lock:
            full = len(self._starts) == self._rate.calls
            return max(self._starts[0] + self._rate.seconds - self._clock(), 0.0) if full else 0.0
