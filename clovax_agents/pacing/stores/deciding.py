"""Who may go, where several processes share a window. Pure; `redis_script` has the same in Lua."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.pacing.stores.protocol import Reservation

__all__ = ["SHORT", "Held", "Waiter", "decide"]

SHORT = 0.005
"""Seconds after which to ask again for what is left, once the others have had their turn."""


class Held(NamedTuple):
    """What counts in the window: until when, in seconds from now, and how many tokens."""

    left: float
    tokens: float


class Waiter(NamedTuple):
    """Another process that waits: for how many seconds, with how many tokens first."""

    waited: float
    tokens: float


def decide(
    asks: Sequence[Reservation],
    held: Sequence[Held],
    most: tuple[float, float],
    *,
    others: Sequence[Waiter] = (),
    patience: float = 60.0,
    closed: float = 0.0,
    alone: float = 0.0,
) -> tuple[int, float]:
    """Return how many of those that ask may go, and after how many seconds to ask for the next one.

    Where others wait, too, one process takes no more at once than its share of what is free. Who has waited for longer
    than the patience, and longer than this process, is served first: what it needs is not taken.

    Args:
        asks: in order.
        held: that counts now, what leaves first coming first.
        most: requests and tokens that may count at once.
        others: other processes that wait.
        patience: seconds.
        closed: seconds for which nobody may go.
        alone: seconds for which nobody may go after the first of them; 0 if they may go at once.

    Example:
        >>> from clovax_agents.pacing.stores.protocol import Reservation
        >>> decide([Reservation("a", 10), Reservation("b", 10)], [Held(5.0, 3)], (2, 100))
        (1, 5.0)
    """
    if closed > 0:
        return 0, closed if asks else math.inf
    waited = asks[0].age if asks else 0.0
    first = [other for other in others if patience < other.waited and waited < other.waited]
    requests, tokens = len(held) + len(first), sum(each.tokens for each in held) + sum(each.tokens for each in first)
    share = max((most[0] - requests) / (len(others) + 1), 1.0), (most[1] - tokens) / (len(others) + 1)
    taken, took = 0, 0.0
    for ask in asks:
        over = requests + taken + 1 - most[0], tokens + took + ask.tokens - max(most[1], ask.tokens)
        if max(over) > 0:
            mine = [Held(math.inf, each.tokens) for each in asks[:taken]]
            return taken, _until(over, [*held, *mine])
        if taken and (alone or taken + 1 > share[0] or took + ask.tokens > share[1]):
            return taken, alone or SHORT
        taken, took = taken + 1, took + ask.tokens
    return taken, math.inf


def _until(over: tuple[float, float], held: Sequence[Held]) -> float:
    """Return the seconds until so many requests and tokens have left."""
    requests, tokens = over
    for each in held:
        requests, tokens = requests - 1, tokens - each.tokens
        if requests <= 0 and tokens <= 0:
            return each.left
    return math.inf
