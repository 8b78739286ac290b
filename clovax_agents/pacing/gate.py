"""`Gate`: whether one more request fits, by what was let through and what refusals have taught. Pure: time is given."""

from __future__ import annotations

import math
import os
import random
from typing import TYPE_CHECKING, Final

from clovax_agents.pacing.ceiling import Ceiling
from clovax_agents.pacing.margin import Margin
from clovax_agents.pacing.quiet import Quiet
from clovax_agents.pacing.window import Window

if TYPE_CHECKING:
    from clovax_agents.pacing.limits import Limit
    from clovax_agents.pacing.window import Counted, Entry

__all__ = ["Gate"]

_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_MOST_PAUSES: Final = 5
_LATER: Final = 0.1
"""Of a wait that the service asks for: by so much at most the processes that share a key come apart."""
_PROBE: Final = 0.5
"""Seconds for which the first request after a refusal goes alone: another refusal comes sooner."""
_SHORTEST: Final = 0.001
_FREE: Final = 0.5
"""Of an unsure ceiling: up to there requests may go at once."""
_EVEN: Final = 0.6
"""Of the pace at which the ceiling would be used up evenly: above that, no request goes sooner after another."""
_EVEN_AFTER_WAIT: Final = 0.2
"""The same for those who have waited."""
_LONGEST_AFTER_WAIT: Final = 1 / 60
"""Of a period, between two of those: by then it is known whether the first was refused."""
_LATE: Final = 0.05
"""Of a period: by so much a request may come later there than it was let through here."""
_MOSTLY: Final = 0.8
_DICE: Final = random.Random()  # noqa: S311  # jitter, not secrets


class Gate:
    """Two counters of a minute, their ceilings, and pauses after refusals.

    Args:
        limit: what may be asked for in a period.
        unknown: the limit is not known; it is sought from below.
        period: seconds.
        margin: seconds that a request counts longer here than there.

    Example:
        >>> from clovax_agents.pacing import Limit
        >>> gate = Gate(Limit(requests=1), period=60, margin=0)
        >>> gate.went_well()
        >>> gate.wait(0.0, 500), gate.take(0.0, 500).until, gate.wait(1.0, 500)
        (0.0, 60.0, 59.0)
    """

    __slots__ = (
        "_closed",
        "_even",
        "_margin",
        "_pauses",
        "_period",
        "_probes",
        "_told",
        "part",
        "requests",
        "tokens",
        "window",
    )

    def __init__(self, limit: Limit, *, unknown: bool = False, period: float, margin: float) -> None:
        self._period = period
        self._margin = Margin(margin, period * _LATE, period)
        self.window: Window = Window(period + margin)
        self.requests: Ceiling = Ceiling(limit.requests, unknown=unknown, period=period)
        self.tokens: Ceiling = Ceiling(limit.tokens, period=period)
        self._closed = self._even = self._told = -math.inf
        self._pauses = 0
        self._probes = False
        """Whether the next request goes alone, to see what becomes of it."""
        self.part: float = 1.0
        """Of the ceilings: what this process may take of them while it cannot ask the others."""

    @property
    def most(self) -> tuple[float, float]:
        """Requests and tokens that are tried in a period; infinity where there is no limit."""
        return max(self.requests.most * self.part, 1.0), self.tokens.most * self.part

    @property
    def unsure(self) -> bool:
        """Whether it is not known that so much is to be had."""
        return self.requests.unsure or self.tokens.unsure

    def restrict(self, limit: Limit) -> None:
        """Let another limit hold, with what was learned."""
        self.requests.restrict(limit.requests)
        self.tokens.restrict(limit.tokens)

    def adopt(self, most: tuple[float, float], now: float, requests: float) -> None:
        """Take over the ceilings that another process has found, while so many requests of all count."""
        self.requests.adopt(most[0], now, requests)
        self.tokens.adopt(most[1], now, requests)

    def closed(self, now: float) -> float:
        """Return the seconds for which nothing goes through, however much room there is."""
        return max(self._closed - now, self._even - now, 0.0)

    def shaken(self, now: float) -> bool:
        """Tell whether there was a refusal or a raise within the last period: many may wait for one moment then."""
        return now - max(self._told, self.requests.raised_at, self.tokens.raised_at) < self._period

    @property
    def learned(self) -> tuple[float, int]:
        """When the last refusal was known, and how many there were in a row: what changes when a pause is news."""
        return self._told, self._pauses

    def quiet(self, now: float, *, probe: bool) -> Quiet:
        """Return what the others are to know of the pause; ``probe`` if it comes from a new refusal."""
        return Quiet(max(self._closed - now, 0.0), self._pauses, now - self._told, self._alone if probe else 0.0)

    def hush(self, quiet: Quiet, now: float, counted: Counted) -> None:
        """Take over the pause that all processes keep, and what it comes from."""
        if now - quiet.since > self._told + self._alone:  # one of theirs: what was heard here already is hardly older
            by_requests = _share(counted.used[0], self.requests.most) >= _share(counted.used[1], self.tokens.most)
            ceiling, total = (self.requests if by_requests else self.tokens), counted.passed[not by_requests]
            ceiling.refused(now, total)
        self._closed = max(self._closed, now + quiet.seconds)
        self._told = max(self._told, now - quiet.since)
        self._pauses = quiet.refusals
        self._probes = quiet.probe > 0

    def wait(self, now: float, tokens: float) -> float:
        """Return the seconds until there is room for a request, or until a ceiling rises; 0 if it may go now."""
        if closed := self.closed(now):
            return closed
        wait = self._room(now, tokens)
        if wait <= 0:
            return 0.0
        due = self.rise(now, tokens, self.window.used(now))
        if due <= 0:
            wait = self._room(now, tokens)
        return max(min(wait, due) if due > 0 else wait, _SHORTEST) if wait > 0 else 0.0

    def rise(self, now: float, tokens: float, used: tuple[float, float]) -> float:
        """Raise the ceilings that hold a request up, if that is due; return the seconds until it is, 0 if it was.

        Args:
            now: seconds.
            tokens: of the request.
            used: requests and tokens that count now.
        """
        most_requests, most_tokens = self.most
        holding = [(self.requests, 1.0)] if used[0] + 1 > most_requests else []
        if used[1] + tokens > most_tokens:
            holding.append((self.tokens, tokens))
        raised = [ceiling.raised(now, unit) for ceiling, unit in holding]  # each of them, not up to the first
        if any(raised):
            return 0.0
        return min((ceiling.next_raise() for ceiling, _ in holding), default=math.inf) - now

    def spare(self, now: float, tokens: float) -> float:
        """Return the tokens that another request may take now without making one of so many tokens wait longer."""
        return 0.0 if self.closed(now) else self.window.spare(now, tokens, *self.most)

    def holds(self, now: float) -> float:
        """Return the seconds for which a request counts that is let through now."""
        return self._period + self._margin.at(now)

    def take(
        self, now: float, tokens: float, used: tuple[float, float] | None = None, *, waited: bool = False
    ) -> Entry:
        """Let a request through.

        Args:
            now: seconds.
            tokens: of the request.
            used: requests and tokens that count with it; by default those of the window.
            waited: it had to wait for room.
        """
        self.window.period = self.holds(now)
        entry = self.window.add(now, tokens)
        self._even = now + self.spacing(tokens, self.window.used(now) if used is None else used, waited=waited)
        if self._probes:
            self._probes, self._even = False, max(self._even, now + self._alone)
        return entry

    @property
    def _alone(self) -> float:
        return _PROBE * self._period / 60.0

    def spacing(self, tokens: float, used: tuple[float, float], *, waited: bool = False) -> float:
        """Return the seconds for which the next request is kept away: none can be called back that is on its way.

        They go one after the other where it is unsure whether so many go through at once, and, in a quicker pace, where
        many have waited for the same moment.
        """
        most_requests, most_tokens = self.most
        full = max(_share(used[0], most_requests), _share(used[1], most_tokens))
        share = min(max(_share(1, most_requests), _share(tokens, most_tokens)), 1.0)
        if self.unsure and full > _FREE:
            return share * self._period * _EVEN
        return min(share * _EVEN_AFTER_WAIT, _LONGEST_AFTER_WAIT) * self._period if waited else 0.0

    def give_back(self, entry: Entry) -> None:
        """Take back what was not sent, so that the next one need not keep away from it."""
        self.window.remove(entry)
        self._even = -math.inf

    def went_well(self) -> None:
        """Hear that a request was answered."""
        self._pauses = 0
        self._margin.cold = False

    def refused(self, now: float, tokens: float, sent: float, counted: Counted | None) -> None:
        """Learn from a refusal: come down to what has passed, by the counter that is fuller.

        Args:
            now: seconds.
            tokens: of the request that was refused, which counts no more.
            sent: when it was.
            counted: requests and tokens of all processes; by default those of the window.
        """
        passed = self.window.all_requests, self.window.all_tokens
        (requests, held), totals = counted or (self.window.used(now), passed)
        again = sent < self._told
        late, late_tokens = self.window.left(now, self._period * _LATE)
        if late and self._early(now, again=again):
            return
        if requests < _MOSTLY * (requests + late):
            requests, held = requests + late, held + late_tokens
        if _share(requests + 1, self.requests.most) >= _share(held + tokens, self.tokens.most):
            self.requests.lower(now, requests, requests=requests, total=totals[0], again=again)
        else:
            self.tokens.lower(now, held, requests=requests, total=totals[1], least=tokens, again=again)

    def _early(self, now: float, *, again: bool) -> bool:
        """Tell whether the limit may be what it was, and what has just left here still counts there.

        It was longer on its way than this one; so from now on, each counts for longer here.
        """
        return not self.unsure and (again or self._margin.widen(now))

    def pause(self, now: float, sent: float, retry_after: float | None) -> None:
        """Let nothing through for as long as the service asks, or else for a while, longer each time.

        What was sent before the last refusal was known is no news, and makes nothing longer.
        """
        if retry_after:
            pause = min(retry_after, self.window.period) * _DICE.uniform(1.0, 1.0 + _LATER)
        else:
            drawn = min(_PAUSE * 2**self._pauses, _LONGEST_PAUSE) * _DICE.uniform(0.5, 1.0)
            pause = drawn * self._period / 60.0
        if sent >= self._told:
            self._pauses = min(self._pauses + 1, _MOST_PAUSES)
        self._told = now
        self._probes = True
        self._closed = max(self._closed, now + pause)

    def _room(self, now: float, tokens: float) -> float:
        most_requests, most_tokens = self.most
        return self.window.wait(now, tokens, most_requests, max(most_tokens, tokens))


def _share(part: float, whole: float) -> float:
    return 0.0 if whole == math.inf else part / whole


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_DICE.seed)
