"""`Pacer`: lets requests through so that the limits of a key are used up, and not run into (promise 9).

A request takes its place before it is sent: one request, and its input and cap in tokens, for a minute. It does nothing
by itself and owns no thread: whoever waits is told how long, and rung for when that changes.
"""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import CallFacts, ConfigurationError, ReservationTooLargeError
from clovax_agents.pacing.gate import Gate
from clovax_agents.pacing.limits import Limit
from clovax_agents.pacing.line import Line
from clovax_agents.pacing.signals import Signal
from clovax_agents.pacing.turns import PRIORITIES, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.pacing.turns import Priority
    from clovax_agents.pacing.window import Counted

__all__ = ["MARGIN", "PERIOD", "Pacer"]

PERIOD: Final = 60.0
"""Seconds in which the service counts."""
MARGIN: Final = 0.25
"""Seconds that a request counts longer here than there: they do not all take the same time on their way."""
_FILLERS: Final = 64
"""Requests behind the first one that are looked at."""


class Pacer:
    """Paces the requests of one key to one model, of all threads and event loops of a process.

    Args:
        limit: what the key may ask for in a minute, in any form that `Limit.of` reads.
        unknown: the limit is not known; it is sought from below, and ``limit`` is where the search ends.
        certain: the limit is what the key really has, so a request that is larger than all of it is refused; else it
            is let through when nothing else counts.
        period: seconds of that minute; tests have shorter ones.
        margin: seconds that a request counts longer here than there.
        clock: seconds that only go forward.

    Raises:
        ConfigurationError: no limit, or a period or a margin that is no time.

    Example:
        >>> from clovax_agents.pacing import Limit
        >>> pacer = Pacer(Limit(requests=1), clock=lambda: 0.0)
        >>> pacer.enter(500).poll(), pacer.enter(500).poll()
        (None, 63.0)
    """

    def __init__(
        self,
        limit: Limit,
        *,
        unknown: bool = False,
        certain: bool = True,
        period: float = PERIOD,
        margin: float = MARGIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (0 < period < math.inf and 0 <= margin < math.inf):
            raise ConfigurationError(f"a pacer's period is above 0 and its margin not below, not {period} and {margin}")
        limit = Limit.of(limit)
        self.limit: Limit = limit
        self.certain: bool = certain
        self._guess_told = False
        self._clock = clock
        self._gate = Gate(limit, unknown=unknown, period=period, margin=margin)
        self.start_anew()
        _all.add(self)

    def start_anew(self) -> None:
        """Begin with nobody waiting: at first, and in a child process, where nobody does."""
        self._lock = threading.Lock()
        self._line = Line[Turn]()
        self._looks: Turn | None = None
        self._due = math.inf
        """Who is first, and when it looks again by itself."""

    def enter(self, tokens: float, *, priority: Priority = "normal") -> Turn:
        """Join the line.

        Args:
            tokens: of the input, as estimated, and of the requested cap.
            priority: who goes first where several wait; nobody is overtaken for longer than a minute.

        Raises:
            ConfigurationError: no number of tokens, or no priority.
            ReservationTooLargeError: it would never be let through.
        """
        if priority not in PRIORITIES or not 0 <= tokens < math.inf:
            text = (
                f"tokens={tokens!r} and priority={priority!r} are no place in the line: give a number of tokens, and "
            )
            raise ConfigurationError(f"{text}{' or '.join(PRIORITIES)}")
        self._check(tokens)
        turn = Turn(self, tokens, PRIORITIES[priority], self._clock())
        with self._lock:
            self._line.join(turn, turn.priority, turn.since)
        return turn

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._line)

    @property
    def ceiling(self) -> tuple[float, float]:
        """Requests and tokens a minute that are tried now; infinity where there is no limit."""
        return self._gate.most

    def first_wait_for_a_guess(self) -> bool:
        """Tell whether somebody waits for a limit that was only assumed, and nobody has been told of it before."""
        first = not (self.certain or self._guess_told)
        self._guess_told = True
        return first

    def usage(self) -> tuple[int, float]:
        """Return the requests and tokens of this process that count now."""
        with self._lock:
            return self._gate.window.used(self._clock())

    def restrict(self, limit: Limit, *, certain: bool = True) -> bool:
        """Hear of another limit: a certain one holds instead of a guess, and of two certain ones the smaller.

        Returns:
            Whether two limits were in each other's way, and the smaller one holds now.
        """
        with self._lock:
            if not certain:  # one guess is as good as another, and what is known is better
                return False
            smaller = self.limit.smaller(limit) if self.certain else limit
            changed, was_guess = smaller != self.limit, not self.certain
            self.certain = True
            if changed:
                self.limit = smaller
                self._gate.restrict(smaller)
                self._serve(self._clock())
            return changed and not was_guess

    def poll(self, turn: Turn) -> float | None:
        """Return None if the request may be sent, or the seconds after which to ask again unless it is rung for."""
        with self._lock:
            if turn.entry is not None:
                return None
            now = self._clock()
            wait = self._serve(now, by=turn)
            if turn.entry is not None:
                return None
            turn.signal = turn.signal or Signal()  # under the lock, so that nobody rings before it is there
            return wait if self._line.first(now) is turn else math.inf

    def leave(self, turn: Turn) -> None:
        """Give up a place in the line, or the room of a request that did not reach the service."""
        with self._lock:
            if not self._line.leave(turn, turn.priority):
                self._take_back(turn, sent=False)
            self._serve(self._clock())

    def settle(self, turn: Turn, tokens: float) -> None:
        """Correct what a request holds: what its input really was, and its cap."""
        with self._lock:
            if turn.entry is not None:
                self._gate.window.change(turn.entry, tokens)
                self._serve(self._clock())

    def answered(self, turn: Turn) -> None:
        """Hear that the service has let a request in."""
        if turn.entry is not None:
            self._gate.went_well()

    def refuse(self, turn: Turn, *, retry_after: float | None, overloaded: bool, again: bool = True) -> None:
        """Learn from a 429.

        Args:
            turn: of the request, which the service has not counted.
            retry_after: seconds that the service asks for.
            overloaded: the service has too much to do (42902): that says nothing about the limit.
            again: whether the request goes back to where it stood in the line.
        """
        with self._lock:
            now = self._clock()
            self._take_back(turn)
            if not overloaded:
                self._learn(turn, now)
            self._gate.pause(now, turn.sent, retry_after)
            if again:
                self._line.push_in(turn, turn.priority, turn.since)
            self._serve(now)

    def _check(self, tokens: float) -> None:
        if self.certain and self.limit.tokens is not None and tokens > self.limit.tokens:
            text = (
                f"this request asks for {tokens:,.0f} tokens, input and cap together, and the rate limit is "
                f"{self.limit.tokens:,} a minute, so it would never be let through: lower max_tokens, shorten the "
                "input, or set rate_limit to what the key really has"
            )
            raise ReservationTooLargeError(text, CallFacts(attempts=0))

    def _learn(self, turn: Turn, now: float) -> None:
        """Bring the ceilings down after a refusal."""
        self._gate.refused(now, turn.tokens, turn.sent, self._counted())

    def _counted(self) -> Counted | None:
        """Return the requests and tokens that count, where others count as well."""
        return None

    def _serve(self, now: float, by: Turn | None = None) -> float:
        """Let through whom there is room for, in order; return the seconds after which the next one has to look."""
        while (first := self._line.first(now)) is not None:
            wait = self._gate.wait(now, first.tokens)
            if wait <= 0:
                self._let_in(first, now, by)
                continue
            self._fill(now, first, by)
            if self._told(first, now + wait, by):
                return wait
            self._line.leave(first, first.priority)  # its event loop was closed under it
        return math.inf

    def _told(self, first: Turn, due: float, by: Turn | None) -> bool:
        """Let who is first know when to look again, unless it knows; tell whether it can."""
        if self._looks is first and due >= self._due and first is not by:
            return True
        self._looks, self._due = first, due
        return first is by or first.ring()

    def _fill(self, now: float, first: Turn, by: Turn | None) -> None:
        """Let smaller requests go before the first one where it has to wait for tokens, and waits no longer for it."""
        spare = self._gate.spare(now, first.tokens)
        if spare <= 0:
            return
        for turn in self._line.behind(first, _FILLERS):
            if turn.tokens <= spare:
                self._let_in(turn, now, by)
                spare = self._gate.spare(now, first.tokens)

    def _let_in(self, turn: Turn, now: float, by: Turn | None) -> None:
        self._line.leave(turn, turn.priority)
        turn.entry, turn.sent = self._gate.take(now, turn.tokens, waited=turn.signal is not None), now
        if turn is not by and not turn.ring():
            self._take_back(turn, sent=False)

    def _take_back(self, turn: Turn, *, sent: bool = True) -> None:
        """Let a request count no more, which the service has not counted, or which was not even sent."""
        if turn.entry is not None:
            self._gate.window.remove(turn.entry) if sent else self._gate.give_back(turn.entry)
            turn.entry = None


_all: weakref.WeakSet[Pacer] = weakref.WeakSet()


def _after_fork() -> None:
    for pacer in tuple(_all):
        pacer.start_anew()  # locks and waiters are the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
