"""One call's way through a pacer: it waits for its turn before each attempt, and tells what came of it (promise 9)."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.client.ops import Wait
from clovax_agents.errors import CallFacts, RateLimitError, RateLimitWaitError
from clovax_agents.pacing.turns import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from clovax_agents.client.ops import Op
    from clovax_agents.errors import ServiceError
    from clovax_agents.pacing import Pacer, Turn
    from clovax_agents.pacing.turns import Priority

__all__ = ["DEFAULT_MAX_WAIT", "LEAST_URGENT", "Pace"]

DEFAULT_MAX_WAIT: Final = 600.0
"""Seconds that a call waits for room before it fails."""
_OVERLOADED: Final = frozenset({"42902", "42903"})
"""The service has too much to do, which has nothing to do with the key's limit (docs/wire.md, section 4)."""
_MOST_REFUSALS: Final = 8
_WAITS: Final = (
    "calls wait for room within the rate limit that is documented for test keys, %s: if the key has more, say so by "
    "rate_limit= or CLOVAX_RATE_LIMIT"
)
_log: Final = logging.getLogger(__name__)
LEAST_URGENT: Final[ContextVar[Priority | None]] = ContextVar("clovax_least_urgent", default=None)
"""If it is set, calls are no more urgent than this, whatever their models say: for work that nobody waits for."""


@dataclass(slots=True)
class Pace:
    """What one call reserves, and where.

    Attributes:
        pacer: of the key and model.
        tokens: that the input is estimated at.
        cap: tokens that the answer may have.
        priority: of the call.
        max_wait: seconds that all its attempts may wait together.
    """

    pacer: Pacer
    tokens: int
    cap: int
    priority: Priority = "normal"
    max_wait: float = DEFAULT_MAX_WAIT
    waited: float = 0.0
    _refused: int = 0
    _turn: Turn | None = field(default=None, repr=False)

    def through(self, clock: Callable[[], float]) -> Generator[Op, Any, float]:
        """Wait for the turn; return the seconds that it took.

        Raises:
            RateLimitWaitError: it would take longer than the call may wait.
            ReservationTooLargeError: the turn would never come.
        """
        turn = self._turn = self._turn or self.pacer.enter(self.tokens + self.cap, priority=self._urgency())
        if turn.poll() is None:
            return 0.0
        if self.pacer.first_wait_for_a_guess():
            _log.warning(_WAITS, self._limit())
        began = clock()
        try:
            while (seconds := turn.poll()) is not None:
                yield Wait(turn.bell(), min(seconds, self._left(clock() - began)))
        except BaseException:
            self._give_up()
            raise
        took = clock() - began
        self.waited += took
        return took

    def failed(self, error: ServiceError, *, over: bool) -> bool:
        """Learn from a failed attempt; tell whether the call is in the line again, and need not count it as one.

        Args:
            error: what it failed with.
            over: it is not tried again in any case.
        """
        if not isinstance(error, RateLimitError):
            if not error.facts.arrived:
                self._give_up()
            self._turn = None
            return False
        overloaded = error.facts.code in _OVERLOADED
        self._refused += 1
        again = not (over or overloaded or self._refused > _MOST_REFUSALS)
        if self._turn is not None:
            self._turn.refuse(retry_after=error.facts.retry_after, overloaded=overloaded, again=again)
        if not again:
            self._turn = None
        return again

    def answered(self) -> None:
        """Hear that the service has let the request in."""
        if self._turn is not None:
            self._turn.answered()

    def settle(self, tokens: int) -> None:
        """Say how many tokens the input really had."""
        if self._turn is not None:
            self._turn.settle(tokens + self.cap)

    def _give_up(self) -> None:
        """Give up a place, or the room of what surely was not sent."""
        if self._turn is not None:
            self._turn.leave()
            self._turn = None

    def _urgency(self) -> Priority:
        return max(self.priority, LEAST_URGENT.get() or self.priority, key=PRIORITIES.__getitem__)

    def _left(self, waiting: float) -> float:
        left = self.max_wait - self.waited - waiting
        if left <= 0:
            raise self._too_long(self.waited + waiting)
        return left

    def _too_long(self, waiting: float) -> RateLimitWaitError:
        return RateLimitWaitError(
            f"there was no room within {self.max_wait:g} s for this request ({self.tokens + self.cap:,} tokens, of "
            f"which {self.cap:,} are its cap): the limit is {self._limit()}, and {self.pacer.waiting - 1:,} more wait. "
            "Lower max_tokens, run less at once, or raise max_wait",
            CallFacts(attempts=self._refused, elapsed=waiting),
        )

    def _limit(self) -> str:
        requests, tokens = self.pacer.limit
        return f"{_shown(requests)} requests and {_shown(tokens)} tokens a minute"


def _shown(number: int | None) -> str:
    return "any number of" if number is None else f"{number:,}"
