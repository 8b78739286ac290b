"""The quiet time of a window, as a store keeps it in its own time. Pure; `redis_script` has the same in Lua."""

from __future__ import annotations

import math
from typing import NamedTuple

from clovax_agents.pacing.quiet import Quiet

__all__ = ["Lull"]


class Lull(NamedTuple):
    """Until when nobody may go, by the store's time, and what that comes from.

    Attributes:
        until: when it is over.
        refusals: in a row.
        refused: when the last refusal was known.
        probe: seconds for which the next request goes alone.

    Example:
        >>> lull = Lull().told(Quiet(seconds=2.0, refusals=1, since=0.5, probe=0.5), 10.0)
        >>> lull.rest(11.0), lull.passed(12.0, 0.0).rest(12.0)
        (Quiet(seconds=1.0, refusals=1, since=1.5, probe=0.5), Quiet(seconds=0.5, refusals=1, since=2.5, probe=0.0))
    """

    until: float = -math.inf
    refusals: int = 0
    refused: float = -math.inf
    probe: float = 0.0

    def told(self, quiet: Quiet | None, now: float) -> Lull:
        """Return it with what a process tells: the longest pause holds, and an answer ends what is in a row."""
        if quiet is None:
            return self
        return Lull(
            until=max(self.until, now + quiet.seconds),
            refusals=max(self.refusals, quiet.refusals) if quiet.refusals else 0,
            refused=max(self.refused, now - quiet.since),
            probe=max(self.probe, quiet.probe),
        )

    def alone(self, spacing: float) -> float:
        """Return the seconds for which nobody may go after the next request, which a process would keep away so far."""
        return max(self.probe, spacing)

    def passed(self, now: float, spacing: float) -> Lull:
        """Return it after requests were let through: whoever was the probe, no other one has to be."""
        alone = self.alone(spacing)
        return self._replace(until=max(self.until, now + alone), probe=0.0) if alone else self

    def rest(self, now: float) -> Quiet:
        """Return what is left of it."""
        return Quiet(max(self.until - now, 0.0), self.refusals, max(now - self.refused, 0.0), self.probe)
