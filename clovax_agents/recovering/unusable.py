"""Answers of which no call could run: the model is asked again, with a larger cap, and always within a bound: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.capabilities import TOOL_CAP_FLOOR
from clovax_agents.execution.calls import is_cut_off, is_runnable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["MAX_REPAIRS", "larger_cap", "unusable_turns"]

MAX_REPAIRS: Final = 2
"""How often in a row the model is asked again; the third unusable answer is an error."""


def unusable_turns(messages: Sequence[BaseMessage]) -> list[AIMessage]:
    """Return the model's answers at the end of the history of which no call could run, newest first."""
    found: list[AIMessage] = []
    for message in _answers_of_this_turn(messages):
        if not (message.tool_calls or message.invalid_tool_calls) or is_runnable(message):
            break
        found.append(message)
    return found


def larger_cap(messages: Sequence[BaseMessage], cap: int | None, most: int) -> int | None:
    """Return the cap for the next call: doubled for each answer in a row that was cut off, up to the model's most.

    Args:
        messages: the history.
        cap: the cap as configured; None means the default for tools, 1,024.
        most: the model's own limit of output tokens.
    """
    cuts = sum(is_cut_off(message) for message in unusable_turns(messages))
    return min(max(cap or 0, TOOL_CAP_FLOOR) * 2**cuts, most) if cuts else cap


def _answers_of_this_turn(messages: Sequence[BaseMessage]) -> Iterator[AIMessage]:
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            continue  # by far the most, with many calls; other classes take longer to tell apart
        if isinstance(message, HumanMessage):
            return
        if isinstance(message, AIMessage):
            yield message
