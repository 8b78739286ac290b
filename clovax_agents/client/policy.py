"""When to give up and when to try again: pure arithmetic on seconds."""

from __future__ import annotations

import math
import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import (
    CallTimeoutError,
    CertificateError,
    ConfigurationError,
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
_DICE: Final = random.Random()  # noqa: S311  # jitter, not secrets
_RETRIES_OF_NONSENSE: Final = 1
"""An answer with status 200 that cannot be read has been paid for: asked for once more, and no more."""
_LIMITS_LAST: Final = 4
"""How many times longer a rate limit is waited out: it is counted over a minute."""
_LONGEST: Final = 31_536_000
"""Seconds of a year: operating systems do not wait for ever."""
_SLOWEST_TOKENS_PER_SECOND: Final = 20


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, in seconds; each ends it with a `CallTimeoutError` that names it.

    Attributes:
        total: over all attempts and waits; None gives 60 and 1 more for every 20 tokens of the cap.
        connect: until the connection stands.
        first_token: from sending to the first content of a stream.
        idle: between two pieces of content of a stream; pings do not count as content.
        answer: from sending to the end of an answer that is not streamed; None leaves it to ``total``.
    """

    total: float | None = None
    connect: float = 5.0
    first_token: float = 60.0
    idle: float = 30.0
    answer: float | None = None

    def __post_init__(self) -> None:
        """Refuse what would never end, or end at once."""
        for name in ("total", "connect", "first_token", "idle", "answer"):
            value = getattr(self, name)
            if value is None and name in {"total", "answer"}:
                continue
            if not isinstance(value, int | float) or not 0 < value <= _LONGEST:
                raise ConfigurationError(f"a deadline is a number of seconds above 0, but {name} is {value!r}")

    def for_cap(self, cap: int) -> Deadlines:
        """Return the deadlines of a call that may write ``cap`` tokens: a long answer is given its time."""
        total = 60.0 + cap / _SLOWEST_TOKENS_PER_SECOND if self.total is None else self.total
        limits = (self.connect, self.first_token, self.idle, total if self.answer is None else self.answer)
        return Deadlines(total, *(min(limit, total) for limit in limits))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Which errors are worth another attempt, and after how long.

    Attributes:
        retries: attempts after the first.
        base: seconds; the wait is drawn from 0 to base * 2^n (full jitter), or is what the service asks for; of rate
            limits that name no time, four times as much.
        ceiling: longest drawn wait, in seconds.
    """

    retries: int = 2
    base: float = 0.5
    ceiling: float = 20.0
    random: random.Random = field(default=_DICE, repr=False, compare=False)

    def delay(self, error: ServiceError, attempt: int, remaining: float) -> float | None:
        """Return the seconds to wait before the next attempt; None to give up.

        Args:
            error: what the attempt ended with.
            attempt: its number, from 1.
            remaining: seconds until the total deadline; a wait that does not fit into them is not begun.
        """
        if attempt > min(self.retries, _worth(error)):
            return None
        hint = error.facts.retry_after
        base = self.base * _LIMITS_LAST if isinstance(error, RateLimitError) and not hint else self.base
        drawn = self.random.uniform(0, min(base * 2 ** min(attempt - 1, 16), self.ceiling))
        wait = hint + drawn * 0.2 if hint else drawn  # a hint of 0 is none
        return wait if wait < remaining else None


def _worth(error: ServiceError) -> float:
    """Return how many more attempts an error is worth: what its code says, or else its kind."""
    if error.facts.retries is not None:
        return error.facts.retries
    if isinstance(error, InvalidResponseError):
        return _RETRIES_OF_NONSENSE
    return math.inf if isinstance(error, _RETRYABLE) and not isinstance(error, CertificateError) else 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_DICE.seed)  # or all children would wait for the same time
