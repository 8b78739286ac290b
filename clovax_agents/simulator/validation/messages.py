"""The conversation: roles, content, tool calls and their answers (docs/wire.md, sections 2.2, 2.5 and 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.protocol import Message, ToolCall
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object, loads_object
from clovax_agents.simulator.refusals import SimulatedError, invalid, unsupported
from clovax_agents.simulator.validation.images import check_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.capabilities import ModelCard

__all__ = ["check_history", "read_messages"]

_FIELDS: Final = {
    "system": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls"},
    "tool": {"role", "content", "name", "tool_call_id"},
}


def read_messages(value: object, card: ModelCard, *, strict: bool) -> tuple[Message, ...]:
    """Read the messages one by one.

    Raises:
        SimulatedError: 40001 naming the place, 40002 for a field that messages do not have (strict), 40004 if there
            is no text at all.
    """
    items = as_array(value)
    if not items:
        raise invalid("messages")
    messages = tuple(_read_message(item, f"messages[{i}]", card, strict=strict) for i, item in enumerate(items))
    if sum(message.role == "system" for message in messages) > 1:
        raise invalid("messages")
    if not any(message.text.strip() or message.images or message.tool_calls for message in messages):
        raise SimulatedError(400, "40004", "Text empty")
    return messages


def check_history(messages: Iterable[Message], *, strict: bool) -> None:
    """Check that tool messages answer calls, once each, and (strict) that no call stays unanswered.

    Whether the service insists on the second is unconfirmed (docs/wire.md, section 11, U12).
    """
    known: set[str] = set()
    open_calls: set[str] = set()
    for i, message in enumerate(messages):
        if message.role == "tool":
            _answer(message.tool_call_id or "", f"messages[{i}].tool_call_id", known, open_calls)
            continue
        if open_calls and strict:
            raise invalid(f"messages[{i}]", "tool_calls")
        open_calls = {call.id or "" for call in message.tool_calls}
        known |= open_calls
    if open_calls and strict:
        raise invalid("messages", "tool_calls")


def _answer(call_id: str, place: str, known: set[str], open_calls: set[str]) -> None:
    if call_id not in known or call_id not in open_calls:
        raise invalid(place)
    open_calls.discard(call_id)


def _read_message(value: object, place: str, card: ModelCard, *, strict: bool) -> Message:
    item = as_object(value)
    role = (item or {}).get("role")
    if item is None or not isinstance(role, str) or role not in _FIELDS or (role == "tool" and not card.tools):
        raise invalid(f"{place}.role" if item is not None else place)
    _check_fields(item, role, place, strict=strict)
    text, images = _read_content(item.get("content"), f"{place}.content", role, card)
    return Message(
        role,
        text,
        images,
        _read_calls(item.get("tool_calls"), f"{place}.tool_calls", card, strict=strict) if role == "assistant" else (),
        _read_name(item.get("tool_call_id"), f"{place}.tool_call_id") if role == "tool" else None,
        _read_name(item["name"], f"{place}.name") if item.get("name") is not None else None,
    )


def _check_fields(item: JsonObject, role: str, place: str, *, strict: bool) -> None:
    for name, value in item.items():
        if strict and name not in _FIELDS[role] and value is not None:
            raise unsupported(f"{place}.{name}")


def _read_name(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise invalid(place)
    return value


def _read_content(value: object, place: str, role: str, card: ModelCard) -> tuple[str, int]:
    """Return the text and the number of images; null, the empty list and unknown parts are refused."""
    if isinstance(value, str):
        return value, 0
    parts = as_array(value)
    if not parts:
        raise invalid(place)
    read = [_read_part(part, f"{place}[{i}]", role, card) for i, part in enumerate(parts)]
    return "\n".join(text for text in read if text is not None), sum(text is None for text in read)


def _read_part(value: object, place: str, role: str, card: ModelCard) -> str | None:
    """Return the text of a part, None for an image."""
    part = as_object(value) or {}
    text = part.get("text")
    if part.get("type") == "text" and isinstance(text, str):
        return text
    if part.get("type") != "image_url":
        raise invalid(place)
    if not card.images:
        raise SimulatedError(400, "40009", "Unsupported input format")
    if role != "user":
        raise invalid(place)
    check_image(part, place)
    return None


def _read_calls(value: object, place: str, card: ModelCard, *, strict: bool) -> tuple[ToolCall, ...]:
    if value is None:
        return ()
    items = as_array(value)
    if not items or not card.tools:
        raise invalid(place)
    calls = tuple(_read_call(item, f"{place}[{i}]", strict=strict) for i, item in enumerate(items))
    if len({call.id for call in calls}) != len(calls):
        raise invalid(f"{place}.id")
    return calls


def _read_call(value: object, place: str, *, strict: bool) -> ToolCall:
    item = as_object(value) or {}
    function = as_object(item.get("function"))
    if function is None or item.get("type", "function") != "function":
        raise invalid(place)
    arguments = function.get("arguments")
    if not isinstance(arguments, str) or (strict and loads_object(arguments) is None):
        raise invalid(f"{place}.function.arguments")
    name = _read_name(function.get("name"), f"{place}.function.name")
    return ToolCall(name, arguments, _read_name(item.get("id"), f"{place}.id"))
