"""What was reserved within the last minute: requests and tokens, each counted until it is a minute old. Pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["Counted", "Entry", "Window"]

_MOST_LEFT: Final = 10_000


class Counted(NamedTuple):
    """Requests and tokens of all processes that share a window.

    Attributes:
        used: that count now.
        passed: that were ever let through; infinity if that is not known.
    """

    used: tuple[float, float]
    passed: tuple[float, float] = (math.inf, math.inf)


@dataclass(slots=True, eq=False)
class Entry:
    """One reservation.

    Attributes:
        until: when it leaves the window.
        tokens: that it holds.
        requests: 1, or 0 once it turned out that it was not counted.
        name: under which a store that processes share has it.
    """

    until: float
    tokens: float
    requests: int = 1
    name: str = ""


class Window:
    """Adds up the reservations of a period; what is asked in the order of time costs little each.

    Args:
        period: seconds for which a reservation counts.

    Example:
        >>> window = Window(60)
        >>> _ = window.add(0.0, 500)
        >>> window.wait(10.0, 600, most_requests=60, most_tokens=1000), window.wait(60.0, 600, 60, 1000)
        (50.0, 0.0)
    """

    __slots__ = ("_entries", "_left", "_requests", "_tokens", "all_requests", "all_tokens", "period")

    def __init__(self, period: float) -> None:
        self.period: float = period
        self._entries: deque[Entry] = deque()
        self._left: deque[tuple[float, float]] = deque()
        """When requests have left, and with how many tokens."""
        self._requests = 0
        self._tokens = 0.0
        self.all_requests: int = 0
        self.all_tokens: float = 0.0

    def add(self, now: float, tokens: float) -> Entry:
        """Count a reservation from now on."""
        entry = Entry(now + self.period, tokens)
        self._entries.append(entry)
        self._requests += 1
        self._tokens += tokens
        self.all_requests += 1
        self.all_tokens += tokens
        return entry

    def entries(self, now: float) -> list[Entry]:
        """Return what counts now, oldest first."""
        self._forget(now)
        return [entry for entry in self._entries if entry.requests]

    def change(self, entry: Entry, tokens: float) -> None:
        """Let a reservation hold other tokens: what it really took."""
        if entry.requests:
            self.all_tokens += tokens - entry.tokens
            if entry.until > -math.inf:
                self._tokens += tokens - entry.tokens
            entry.tokens = tokens

    def remove(self, entry: Entry) -> None:
        """Take a reservation back: whoever counts has not counted it."""
        self.change(entry, 0)
        self.all_requests -= entry.requests
        if entry.until > -math.inf:
            self._requests -= entry.requests
        entry.requests = 0

    def used(self, now: float) -> tuple[int, float]:
        """Return the requests and tokens that count now."""
        self._forget(now)
        return self._requests, self._tokens

    def left(self, now: float, seconds: float) -> tuple[int, float]:
        """Return the requests and tokens that have left within the last seconds; what left before is forgotten."""
        self._forget(now)
        while self._left and self._left[0][0] < now - seconds:
            self._left.popleft()
        return len(self._left), sum(tokens for _, tokens in self._left)

    def wait(self, now: float, tokens: float, most_requests: float, most_tokens: float) -> float:
        """Return the seconds until there is room for one more request of so many tokens; infinity if never."""
        self._forget(now)
        over_requests, over_tokens = self._requests + 1 - most_requests, self._tokens + tokens - most_tokens
        if over_requests <= 0 and over_tokens <= 0:
            return 0.0
        for entry in self._entries:
            over_requests -= entry.requests
            over_tokens -= entry.tokens
            if over_requests <= 0 and over_tokens <= 0:
                return entry.until - now
        return math.inf

    def spare(self, now: float, tokens: float, most_requests: float, most_tokens: float) -> float:
        """Return the tokens that another request may take now without making one of so many tokens wait longer."""
        self._forget(now)
        if self._requests + 1 > most_requests:
            return 0.0
        requests, held = self._requests + 1, self._tokens + tokens
        for entry in self._entries:
            if requests <= most_requests and held <= most_tokens:
                break
            requests -= entry.requests
            held -= entry.tokens
        fits = requests + 1 <= most_requests
        return max(min(most_tokens - self._tokens, most_tokens - held), 0.0) if fits else 0.0

    def _forget(self, now: float) -> None:
        entries = self._entries
        while entries and entries[0].until <= now:
            entry = entries.popleft()
            self._requests -= entry.requests
            self._tokens -= entry.tokens
            if entry.requests:
                self._left.append((entry.until, entry.tokens))
                if len(self._left) > _MOST_LEFT:
                    self._left.popleft()
            entry.until = -math.inf
        if not entries:
            self._tokens = 0.0  # what floating point has left over
