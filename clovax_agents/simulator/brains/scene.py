"""The text that arguments are taken from, and what of it is already used up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clovax_agents.simulator.brains.dates import find_moments
from clovax_agents.simulator.brains.facts import find_all
from clovax_agents.simulator.brains.lexicon import TIME_FILLERS
from clovax_agents.simulator.brains.numbers import Quantity, quantities
from clovax_agents.simulator.brains.phrases import Phrase, Vocabulary, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.simulator.brains.facts import Span
    from clovax_agents.simulator.brains.parameters import Parameter

__all__ = ["Scene"]


@dataclass(slots=True)
class Scene:
    """One clause (or the whole question) while the arguments of one tool are taken from it.

    Attributes:
        text: what the user says.
        history: earlier messages, where "that order" may have its number.
        now: seconds since 1970.
        parameters: of the tool.
        vocabulary: words of the tool.
        taken: places that an argument has used up.
    """

    text: str
    history: str
    now: float
    parameters: list[Parameter]
    vocabulary: Vocabulary
    taken: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def take(self, start: int, end: int) -> None:
        """Use up a place."""
        self.taken.append((start, end))

    def is_free(self, start: int, end: int) -> bool:
        """Say whether nothing of a place is used up."""
        return not any(low < end and start < high for low, high in self.taken)

    def first_free(self, spans: Iterable[Span]) -> Span | None:
        """Return the first of these places that is free, and use it up."""
        for span in spans:
            if self.is_free(span.start, span.end):
                self.take(span.start, span.end)
                return span
        return None

    def figures(self) -> list[Quantity]:
        """Return the numbers that are still free; the digits of an id are none."""
        ids = find_all("id", self.text)
        return [
            item
            for item in quantities(self.text)
            if self.is_free(item.start, item.number_end) and not any(span.start < item.end <= span.end for span in ids)
        ]

    def leftover(self) -> int:
        """Return how many phrases, numbers and dates nothing has used."""
        moments = [
            item for item in find_moments(self.text, self.now) if self.text[item.start : item.end] not in TIME_FILLERS
        ]
        figures = self.figures()
        free = [item for item in moments if self.is_free(item.start, item.end)]
        beside = [item for item in figures if not any(moment.start <= item.start < moment.end for moment in moments)]
        return len(self.phrases()) + len(free) + len(beside)

    def phrases(self) -> list[Phrase]:
        """Return the phrases that are still free."""
        return phrases(self.text, self.vocabulary, self.taken)
