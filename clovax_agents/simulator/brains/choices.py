"""Which value of an enumeration a text names: as it is written, or by words of the same meaning."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import (
    actions_of,
    concepts_of,
    has_hangul,
    identifier_parts,
    is_predicate,
    words,
)
from clovax_agents.simulator.brains.lexicon import ACTIONS, CONCEPTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.simulator.brains.parameters import Parameter
    from clovax_agents.simulator.brains.scene import Scene

__all__ = ["choice"]

_ASKING: Final = frozenset({"!read", "!search"})
_STATE: Final = re.compile(r"(?<=[가-힣]{2})(?:중인|중|됨|된|함|건|인)$")
_ENDING: Final = re.compile(r"(?<=[a-z]{3})(?:led|ling|ed|ing|d|s)$")


def choice(parameter: Parameter, scene: Scene) -> object | None:
    """Return the value that the text names; None if it names none of them."""
    for value in sorted(parameter.enum, key=lambda item: -len(str(item))):
        found = _pattern(str(value)).search(scene.text) if isinstance(value, str | int | float) and str(value) else None
        if found is not None:
            scene.take(*found.span())
            return value
    return _meant(parameter, scene)


@cache
def _pattern(value: str) -> re.Pattern[str]:
    """Spaces may be there or not (배송 중); Latin letters and digits stand as a word of their own."""
    gap = r"\s?" if has_hangul(value) else r"[\s_-]?"
    letters = value if has_hangul(value) else [part for part in re.split(r"[\s_-]+", value) if part]
    body = gap.join(re.escape(letter) for letter in letters if letter.strip()) or re.escape(value)
    before = "(?<![가-힣])" if len(value) == 1 and has_hangul(value) else r"(?<![A-Za-z0-9])"
    return re.compile(rf"{before}{body}(?![A-Za-z0-9])", re.IGNORECASE)


def _meant(parameter: Parameter, scene: Scene) -> object | None:
    """Find the value whose telling parts are all said; what other values share (배송중, 배송완료) tells nothing."""
    said = frozenset(feature for word in words(scene.text) for feature in _said(word.text))
    for value in parameter.enum:
        telling = _telling(value, [other for other in parameter.enum if other != value])
        needed = [part for part in telling if not scene.vocabulary.holds(part)] or telling
        if needed and all(_features(part) & said for part in needed):
            _take(needed, scene)
            return value
    return None


def _take(parts: Iterable[str], scene: Scene) -> None:
    wanted = frozenset(feature for part in parts for feature in _features(part))
    for word in words(scene.text):
        if _said(word.text) & wanted and scene.is_free(word.start, word.end):
            scene.take(word.start, word.end)


def _telling(value: object, others: Iterable[object]) -> list[str]:
    shared = frozenset(feature for other in others for feature in _features(str(other).replace("_", " ")))
    return [part for part in _parts(str(value)) if not _features(part) <= shared]


def _parts(value: str) -> tuple[str, ...]:
    """Split a value into words that are known; nothing if a part of it is not."""
    if not has_hangul(value):
        named = identifier_parts(value)
        return named if all(_features(part) for part in named) else ()
    return _segmented(_STATE.sub("", value.replace(" ", "")))


def _segmented(value: str) -> tuple[str, ...]:
    if value in _keywords():
        return (value,)
    for size in range(len(value) - 1, 1, -1):
        rest = _segmented(value[size:]) if value[:size] in _keywords() else ()
        if rest:
            return (value[:size], *rest)
    return ()


@cache
def _keywords() -> frozenset[str]:
    return frozenset(word for table in (CONCEPTS, ACTIONS) for group in table.values() for word in group.split())


def _said(word: str) -> frozenset[str]:
    """What a word of the question says; what it asks to be done (취소해줘) says nothing of how things are."""
    return (concepts_of(word) if is_predicate(word) else _features(word)) - _ASKING


@cache
def _features(text: str) -> frozenset[str]:
    forms = {text.lower(), *(_ENDING.sub("", word) for word in text.lower().split())}
    concepts = frozenset(name for form in forms for name in concepts_of(form))
    return concepts | frozenset(f"!{name}" for form in forms for name in actions_of(form))
