"""`Ceiling`: how much of the limit is really to be had, as refusals teach it. Pure.

A limit is an upper bound: others may share it, the account's may be another than the documented one, and it may change.
A refusal brings the ceiling down to what really passed within the last minute. From there it is raised again, for as
long as it holds anybody up: by one request, and if that goes well, by more and more. A raise that is refused is not
tried again before so many requests have passed that the refusals stay few.
"""

from __future__ import annotations

import math
import os
import random
from typing import Final

__all__ = ["Ceiling"]

_DICE: Final = random.Random()  # noqa: S311  # jitter, not secrets
_FIRST_GUESS: Final = 60.0
_LARGEST_RAISE: Final = 0.25
"""Of the ceiling, at once."""
_SECONDS: Final = 5.0
"""Between two raises that go well."""
_WORTH: Final = 35
"""Requests that have to pass for one refusal, where it is known that the limit is higher."""
_WORTH_OF_OTHERS: Final = 120
"""The same after a refusal that no raise here was the reason of: others share the key, and they try as well."""
_WORTH_IF_UNKNOWN: Final = 250
_SELDOMEST: Final = 6.0
_SELDOMEST_IF_UNKNOWN: Final = 10.0
"""Minutes after which it is tried again in any case."""
_LEAST: Final = 0.02
"""Of the limit: no process comes down to nothing because others have taken all."""
_KEPT: Final = 0.9
_DRIFT: Final = 0.96
_FURTHEST: Final = 0.7


class Ceiling:
    """The ceiling of one counter, requests or tokens.

    Args:
        limit: a minute; None: there is none.
        unknown: it is not known how much of that is to be had, so it is sought from below.
        period: seconds of that minute.

    Example:
        >>> ceiling = Ceiling(60)
        >>> ceiling.lower(0.0, 30, requests=30, total=30)
        >>> ceiling.most, ceiling.raised(1000.0, 1), ceiling.most
        (30.0, True, 31.0)
    """

    __slots__ = (
        "_average",
        "_limit",
        "_pause",
        "_period",
        "_raised",
        "_refused",
        "_since",
        "_steps",
        "_total",
        "_unknown",
        "most",
        "raised_at",
    )

    def __init__(self, limit: float | None, *, unknown: bool = False, period: float = 60.0) -> None:
        self._period = period
        self._unknown = unknown
        self._limit = math.inf if limit is None else float(limit)
        self._steps = 10 if unknown else 0
        self._pause = _SECONDS * period / 60.0
        self._since = -math.inf
        """When it was moved last."""
        self._raised = False
        self.raised_at: float = -math.inf
        self._refused = -math.inf
        self._total = 0.0
        self._average = math.inf
        """What passed a minute between the last two refusals that were more than a minute apart."""
        self.most: float = min(_FIRST_GUESS, self._limit) if unknown else self._limit

    @property
    def unsure(self) -> bool:
        """Whether it is not known that so much is to be had."""
        return self.most < self._limit

    def restrict(self, limit: float | None) -> None:
        """Let another limit hold, with what was learned; where nothing was, that is the ceiling."""
        unsure = self.unsure
        self._limit = math.inf if limit is None else float(limit)
        self.most = min(self.most, self._limit) if unsure else self._limit

    def adopt(self, most: float, now: float, requests: float) -> None:
        """Take over what another process has learned, and when to try the next raise.

        Args:
            most: the ceiling that it has found.
            now: seconds.
            requests: of all processes that passed within the last minute.
        """
        if most == self.most:
            return
        self._since = now
        if most > self.most:
            self._rose(now)
            self._steps += 1
        else:
            self._fell(now, requests, soonest=1.0 if self._unknown else 0.6)
        self.most = min(most, self._limit)

    def lower(
        self, now: float, passed: float, *, requests: float, total: float, least: float = 1.0, again: bool = False
    ) -> None:
        """Come down to what passed: there was a refusal.

        Args:
            now: seconds.
            passed: of this counter, within the last minute.
            requests: that passed within it.
            total: of this counter, ever; infinity if that is not known.
            least: below which it does not come down.
            again: it was sent before the last refusal was known, so it is no news.
        """
        floor = max(least, 0.0 if self._limit == math.inf else self._limit * _LEAST)
        self.most = max(min(float(passed), self._drifted(now, passed) if not again else self.most), floor)
        self.refused(now, total)
        if again:
            return
        self._fell(now, requests)
        self._since = now

    def refused(self, now: float, total: float) -> None:
        """Hear of a refusal, here or in another process, when so much had passed."""
        self._average = self._passed(now, total)
        self._refused, self._total = now, total

    def _rose(self, now: float) -> None:
        """Try the next raise soon."""
        self._pause = _SECONDS * self._period / 60.0
        self._raised = True
        self.raised_at = now

    def _fell(self, now: float, requests: float, *, soonest: float = 0.75) -> None:
        """Try no raise before so many requests have passed that the refusals stay few.

        Where the limit is unknown, who was refused tries it first: the soonest of several processes that draw the same
        would come sooner than one alone. Where it is known that more was to be had, one of the others may be sooner.
        """
        worth, seldomest = _WORTH if now - self.raised_at < self._period else _WORTH_OF_OTHERS, _SELDOMEST
        if self._unknown:
            worth, seldomest = _WORTH_IF_UNKNOWN, _SELDOMEST_IF_UNKNOWN
        pause = min(max(worth / max(requests, 1), _SECONDS / 60.0), seldomest) * self._period
        self._pause = pause * _DICE.uniform(
            soonest, soonest + 0.5
        )  # or all processes that share the key would try at once
        self._steps = 0
        self._raised = False

    def _drifted(self, now: float, passed: float) -> float:
        """Return the ceiling, lowered where it was kept and there is a refusal all the same, soon after another one.

        What passed had been saved up, as in a token bucket, and does not pass again.
        """
        kept = passed >= self.most * _KEPT and not self._raised
        if not kept or now - self._refused >= self._period:
            return self.most
        most = self.most * _DRIFT
        return min(most, max(self._average, most * _FURTHEST))

    def _passed(self, now: float, total: float) -> float:
        """Return what passed a minute since the last refusal, unless that is not long ago."""
        since = now - self._refused
        if total == math.inf or total < self._total:  # or the store counts anew
            return math.inf
        return (total - self._total) / since * self._period if self._period <= since < math.inf else self._average

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
        self._rose(now)
        most = max(self.most * _LARGEST_RAISE, unit)
        self.most = min(self.most + min(unit * 2**self._steps, most), self._limit)
        self._steps += 1
        return True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_DICE.seed)
