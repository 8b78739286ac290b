"""What Korean and English texts are searched by: pairs of syllables, letters of syllables, words; morphemes if wanted.

Korean words carry their meaning in front and their particles and endings behind, so what stands further back in a word
weighs less. Letters (jamo) find what an ending has changed inside of a syllable: 바꾸다 and 바꿀 share no pair of
syllables, but ㅂㅏㄲㅜ.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from clovax_agents.tooling.search_morphemes import morphemes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["terms_of"]

_WORD: Final = re.compile(
    r"(?P<hangul>[가-힣]+)"
    r"|(?P<han>[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+)"
    r"|(?P<digits>\d+)"
    r"|(?P<latin>[A-Za-z]+)"
    r"|(?P<other>[^\W\d_a-zA-Z가-힣\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+)"
)
_HUMP: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LETTERS: Final = 3
_LETTERS_WEIGHT: Final = 0.5
_LEAST: Final = 0.25
"""Weight of what stands at the end of a long word; it may be a noun all the same where somebody leaves out spaces."""
_LONGEST: Final = 64
"""Syllables of a word that are read; nobody writes longer ones."""
_SHORTEST_PLURAL: Final = 4


def terms_of(text: str, *, morphemes: bool = False) -> dict[str, float]:
    """Return the terms of a text with their weights, added up over the text.

    Args:
        text: in any language, also with names of code, which are taken apart at humps and underscores.
        morphemes: add the stems that kiwipiepy finds.

    Raises:
        ConfigurationError: morphemes are wanted, and kiwipiepy is not installed.

    Example:
        >>> terms_of("getOrders_3")
        {'get': 1.0, 'order': 1.0, '3': 1.0}
    """
    found: dict[str, float] = {}
    plain = unicodedata.normalize("NFKC", text)
    for match in _WORD.finditer(plain):
        for term, weight in _READERS[match.lastgroup or "other"](match.group()):
            found[term] = found.get(term, 0.0) + weight
    if morphemes:
        for stem in morphemes_of(plain):
            found[stem] = found.get(stem, 0.0) + 1.0
    return found


def _hangul(word: str) -> Iterator[tuple[str, float]]:
    word = word[:_LONGEST]
    yield from _pairs(word)
    letters = [
        (letter, place) for place, syllable in enumerate(word) for letter in unicodedata.normalize("NFD", syllable)
    ]
    for start in range(len(letters) - _LETTERS + 1):
        part = letters[start : start + _LETTERS]
        yield "".join(letter for letter, _ in part), _LETTERS_WEIGHT * _weight(part[0][1])


def _pairs(word: str) -> Iterator[tuple[str, float]]:
    word = word[:_LONGEST]
    if len(word) == 1:
        yield word, 1.0
    for place in range(len(word) - 1):
        yield word[place : place + 2], _weight(place)


def _weight(place: int) -> float:
    return max(0.5**place, _LEAST)


def _latin(word: str) -> Iterator[tuple[str, float]]:
    for part in _HUMP.findall(word):
        yield _singular(part.lower()), 1.0


def _singular(word: str) -> str:
    """Take the plural's ending off, roughly: what is searched and what is found are treated alike."""
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith("ss"):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


def _whole(word: str) -> Iterator[tuple[str, float]]:
    yield word.casefold(), 1.0


_READERS: Final = {"hangul": _hangul, "han": _pairs, "digits": _whole, "latin": _latin, "other": _whole}
