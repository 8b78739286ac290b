"""Names of people: before a title, by the syllables of Korean names, or capitalised behind a word such as customer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.facts import Span
from clovax_agents.simulator.brains.korean import actions_of, concepts_of, is_predicate, split_particle, words
from clovax_agents.simulator.brains.lexicon import FILLERS, GIVEN_NAMES, SURNAMES, TIME_FILLERS, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["people", "titled"]

_TITLE: Final = "|".join(sorted(TITLES, key=len, reverse=True))
_BEHIND: Final = r"(?=님|의|이|가|은|는|을|를|께|에게|한테|과|와|이랑|랑|[\s,.?!]|$)"
_TITLED: Final = re.compile(
    rf"(?<![가-힣A-Za-z])(?P<name>[가-힣]{{2,4}}?|[A-Z][a-z]+(?:\s[A-Z][a-z]+)*)\s?(?:(?:{_TITLE})님?|님|씨){_BEHIND}"
)
_CAPITALISED: Final = re.compile(
    r"\b(?i:customer|user|member|client|of|for|by)\s+(?P<name>[A-Z][a-z]+(?:\s[A-Z][a-z]+)*)"
)
_FULL_NAME: Final = 3
"""Syllables of nearly every Korean name: one of the family, two of the person."""


def people(text: str) -> list[Span]:
    """Return the names of people in a text, the surest first, without titles and particles.

    Example:
        >>> [span.text for span in people("김서연 고객님 주문이랑 이민준의 주문")]
        ['김서연', '이민준']
    """
    found = [*titled(text), *_by_surname(text)]
    found += [Span(hit["name"], *hit.span("name")) for hit in _CAPITALISED.finditer(text)]
    return list({span.start: span for span in reversed(found)}.values())[::-1]


def titled(text: str) -> list[Span]:
    """Return the names that stand before a title; the place of each includes the title.

    Example:
        >>> [span.text for span in titled("박지훈 씨랑 고객님, 신규 회원")]
        ['박지훈']
    """
    return [Span(hit["name"], *hit.span()) for hit in _TITLED.finditer(text) if _is_name(hit["name"])]


def _by_surname(text: str) -> Iterator[Span]:
    for word in words(text):
        for name in (word.text, split_particle(word.text)[0]):
            if len(name) == _FULL_NAME and name[0] in SURNAMES and GIVEN_NAMES.issuperset(name[1:]) and _is_name(name):
                yield Span(name, word.start, word.end)
                break


def _is_name(word: str) -> bool:
    known = word in FILLERS | TIME_FILLERS | TITLES or re.fullmatch(
        "신규|기존|모든|전체|담당|다른|해당|선생|사장", word
    )
    return not known and not is_predicate(word) and not concepts_of(word) and not actions_of(word)
