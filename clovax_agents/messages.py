"""LangChain messages turned into the turns of a request."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from clovax_agents.errors import ConfigurationError
from clovax_agents.images import image_url
from clovax_agents.raw_calls import raw_strings
from clovax_agents.wire.neutral import Part, RawCall, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.wire.neutral import Role

__all__ = ["to_turns"]

_NOT_SENT: Final = frozenset(
    {"reasoning", "thinking", "redacted_thinking"}  # never sent back
    | {"tool_call", "tool_call_chunk", "invalid_tool_call", "tool_use"}  # sent as calls
)
_ROLES: dict[str, Role] = {"system": "system", "user": "user", "human": "user", "assistant": "assistant"}


def to_turns(messages: Sequence[BaseMessage], *, limited: bool = True) -> list[Turn]:
    """Turn a history into turns.

    The service takes one system message: several are joined into the first, with an empty line between them.
    Thinking content is never sent back (promise 12), and content is never null.

    Args:
        messages: of LangChain.
        limited: whether CLOVA Studio's limits on images hold.

    Raises:
        ConfigurationError: a message of an unknown kind, or content that the service cannot read.
    """
    turns = [_turn(message, limited=limited) for message in messages]
    if not turns:
        raise ConfigurationError("there is no message to send: give at least one user message")
    systems = [turn for turn in turns if turn.role == "system"]
    if len(systems) <= 1:
        return turns
    joined = Turn("system", "\n\n".join(_plain(turn) for turn in systems))
    return [joined, *(turn for turn in turns if turn.role != "system")]


def _turn(message: BaseMessage, *, limited: bool) -> Turn:
    if isinstance(message, HumanMessage):
        return Turn("user", _content(message, limited=limited), name=message.name)
    if isinstance(message, AIMessage):
        called = message.tool_calls or message.invalid_tool_calls
        return Turn("assistant", _text(message), calls=_calls(message) if called else ())
    if isinstance(message, ToolMessage):
        return Turn("tool", _text(message), call_id=message.tool_call_id)
    if isinstance(message, SystemMessage):
        return Turn("system", _text(message))
    if isinstance(message, ChatMessage) and message.role in _ROLES:
        return Turn(_ROLES[message.role], _content(message, limited=limited))
    raise ConfigurationError(f"a {type(message).__name__} cannot be sent: use system, user, assistant or tool messages")


def _text(message: BaseMessage) -> str:
    content = _content(message)
    if isinstance(content, str):
        return content
    raise ConfigurationError(f"only a user message can hold an image, not a {message.type} message")


def _content(message: BaseMessage, *, limited: bool = True) -> str | list[Part]:
    if isinstance(message.content, str):
        return message.content
    blocks = cast("list[str | dict[str, Any]]", message.content)
    parts = [part for block in blocks if (part := _part(block, limited=limited)) is not None]
    if any(part.image_url for part in parts):
        return parts
    return "".join(part.text or "" for part in parts)


def _part(block: str | dict[str, Any], *, limited: bool) -> Part | None:
    if isinstance(block, str):
        return Part(text=block)
    kind = block.get("type")
    if kind == "text":
        return Part(text=_text_of(block))
    if kind in {"image", "image_url", "input_image"}:
        return Part(image_url=image_url(block, limited=limited))
    if kind in _NOT_SENT:
        return None
    raise ConfigurationError(
        f"content of type {kind!r} cannot be sent: CLOVA Studio reads text and images, and no audio, video or files"
    )


def _text_of(block: dict[str, Any]) -> str:
    found = block.get("text")
    if not isinstance(found, str):
        raise ConfigurationError(f"a block of text has no text in it: {block!r}"[:200])
    return found


def _plain(turn: Turn) -> str:
    return turn.content if isinstance(turn.content, str) else "".join(part.text or "" for part in turn.content)


def _calls(message: AIMessage) -> list[RawCall]:
    """Return every call of a message, in its order: raw where the raw string was kept, and still says the same.

    A call whose arguments are broken is sent without them: the tool message behind it says what was wrong.
    """
    kept = raw_strings(message)
    broken = {call["id"] for call in message.invalid_tool_calls}
    order = list(kept)
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    calls.sort(key=lambda call: order.index(call["id"]) if call["id"] in order else len(order))
    return [
        RawCall(
            call["id"] or "",
            call["name"] or "unknown",
            "{}" if call["id"] in broken else _arguments(kept.get(call["id"]), call["args"]),
        )
        for call in calls
    ]


def _arguments(raw: object, meant: object) -> str:
    """Return arguments as the model wrote them, unless somebody has changed them since."""
    if isinstance(raw, str):
        with suppress(json.JSONDecodeError):
            if json.loads(raw) == meant:
                return raw
    return _dumps(meant)


def _dumps(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
