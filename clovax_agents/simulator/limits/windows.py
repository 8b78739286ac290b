"""Three ways to count a minute; which one the service uses is unconfirmed (docs/wire.md, W5-20)."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from clovax_agents.simulator.limits.table import Limit

__all__ = ["MINUTE", "FixedWindow", "SlidingWindow", "TokenBucket", "Verdict", "Window"]

MINUTE: Final = 60.0
_GRAIN: Final = 1e-9
"""A bucket may miss a whole token by what floating point loses."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a window says of a request.

    Attributes:
        admitted: whether there was room; only then the request was counted.
        limit: that was applied.
        requests: counted in the window, with this one if it was admitted.
        tokens: counted in the window, with this one's if it was admitted.
        reset_requests: seconds until there is room for the same request (0 if there was), as far as requests go.
        reset_tokens: the same for tokens; 60 for a request that is larger than the whole limit.
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
    """Counts the requests and tokens of one model and key."""

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it; a refused one is not counted."""
        ...

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that count now."""
        ...


class SlidingWindow:
    """Counts exactly what came in the last 60 seconds."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._log: deque[tuple[float, int]] = deque()
        self._tokens = 0

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that count now."""
        self._forget(now)
        return len(self._log), self._tokens

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it."""
        self._forget(now)
        wait_requests, wait_tokens = self._wait_requests(now), self._wait_tokens(now, tokens)
        admitted = not wait_requests and not wait_tokens
        if admitted:
            # A clock that was set back must not let entries fall out of order.
            self._log.append((max(now, self._log[-1][0]) if self._log else now, tokens))
            self._tokens += tokens
        return Verdict(admitted, self._limit, len(self._log), self._tokens, wait_requests, wait_tokens)

    def _forget(self, now: float) -> None:
        while self._log and self._log[0][0] <= now - MINUTE:
            self._tokens -= self._log.popleft()[1]

    def _wait_requests(self, now: float) -> float:
        most = self._limit.requests
        if most is None or len(self._log) < most:
            return 0.0
        return self._log[len(self._log) - most][0] + MINUTE - now if most else MINUTE

    def _wait_tokens(self, now: float, tokens: int) -> float:
        most = self._limit.tokens
        if most is None or self._tokens + tokens <= most:
            return 0.0
        excess = self._tokens + tokens - most
        for at, spent in self._log:
            excess -= spent
            if excess <= 0:
                return at + MINUTE - now
        return MINUTE


class FixedWindow:
    """Counts by the minutes of the clock."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._minute = -math.inf
        self._requests = 0
        self._tokens = 0

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that count now."""
        self._turn(now)
        return self._requests, self._tokens

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it."""
        self._turn(now)
        rest = (self._minute + 1) * MINUTE - now
        requests_full = self._limit.requests is not None and self._requests >= self._limit.requests
        tokens_full = self._limit.tokens is not None and self._tokens + tokens > self._limit.tokens
        too_large = self._limit.tokens is not None and tokens > self._limit.tokens
        admitted = not requests_full and not tokens_full
        if admitted:
            self._requests += 1
            self._tokens += tokens
        return Verdict(
            admitted,
            self._limit,
            self._requests,
            self._tokens,
            rest if requests_full else 0.0,
            MINUTE if too_large else rest if tokens_full else 0.0,
        )

    def _turn(self, now: float) -> None:
        minute = now // MINUTE
        if minute > self._minute:
            self._minute, self._requests, self._tokens = minute, 0, 0


class TokenBucket:
    """Refills all the time, up to the limit."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._requests_spent = 0.0
        self._tokens_spent = 0.0
        self._at = -math.inf

    def used(self, now: float) -> tuple[int, int]:
        """Return the requests and tokens that have not been refilled."""
        self._refill(now)
        return math.ceil(self._requests_spent - _GRAIN), math.ceil(self._tokens_spent - _GRAIN)

    def admit(self, now: float, tokens: int) -> Verdict:
        """Count a request if there is room for it."""
        self._refill(now)
        wait_requests = _wait(self._limit.requests, self._requests_spent, 1)
        wait_tokens = _wait(self._limit.tokens, self._tokens_spent, tokens)
        admitted = not wait_requests and not wait_tokens
        if admitted:
            self._requests_spent += 1
            self._tokens_spent += tokens
        return Verdict(admitted, self._limit, *self.used(now), wait_requests, wait_tokens)

    def _refill(self, now: float) -> None:
        passed = max(now - self._at, 0.0)
        self._at = max(now, self._at)
        for name, most in (("_requests_spent", self._limit.requests), ("_tokens_spent", self._limit.tokens)):
            refilled = math.inf if most is None or passed == math.inf else passed * most / MINUTE
            setattr(self, name, max(getattr(self, name) - refilled, 0.0))


def _wait(most: int | None, spent: float, wanted: int) -> float:
    """Return the seconds until a bucket holds what is wanted."""
    if most is None or spent + wanted <= most + _GRAIN:
        return 0.0
    if wanted > most:
        return MINUTE
    return (spent + wanted - most) * MINUTE / most
