"""Rules on tools that look like one another (L13, L14), in about linear time however many there are."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

from clovax_agents.tooling.lint.finding import Finding
from clovax_agents.tooling.lint.words import name_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clovax_agents.tooling.lint.subject import Subject

__all__ = ["check_likeness"]

_ALIKE: Final = 0.8
"""Share of pairs of letters that two descriptions have in common."""
_READ: Final = 600
_SHORTEST: Final = 8
_SAME_VERBS: Final[dict[str, str]] = {
    **dict.fromkeys(("fetch", "retrieve", "lookup", "read", "query", "load"), "get"),
    **dict.fromkeys(("remove", "erase"), "delete"),
}


def check_likeness(subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Say which tools of a box a model will mix up; of each pair, at the later one."""
    for one, other in _alike_names(subjects):
        yield Finding("L13", other.name, values={"other": one.name})
    for one, other in _alike_texts(subjects):
        yield Finding("L14", other.name, values={"other": one.name})


def _alike_names(subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Subject]]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, subject in enumerate(subjects):
        for sign in _signs(subject.name):
            groups[sign].append(place)
    for first, second in _pairs(groups.values()):
        yield subjects[first], subjects[second]


def _signs(name: str) -> set[str]:
    """Return what two names share if they have the same words, or are a letter apart."""
    words = [_SAME_VERBS.get(word, word.removesuffix("s") if len(word) > 3 else word) for word in name_words(name)]  # noqa: PLR2004
    plain = "".join(words)
    if len(plain) < _SHORTEST or any(word.isdigit() for word in words):
        return {" ".join(sorted(words))}
    return {" ".join(sorted(words)), plain, *(plain[:at] + "-" + plain[at + 1 :] for at in range(len(plain)))}


def _pairs(groups: Iterable[list[int]]) -> list[tuple[int, int]]:
    """Return the pairs of each group; of a large one, each with the first."""
    found: set[tuple[int, int]] = set()
    for group in groups:
        members = sorted(set(group))
        found.update(combinations(members, 2) if len(members) <= 10 else ((members[0], at) for at in members[1:]))  # noqa: PLR2004
    return sorted(found)


def _alike_texts(subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Subject]]:
    """Give the pairs: only texts that share one of their rarest pairs of letters can be alike, so few are compared."""
    texts = [_letter_pairs(subject.description) for subject in subjects]
    count = Counter(pair for text in texts for pair in text)
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        rarest = sorted(text, key=lambda pair: (count[pair], pair))
        for pair in rarest[: len(text) - math.ceil(_ALIKE * len(text)) + 1] if len(text) >= _SHORTEST else ():
            groups[pair].append(place)
    for first, second in _pairs(groups.values()):
        one, other = texts[first], texts[second]
        if len(one & other) >= _ALIKE * len(one | other):
            yield subjects[first], subjects[second]


def _letter_pairs(text: str) -> frozenset[str]:
    plain = "".join(filter(str.isalnum, text[:_READ].lower()))
    return frozenset(map("".join, pairwise(plain)))
