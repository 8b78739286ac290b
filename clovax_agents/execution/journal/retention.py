"""How long a journal keeps what it is not needed for any more; pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AT_ONCE", "KEEP_DAYS", "checked_days", "horizon", "in_pieces"]

KEEP_DAYS: Final = 30.0
"""A run that goes on after so many days finds that its earlier calls have run, but not what they returned."""

AT_ONCE: Final = 1_000
"""Rows of one transaction, for whose end all claims wait."""

_FRESH: Final = 3_600.0
"""Seconds after its end for which a call is kept whatever is asked: its run may not have written it down yet."""
_DAY: Final = 86_400.0


def checked_days(days: float | None) -> float | None:
    """Return a number of days as it was given.

    Raises:
        ConfigurationError: it is none.

    Example:
        >>> checked_days(0.5)
        0.5
    """
    if days is not None and not (math.isfinite(days) and days >= 0):
        raise ConfigurationError(f"keep_days={days!r}: give a number of days from 0 on, or None for ever")
    return days


def horizon(before: float | None, *, keep_days: float | None, now: float) -> float:
    """Return the Unix time before which a call must have ended to be forgotten.

    Args:
        before: that is asked for; None for the journal's own rule.
        keep_days: which is this; None for ever.
        now: Unix time.

    Example:
        >>> horizon(None, keep_days=1, now=100_000.0)
        13600.0
    """
    if before is None:
        before = -math.inf if keep_days is None else now - keep_days * _DAY
    return min(before, now - _FRESH)


def in_pieces(some: Callable[[int], int], limit: int | None) -> int:
    """Prune piece by piece, so that nobody waits long, and return how many there were in all.

    Args:
        some: prunes no more than so many, and returns how many there were.
        limit: of all; None for none.
    """
    count = 0
    while (most := AT_ONCE if limit is None else min(AT_ONCE, limit - count)) > 0:
        done = some(most)
        count += done
        if done < most:
            break
    return count
