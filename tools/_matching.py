"""How alike two Korean texts are, by what they contain and by their pairs of letters.

Korean glues particles to words and is written with and without spaces, so whole-word search finds little:
"무선이어폰을" has to find "무선 이어폰".
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["likeness", "nearest", "nearest_ids", "score"]

_CONTAINED = 3.0


def _compact(text: str) -> str:
    return "".join(text.casefold().split())


def _pairs(text: str) -> set[str]:
    compact = _compact(text)
    return {compact[start : start + 2] for start in range(len(compact) - 1)} or {compact}


def likeness(first: str, second: str) -> float:
    """Dice's coefficient over pairs of letters: 0 for nothing in common, 1 for the same pairs.

    Example:
        >>> likeness("무선이어폰", "무선 이어폰")
        1.0
    """
    one, other = _pairs(first), _pairs(second)
    return 2 * len(one & other) / (len(one) + len(other))


def score(query: str, text: str) -> float:
    """How well a text answers a query: every word found counts, and so does what part of the query's pairs it has."""
    compact = _compact(text)
    words = [_compact(word) for word in query.split()]
    found = sum(word in compact for word in words)
    wanted = _pairs(query)
    return _CONTAINED * found / max(len(words), 1) + len(wanted & _pairs(text)) / len(wanted)


def nearest(wanted: str, candidates: Iterable[str], count: int = 3, at_least: float = 0.3) -> list[str]:
    """The candidates that are most like what was asked for, best first."""
    ranked = sorted(((likeness(wanted, one), one) for one in candidates), key=lambda pair: (-pair[0], pair[1]))
    return [one for how, one in ranked[:count] if how >= at_least]


def nearest_ids(wanted: str, known: Iterable[str]) -> list[str]:
    """The numbers that differ from the wanted one by a typing error, best first.

    Example:
        >>> nearest_ids("P-0O12", ["P-0012", "P-0199"])
        ['P-0012']
    """
    return difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.8)
