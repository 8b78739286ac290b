"""`Pacer`: lets requests through so that the limits of a key are used up, and not run into (promise 9).

A request takes its place before it is sent: one request, and its input and cap in tokens, for a minute. It does nothing
by itself and owns no thread: whoever waits is told how long, and rung for when that changes.
"""

from __future__ import annotations

import math
import random
import threading
import time
from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.errors import CallFacts, ReservationTooLargeError
from clovax_agents.pacing.ceiling import Ceiling
from clovax_agents.pacing.line import Line
from clovax_agents.pacing.signals import Signal
from clovax_agents.pacing.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.pacing.limits import Limit
    from clovax_agents.pacing.window import Entry

__all__ = ["MARGIN", "PERIOD", "PRIORITIES", "Pacer", "Priority", "Turn"]

PERIOD: Final = 60.0
"""Seconds in which the service counts."""
MARGIN: Final = 0.5
"""Seconds that a request counts longer here than there: they do not all take the same time on their way."""
Priority = Literal["high", "normal", "low"]
PRIORITIES: Final[dict[Priority, int]] = {"high": 0, "normal": 1, "low": 2}
_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_DICE: Final = random.Random()  # noqa: S311  # jitter, not secrets


class Pacer:
    """Paces the requests of one key to one model, of all threads and event loops of a process.

    Args:
        limit: what the key may ask for in a minute.
        unknown: the limit is not known; it is sought from below, and ``limit`` is where the search ends.
        certain: the limit is what the key really has, so a request that is larger than all of it is refused; else it
            is let through when nothing else counts.
        period: seconds of that minute; tests have shorter ones.
        clock: seconds that only go forward.

    Example:
        >>> from clovax_agents.pacing import Limit
        >>> pacer = Pacer(Limit(requests=1), clock=lambda: 0.0)
        >>> pacer.enter(500).poll(), pacer.enter(500).poll()
        (None, 60.5)
    """

    def __init__(
        self,
        limit: Limit,
        *,
        unknown: bool = False,
        certain: bool = True,
        period: float = PERIOD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scale = period / PERIOD
        self._clock = clock
        self._lock = threading.Lock()
        self._line = Line[Turn]()
        self._window = Window(period + MARGIN * self._scale)
        self._closed_until = -math.inf
        self._pauses = 0
        self.limit = limit
        self._certain = certain
        self._requests = Ceiling(limit.requests, unknown=unknown, period=period)
        self._tokens = Ceiling(limit.tokens, period=period)

    def enter(self, tokens: float, *, priority: Priority = "normal") -> Turn:
        """Join the line.

        Args:
            tokens: of the input, as estimated, and of the requested cap.
            priority: who goes first where several wait; nobody is overtaken for longer than a minute.

        Raises:
            ReservationTooLargeError: it would never be let through.
        """
        turn = Turn(self, tokens, PRIORITIES[priority])
        with self._lock:
            self._check(tokens)
            self._line.join(turn, turn.priority, self._clock())
        return turn

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._line)

    @property
    def ceiling(self) -> tuple[float, float]:
        """Requests and tokens a minute that are tried now; infinity where there is no limit."""
        return self._requests.most, self._tokens.most

    def usage(self) -> tuple[int, float]:
        """Return the requests and tokens that count now."""
        with self._lock:
            return self._window.used(self._clock())

    def restrict(self, limit: Limit) -> bool:
        """Let a smaller limit hold from now on; tell whether it is smaller."""
        with self._lock:
            smaller = self.limit.smaller(limit)
            is_smaller = smaller != self.limit
            if is_smaller:
                self.limit = smaller
                self._requests = Ceiling(smaller.requests, period=self._scale * PERIOD)
                self._tokens = Ceiling(smaller.tokens, period=self._scale * PERIOD)
            return is_smaller

    def poll(self, turn: Turn) -> float | None:
        """Let a request through, or return the seconds after which to ask again unless it is rung for before."""
        with self._lock:
            if turn.entry is not None:
                return None
            now = self._clock()
            if self._line.first(now) is not turn:
                return math.inf
            wait = self._wait(now, turn.tokens)
            if wait > 0:
                return wait
            self._line.leave(turn, turn.priority)
            turn.entry = self._window.add(now, turn.tokens)
            self._ring(now)
            return None

    def leave(self, turn: Turn) -> None:
        """Give up a place in the line; where the request was sent already, it counts."""
        with self._lock:
            if self._line.leave(turn, turn.priority):
                self._ring(self._clock())

    def settle(self, turn: Turn, tokens: float) -> None:
        """Correct what a request holds: what its input really was, and its cap."""
        with self._lock:
            if turn.entry is not None:
                self._window.change(turn.entry, tokens)
                self._pauses = 0
                self._ring(self._clock())

    def refuse(self, turn: Turn, *, retry_after: float | None, overloaded: bool) -> None:
        """Learn from a 429, and put the request back at the head of the line.

        Args:
            turn: of the request, which the service has not counted.
            retry_after: seconds that the service asks for.
            overloaded: the service has too much to do (42902): that says nothing about the limit.
        """
        with self._lock:
            now = self._clock()
            self._take_back(turn)
            if overloaded:
                self._pause(now, retry_after)
            else:
                self._learn(now, turn.tokens)
                self._pause(now, retry_after)
            self._line.push_in(turn, turn.priority, now)
            self._ring(now)

    def take_back(self, turn: Turn) -> None:
        """Give the room back: the request did not reach the service."""
        with self._lock:
            self._take_back(turn)
            self._ring(self._clock())

    def _check(self, tokens: float) -> None:
        if self._certain and self.limit.tokens is not None and tokens > self.limit.tokens:
            text = (
                f"this request asks for {tokens:,.0f} tokens, input and cap together, and the rate limit is "
                f"{self.limit.tokens:,} a minute, so it would never be let through: lower max_tokens, shorten the "
                "input, or set rate_limit to what the key really has"
            )
            raise ReservationTooLargeError(text, CallFacts(attempts=0))

    def _wait(self, now: float, tokens: float) -> float:
        """Return the seconds until there is room, as the ceilings stand, or until one of them rises."""
        wait = self._window.wait(now, tokens, self._requests.most, max(self._tokens.most, tokens))
        if wait > 0 and (self._requests.raised(now, 1) | self._tokens.raised(now, tokens)):
            wait = self._window.wait(now, tokens, self._requests.most, max(self._tokens.most, tokens))
        closed = self._closed_until - now
        if max(wait, closed) <= 0:
            return 0.0
        due = min(self._requests.next_raise(), self._tokens.next_raise()) - now
        return max(min(wait, due), closed, 0.001)

    def _learn(self, now: float, tokens: float) -> None:
        """Come down to what has passed, by the counter that is fuller."""
        requests, held = self._window.used(now)
        if _share(requests + 1, self._requests.most) >= _share(held + tokens, self._tokens.most):
            self._requests.lower(now, requests, requests=requests)
        else:
            self._tokens.lower(now, held, requests=requests, least=tokens)

    def _pause(self, now: float, retry_after: float | None) -> None:
        """Let nothing through for as long as the service asks, or else for a while, longer each time."""
        drawn = min(_PAUSE * 2**self._pauses, _LONGEST_PAUSE) * self._scale * _DICE.uniform(0.5, 1.0)
        self._pauses = min(self._pauses + 1, 16)
        pause = min(retry_after, self._window.period) if retry_after else drawn
        self._closed_until = max(self._closed_until, now + pause)

    def _take_back(self, turn: Turn) -> None:
        if turn.entry is not None:
            self._window.remove(turn.entry)
            turn.entry = None

    def _ring(self, now: float) -> None:
        """Wake who is next; the lock is held."""
        first = self._line.first(now)
        if first is not None and first.signal is not None:
            first.signal.ring()


class Turn:
    """One request's place, from the line to what it really took; `Pacer.enter` makes it."""

    __slots__ = ("_pacer", "entry", "priority", "signal", "tokens")

    def __init__(self, pacer: Pacer, tokens: float, priority: int) -> None:
        self._pacer = pacer
        self.tokens = tokens
        self.priority = priority
        self.entry: Entry | None = None
        self.signal: Signal | None = None

    def poll(self) -> float | None:
        """Go through, which gives None, or return the seconds after which to ask again; see `Turn.bell`."""
        return self._pacer.poll(self)

    def bell(self) -> Signal:
        """Return what rings when it is worth asking earlier."""
        self.signal = self.signal or Signal()
        return self.signal

    def leave(self) -> None:
        """Give up."""
        self._pacer.leave(self)

    def settle(self, tokens: float) -> None:
        """Say what the request really took: tokens of its input and its cap."""
        self._pacer.settle(self, tokens)

    def refuse(self, *, retry_after: float | None = None, overloaded: bool = False) -> None:
        """Say that the service refused it, with a 429; it stands at the head of the line again."""
        self._pacer.refuse(self, retry_after=retry_after, overloaded=overloaded)

    def take_back(self) -> None:
        """Say that it did not reach the service."""
        self._pacer.take_back(self)


def _share(part: float, whole: float) -> float:
    return 0.0 if whole == math.inf else part / whole
