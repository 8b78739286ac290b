"""Answers that quote: the sentences of documents that a question is about, each marked with where it stands."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.korean import has_hangul
from clovax_agents.simulator.brains.terms import terms_of
from clovax_agents.simulator.json_types import as_array, as_object, loads_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clovax_agents.simulator.brains.protocol import Message

__all__ = ["Passage", "Quote", "answer_from_passages", "answer_from_search", "quote_answer"]

_SENTENCE_END: Final = re.compile(r"(?<=[.!?。])\s+|\s*\n\s*")
_ASKS_NUMBER: Final = re.compile(r"몇|며칠|얼마|언제|how (?:many|much|long|old|far)|when", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"^\[(\d{1,3})\] id: .*$", re.MULTILINE)
_MOST_QUOTES: Final = 3
_LEAST: Final = 0.15
"""A sentence must hold at least this share of what the question is about."""

_TOLD: Final = 0.25
"""What a quote has told already counts this much for the next one: several quotes answer several parts."""

_NUMBER: Final = 1.25
"""A sentence with a number is the likelier answer to a question for one."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A document to quote from, and the mark of its quotes."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage.

    Example:
        >>> str(Quote("doc1", "환불은 7일 안에 됩니다."))
        '<doc1>환불은 7일 안에 됩니다.</doc1>'
    """

    mark: str
    sentence: str

    def __str__(self) -> str:
        return f"<{self.mark}>{self.sentence}</{self.mark}>"


def quote_answer(question: str, passages: Sequence[Passage]) -> list[Quote]:
    """Return the sentences that answer a question, in the order of the passages; empty if none has to do with it.

    Example:
        >>> shop = Passage("doc1", "반품은 수령 후 7일 안에 신청합니다. 매장은 서울에 있습니다.")
        >>> [quote.sentence for quote in quote_answer("반품 신청 기한이 어떻게 되나요?", [shop])]
        ['반품은 수령 후 7일 안에 신청합니다.']
    """
    quotes = [Quote(passage.mark, sentence) for passage in passages for sentence in _sentences(passage.text)]
    # Search results overlap: a sentence that stands in several documents is quoted from the first.
    first: dict[str, int] = {}
    for number, quote in enumerate(quotes):
        first.setdefault(quote.sentence, number)
    return [quotes[number] for number in sorted(first[sentence] for sentence in _best(question, [*first]))]


def answer_from_search(question: str, results: Iterable[Message]) -> str | None:
    """Answer from the results of a search, with quotes marked by the ids of the documents.

    Args:
        question: of the user.
        results: tool messages whose content is ``{"search_result": [{"id": "doc-179", "doc": "..."}]}``.

    Returns:
        The answer, honest if no document helps; None if no result has that form.
    """
    searches = [found for result in results if (found := _passages(result.text)) is not None]
    if not searches:
        return None
    quotes = quote_answer(question, [passage for passages in searches for passage in passages])
    return " ".join(map(str, quotes)) if quotes else _no_answer(question)


def answer_from_passages(question: str, results: Sequence[Message], *, empty: str = "") -> str | None:
    r"""Answer from results that are numbered passages, each sentence with the number of its passage behind it.

    Args:
        question: of the user.
        results: tool messages; a passage is a line such as ``[1] id: faq-7 (...)`` with indented lines below.
        empty: what to say if no passage helps; a sentence that says so where nothing else is asked for.

    Returns:
        The answer; None if a result has another form.

    Example:
        >>> from clovax_agents.simulator import Message
        >>> found = Message("tool", "[1] id: faq-7\n  환불은 7일 안에 됩니다.")
        >>> answer_from_passages("환불은 며칠 안에 되나요?", [found])
        '환불은 7일 안에 됩니다. [1]'
    """
    searches = [_numbered(result.text) for result in results]
    if not searches or not all(searches):
        return None
    quotes = quote_answer(question, [passage for passages in searches for passage in passages])
    if not quotes:
        return empty or _no_answer(question)
    return " ".join(f"{quote.sentence} [{quote.mark}]" for quote in quotes)


def _numbered(content: str) -> list[Passage]:
    """Return the numbered passages of a result; empty if it is something else."""
    if _NUMBERED.match(content) is None:
        return []
    _, *parts = _NUMBERED.split(content)
    return [
        Passage(mark, "\n".join(line.strip().removeprefix("- ") for line in text.strip().splitlines()))
        for mark, text in zip(parts[::2], parts[1::2], strict=True)
    ]


def _no_answer(question: str) -> str:
    if has_hangul(question):
        return "검색 결과에서 질문에 대한 답을 찾지 못했습니다."
    return "The search results do not answer the question."


def _passages(content: str) -> list[Passage] | None:
    """Return the documents of a search result; entries of another form are left out."""
    items = as_array((loads_object(content) or {}).get("search_result"))
    if items is None:
        return None
    entries = [as_object(item) or {} for item in items]
    pairs = [(entry.get("id"), entry.get("doc")) for entry in entries]
    return [Passage(name, text) for name, text in pairs if isinstance(name, str) and isinstance(text, str)]


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]


def _best(question: str, sentences: Sequence[str]) -> Iterator[str]:
    """Yield the sentence that covers most of the question, then the one that covers most of what is left of it."""
    terms = [terms_of(sentence) for sentence in sentences]
    weights = _weights(terms_of(question), terms)
    least = _LEAST * sum(weights.values())
    numbers = _ASKS_NUMBER.search(question) is not None
    factors = [_NUMBER if numbers and re.search(r"\d", sentence) else 1.0 for sentence in sentences]
    for _ in range(_MOST_QUOTES):
        scores = [
            factor * sum(weights[term] for term in found if term in weights)
            for factor, found in zip(factors, terms, strict=True)
        ]
        score = max(scores, default=0.0)
        if score <= 0 or score < least:
            return
        best = scores.index(score)
        yield sentences[best]
        factors[best] = 0.0
        weights = {term: weight * (_TOLD if term in terms[best] else 1.0) for term, weight in weights.items()}


def _weights(asked: Mapping[str, float], sentences: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Weigh the terms of a question: the fewer sentences have one, the more it tells."""
    hits = Counter(term for terms in sentences for term in terms if term in asked)
    return {term: weight * math.log((len(sentences) + 1) / (hits[term] or 1)) for term, weight in asked.items()}
