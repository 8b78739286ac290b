"""Calls that repeat themselves without anything new: found in the messages alone (fault G01)."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.recovering.settings import Recovery

__all__ = ["Loop", "Severity", "loop_of"]

Severity = Literal["note", "no_tools", "stop"]

_LONGEST: Final = 3
"""Turns after which a pattern begins anew, at most."""
_MILD: Final = 2
"""How many times as often calls may be repeated whose results differ: they may be waiting for something."""


class Loop(NamedTuple):
    """A pattern of calls that the model keeps making.

    Attributes:
        severity: tell the model, have it answer without tools, or stop.
        names: of the tools.
        times: how often the whole pattern was made.
    """

    severity: Severity
    names: tuple[str, ...]
    times: int


class _Turn(NamedTuple):
    """What one answer called, and what came back; compared as it stands."""

    calls: tuple[tuple[str, bytes], ...]
    results: tuple[str, ...]


def loop_of(messages: Sequence[BaseMessage], recovery: Recovery, polling: Collection[str] = ()) -> Loop | None:
    """Return the loop in which the history ends, if it has gone on for too long.

    A pattern is one answer's calls, or those of two or three answers in turn, with the same arguments each time. What
    counts is how often it came in a row since the user last spoke.

    Args:
        messages: that end with the results of the last calls.
        recovery: says what is too long.
        polling: names of tools that may be asked again and again; an answer that calls one is part of no loop.

    Example:
        >>> call = {"name": "f", "args": {}, "id": "c1"}
        >>> turn = [AIMessage("", tool_calls=[call]), ToolMessage("x", tool_call_id="c1")]
        >>> from clovax_agents.recovering import Recovery
        >>> loop_of(turn * 3, Recovery())
        Loop(severity='note', names=('f',), times=3)
    """
    least = min(filter(None, (recovery.note_at, recovery.stop_at)), default=None)
    if least is None or _answers(messages) < least:
        return None
    turns = _turns(messages, polling)
    for period in range(1, min(_LONGEST, len(turns) // least) + 1):
        same = _repeats([turn.calls for turn in turns], period)
        strict = _repeats(turns, period)
        if (severity := _severity(strict, same, recovery)) is not None:
            names = dict.fromkeys(name for turn in reversed(turns[:period]) for name, _ in turn.calls)
            return Loop(severity, tuple(names), same)
    return None


def _severity(strict: int, same: int, recovery: Recovery) -> Severity | None:
    """Judge by how often calls were the same, and how often their results were, too."""

    def reached(limit: int, before: int = 0) -> bool:
        return strict >= limit - before or same >= limit * _MILD - before

    if recovery.stop_at is not None:
        if reached(recovery.stop_at):
            return "stop"
        if reached(recovery.stop_at, before=1):
            return "no_tools"
    return "note" if recovery.note_at is not None and reached(recovery.note_at) else None


def _repeats(turns: Sequence[object], period: int) -> int:
    """Return how often the last turns, as many as a period has, came in a row; 1 for once."""
    pairs = zip(turns, turns[period:], strict=False)
    return (sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)) + period) // period


def _answers(messages: Sequence[BaseMessage]) -> int:
    """Return how often the model has answered since the user last spoke: as a rule too seldom to look any closer."""
    answers = 0
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            continue
        if isinstance(message, HumanMessage):
            break
        answers += isinstance(message, AIMessage)
    return answers


def _turns(messages: Sequence[BaseMessage], polling: Collection[str]) -> list[_Turn]:
    """Return the turns at the end that may be part of a loop, the last one first."""
    turns: list[_Turn] = []
    results: list[str] = []
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, ToolMessage):
            results.append(message.text)
        elif isinstance(message, AIMessage):
            calls = _calls(message, polling)
            if calls is None:
                break
            turns.append(_Turn(calls, tuple(sorted(results))))
            results = []
    return turns


def _calls(message: AIMessage, polling: Collection[str]) -> tuple[tuple[str, bytes], ...] | None:
    """Return what an answer calls, in an order of our own; None if it calls nothing, or somebody may ask again."""
    if not message.tool_calls or any(call["name"] in polling for call in message.tool_calls):
        return None
    try:
        made = [(call["name"], canonical(call["args"])) for call in message.tool_calls]
    except InvalidArgumentsError:
        return None
    made += [(call["name"] or "", (call["args"] or "").encode(errors="replace")) for call in message.invalid_tool_calls]
    return tuple(sorted(made))
