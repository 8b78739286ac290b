"""Which calls of a history are still to be answered, and which of them may run: pure (promises 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.wire.arguments import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.messages import AnyMessage, BaseMessage

__all__ = ["TurnCall", "is_cut_off", "last_turn", "open_calls"]

_CUT: Final = frozenset({"length", "max_tokens"})
CUT_OFF: Final = (
    "your answer was cut off before this call was complete, so nothing was run: make the call again, with less text"
)


@dataclass(frozen=True, slots=True)
class TurnCall:
    """One tool call: with arguments that may run, or with the problem that keeps it from running."""

    id: str
    name: str
    arguments: dict[str, Any]
    problem: str | None = None


def last_turn(messages: Sequence[AnyMessage | BaseMessage]) -> tuple[AIMessage | None, list[ToolMessage]]:
    """Return the last AI message and the tool messages behind it."""
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, AIMessage):
            return message, [answer for answer in messages[index + 1 :] if isinstance(answer, ToolMessage)]
    return None, []


def open_calls(messages: Sequence[AnyMessage | BaseMessage]) -> list[TurnCall]:
    """Return the calls of the last AI message that nothing answers yet, in the order they were written."""
    message, answers = last_turn(messages)
    answered = {answer.tool_call_id for answer in answers}
    return [] if message is None else [call for call in _calls(message) if call.id not in answered]


def is_cut_off(message: AIMessage) -> bool:
    """Whether the model ran out of tokens in the middle of this message."""
    return message.response_metadata.get("finish_reason") in _CUT


def _calls(message: AIMessage) -> list[TurnCall]:
    raw: list[dict[str, Any]] = message.additional_kwargs.get("tool_calls") or []
    strings = {entry.get("id"): str(entry["function"]["arguments"]) for entry in raw}
    calls = list(_read(message, strings))
    order = {entry.get("id"): position for position, entry in enumerate(raw)}
    return sorted(calls, key=lambda call: order.get(call.id, len(order)))


def _read(message: AIMessage, strings: dict[str | None, str]) -> Iterator[TurnCall]:
    """Read every call; where the raw string was kept, it decides, and not what anybody made of it."""
    cut = CUT_OFF if is_cut_off(message) else None
    for call in message.tool_calls:
        arguments, problem = call["args"], cut
        if (raw := strings.get(call["id"])) is not None:
            arguments, flaw = _parse(raw)
            problem = cut or flaw
        yield TurnCall(call["id"] or "", call["name"], {} if problem else arguments, problem)
    for broken in message.invalid_tool_calls:
        _, flaw = _parse(broken["args"] or "")
        yield TurnCall(broken["id"] or "", broken["name"] or "unknown", {}, cut or flaw or broken["error"] or CUT_OFF)


def _parse(raw: str) -> tuple[dict[str, Any], str | None]:
    try:
        return parse_arguments(raw), None
    except InvalidArgumentsError as error:
        return {}, str(error)
