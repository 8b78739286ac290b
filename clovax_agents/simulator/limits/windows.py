"""Three ways to count a minute; which one the service uses is unconfirmed (docs/wire.md, W5-20).

All count in whole microseconds, so that nothing is lost to floating point: who waits for the reset is admitted. While
the clock is set back, no time passes for them, and they go on from there.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from clovax_agents.simulator.limits.table import Limit

__all__ = ["FixedWindow", "SlidingWindow", "TokenBucket", "Verdict", "Window"]

_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a window says of a request.

    After a refusal, a reset is when its counter has room for the same request: 0 if it has now, 60 if it never will
    (a request larger than the whole limit). Otherwise it is when its counter is as if nothing had been counted. It is 0
    for a counter without a limit.

    Attributes:
        admitted: whether there was room; only then the request was counted.
        limit: that was applied.
        requests: counted in the window, with this one if it was admitted.
        tokens: counted in the window, with this one's if it was admitted.
        reset_requests: seconds, 0 to 60.
        reset_tokens: seconds, 0 to 60.
    """

    admitted: bool
    limit: Limit
    requests: int
    tokens: int
    reset_requests: float
    reset_tokens: float

    @property
    def remaining_requests(self) -> int | None:
        """Requests that are left; None without a limit."""
        return None if self.limit.requests is None else max(self.limit.requests - self.requests, 0)

    @property
    def remaining_tokens(self) -> int | None:
        """Tokens that are left; None without a limit."""
        return None if self.limit.tokens is None else max(self.limit.tokens - self.tokens, 0)


class Window(Protocol):
    """Counts the requests and tokens of one model and account; ``now`` is in seconds since 1970."""

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it; a refused one is not counted."""
        ...

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that count now."""
        ...


class SlidingWindow:
    """Counts exactly what came in the last 60 seconds; a request leaves when it is 60 seconds old."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._watch = _Stopwatch()
        self._log: list[tuple[int, int]] = []
        """When each request came, and the tokens of all requests so far with its own."""
        self._first = 0
        """Where the requests begin that still count."""
        self._total = 0
        self._gone = 0

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that count now."""
        self._forget(self._watch.read(now))
        return len(self._log) - self._first, self._total - self._gone

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it."""
        passed = self._watch.read(now)
        self._forget(passed)
        waits = self._wait_requests(passed), self._wait_tokens(passed, tokens)
        if not any(waits):
            self._total += tokens
            self._log.append((passed, self._total))
        return _verdict(self._limit, self.used(now), waits, (_MINUTE, _MINUTE))

    def _forget(self, passed: int) -> None:
        while self._first < len(self._log) and self._log[self._first][0] <= passed - _MINUTE:
            self._gone = self._log[self._first][1]
            self._first += 1
        if self._first * 2 > len(self._log):  # seldom enough that it costs nothing on the average
            del self._log[: self._first]
            self._first = 0

    def _wait_requests(self, passed: int) -> int:
        most = self._limit.requests
        if most is None or len(self._log) - self._first < most:
            return 0
        return self._log[self._first][0] + _MINUTE - passed if most else _MINUTE

    def _wait_tokens(self, passed: int, tokens: int) -> int:
        most = self._limit.tokens
        if most is None or self._total - self._gone + tokens <= most:
            return 0
        if tokens > most:
            return _MINUTE
        enough = bisect_left(self._log, self._total + tokens - most, lo=self._first, key=itemgetter(1))
        return self._log[enough][0] + _MINUTE - passed


class FixedWindow:
    """Counts by the minutes of the clock; after the clock was set back, the minute that had begun ends first."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._watch = _Stopwatch()
        self._end = 0
        self._requests = 0
        self._tokens = 0

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that count now."""
        passed = self._watch.read(now)
        if passed >= self._end:
            self._end = passed + _MINUTE - _microseconds(now) % _MINUTE
            self._requests = self._tokens = 0
        return self._requests, self._tokens

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it."""
        requests, spent = self.used(now)
        rest = self._end - self._watch.read(now)
        waits = _wait(self._limit.requests, requests, 1, rest), _wait(self._limit.tokens, spent, tokens, rest)
        if not any(waits):
            self._requests += 1
            self._tokens += tokens
        return _verdict(self._limit, self.used(now), waits, (rest, rest))


class TokenBucket:
    """Holds as much as the limit, and is refilled all the time, a sixtieth of it in a second."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._watch = _Stopwatch()
        self._at = 0
        self._requests = _Bucket(limit.requests)
        self._tokens = _Bucket(limit.tokens)

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that were not refilled yet; 0 for a counter without a limit."""
        passed = self._watch.read(now)
        self._requests.refill(passed - self._at)
        self._tokens.refill(passed - self._at)
        self._at = passed
        return self._requests.used(), self._tokens.used()

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it."""
        self.used(now)
        waits = self._requests.wait(1), self._tokens.wait(tokens)
        if not any(waits):
            self._requests.take(1)
            self._tokens.take(tokens)
        return _verdict(self._limit, self.used(now), waits, (self._requests.until_full(), self._tokens.until_full()))


class _Bucket:
    """One counter of a bucket.

    What is missing is kept in sixty-millionths of a unit: each microsecond refills as many of them as the limit is.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._missing = 0

    def refill(self, passed: int) -> None:
        self._missing = max(self._missing - passed * (self._most or 0), 0)

    def take(self, wanted: int) -> None:
        if self._most is not None:
            self._missing += wanted * _MINUTE

    def wait(self, wanted: int) -> int:
        if self._most is None:
            return 0
        if wanted > self._most:
            return _MINUTE
        return self._until(max(self._missing + (wanted - self._most) * _MINUTE, 0))

    def until_full(self) -> int:
        return self._until(self._missing)

    def used(self) -> int:
        return -(-self._missing // _MINUTE)

    def _until(self, refilled: int) -> int:
        return -(-refilled // self._most) if self._most else 0


class _Stopwatch:
    """Microseconds that passed on a clock; when the clock is set back, none pass, and it goes on from there."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._passed = 0

    def read(self, now: float) -> int:
        at = _microseconds(now)
        self._passed += max(at - self._last, 0) if self._last is not None else 0
        self._last = at
        return self._passed


def _microseconds(seconds: float) -> int:
    return round(seconds * _SECOND)


def _wait(most: int | None, used: int, wanted: int, rest: int) -> int:
    """Return the microseconds until a counter that starts anew after ``rest`` has room."""
    if most is None or used + wanted <= most:
        return 0
    return _MINUTE if wanted > most else rest


def _verdict(limit: Limit, used: tuple[int, int], waits: tuple[int, int], rests: tuple[int, int]) -> Verdict:
    """Put a verdict together; ``rests`` are the microseconds until the counters are as if nothing had been counted."""
    admitted = not any(waits)
    resets = [
        0.0 if most is None else (rest if admitted else wait) / _SECOND
        for most, wait, rest in zip((limit.requests, limit.tokens), waits, rests, strict=True)
    ]
    return Verdict(admitted, limit, *used, *resets)
