"""Messages redacted on their way to somebody who may see less than the agent: streamed text and arguments of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import AIMessage, AIMessageChunk

from clovax_agents.guards.redacting import stream_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.messages import BaseMessage

    from clovax_agents.guards.redacting import Redact, TextStream

__all__ = ["MessageRedactor"]

_STREAMED: Final = frozenset({"text", "reasoning", "args"})
"""What of a content block comes in pieces."""


class MessageRedactor:
    """Makes of each message of a run one that may be shown; the run itself keeps its own. Of one run, and one reader.

    Text, thinking and arguments of tool calls are redacted, those of streamed chunks together with the chunks around
    them: what could still become a number waits for the next chunk of its message, at most until the last one.

    Args:
        redact: what makes of a text what may be seen, such as `KoreanPII`.

    Example:
        >>> from clovax_agents.guards.pii import KoreanPII
        >>> show = MessageRedactor(KoreanPII())
        >>> show(AIMessage("010-1234-5678로 보냈습니다.")).content
        '[전화번호]로 보냈습니다.'
    """

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._open: dict[tuple[Any, ...], TextStream] = {}

    def __call__(self, message: BaseMessage) -> BaseMessage:
        """Return what may be shown of a message, or of a chunk of one."""
        if isinstance(message, AIMessageChunk):
            return self._chunk(message)
        update: dict[str, Any] = {"content": self._whole(message.content)}
        if isinstance(message, AIMessage):
            update |= self._calls(message)
        if hasattr(message, "artifact"):
            update["artifact"] = None  # nobody knows what it holds
        return message.model_copy(update=update)

    def _calls(self, message: AIMessage) -> dict[str, Any]:
        parts = ("tool_calls", "invalid_tool_calls", "additional_kwargs")
        return {name: self._whole(getattr(message, name)) for name in parts}

    def _chunk(self, chunk: AIMessageChunk) -> AIMessageChunk:
        is_last = chunk.chunk_position == "last"
        update = self._calls(chunk)
        update["content"] = self._content(chunk)
        if thinking := chunk.additional_kwargs.get("thinking_content"):
            update["additional_kwargs"]["thinking_content"] = self._piece((chunk.id, "thinking"), thinking)
        update["tool_call_chunks"] = [
            {**call, "args": self._piece((chunk.id, "call", call["index"]), call["args"] or "")}
            for call in chunk.tool_call_chunks
        ]
        # What LangChain guesses of half a call, it guesses of half a number.
        update["tool_calls"] = update["tool_calls"] if is_last else []
        update["invalid_tool_calls"] = update["invalid_tool_calls"] if is_last else []
        if is_last:
            self._close(chunk.id, update)
        return chunk.model_copy(update=update)

    def _content(self, chunk: AIMessageChunk) -> Any:
        """Redact a piece of a text, or of several in blocks, each by its index."""
        if isinstance(chunk.content, str):
            return self._piece((chunk.id, "text"), chunk.content)
        return [self._block(chunk.id, block) for block in chunk.content]

    def _block(self, message: str | None, block: Any) -> Any:
        if isinstance(block, str):
            return self._piece((message, "text"), block)
        shown = self._whole(block)
        for name in _STREAMED & set(block):
            if isinstance(block[name], str):
                key = (message, "block", block.get("type"), name, block.get("index"))
                shown[name] = self._piece(key, block[name])
        return shown

    def _close(self, message: str | None, update: dict[str, Any]) -> None:
        """Add what was held back of a message to its last chunk."""
        for key in [key for key in self._open if key[0] == message]:
            if rest := self._open.pop(key).finish():
                _add(update, key[1:], rest)

    def _piece(self, key: tuple[Any, ...], text: str) -> str:
        if key not in self._open:
            self._open[key] = stream_of(self._redact)
        return self._open[key].feed(text)

    def _whole(self, value: Any) -> Any:
        """Redact the texts in a value of JSON's types; names, under which they stand, stay."""
        if isinstance(value, str):
            return self._redact(value)
        if isinstance(value, list):
            return [self._whole(item) for item in cast("Iterable[Any]", value)]
        if isinstance(value, dict):
            kept = {"id", "type", "name"}
            parts = cast("dict[str, Any]", value)
            return {name: part if name in kept else self._whole(part) for name, part in parts.items()}
        if isinstance(value, int) and not isinstance(value, bool):
            shown = self._redact(str(value))
            return value if shown == str(value) else shown
        return value


def _add(update: dict[str, Any], key: tuple[Any, ...], rest: str) -> None:
    """Add a text to the part of a chunk that it belongs to."""
    content, extras = update["content"], update["additional_kwargs"]
    if key[0] == "thinking":
        extras["thinking_content"] = extras.get("thinking_content", "") + rest
    elif key[0] == "call":
        piece = {"name": None, "args": rest, "id": None, "index": key[1], "type": "tool_call_chunk"}
        update["tool_call_chunks"].append(piece)
    elif isinstance(content, str):
        update["content"] = content + rest
    elif key[0] == "block":
        content.append({"type": key[1], key[2]: rest, "index": key[3]})
    else:
        content.append(rest)
