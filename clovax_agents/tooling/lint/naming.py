"""Rules on the name of a tool (L10 to L12)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.tooling.lint.finding import Finding
from clovax_agents.tooling.lint.words import GENERIC_NAMES, name_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.tooling.lint.subject import Subject

__all__ = ["check_name"]

_ALLOWED: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SNAKE_CASE: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def check_name(subject: Subject) -> Iterator[Finding]:
    """Say what is wrong with a name."""
    name = subject.name
    if not _ALLOWED.fullmatch(name):
        yield Finding("L10", name)
        return
    words = name_words(name)
    if not _SNAKE_CASE.fullmatch(name):
        yield Finding("L11", name, values={"better": "_".join(words)})
    if all(word in GENERIC_NAMES for word in words):
        yield Finding("L12", name, values={"better": f"{words[0] if words else 'get'}_orders"})
