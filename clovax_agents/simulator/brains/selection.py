"""Which declared tool a clause asks for: lexical overlap, weighed by how much each word tells the tools apart."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.facts import currencies, find_all
from clovax_agents.simulator.brains.korean import (
    actions_of,
    bigrams,
    concepts_of,
    identifier_parts,
    is_predicate,
    stem,
    words,
)
from clovax_agents.simulator.brains.lexicon import FILLERS, READING_ACTIONS
from clovax_agents.simulator.brains.numbers import quantities
from clovax_agents.simulator.brains.people import people, titled
from clovax_agents.simulator.json_types import as_array, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clovax_agents.simulator.brains.protocol import ToolSpec

__all__ = ["Selector", "ToolProfile", "features_of"]

_NAME: Final = 1.0
_DESCRIPTION: Final = 1.0
_PARAMETER: Final = 0.5
_ENUM: Final = 0.8
_NORM: Final = 0.5
_CONCEPT_WEIGHTS: Final = {"now": 0.5, "place": 1.0, "person": 1.0, "name": 0.5}
_BEFORE_VERBS: Final = frozenset({"", "please", "to", "you", "and", "then"})
_OTHER_CURRENCY: Final = 0.4
_OTHER_ACTION: Final = 0.65
_SAME_ACTION: Final = 1.25
"""A tool whose name is the action asked for is the likelier one; how much is a matter of taste."""


@dataclass(frozen=True, slots=True)
class ToolProfile:
    """What is known of a tool before any question: its words with their weights, and its actions."""

    tool: ToolSpec
    features: Mapping[str, float]
    actions: frozenset[str]


def features_of(text: str) -> dict[str, float]:
    """Return the features of a Korean or English text: concepts, word stems, syllable pairs.

    Example:
        >>> sorted(features_of("날씨"))
        ['~weather', '날씨', '날씨:bi']
    """
    found: dict[str, float] = {}
    for name in _fact_features(text):
        found[name] = 1.5
    for word in words(text.lower()):
        for part in re.findall(r"[가-힣]+|[a-z]+|\d+", word.text):
            _add_part(found, part)
    return found


def _fact_features(text: str) -> Iterator[str]:
    """Yield what the things with a form of their own say: a formula is about calculating, an amount about prices."""
    for code in currencies(text, as_code=True):
        yield f"${code.text}"
        yield "~currency"
    for kind in ("email", "phone", "expression", "url"):
        if find_all(kind, text):
            yield f"~{kind}"
    if any(quantity.kind == "money" for quantity in quantities(text)):
        yield from ("~money", "~price")


def _add_part(found: dict[str, float], part: str) -> None:
    for concept in concepts_of(part):
        found[f"~{concept}"] = _CONCEPT_WEIGHTS.get(concept, 1.5)
    for action in actions_of(part):
        found[f"!{action}"] = 0.3 if action == "read" else 0.8
    base = stem(part)
    if part in FILLERS or base in FILLERS or len(base) < 2:  # noqa: PLR2004  # single syllables and letters tell nothing
        return
    if is_predicate(part) and actions_of(part):
        return
    found[base] = 1.0
    for pair in bigrams(base):
        found[f"{pair}:bi"] = 0.4


class Selector:
    """Scores the declared tools against clauses of a question."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self.profiles: list[ToolProfile] = [_profile(tool) for tool in tools]
        frequency = Counter(name for profile in self.profiles for name in profile.features)
        size = len(tools)
        # With one tool nothing tells tools apart; with several, a word that all of them share counts (almost) nothing.
        self._idf = {name: math.log((size + 1) / hits) if size > 1 else 1.0 for name, hits in frequency.items()}

    def scores(self, clause: str) -> list[float]:
        """Return one score per tool, in their order; 0 means that nothing speaks for the tool."""
        asked = features_of(clause) | _named_people(clause)
        wanted = _wanted(clause.lower())
        return [self._score(profile, asked, wanted) for profile in self.profiles]

    def _score(self, profile: ToolProfile, asked: Mapping[str, float], wanted: frozenset[str]) -> float:
        shared = sum(
            asked[name] * weight * self._idf[name] for name, weight in profile.features.items() if name in asked
        )
        size = math.sqrt(sum((weight * self._idf[name]) ** 2 for name, weight in profile.features.items()))
        return (
            shared / (size**_NORM or 1.0) * _action_factor(profile.actions, wanted) * _currency_factor(profile, asked)
        )


def _named_people(clause: str) -> dict[str, float]:
    """Say that somebody is named: a customer as a rule, and somebody with a title in any case."""
    named = ["~customer"] if people(clause) else []
    return dict.fromkeys([*named, "~person"] if titled(clause) else named, 1.5)


def _wanted(clause: str) -> frozenset[str]:
    """Return what the verbs of a clause, and its last word, ask for; nouns such as 주문 ask for nothing."""
    said = [word.text for word in words(clause)]
    verbs = [word for i, word in enumerate(said) if _is_verb(word, said[i - 1] if i else "") or word == said[-1]]
    return frozenset(action for word in verbs for action in _asked(word))


def _is_verb(word: str, before: str) -> bool:
    if word.isascii():
        return before in _BEFORE_VERBS
    return is_predicate(word) or re.search(r"[하해할]\S{0,2}$|고$|[꿀꿔려줄까]\S?$", word) is not None


def _asked(word: str) -> frozenset[str]:
    """What is done already (등록돼 있어?) is a question about it."""
    found = actions_of(word)
    return found & READING_ACTIONS if re.search(r"돼|되어|된|됐|되는|했", word) else found


def _action_factor(offered: frozenset[str], wanted: frozenset[str]) -> float:
    changing = wanted - READING_ACTIONS
    if changing:
        return _SAME_ACTION if offered & changing else _OTHER_ACTION
    if offered and not offered & READING_ACTIONS:
        return _OTHER_ACTION
    return _SAME_ACTION if offered & wanted else 1.0


def _currency_factor(profile: ToolProfile, asked: Mapping[str, float]) -> float:
    """A tool for particular currencies is of little use for others."""
    meant = {name for name in asked if name.startswith("$")}
    own = {name for name in profile.features if name.startswith("$")}
    return _OTHER_CURRENCY if meant and own - meant else 1.0


def _profile(tool: ToolSpec) -> ToolProfile:
    found: dict[str, float] = {}
    name = " ".join(identifier_parts(tool.name))
    _merge(found, features_of(name), _NAME)
    _merge(found, features_of(tool.description), _DESCRIPTION)
    for text, weight in _parameter_texts(tool):
        _merge(found, features_of(text), weight)
    actions = actions_of(name.partition(" ")[0])
    described = frozenset(action for word in words(tool.description.lower()) for action in actions_of(word.text))
    return ToolProfile(tool, found, actions or described)


def _parameter_texts(tool: ToolSpec) -> Iterable[tuple[str, float]]:
    for name, value in (as_object(tool.parameters.get("properties")) or {}).items():
        schema = as_object(value) or {}
        yield " ".join(identifier_parts(name)), _PARAMETER
        yield as_text(schema.get("description")), _PARAMETER
        yield " ".join(str(item) for item in as_array(schema.get("enum")) or []), _ENUM


def _merge(found: dict[str, float], features: Mapping[str, float], weight: float) -> None:
    for name, value in features.items():
        found[name] = max(found.get(name, 0.0), value * weight)
