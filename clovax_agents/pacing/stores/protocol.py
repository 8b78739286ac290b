"""What a pacer says to a store that processes share, and what the store answers: everything in one round trip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from clovax_agents.pacing.quiet import Quiet

__all__ = ["Answer", "Exchange", "Reservation", "Store"]


class Reservation(NamedTuple):
    """A request's place: under a name that only this process uses.

    Attributes:
        name: of the reservation.
        tokens: that it holds.
        age: seconds since it was let through, or has waited.
    """

    name: str
    tokens: float
    age: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one process asks for and tells.

    Attributes:
        window: whose limit it is: one name for each host, key and model.
        process: who asks.
        holds: seconds that a reservation counts.
        limit: requests and tokens within that time, as this process was told; infinity for any number.
        most: what is tried at present, as far as this process knows.
        tell: whether ``most`` is news, and holds for all from now on.
        asks: those that wait here, in order.
        patience: seconds after which nobody else takes what the longest waiting one needs.
        made: while the store was away.
        changed: what turned out to hold other tokens.
        removed: names of what does not count any more.
        quiet: that nobody may go for a while, if that is news.
        spacing: seconds for which nobody may go after the first of those that wait here was let through; 0 if all of
            them may go at once.
    """

    window: str
    process: str
    holds: float
    limit: tuple[float, float]
    most: tuple[float, float]
    tell: bool = False
    asks: tuple[Reservation, ...] = ()
    patience: float = 60.0
    made: tuple[Reservation, ...] = ()
    changed: tuple[Reservation, ...] = ()
    removed: tuple[str, ...] = ()
    quiet: Quiet | None = None
    spacing: float = 0.0


class Answer(NamedTuple):
    """What a store answers.

    Attributes:
        granted: how many of those that wait may go, from the first on.
        wait: seconds until it is worth asking for the next one; infinity if nobody waits, or there is never room.
        used: requests and tokens of all processes that count now.
        most: what all try at present.
        processes: that have used this window within its time, with this one.
        quiet: what is left of the time in which nobody may go; None if the store keeps no such time, so each process
            keeps its own.
        passed: requests and tokens of all processes that were ever let through; infinity if the store does not count.
    """

    granted: int = 0
    wait: float = math.inf
    used: tuple[float, float] = (0, 0)
    most: tuple[float, float] = (math.inf, math.inf)
    processes: int = 1
    quiet: Quiet | None = None
    passed: tuple[float, float] = (math.inf, math.inf)


class Store(Protocol):
    """Keeps the reservations of all processes. It is called from one thread of each process, and may block it."""

    @property
    def place(self) -> str:
        """Where it is, for people to read; without any password."""
        ...

    def exchange(self, asked: Exchange) -> Answer:
        """Do everything at once, as one step that no other process sees half of.

        Raises:
            RateLimitStoreError: it cannot be done now; nothing, or all of it, was done.
        """
        ...
