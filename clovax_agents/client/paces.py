"""One call's way through a pacer: it waits for its turn before each attempt, and tells what came of it (promise 9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.client.ops import Wait
from clovax_agents.errors import CallFacts, RateLimitError, RateLimitWaitError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from clovax_agents.client.ops import Op
    from clovax_agents.errors import ServiceError
    from clovax_agents.pacing import Pacer, Turn
    from clovax_agents.pacing.pacer import Priority

__all__ = ["DEFAULT_MAX_WAIT", "Pace"]

DEFAULT_MAX_WAIT: Final = 600.0
"""Seconds that a call waits for room before it fails."""
_OVERLOADED: Final = frozenset({"42902", "42903"})
"""The service has too much to do, which has nothing to do with the key's limit (docs/wire.md, section 4)."""
_MOST_REFUSALS: Final = 8


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
        began = clock()
        turn = self._turn = self._turn or self.pacer.enter(self.tokens + self.cap, priority=self.priority)
        try:
            while (seconds := turn.poll()) is not None:
                yield Wait(turn.bell(), min(seconds, self._left(clock() - began)))
        except BaseException:
            self.leave()
            raise
        took = clock() - began
        self.waited += took
        return took

    def failed(self, error: ServiceError) -> bool:
        """Learn from a failed attempt; tell whether the call is in the line again, and need not count it as one."""
        turn = self._turn
        if turn is None or not isinstance(error, RateLimitError):
            self._turn = None
            return False
        overloaded = error.facts.code in _OVERLOADED
        turn.refuse(retry_after=error.facts.retry_after, overloaded=overloaded)
        self._refused += 1
        return not overloaded and self._refused <= _MOST_REFUSALS

    def settle(self, tokens: int) -> None:
        """Say how many tokens the input really had."""
        if self._turn is not None:
            self._turn.settle(tokens + self.cap)

    def leave(self) -> None:
        """Give up a place in the line; what was sent counts all the same."""
        if self._turn is not None and self._turn.entry is None:
            self._turn.leave()
            self._turn = None

    def _left(self, waiting: float) -> float:
        left = self.max_wait - self.waited - waiting
        if left <= 0:
            raise self._too_long()
        return left

    def _too_long(self) -> RateLimitWaitError:
        requests, tokens = self.pacer.limit
        limits = f"{requests or 'any number of'} requests and {tokens or 'any number of'} tokens a minute"
        return RateLimitWaitError(
            f"there was no room within {self.max_wait:g} s for this request ({self.tokens + self.cap:,} tokens, of "
            f"which {self.cap:,} are its cap): the limit is {limits}, and {self.pacer.waiting} more wait. Lower "
            "max_tokens, run less at once, or raise max_wait",
            CallFacts(attempts=0, elapsed=self.waited),
        )
