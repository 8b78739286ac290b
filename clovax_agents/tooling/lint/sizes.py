"""Rules on how much there is (L40 to L42): each definition goes with every request, and counts for the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.capabilities import TOOL_CAP_FLOOR
from clovax_agents.tooling.lint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovax_agents.tooling.lint.subject import Subject

__all__ = ["check_sizes"]

MOST_TOOLS: Final = 20
MOST_TOKENS: Final = 4_000
_MOST_OF_ONE: Final = 600
_A_MINUTE: Final = 60_000
"""Tokens of a test key: input and cap together (docs/wire.md, section 5)."""


def check_sizes(subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Say what is too much of a good thing."""
    if len(subjects) > MOST_TOOLS:
        yield Finding("L40", values={"count": len(subjects), "most": MOST_TOOLS})
    total = sum(subject.tokens for subject in subjects)
    if total > MOST_TOKENS:
        yield Finding("L41", values={"tokens": total, "requests": _A_MINUTE // (total + TOOL_CAP_FLOOR)})
    for subject in subjects:
        if subject.tokens > _MOST_OF_ONE:
            yield Finding("L42", subject.name, values={"tokens": subject.tokens})
