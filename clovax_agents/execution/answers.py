"""What a tool call is answered with, in words that a model can act on: pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from langchain_core.messages import ToolMessage
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.execution.calls import TurnCall

__all__ = ["error_answer", "error_text", "unknown_tool_text"]

_LONGEST_ERROR = 2_000


def error_answer(call: TurnCall, text: str) -> ToolMessage:
    """Answer a call with an error."""
    return ToolMessage(f"Error: {text}", tool_call_id=call.id, name=call.name, status="error")


def error_text(error: Exception) -> str:
    """Say what went wrong, without a traceback: for wrong arguments each with its place."""
    if isinstance(error, ValidationError):
        found = "; ".join(f"{_place(item['loc'])}: {item['msg']}" for item in error.errors(include_url=False))
        return f"the arguments do not fit: {found}. Correct them and call the tool again"
    return (str(error) or type(error).__name__)[:_LONGEST_ERROR]


def unknown_tool_text(name: str, names: Iterable[str]) -> str:
    """Say that there is no such tool, and which one may have been meant."""
    known = sorted(names)
    if not known:
        return f"there is no tool {name!r}, and no other tool either: answer without tools"
    near = get_close_matches(name, known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"The tools are: {', '.join(known)}."
    return f"there is no tool {name!r}, so nothing was run. {hint}"


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location) or "arguments"
