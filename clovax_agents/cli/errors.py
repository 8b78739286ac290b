"""Errors as a person reads them: one message, no traceback."""

from __future__ import annotations

from typing import Final

from clovax_agents.cli.wording import say
from clovax_agents.errors import ClovaXError

__all__ = ["EXIT_INTERRUPTED", "describe"]

EXIT_INTERRUPTED: Final = 130
_LONGEST: Final = 1_000


def describe(error: Exception) -> str:
    """Say what went wrong; for errors that are not ours, also how to see more."""
    text = (str(error) or type(error).__name__)[:_LONGEST]
    if isinstance(error, ClovaXError):
        return text
    return f"{type(error).__name__}: {text}\n{say('Run again with --debug to see where it happened.')}"
