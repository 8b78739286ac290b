"""`Margin`: for how much longer a request counts here than at the service. Pure.

Requests do not all take the same time on their way: the first of a process, which has to connect, comes later than
those that follow a minute afterwards, and these come too early then.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["Margin"]

_ENOUGH: Final = 0.8
_FIRST_STEP: Final = 0.125
_HALF_LIFE: Final = 10.0
"""Periods after which half of what was added is taken away again."""


class Margin:
    """Seconds, more for a time after requests have come too early.

    Args:
        least: seconds.
        most: seconds.
        period: seconds in which the service counts.

    Example:
        >>> margin = Margin(0.25, 3.0, 60.0)
        >>> margin.cold = False
        >>> margin.widen(0.0), margin.at(0.0), margin.at(600.0)
        (True, 0.625, 0.4375)
    """

    __slots__ = ("_added", "_least", "_most", "_period", "_since", "cold")

    def __init__(self, least: float, most: float, period: float) -> None:
        self._least = least
        self._most = max(most, least)
        self._period = period
        self._added = 0.0
        self._since = -math.inf
        self.cold: bool = True
        """Whether nothing was answered yet: what is sent now may be long on its way."""

    def at(self, now: float) -> float:
        """Return the margin of a request that is let through now."""
        if self.cold:
            return self._most
        if not self._added:
            return self._least
        return self._least + self._added * math.pow(0.5, (now - self._since) / self._period / _HALF_LIFE)

    def widen(self, now: float) -> bool:
        """Add to it; False if it is wide enough already, so that it cannot be the reason."""
        margin = self.at(now)
        if self.cold or margin >= self._most * _ENOUGH:
            return False
        self._added = min(margin + max(margin, self._most * _FIRST_STEP), self._most) - self._least
        self._since = now
        return True
