"""`Ceiling`: how much of the limit is really to be had, as refusals teach it. Pure.

A limit is an upper bound: others may share it, the account's may be another than the documented one, and it may change.
A refusal brings the ceiling down to what really passed within the last minute. From there it is raised again, for as
long as it holds anybody up: by one request, and if that goes well, by more and more. A raise that is refused is not
tried again before a hundred requests have passed, so that a limit which stays where it is costs few refusals.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["Ceiling"]

_LARGEST_RAISE: Final = 0.5
_SECONDS: Final = 10.0
_REQUESTS: Final = 120
_SELDOMEST: Final = 140.0
_FIRST_GUESS: Final = 60.0


class Ceiling:
    """The ceiling of one counter, requests or tokens.

    Args:
        limit: a minute; None: there is none.
        unknown: it is not known how much of that is to be had, so it is sought from below.
        period: seconds of that minute.

    Example:
        >>> ceiling = Ceiling(60)
        >>> ceiling.lower(0.0, 30, requests=30)
        >>> ceiling.most, ceiling.raised(10.0, 1), ceiling.most
        (30.0, True, 31.0)
    """

    __slots__ = ("_limit", "_pause", "_raised", "_scale", "_since", "_steps", "most")

    def __init__(self, limit: float | None, *, unknown: bool = False, period: float = 60.0) -> None:
        self._scale = period / 60.0
        self._limit = math.inf if limit is None else float(limit)
        self._steps = 10 if unknown else 0
        self._pause = _SECONDS * self._scale
        self._since = -math.inf
        self._raised = False
        self.most = min(_FIRST_GUESS, self._limit) if unknown else self._limit

    def lower(self, now: float, passed: float, *, requests: float, least: float = 1.0) -> None:
        """Come down to what passed: there was a refusal.

        Args:
            now: seconds.
            passed: of this counter, within the last minute.
            requests: that passed within it.
            least: below which it does not come down.
        """
        failed = self._raised or now - self._since < self._pause
        seldom = min(_REQUESTS / max(requests, 1) * 60.0, _SELDOMEST)
        self._pause = max(seldom if failed else _SECONDS, _SECONDS) * self._scale
        self._steps = 0
        self._raised = False
        self._since = now
        self.most = max(min(self.most, float(passed)), least)

    def next_raise(self) -> float:
        """Return when the next raise is due; infinity if there is none."""
        return math.inf if self.most >= self._limit else self._since + self._pause

    def raised(self, now: float, unit: float) -> bool:
        """Raise it if that is due; tell whether it was. Ask only while the ceiling holds somebody up.

        Args:
            now: seconds.
            unit: of the first raise: what one request takes.
        """
        if now < self.next_raise():
            return False
        self._since = now
        self._pause = _SECONDS * self._scale
        self._raised = True
        most = max(self.most * _LARGEST_RAISE, unit)
        self.most = min(self.most + min(unit * 2**self._steps, most), self._limit)
        self._steps += 1
        return True
