"""Rules on descriptions (L01 to L06): by them the model chooses, and vague ones are what 40009 comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.tokens import Estimator, size_of_text
from clovax_agents.tooling.lint.finding import Finding
from clovax_agents.tooling.lint.words import has_korean, is_vague, same_text, weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.tooling.lint.subject import Subject

__all__ = ["check_description"]

_SHORTEST: Final = 8.0
_MOST_TOKENS: Final = 300
_SHOWN: Final = 40


def check_description(subject: Subject) -> Iterator[Finding]:
    """Say what is wrong with the description of a tool."""
    text = subject.description.strip()
    if not text:
        yield Finding("L01", subject.name)
        return
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    if same_text(text, subject.name):
        yield Finding("L03", subject.name)
    elif weight(text) < _SHORTEST:
        yield Finding("L02", subject.name, values={"text": shown})
    elif is_vague(text):
        yield Finding("L05", subject.name, values={"text": shown})
    if not has_korean(text):
        yield Finding("L04", subject.name)
    tokens = Estimator().tokens(size_of_text(text))
    if tokens > _MOST_TOKENS:
        yield Finding("L06", subject.name, values={"tokens": tokens})
