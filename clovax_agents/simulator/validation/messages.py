"""The conversation: roles, content, tool calls and their answers (docs/wire.md, sections 2.2, 2.5, 2.7 and 3.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from clovax_agents.simulator.brains.protocol import Message, ToolCall
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object, loads_object
from clovax_agents.simulator.refusals import SimulatedError, invalid, unsupported, unsupported_input
from clovax_agents.simulator.validation.images import ImageRules, check_compat_image, check_native_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["NATIVE", "OPENAI", "V1", "MessageReader", "MessageStyle", "check_history"]


class _ImageCheck(Protocol):
    def __call__(self, part: JsonObject, place: str, *, rules: ImageRules) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStyle:
    """How an API writes messages.

    Attributes:
        calls: field of an assistant message with its tool calls.
        call_id: field of a tool message with the id that it answers.
        text_arguments: arguments are JSON text, not an object.
        parts: content may be a list of parts.
        result_parts: so may the content of a tool message.
        check_image: of one image part.
        fields: of a message by role; None lets others pass unread.
    """

    calls: str = "toolCalls"
    call_id: str = "toolCallId"
    text_arguments: bool = False
    parts: bool = True
    result_parts: bool = False
    check_image: _ImageCheck = check_native_image
    fields: Mapping[str, frozenset[str]] | None = None


NATIVE = MessageStyle()
V1 = MessageStyle(parts=False)
_COMMON = frozenset({"role", "content", "name"})
OPENAI = MessageStyle(
    calls="tool_calls",
    call_id="tool_call_id",
    text_arguments=True,
    result_parts=True,
    check_image=check_compat_image,
    fields={
        "system": _COMMON,
        "user": _COMMON,
        "assistant": _COMMON | {"tool_calls"},
        "tool": _COMMON | {"tool_call_id"},
    },
)


def check_history(messages: Iterable[Message], style: MessageStyle, *, strict: bool) -> None:
    """Check that tool messages answer calls, once each, and (strict) that no call stays unanswered.

    Whether the service insists on the second is unconfirmed (docs/wire.md, section 11, U12).
    """
    known: set[str] = set()
    open_calls: set[str] = set()
    for i, message in enumerate(messages):
        if message.role == "tool":
            _answer(message.tool_call_id or "", f"messages[{i}].{style.call_id}", known, open_calls)
            continue
        if open_calls and strict:
            raise invalid(f"messages[{i}]", style.calls)
        open_calls = {call.id or "" for call in message.tool_calls}
        known |= open_calls
    if open_calls and strict:
        raise invalid("messages", style.calls)


def _answer(call_id: str, place: str, known: set[str], open_calls: set[str]) -> None:
    if call_id not in known or call_id not in open_calls:
        raise invalid(place)
    open_calls.discard(call_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReader:
    """Reads the messages of one request.

    Attributes:
        style: of the API.
        tools: whether tool calls and their results may be there.
        images: whether the model can see.
        text_only: the request uses a feature that takes no lists of parts.
        strict: refuse fields that messages do not have, and arguments in the history that are no JSON object.
        found: the image parts, with their places; they are checked later than everything else.
    """

    style: MessageStyle
    tools: bool
    images: bool
    text_only: bool = False
    strict: bool = True
    found: list[tuple[JsonObject, str]] = field(default_factory=list[tuple[JsonObject, str]])

    def read(self, value: object) -> tuple[Message, ...]:
        """Read the messages one by one.

        Raises:
            SimulatedError: 40001 naming the place, 40002 for a field that messages do not have (strict), 40004 if
                there is no text at all.
        """
        items = as_array(value)
        if not items:
            raise invalid("messages")
        messages = tuple(self._message(item, f"messages[{i}]") for i, item in enumerate(items))
        if sum(message.role == "system" for message in messages) > 1:
            raise invalid("messages")
        if not any(message.text.strip() or message.images or message.tool_calls for message in messages):
            raise SimulatedError(400, "40004", "Text empty")
        return messages

    def _message(self, value: object, place: str) -> Message:
        item = as_object(value)
        if item is None:
            raise invalid(place)
        role = self._role(item, place)
        text, images = self._content(item.get("content"), f"{place}.content", role)
        return Message(
            role,
            text,
            images,
            self._calls(item.get(self.style.calls), f"{place}.{self.style.calls}") if role == "assistant" else (),
            _name(item.get(self.style.call_id), f"{place}.{self.style.call_id}") if role == "tool" else None,
            _name(item["name"], f"{place}.name") if item.get("name") is not None else None,
        )

    def _role(self, item: JsonObject, place: str) -> str:
        role = item.get("role")
        roles = ("system", "user", "assistant", "tool") if self.tools else ("system", "user", "assistant")
        if not isinstance(role, str) or role not in roles:
            raise invalid(f"{place}.role")
        if item.get("thinkingContent") is not None:
            raise invalid(f"{place}.thinkingContent")
        if self.strict and self.style.fields is not None:
            for name, value in item.items():
                if name not in self.style.fields[role] and value is not None:
                    raise unsupported(f"{place}.{name}")
        return role

    def _content(self, value: object, place: str, role: str) -> tuple[str, int]:
        """Return the text and the number of images; null, the empty list and unknown parts are refused."""
        if isinstance(value, str):
            return value, 0
        parts = as_array(value)
        allowed = self.style.result_parts if role == "tool" else self.style.parts
        if not parts or not allowed or self.text_only:
            raise invalid(place)
        read = [self._part(part, f"{place}[{i}]", role) for i, part in enumerate(parts)]
        return "\n".join(text for text in read if text is not None), sum(text is None for text in read)

    def _part(self, value: object, place: str, role: str) -> str | None:
        """Return the text of a part, None for an image."""
        part = as_object(value) or {}
        text = part.get("text")
        if part.get("type") == "text" and isinstance(text, str):
            return text
        if part.get("type") != "image_url":
            raise invalid(place)
        if not self.images:
            raise unsupported_input()
        if role != "user":
            raise invalid(place)
        self.found.append((part, place))
        return None

    def _calls(self, value: object, place: str) -> tuple[ToolCall, ...]:
        items = as_array(value)
        if value is None or (items == [] and not self.style.text_arguments):
            return ()
        if not items or not self.tools:
            raise invalid(place)
        calls = tuple(self._call(item, f"{place}[{i}]") for i, item in enumerate(items))
        if len({call.id for call in calls}) != len(calls):
            raise invalid(f"{place}.id")
        return calls

    def _call(self, value: object, place: str) -> ToolCall:
        item = as_object(value) or {}
        function = as_object(item.get("function"))
        if function is None or item.get("type", "function") != "function":
            raise invalid(place)
        arguments = self._arguments(function.get("arguments"), f"{place}.function.arguments")
        name = _name(function.get("name"), f"{place}.function.name")
        return ToolCall(name, arguments, _name(item.get("id"), f"{place}.id"))

    def _arguments(self, value: object, place: str) -> JsonObject | str:
        if not self.style.text_arguments:
            fields = as_object(value)
            if fields is None:
                raise invalid(place)
            return fields
        if not isinstance(value, str) or (self.strict and loads_object(value) is None):
            raise invalid(place)
        return value


def _name(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise invalid(place)
    return value
