"""Histories made valid before a model sees them: every call has one answer, right behind it (promise 4, fault G05)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents.execution.calls import calls_of, with_unique_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.execution.calls import TurnCall

__all__ = ["repair_history"]

_NO_ANSWER: Final = (
    "Error: no result of this call is on record: the run was stopped or broke off. It may have taken effect or not, so "
    "do not assume either"
)


def repair_history(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the history as a service takes it; the same messages where nothing is wrong.

    Turn by turn, since ids may repeat between turns: each call of an AI message is answered once, directly behind it
    and in call order. An answer that stands elsewhere is moved there, a second one dropped, a missing one put in; an
    answer to no call is dropped. Repairing twice changes nothing more, and the input is never changed.

    Args:
        messages: in any order that a crash, a cancellation or a hand could leave.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> call = {"name": "f", "args": {}, "id": "c1"}
        >>> [m.type for m in repair_history([AIMessage("", tool_calls=[call]), HumanMessage("다음")])]
        ['ai', 'tool', 'human']
    """
    if _is_valid(messages):
        return list(messages)
    answers = _answers(messages)
    repaired: list[BaseMessage] = []
    for position, message in enumerate(messages):
        if isinstance(message, ToolMessage):
            continue
        if not isinstance(message, AIMessage):
            repaired.append(message)
            continue
        unique = with_unique_ids(message)
        repaired.append(unique)
        repaired.extend(answers[position])
    return repaired


def _is_valid(messages: Sequence[BaseMessage]) -> bool:
    """Whether nothing has to be done: one look at each message."""
    expected: deque[str] = deque()
    for message in messages:
        if isinstance(message, ToolMessage):
            if not expected or expected.popleft() != message.tool_call_id:
                return False
        elif expected:
            return False
        elif isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
            if with_unique_ids(message) is not message:
                return False
            expected.extend(call.id for call in calls_of(message))
    return not expected


def _answers(messages: Sequence[BaseMessage]) -> dict[int, list[ToolMessage]]:
    """Return for each AI message the answers to its calls, in call order."""
    calls = {position: calls_of(message) for position, message in enumerate(messages) if isinstance(message, AIMessage)}
    found: dict[tuple[int, str], ToolMessage] = {}
    for position, message in enumerate(messages):
        if isinstance(message, ToolMessage):
            before = [turn for turn in reversed(calls) if turn < position]
            behind = [turn for turn in calls if turn > position]
            _place(message, [*before, *behind], calls, found)
    return {
        position: [found.get((position, call.id)) or _synthetic(call) for call in made]
        for position, made in calls.items()
    }


def _place(
    message: ToolMessage,
    turns: Sequence[int],
    calls: dict[int, list[TurnCall]],
    found: dict[tuple[int, str], ToolMessage],
) -> None:
    """Give an answer to the first of these turns that asked for it, if it has none yet, or only one of ours."""
    for turn in turns:
        if not any(call.id == message.tool_call_id for call in calls[turn]):
            continue
        held = found.get((turn, message.tool_call_id))
        if held is None or (_is_synthetic(held) and not _is_synthetic(message)):
            found[turn, message.tool_call_id] = message
        return


def _synthetic(call: TurnCall) -> ToolMessage:
    metadata = {"outcome": "cancelled"}
    return ToolMessage(_NO_ANSWER, tool_call_id=call.id, name=call.name, status="error", response_metadata=metadata)


def _is_synthetic(message: ToolMessage) -> bool:
    return message.content == _NO_ANSWER
