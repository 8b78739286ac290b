"""Whether an answer keeps to the passages that it names, and how it is given out: pure, no model is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.rag.facts import missing_facts
from clovax_agents.rag.state import Passage, Source
from clovax_agents.rag.wording import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["citation_problem", "given_out", "listed", "marks_in", "says_nothing"]

_MARK: Final = re.compile(r"[\[【]\s*(\d{1,3}(?:\s*[,、]\s*\d{1,3})*)\s*[\]】]")
_SENTENCE: Final = re.compile(r"(?<=[^\d\s][.!?。])\s+(?![\[【])|\n+")
_NOTHING: Final = re.compile(r"\[\s*0\s*\]")


def marks_in(text: str) -> list[int]:
    """Return the numbers of the passages that a text names, in its order, each once.

    Example:
        >>> marks_in("7일 안에 신청합니다 [2]. 배송비는 무료입니다 [1, 2].")
        [2, 1]
    """
    found = (int(number) for match in _MARK.finditer(text) for number in re.findall(r"\d+", match[1]))
    return list(dict.fromkeys(found))


def says_nothing(text: str) -> bool:
    """Whether an answer says that the passages do not tell: the mark 0, and no other.

    Example:
        >>> says_nothing("[0]"), says_nothing("7일입니다 [1].")
        (True, False)
    """
    return _NOTHING.search(text) is not None and marks_in(text) == [0]


def citation_problem(answer: str, passages: Sequence[Passage], said: Sequence[str]) -> str:
    """Return what is wrong with an answer's citations; empty if nothing is.

    A number, quotation, address or code must stand in a passage that its sentence names, where the sentence names
    none, in one that the answer names, or in what the user said.

    Args:
        answer: of the model, with marks such as ``[1]``.
        passages: that it was given.
        said: texts of the user's messages.
    """
    marks = marks_in(answer)
    if not marks:
        return phrase("no statement is marked with the passage that it stands on, such as [1]")
    if wrong := [mark for mark in marks if not 1 <= mark <= len(passages)]:
        return phrase("there is no passage [{mark}]; there are {count}", mark=wrong[0], count=len(passages))
    for sentence in _SENTENCE.split(answer):
        named = [passages[mark - 1] for mark in marks_in(sentence) or marks]
        sources = [f"{passage['title']}\n{passage['text']}" for passage in named]
        if missing := missing_facts(_MARK.sub(" ", sentence), [*sources, *said]):
            return phrase("{facts} does not stand in the passage that it is marked with", facts=", ".join(missing))
    return ""


def given_out(answer: str, passages: Sequence[Passage]) -> tuple[str, list[Source]]:
    """Return an answer whose marks count from 1, with its sources behind it, and those sources.

    Args:
        answer: whose citations have been checked.
        passages: that it was given.
    """
    order = {mark: number for number, mark in enumerate(marks_in(answer), 1)}

    def renumbered(match: re.Match[str]) -> str:
        return "".join(f"[{order[int(number)]}]" for number in re.findall(r"\d+", match[1]))

    sources = [_source(number, passages[mark - 1]) for mark, number in order.items()]
    return f"{_MARK.sub(renumbered, answer).strip()}{listed(sources)}", sources


def listed(sources: Sequence[Source]) -> str:
    """Return the list of sources as it stands behind an answer; empty if there are none."""
    if not sources:
        return ""
    lines = [f"[{source['number']}] {_headline(source)}" for source in sources]
    return "\n".join(["", "", phrase("Sources:"), *lines])


def _source(number: int, passage: Passage) -> Source:
    return Source(
        number=number, id=passage["id"], title=passage["title"], source=passage["source"], text=passage["text"]
    )


def _headline(source: Source) -> str:
    return ", ".join(filter(None, [source["title"], source["source"]])) or source["id"]
