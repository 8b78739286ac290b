"""When to give up and when to try again: pure arithmetic on seconds."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import (
    CallTimeoutError,
    ConnectionFailedError,
    InvalidResponseError,
    RateLimitError,
    ServerError,
    TruncatedStreamError,
)

if TYPE_CHECKING:
    from clovax_agents.errors import ServiceError

__all__ = ["Deadlines", "RetryPolicy"]

_RETRYABLE: Final = (
    CallTimeoutError,
    ConnectionFailedError,
    InvalidResponseError,
    RateLimitError,
    ServerError,
    TruncatedStreamError,
)
_SLOWEST_TOKENS_PER_SECOND: Final = 20


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, in seconds.

    Attributes:
        total: over all attempts and waits.
        connect: until the connection stands.
        idle: between two pieces of content; pings do not count as content.
    """

    total: float
    connect: float = 5.0
    idle: float = 60.0

    @classmethod
    def for_cap(cls, cap: int, timeout: float | None = None) -> Deadlines:
        """Return the deadlines of a call that may write ``cap`` tokens: a long answer is given its time.

        Args:
            cap: most tokens of output.
            timeout: total seconds; None means 60 seconds and one more for every 20 tokens.
        """
        total = 60.0 + cap / _SLOWEST_TOKENS_PER_SECOND if timeout is None else timeout
        return cls(total=total, connect=min(5.0, total), idle=min(60.0, total))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which errors are worth another attempt, and after how long.

    Attributes:
        retries: attempts after the first.
        base: seconds; the wait is drawn from 0 to base * 2^n (full jitter), or is what the service asks for.
        ceiling: longest drawn wait, in seconds.
    """

    retries: int = 2
    base: float = 0.5
    ceiling: float = 20.0
    random: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def delay(self, error: ServiceError, attempt: int, remaining: float) -> float | None:
        """Return the seconds to wait before the next attempt; None to give up.

        Args:
            error: what the attempt ended with.
            attempt: its number, from 1.
            remaining: seconds until the total deadline; a wait that does not fit into them is not begun.
        """
        if attempt > self.retries or not isinstance(error, _RETRYABLE):
            return None
        hint = error.facts.retry_after
        drawn = self.random.uniform(0, min(self.base * 2 ** (attempt - 1), self.ceiling))
        wait = drawn if hint is None else hint + drawn * 0.2
        return wait if wait < remaining else None
