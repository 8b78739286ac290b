"""`Rate`: how often a tool may be called."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from clovax_agents.errors import ConfigurationError

__all__ = ["Rate"]

_RATE: Final = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{0,9})\s*(s|sec|second|m|min|minute|h|hour|d|day)s?\s*")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds.

    Example:
        >>> Rate.of("10/min")
        Rate(calls=10, seconds=60.0)
    """

    calls: int
    seconds: float

    def __post_init__(self) -> None:
        """Refuse what would let nothing in, or everything."""
        calls: Any = self.calls
        seconds: Any = self.seconds
        is_sound = type(calls) is int and calls >= 1 and type(seconds) in {int, float} and 0 < seconds < math.inf
        if not is_sound:
            raise ConfigurationError(f"{self!r} is no limit: give at least 1 call, and more than 0 seconds")

    @classmethod
    def of(cls, text: str) -> Rate:
        """Read ``"10/min"``, ``"1/2s"``, ``"100/hour"``."""
        match = _RATE.fullmatch(text)
        if match is None or not int(match[1]) or not int(match[2] or 1):
            raise ConfigurationError(f"rate_limit={text!r} cannot be read; write for instance '10/min' or '1/2s'")
        return cls(int(match[1]), float(int(match[2] or 1) * _SECONDS[match[3][0]]))
