"""What a Korean or English text is about, as terms with weights: word stems, concepts, actions, pairs of syllables.

Terms are what the simulator compares texts by where the service has a model: for embeddings, and to find the sentence
that answers a question.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import actions_of, concepts_of, has_hangul, split_particle, stem
from clovax_agents.simulator.brains.lexicon import FILLERS, PREDICATE, QUESTION_WORDS, READING_ACTIONS, word_set

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["keywords", "terms_of"]

_WORD: Final = re.compile(r"[가-힣]{1,24}|\d{1,24}|[^\W\d_가-힣]{1,24}")
"""Longer ones are taken apart: nobody writes them, and they would take long."""

_STEM: Final = 1.0
_CONCEPT: Final = 0.8
_ACTION: Final = 0.4
_PAIR: Final = 0.3
_CACHED: Final = 8_192
_SHORTEST_STEM: Final = 2
_ENGLISH_ENDING: Final = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s)$")
_STOP: Final = FILLERS | word_set(
    "how what when where who whom whose which why does did was were be been it its this that these those with from by "
    "as or not if may will would should there their your our we they he she long much many any some than then also"
)


def terms_of(text: str) -> dict[str, float]:
    """Return the terms of a text with their weights; a word that comes twice weighs more, but not twice as much.

    Example:
        >>> terms_of("환불이 되나요?")
        {'~refund': 0.8, '!refund': 0.4, '환불': 1.0, '+환불': 0.3}
    """
    found: dict[str, float] = {}
    for word, times in Counter(_WORD.findall(text.lower())).items():
        factor = 1.0 + math.log(times)
        for term, weight in _word_terms(word):
            found[term] = found.get(term, 0.0) + weight * factor
    return found


def keywords(text: str) -> list[str]:
    """Return the words that a text is about, without particles and endings, in its order.

    Example:
        >>> keywords("해외에서 산 노트북의 수리를 신청할 수 있나요?")
        ['해외', '노트북', '수리', '신청']
    """
    stems = (_stem(word) for word in _WORD.findall(text.lower()))
    return [*dict.fromkeys(root for root in stems if root)]


@lru_cache(maxsize=_CACHED)
def _word_terms(word: str) -> tuple[tuple[str, float], ...]:
    return tuple(_analysed(word))


def _analysed(word: str) -> Iterator[tuple[str, float]]:
    noun = split_particle(word)[0]
    if noun in _STOP or _asks(noun):
        return
    yield from ((f"~{concept}", _CONCEPT) for concept in sorted(concepts_of(noun)))
    yield from ((f"!{action}", _ACTION) for action in sorted(actions_of(noun) - READING_ACTIONS))
    root = _stem(word)
    if root:
        yield root, _STEM
        if not root.isascii():
            yield from ((f"+{root[i : i + 2]}", _PAIR) for i in range(len(root) - 1))


def _stem(word: str) -> str:
    """Return what a word means without its ending; empty if it means nothing by itself."""
    root = _korean_stem(word) if has_hangul(word) else _english_stem(word)
    long_enough = len(root) >= _SHORTEST_STEM or root.isdigit()
    return "" if word in _STOP or root in _STOP or _asks(root) or not long_enough else root


def _asks(word: str) -> bool:
    """Say whether a word asks: English ones are in the list of words that say nothing, since they begin others."""
    return has_hangul(word) and QUESTION_WORDS.match(word) is not None


def _korean_stem(word: str) -> str:
    """Take the endings of verbs and particles off: 신청하나요 and 신청을 are both about 신청, 시부터 about nothing."""
    verb = PREDICATE.match(word)
    root = word[: verb.start(1)].rstrip("하되해했") if verb else word
    return stem(root) if len(split_particle(root)[0]) >= _SHORTEST_STEM else ""


def _english_stem(word: str) -> str:
    return _ENGLISH_ENDING.sub("", f"{word[:-3]}y" if word.endswith("ies") else word)
