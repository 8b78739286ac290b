"""What is left of a sentence when everything is taken away that is no name of anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import is_predicate, split_particle, stem, words
from clovax_agents.simulator.brains.lexicon import ACTIONS, CONCEPTS, FILLERS, QUESTION_WORDS, TIME_FILLERS, word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovax_agents.simulator.brains.korean import Word

__all__ = ["Phrase", "Vocabulary", "clean", "phrases"]

_NOISE: Final = word_set("날짜 시간 시각 방법 좋은 괜찮은 만한 할만한 건 게 것 걸 해줘 좀 예정 소식")
_JOINING: Final = frozenset({"의", "와", "과", "랑", "이랑", "하고"})
_SUBJECT: Final = frozenset({"이", "가"})
_TAIL: Final = word_set("목록 리스트 정보 검색 조회 번호 중 좀 량 수 앱 함 새")
_ACTION_WORDS: Final = frozenset(word for group in ACTIONS.values() for word in group.split() if len(word) > 1)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A run of words that may name something: without its last particle, which is kept beside it."""

    text: str
    particle: str
    start: int
    end: int


class Vocabulary:
    """The words that a tool uses itself: in a question they say which tool, not with what; compounds of them, too."""

    def __init__(self, text: str, concepts: Iterable[str]) -> None:
        self._stems = frozenset(stem(word.text.lower()) for word in words(text))
        self._keywords = frozenset(word for concept in concepts for word in CONCEPTS.get(concept, "").split())

    def __bool__(self) -> bool:
        return bool(self._stems)

    def holds(self, word: str) -> bool:
        """Say whether a word belongs to the tool, itself or as a compound of such words (일정등록, 메일주소)."""
        base = stem(word.lower())
        return self._knows(base) or any(
            (self._knows(base[:i]) and self._accompanies(base[i:]))
            or (self._accompanies(base[:i]) and self._knows(base[i:]))
            for i in range(1, len(base))
        )

    def _accompanies(self, part: str) -> bool:
        return part in _TAIL or part in _ACTION_WORDS or part in FILLERS or self._knows(part)

    def _knows(self, base: str) -> bool:
        return bool(base) and (base in self._stems or base in self._keywords)


def phrases(text: str, vocabulary: Vocabulary, taken: Iterable[tuple[int, int]] = ()) -> list[Phrase]:
    """Return the runs of words that may name something, in their order.

    Args:
        text: the sentence or the whole question.
        vocabulary: words of the tool, which end a run.
        taken: places that other parameters have used up; they end a run, too.
    """
    spans = list(taken)
    found: list[Phrase] = []
    run: list[Word] = []
    everything = list(words(text))
    for i, word in enumerate(everything):
        following = everything[i + 1].text if i + 1 < len(everything) else ""
        if run and re.search(r"[,.!?;:()~\n<>\"'\u201c\u201d\u2018\u2019]", text[run[-1].end : word.start]):
            found += _close(run, text)
            run = []
        if _is_taken(word, spans) or _is_empty(word.text, vocabulary):
            found += _close(run, text)
            run = []
            continue
        run.append(word)
        if _ends_run(word.text, following, vocabulary):
            found += _close(run, text)
            run = []
    return [*found, *_close(run, text)]


def clean(text: str) -> str:
    """Strip particles and verb endings from the last word of a phrase.

    Example:
        >>> clean("스위스 취리히의"), clean("결혼한지")
        ('스위스 취리히', '결혼')
    """
    head, _, last = text.strip(" -:,.!?~\u2013").rpartition(" ")
    last = re.sub(r"(?<=[가-힣])(?:한지|한 지|한테|하는|에서의)$", "", last)
    last = split_particle(last)[0]
    return f"{head} {last}".strip()


def _is_taken(word: Word, spans: list[tuple[int, int]]) -> bool:
    return any(start < word.end and word.start < end for start, end in spans)


def _is_empty(word: str, vocabulary: Vocabulary) -> bool:
    """Say whether a word names nothing: a filler, a verb, a question word, or a word of the tool."""
    bare = split_particle(word)[0]
    known = FILLERS | TIME_FILLERS | _NOISE
    return (
        word.lower() in known
        or bare.lower() in known
        or (stem(word) in _ACTION_WORDS and (bool(vocabulary) or stem(word) != bare))
        or QUESTION_WORDS.match(word.lower()) is not None
        or is_predicate(word)
        or vocabulary.holds(word)
        or re.fullmatch(r"[^\w가-힣]+", word) is not None
    )


def _ends_run(word: str, following: str, vocabulary: Vocabulary) -> bool:
    """A particle ends a phrase, unless it joins nouns, or is the last syllable of a name (기영이 결혼식)."""
    particle = split_particle(word)[1]
    if not particle or particle in _JOINING:
        return False
    return particle not in _SUBJECT or not following or _is_empty(following, vocabulary)


def _close(run: list[Word], text: str) -> Iterator[Phrase]:
    if run:
        whole = text[run[0].start : run[-1].end]
        yield Phrase(clean(whole) or whole, split_particle(run[-1].text)[1], run[0].start, run[-1].end)
