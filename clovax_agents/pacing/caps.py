"""How large a cap has to be: learned from what answers at the same place have needed, since the limiter charges it.

The rate limit counts the input and the whole cap of a request, however short its answer turns out. A cap that is only
as large as answers are lets more requests into a minute; one that is too small cuts answers off, and they are paid for
twice. So caps are learned slowly, with room, and grow at once when an answer was cut off.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from typing import Final, NamedTuple

__all__ = ["CapPlanner", "Site", "planner"]

_SEEN: Final = 64
"""Answers that are remembered of a place: the newest."""
_ENOUGH: Final = 8
"""Answers from which on a cap is lowered; one that was cut off raises it at once, and for as many answers."""
_QUANTILE: Final = 0.98
_ROOM: Final = 1.5
_STEP: Final = 128
_LEAST: Final = 256
_SITES: Final = 256


class Site(NamedTuple):
    """Where a call is made: answers at one place are of a kind.

    Attributes:
        model: its name.
        mode: what it is asked with: tools, a schema, an effort of thinking.
        graph: name of the graph; empty outside of one.
        node: of the graph.
    """

    model: str
    mode: str = ""
    graph: str = ""
    node: str = ""


class CapPlanner:
    """Plans caps, and learns from the answers.

    Example:
        >>> caps, place = CapPlanner(), Site("HCX-005")
        >>> caps.plan(place, usual=4096, least=256, most=4096)
        4096
        >>> for _ in range(20):
        ...     caps.learn(place, cap=4096, written=180)
        >>> caps.plan(place, usual=4096, least=256, most=4096)
        384
        >>> caps.learn(place, cap=384, written=384)
        >>> caps.plan(place, usual=4096, least=256, most=4096)
        1152
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sites: OrderedDict[Site, deque[int]] = OrderedDict()

    def plan(self, site: Site, *, usual: int, least: int, most: int) -> int:
        """Return the cap for the next call.

        Args:
            site: of the call.
            usual: cap as long as too little is known.
            least: that the service takes.
            most: that the model can write.
        """
        with self._lock:
            newest = [*self._sites.get(site, ())]
        seen = sorted(newest)
        if not seen or (len(seen) < _ENOUGH and seen[-1] <= usual):
            return min(max(usual, least), most)
        needed: float = max(seen[math.ceil(_QUANTILE * len(seen)) - 1], *newest[-_ENOUGH:]) * _ROOM
        planned: int = math.ceil(needed / _STEP) * _STEP
        return min(max(planned, _LEAST, least), most)

    def learn(self, site: Site, *, cap: int, written: int) -> None:
        """Learn from an answer; one that reached its cap was cut off, and would have been longer, perhaps twice.

        Args:
            site: of the call.
            cap: that it had.
            written: tokens of the answer.
        """
        with self._lock:
            seen = self._sites.pop(site, None) or deque(maxlen=_SEEN)
            seen.append(written if written < cap else 2 * cap)
            self._sites[site] = seen
            if len(self._sites) > _SITES:
                self._sites.popitem(last=False)


_planner: Final = CapPlanner()


def planner() -> CapPlanner:
    """Return the planner of this process, which all models share."""
    return _planner
