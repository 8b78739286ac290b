"""Histories made valid before a model sees them: every call has one answer, right behind it (promise 4, fault G05)."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from clovax_agents.execution.call_ids import ids_in_order, with_unique_ids
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["repair_history"]

_NO_ANSWER: Final = (
    "no result of this call is on record: the run was stopped or broke off. It may have taken effect or not, so do not "
    "assume either"
)
_CANCELLED: Final = "cancelled"


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
    turns = {position: _Turn.of(message) for position, message in enumerate(messages) if isinstance(message, AIMessage)}
    _answer(messages, turns)
    repaired: list[BaseMessage] = []
    for position, message in enumerate(messages):
        if position in turns:
            repaired += turns[position].messages()
        elif not isinstance(message, ToolMessage):
            repaired.append(message)
    return repaired


def _is_valid(messages: Sequence[BaseMessage]) -> bool:
    """Whether nothing has to be done: one look at each message."""
    expected: list[str] = []
    for message in messages:
        kind = _kind_of(cast("Any", type(message)))  # mypy takes no class for hashable
        if kind is ToolMessage:
            if not expected or expected.pop() != cast("ToolMessage", message).tool_call_id:
                return False
        elif expected:
            return False
        elif kind is AIMessage:
            asked = cast("AIMessage", message)
            if asked.tool_calls or asked.invalid_tool_calls:
                expected = _expected(asked)
                if not expected:
                    return False
    return not expected


def _expected(message: AIMessage) -> list[str]:
    """Return the ids under which the calls of a message have to be answered, the last one first.

    Nothing if they need other ids.
    """
    if len(message.tool_calls) == 1 and not message.invalid_tool_calls:
        key = message.tool_calls[0]["id"]  # most messages have one call, and a history has many of them
        return [key] if key else []
    return ids_in_order(message)[::-1] if with_unique_ids(message) is message else []


@lru_cache
def _kind_of(kind: type[BaseMessage]) -> type[BaseMessage]:
    """Return what a class of messages is to a history: to ask each message itself takes the longest part of a look."""
    return next((known for known in (ToolMessage, AIMessage) if issubclass(kind, known)), BaseMessage)


@dataclass(slots=True)
class _Turn:
    """An AI message whose calls wait for their answers.

    Attributes:
        message: with an id for each call.
        places: the calls' ids in call order, by the id under which they may have been answered.
        found: the answers, by the calls' ids.
    """

    message: AIMessage
    places: dict[str, list[str]]
    found: dict[str, ToolMessage]

    @classmethod
    def of(cls, message: AIMessage) -> _Turn:
        """Read a message; calls that had one id are answered under it, in their order."""
        unique = with_unique_ids(message)
        calls = [*unique.tool_calls, *unique.invalid_tool_calls]
        given = [*message.tool_calls, *message.invalid_tool_calls]
        before = {new["id"]: old["id"] or "" for new, old in zip(calls, given, strict=True)}
        places: dict[str, list[str]] = {}
        for key in ids_in_order(unique):
            for name in {before[key], key}:
                places.setdefault(name, []).append(key)
        return cls(unique, places, {})

    def take(self, answer: ToolMessage) -> None:
        """Keep an answer if its call has none yet, or only one of ours."""
        keys = self.places[answer.tool_call_id]
        free = (key for key in keys if key not in self.found)
        ours = (key for key in keys if key in self.found and _is_ours(self.found[key]) and not _is_ours(answer))
        key = next(free, None) or next(ours, None)
        if key is not None:
            same = key == answer.tool_call_id
            self.found[key] = answer if same else answer.model_copy(update={"tool_call_id": key})

    def messages(self) -> list[BaseMessage]:
        """Return the message and one answer to each of its calls."""
        names = {call["id"]: call["name"] for call in (*self.message.tool_calls, *self.message.invalid_tool_calls)}
        return [
            self.message,
            *(self.found.get(key) or _missing(key, names[key]) for key in ids_in_order(self.message)),
        ]


def _answer(messages: Sequence[BaseMessage], turns: dict[int, _Turn]) -> None:
    """Give each answer to the nearest turn before it that asked for it; if there is none, to the first behind it."""
    asked: dict[str, list[int]] = {}
    for position, turn in turns.items():
        for key in turn.places:
            asked.setdefault(key, []).append(position)
    for position, message in enumerate(messages):
        if isinstance(message, ToolMessage) and (asking := asked.get(message.tool_call_id)):
            turns[asking[max(bisect_left(asking, position) - 1, 0)]].take(message)


def _missing(key: str, name: str | None) -> ToolMessage:
    metadata = {"outcome": _CANCELLED}
    text = say("Error: {text}", text=say(_NO_ANSWER))
    return ToolMessage(text, tool_call_id=key, name=name, status="error", response_metadata=metadata)


def _is_ours(answer: ToolMessage) -> bool:
    return answer.response_metadata.get("outcome") == _CANCELLED
