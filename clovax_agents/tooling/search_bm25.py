"""BM25: which documents are about what a query is about. Exact, in pure Python, for some thousand documents."""

from __future__ import annotations

import math
from array import array
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["BM25", "check_k"]

K1: Final = 1.2
B: Final = 0.75
_NOWHERE: Final = (array("L"), array("d"))


class BM25:
    """An index over documents that do not change.

    The score of a document is the sum over the query's terms of ``idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length
    / mean length))`` with ``idf = ln(1 + (N - df + 0.5) / (df + 0.5))``. Frequencies may be fractions: weights of
    terms, added up.

    Args:
        documents: the weighted terms of each.
        k1: how much a term counts that comes more than once; 0 or more.
        b: how much is taken off for length; 0 to 1.

    Example:
        >>> BM25([{"a": 1.0}, {"b": 1.0}, {"a": 1.0, "b": 1.0}]).search({"a": 1.0}, 2)
        [(0, 0.52...), (2, 0.39...)]
    """

    def __init__(self, documents: Iterable[Mapping[str, float]], *, k1: float = K1, b: float = B) -> None:
        """Work out what each term is worth in each document."""
        frequencies: dict[str, list[tuple[int, float]]] = {}
        lengths: list[float] = []
        for number, terms in enumerate(documents):
            lengths.append(math.fsum(terms.values()))
            for term, frequency in terms.items():
                if frequency > 0:
                    frequencies.setdefault(term, []).append((number, frequency))
        mean = math.fsum(lengths) / len(lengths) if lengths else 0.0
        damping = [k1 * (1 - b + b * length / mean) if mean else k1 for length in lengths]
        self._size = len(lengths)
        self._found: dict[str, tuple[array[int], array[float]]] = {}
        for term, found in frequencies.items():
            idf = math.log(1 + (self._size - len(found) + 0.5) / (len(found) + 0.5))
            worth = array("d", [idf * tf * (k1 + 1) / (tf + damping[number]) for number, tf in found])
            self._found[term] = array("L", [number for number, _ in found]), worth

    def __len__(self) -> int:
        return self._size

    def search(self, terms: Mapping[str, float], k: int, *, without: Collection[int] = ()) -> list[tuple[int, float]]:
        """Return the numbers of the k best documents with their scores, best first, ties in the documents' order.

        Args:
            terms: of the query; one that comes more than once counts once.
            k: at most so many; documents that share no term with the query are never among them.
            without: numbers of documents that are to be left out.
        """
        scores: dict[int, float] = {}
        for term, weight in terms.items():
            counted = min(weight, 1.0)
            for number, worth in zip(*self._found.get(term, _NOWHERE), strict=True):
                scores[number] = scores.get(number, 0.0) + counted * worth
        for number in without:
            scores.pop(number, None)
        return nsmallest(k, scores.items(), key=lambda found: (-found[1], found[0]))


def check_k(k: Any) -> None:
    """Refuse what is no number of results.

    Raises:
        ConfigurationError: it is no whole number of 1 or more.
    """
    if not isinstance(k, int) or isinstance(k, bool) or k < 1:
        raise ConfigurationError(f"k={k!r} is no number of results; give a whole number of 1 or more")
