"""Korean without a morphological analyser: particles by the rules of their spelling, stems, bigrams, concepts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.lexicon import ACTIONS, CONCEPTS, PREDICATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "Word",
    "actions_of",
    "bigrams",
    "concepts_of",
    "has_hangul",
    "identifier_parts",
    "is_predicate",
    "split_particle",
    "stem",
    "words",
]

_CACHED: Final = 8_192
"""Words whose analysis is remembered: a request asks for the same ones again for every tool."""

_FIRST: Final = 0xAC00
_LAST: Final = 0xD7A3
_FINALS: Final = 28
_FINAL_L: Final = 8
_PARTICLES: Final = """
    으로부터 에서부터 에게서 한테서 이라는 이라고 이라도 에서는 에서의 까지의 에다가 에서도 으로는 라는 라고 로부터 에게
    에서 부터 까지 한테 으로 에는 에도 에다 처럼 보다 마다 이랑 하고 이나 중에서 중에 께서 님께 이에요 이예요 입니다
    예요 에요 이야 인데 이고 이며 이면
"""
_LONG_PARTICLES: Final = tuple(_PARTICLES.split())
_BATCHIM: Final = {"은": True, "이": True, "을": True, "과": True, "는": False, "가": False, "를": False, "와": False}
_FREE: Final = {"의", "에", "께", "랑", "좀", "도", "야", "로", "만"}
_TOKEN: Final = re.compile(r"[가-힣]+|[A-Za-z]+|\d+")
_EOJEOL: Final = re.compile(r"[^\s,;!?~()\[\]{}<>\"'\u201c\u201d\u2018\u2019「」…]+")
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[가-힣]+")
_VERBAL: Final = re.compile(
    r"(해주세요|해줄래요?|해줘요?|하는지|하려고|하려면|해야|합니다|입니다|습니다|됩니다|하는|하고|하기|해서|해요|한다|했어|"
    r"했던|인지|할|한|해|된|될|되는)$"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, with its place."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=_CACHED)
def words(text: str) -> tuple[Word, ...]:
    """Return what stands between spaces, without the punctuation around it."""
    bare = ((found.start(), found[0].rstrip(".:")) for found in _EOJEOL.finditer(text))
    return tuple(Word(word, start, start + len(word)) for start, word in bare if word)


def has_hangul(text: str) -> bool:
    """Say whether a text is (partly) Korean."""
    return re.search("[가-힣]", text) is not None


@lru_cache(maxsize=_CACHED)
def split_particle(word: str) -> tuple[str, str]:
    """Split a word into noun and particle; the particle must fit the noun's last syllable.

    Example:
        >>> split_particle("서울에서"), split_particle("준혁이는"), split_particle("회의")
        (('서울', '에서'), ('준혁이', '는'), ('회의', ''))
    """
    for particle in _LONG_PARTICLES:
        noun = word.removesuffix(particle)
        if noun and noun != word and not (particle.startswith("으") and not _final(noun)):
            return noun, particle
    noun, particle = word[:-1], word[-1:]
    if len(noun) >= _shortest_noun(noun) and _fits(noun, particle):
        return noun, particle
    return word, ""


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """Strip particles and the endings of 하다-verbs: what is left is a noun, as a rule."""
    previous = ""
    while word != previous:
        previous = word
        shorter = _VERBAL.sub("", split_particle(word)[0])
        word = shorter if len(shorter) > 1 else word
    return word


def bigrams(word: str) -> set[str]:
    """Return the pairs of neighbouring syllables of a word."""
    return {word[i : i + 2] for i in range(len(word) - 1)} if has_hangul(word) else set()


@lru_cache(maxsize=_CACHED)
def identifier_parts(name: str) -> tuple[str, ...]:
    """Split an identifier at underscores, hyphens and capitals, in lower case.

    Example:
        >>> identifier_parts("getOrderStatus_v2")
        ('get', 'order', 'status', 'v', '2')
    """
    return tuple(part.lower() for part in _CAMEL.findall(name))


def concepts_of(word: str) -> frozenset[str]:
    """Return the concepts that a word of a text or of an identifier stands for."""
    return _lookup(word.lower(), actions=False)


def actions_of(word: str) -> frozenset[str]:
    """Return the actions that a word asks for or describes."""
    return _lookup(word.lower(), actions=True)


def _final(noun: str) -> int:
    """Number of the final consonant of the last syllable; 0 if it ends in a vowel or is not Hangul."""
    code = ord(noun[-1])
    return (code - _FIRST) % _FINALS if _FIRST <= code <= _LAST else 0


def _shortest_noun(noun: str) -> int:
    return 2 if has_hangul(noun) else 1


def _fits(noun: str, particle: str) -> bool:
    if particle in _BATCHIM:
        hangul = _FIRST <= ord(noun[-1]) <= _LAST
        return not hangul or bool(_final(noun)) == _BATCHIM[particle]
    if particle == "로":
        return _final(noun) in (0, _FINAL_L)
    if particle == "랑":
        return not _final(noun)
    return particle in _FREE


@cache
def _tables() -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    return _inverted(CONCEPTS), _inverted(ACTIONS)


def _inverted(table: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, keywords in table.items():
        for keyword in keywords.split():
            found.setdefault(keyword, set()).add(concept)
    return {keyword: frozenset(names) for keyword, names in found.items()}


@lru_cache(maxsize=_CACHED)
def _lookup(word: str, *, actions: bool) -> frozenset[str]:
    table = _tables()[actions]
    return frozenset(name for key in _keys(word) for name in table.get(key, ()))


def _keys(word: str) -> Iterable[str]:
    """Return the keywords that could be in a word: its parts whole, and every stretch of Hangul syllables."""
    for token in _TOKEN.findall(word):
        yield token
        yield token.removesuffix("s")
        if has_hangul(token):
            yield stem(token)
            yield from (token[i : i + size] for size in (2, 3, 4, 5) for i in range(len(token) - size + 1))


@lru_cache(maxsize=_CACHED)
def is_predicate(word: str) -> bool:
    """Say whether a word looks like a verb of a sentence."""
    return PREDICATE.match(word) is not None
