"""What a call to a tool that does not exist is answered with, in words that a model can act on: pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["unknown_tool_text"]

_MOST_NAMES: Final = 20


def unknown_tool_text(name: str, names: Iterable[str]) -> str:
    """Say that there is no such tool, and which one may have been meant.

    Example:
        >>> unknown_tool_text("get_ordr", ["get_order", "refund"])
        "there is no tool 'get_ordr', so nothing was run. Did you mean get_order?"
    """
    known = sorted(names)
    if not known:
        return say("there is no tool {name}, and no other tool either: answer without tools", name=repr(name))
    if near := get_close_matches(name, known, n=3):
        text = "there is no tool {name}, so nothing was run. Did you mean {near}?"
        return say(text, name=repr(name), near=say(" or ").join(near))
    there = ", ".join(known[:_MOST_NAMES])
    if len(known) > _MOST_NAMES:
        there = say("{known} and {count} more", known=there, count=len(known) - _MOST_NAMES)
    return say("there is no tool {name}, so nothing was run. The tools are: {known}.", name=repr(name), known=there)
