"""`Quiet`: for how long nobody may go, and why, as processes that share a window tell each other. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Quiet"]


class Quiet(NamedTuple):
    """A time in which no request goes through, in seconds from now, and the refusals that it comes from.

    Attributes:
        seconds: for which nobody may go.
        refusals: in a row, by which the next pause grows; 0 once a request was answered.
        since: seconds since the last refusal was known; infinity if there was none.
        probe: seconds for which the next request goes alone, to see what becomes of it; 0 if it need not.
    """

    seconds: float = 0.0
    refusals: int = 0
    since: float = math.inf
    probe: float = 0.0
