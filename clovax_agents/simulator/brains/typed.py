"""Arguments whose type or form decides: yes and no, numbers, dates, and texts with a form of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.dates import Moment, find_moments, kst
from clovax_agents.simulator.brains.facts import Span, currencies, find_all, formula, from_examples
from clovax_agents.simulator.brains.korean import concepts_of, stem, words
from clovax_agents.simulator.brains.lexicon import CONCEPTS, TIME_FILLERS
from clovax_agents.simulator.brains.numbers import UNIT_HINTS, Quantity, to_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.simulator.brains.parameters import Parameter
    from clovax_agents.simulator.brains.scene import Scene

__all__ = ["DATE_KINDS", "FORMAL_KINDS", "boolean", "dates", "formal", "numbers"]

DATE_KINDS: Final = frozenset({"date", "datetime", "time"})
FORMAL_KINDS: Final = frozenset({"url", "email", "phone", "id", "sql", "expression", "currency", "path"})
_NEGATION: Final = re.compile(
    r"지\s?마|지\s?말|말고|말아|빼|제외|없이|없는|끄|꺼|안\s?하|않|싫|필요\s?없|\boff\b|\bdisable", re.IGNORECASE
)
_NEGATED_BEFORE: Final = re.compile(
    r"(?:\bno|\bnot|\bwithout|don't|\bdisable|\bturn off|(?<![가-힣])안)\s*$", re.IGNORECASE
)
_ON: Final = re.compile(r"켜|켤|틀어|\bturn on\b|\bswitch on\b|\benable", re.IGNORECASE)
_LOW_YEAR: Final = 1900
_HIGH_YEAR: Final = 2100


def boolean(parameter: Parameter, scene: Scene) -> bool | None:
    """Return yes or no if the text speaks of the matter; None if it does not."""
    for keyword in _keywords(parameter, scene.parameters):
        for found in re.finditer(re.escape(keyword), scene.text, re.IGNORECASE):
            scene.take(found.start(), found.end())
            after = re.split(r"[,.!?\n]|(?<=[가-힣]고)\s", scene.text[found.end() : found.end() + 18])[0]
            before = scene.text[max(0, found.start() - 10) : found.start()]
            return _NEGATION.search(after) is None and _NEGATED_BEFORE.search(before) is None
    # Nothing names the matter, but a switch that has to be set is what "켜줘" is about.
    return True if parameter.required and _ON.search(scene.text) else None


def _keywords(parameter: Parameter, siblings: Sequence[Parameter]) -> list[str]:
    """Return the words for the matter of a parameter: those that no sibling shares, longest first."""
    others = [other for other in siblings if other.name != parameter.name]
    shared = frozenset(name for other in others for name in other.stems)
    shared_concepts = frozenset(name for other in others for name in other.concepts)
    found = {word for word in parameter.stems - shared if len(word) > 1}
    for concept in parameter.concepts - shared_concepts:
        found |= {word for word in CONCEPTS.get(concept, "").split() if len(word) > 1}
    return sorted(found, key=lambda word: (-len(word), word))


def numbers(parameters: Sequence[Parameter], scene: Scene) -> dict[str, int | float]:
    """Give each number of the text to the parameter that it fits best, the best fits first."""
    free = scene.figures()
    fits = sorted(
        (
            (-_fit(parameter, quantity, free, scene.text), i, j)
            for i, parameter in enumerate(parameters)
            for j, quantity in enumerate(free)
        ),
    )
    given: dict[str, int | float] = {}
    used: set[int] = set()
    for negative, i, j in fits:
        parameter = parameters[i]
        least = 0.0 if parameter.required else 1.0
        if parameter.name not in given and j not in used and -negative >= least:
            given[parameter.name] = to_number(free[j].value, integer=parameter.type == "integer")
            used.add(j)
            scene.take(free[j].start, free[j].number_end)
    return given


def _fit(parameter: Parameter, quantity: Quantity, others: Sequence[Quantity], text: str) -> float:
    """Score by the unit and by the words around the number; below zero it fits not at all."""
    wanted = {kind for kind, hints in UNIT_HINTS.items() if _hinted(parameter, hints)}
    points = 0.0
    if quantity.kind:
        points += 2.0 + 1.0 / len(wanted) if quantity.kind in wanted else (-2.0 if wanted else -0.5)
    elif "year" in wanted:
        points += 3.0 if _LOW_YEAR <= quantity.value <= _HIGH_YEAR else -4.0
    before, after = _around(quantity, others, text)
    named = sum(_speaks_of(parameter, word) * weight for word, weight in zip(before, (2.0, 1.0), strict=False))
    return points + named + sum(_speaks_of(parameter, word) * 1.0 for word in after)


def _around(quantity: Quantity, others: Sequence[Quantity], text: str) -> tuple[list[str], list[str]]:
    """Return up to two words before a number, the nearest first, and one after it; words of other numbers end both."""
    low = max((other.end for other in others if other.end <= quantity.start), default=0)
    high = min((other.start for other in others if other.start >= quantity.end), default=len(text))
    before = [word.text for word in words(text[max(low, quantity.start - 16) : quantity.start])]
    after = [word.text for word in words(text[quantity.end : min(high, quantity.end + 8)])]
    return before[::-1][:2], after[:1]


def _hinted(parameter: Parameter, hints: str) -> bool:
    return any(
        hint in parameter.concepts or hint in parameter.stems or hint in parameter.text.split()
        for hint in hints.split()
    )


def _speaks_of(parameter: Parameter, word: str) -> bool:
    lowered = word.lower()
    return stem(lowered) in parameter.stems or bool(concepts_of(lowered) & parameter.concepts)


def formal(parameter: Parameter, scene: Scene) -> str | None:
    """Return the text of the form that the parameter wants, from the question, else (ids only) from the history."""
    spans = formal_spans(parameter, scene.text)
    found = scene.first_free(spans)
    if found is None and parameter.kind == "id":
        earlier = formal_spans(parameter, scene.history)
        found = earlier[-1] if earlier and parameter.required else None
    if found is None:
        return None
    return formula(found.text) if parameter.kind == "expression" else found.text


def formal_spans(parameter: Parameter, text: str) -> list[Span]:
    """Return everything in a text that has the form which the parameter wants."""
    if parameter.kind == "currency":
        as_code = re.search(r"코드|code|ISO|[A-Z]{3}\b", parameter.description) is not None
        return currencies(text, as_code=as_code)
    shaped = from_examples(parameter.description, text)
    if shaped or parameter.kind not in FORMAL_KINDS:
        return shaped
    return find_all(parameter.kind, text)


def dates(parameters: Sequence[Parameter], scene: Scene) -> dict[str, str]:
    """Give the dates and times of the text to the parameters in order; two parameters make a range."""
    moments = [moment for moment in find_moments(scene.text, scene.now) if scene.is_free(moment.start, moment.end)]
    if len(moments) > len(parameters) == 1:
        moments.sort(key=lambda item: scene.text[item.start : item.end] in TIME_FILLERS)
    given: dict[str, str] = {}
    for parameter in sorted(parameters, key=lambda item: item.role() == "target"):
        moment = next((item for item in moments if _suits(parameter, item)), None)
        if moment is None:
            continue
        moments.remove(moment)
        scene.take(moment.start, moment.end)
        given[parameter.name] = _written(parameter, moment, scene)
    return given


def _suits(parameter: Parameter, moment: Moment) -> bool:
    if parameter.verbatim:
        return True
    return (
        moment.clock is not None if parameter.kind == "time" else moment.day is not None or parameter.kind == "datetime"
    )


def _written(parameter: Parameter, moment: Moment, scene: Scene) -> str:
    today = kst(scene.now).date()
    if parameter.verbatim:
        return scene.text[moment.start : moment.end]
    if parameter.kind == "time":
        return moment.iso_time()
    return moment.iso_datetime(today) if parameter.kind == "datetime" else moment.iso_date(today)
