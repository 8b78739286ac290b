"""What a tool returned, as a message for the model: text that is JSON, of a bounded length (faults T09, T10)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import ToolMessage
from langchain_core.messages.tool import ToolOutputMixin
from langchain_core.tools.base import TOOL_MESSAGE_BLOCK_TYPES
from pydantic import BaseModel

from clovax_agents.errors import ToolOutputError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import clean, redacted
from clovax_agents.tokens import size_of_text
from clovax_agents.unvalidated import maker

if TYPE_CHECKING:
    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["MAX_CHARACTERS", "MAX_RESULT_BYTES", "cut", "shape"]

MAX_RESULT_BYTES: Final = 64 * 1024
"""Of text that the model reads, where the policy names no tokens."""
MAX_CHARACTERS: Final = 4 * 1024 * 1024
"""Of text that is kept beside it as the artifact, for who wants the whole."""
MAX_DEPTH: Final = 64
_message: Final = maker(ToolMessage, content="", tool_call_id="", name="", artifact=None, status="success")
_ASCII_TOKEN: Final = 0.2
_WIDE_TOKEN: Final = 0.48
_ENOUGH: Final = "[... cut here ...]"


def shape(value: Any, *, call_id: str, name: str, policy: ToolPolicy, has_artifact: bool = False) -> Any:
    """Return the message; messages and Commands that the tool made itself are returned as they are.

    Over the limit, head and tail of the text are kept, and the whole of it goes into the artifact, unless the tool
    gave one of its own.

    Args:
        value: that the tool returned; with ``has_artifact`` a pair of content and artifact.
        call_id: of the call that is answered.
        name: of the tool.
        policy: that says how long the text may be, and what is taken out of it.
        has_artifact: the tool's ``response_format`` is ``"content_and_artifact"``.

    Raises:
        ToolOutputError: the value cannot be told in a text.
    """
    artifact = None
    if has_artifact:
        value, artifact = _pair(value)
    if isinstance(value, ToolMessage):
        return _capped(value, policy)
    if _is_made(value):
        return value
    content = value if isinstance(value, str) else _blocks(value)
    if content is None:
        content = _as_text(value)
    if isinstance(content, str):
        text = redacted(clean(content[:MAX_CHARACTERS]), policy.redact)
        content = cut(text, policy.max_result_tokens)
        if artifact is None and content is not text:
            artifact = text
    else:
        content = [_cleaned(block, policy) for block in content]
    return _message(content=content, artifact=artifact, tool_call_id=call_id, name=name)


def _capped(message: ToolMessage, policy: ToolPolicy) -> ToolMessage:
    """Hold a message that the tool made itself to the same limits."""
    whole = message.content
    if isinstance(whole, str):
        text = redacted(clean(whole[:MAX_CHARACTERS]), policy.redact)
        content: Any = cut(text, policy.max_result_tokens)
        artifact = text if message.artifact is None and content is not text else message.artifact
    else:
        content, artifact = [_cleaned(block, policy) for block in whole], message.artifact
    return message if content == whole else message.model_copy(update={"content": content, "artifact": artifact})


def cut(text: str, tokens: int | None) -> str:
    """Return a text of so many tokens, or of 64 KiB: its beginning and its end, and between them what is missing.

    Example:
        >>> cut("가" * 1000, 100).count("가")
        208
    """
    keep = _fitting(text, tokens)
    if keep >= len(text):
        return text
    head = keep * 3 // 4
    tail = keep - head
    missing = len(text) - keep
    mark = f"\n[... {missing:,} characters left out; the whole result is in the artifact ...]\n"
    return text[:head] + mark + (text[-tail:] if tail else "")


def _fitting(text: str, tokens: int | None) -> int:
    """Return how many characters of such a text fit."""
    if len(text) * 4 <= MAX_RESULT_BYTES and tokens is None:
        return len(text)
    size = size_of_text(text)
    if tokens is None:
        bytes_each = (size.narrow + 3 * size.wide) / max(len(text), 1)
        return len(text) if bytes_each * len(text) <= MAX_RESULT_BYTES else int(MAX_RESULT_BYTES / bytes_each)
    needed = _ASCII_TOKEN * size.narrow + _WIDE_TOKEN * size.wide
    return len(text) if needed <= tokens else int(len(text) * tokens / needed)


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, tuple):
        parts = [*cast("Iterable[Any]", value)]
        if len(parts) == 2:  # noqa: PLR2004
            return parts[0], parts[1]
    raise ToolOutputError("it is declared to return a pair of content and artifact, and returned something else")


def _is_made(value: Any) -> bool:
    if isinstance(value, ToolOutputMixin):
        return True
    return all(isinstance(item, ToolOutputMixin) for item in items) if (items := as_list(value)) else False


def _blocks(value: Any) -> list[Any] | None:
    """Return content blocks as LangChain has them; None if it is something else."""
    if not isinstance(value, list | tuple):
        return None
    items = cast("list[Any]", value)
    return list(items) if items and all(map(_is_block, items)) else None


def _is_block(item: Any) -> bool:
    block = as_dict(item)
    return block is not None and block.get("type") in TOOL_MESSAGE_BLOCK_TYPES


def _cleaned(block: Any, policy: ToolPolicy) -> Any:
    if isinstance(block, str):
        return cut(redacted(clean(block), policy.redact), policy.max_result_tokens)
    if isinstance(block.get("text"), str):
        text = cut(redacted(clean(block["text"]), policy.redact), policy.max_result_tokens)
        return {**block, "text": text}
    return block


def _as_text(value: Any) -> str:
    """Write a value as JSON, so that Korean stays readable; what has no JSON, as Python writes it."""
    try:
        plain = _plain(value, _Writing())
        return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    except ToolOutputError:
        raise
    except Exception as error:  # noqa: BLE001  # its own methods are called, and may do anything
        raise ToolOutputError(
            f"what it returned cannot be written as text ({type(error).__name__}); return a str or a dict"
        ) from None


@dataclass(slots=True)
class _Writing:
    """How much of a value may still be written, and which containers it is inside of."""

    left: int = MAX_CHARACTERS
    above: set[int] = field(default_factory=set[int])

    def take(self, text: str) -> str:
        """Return what of a text there is room for."""
        taken = text if len(text) <= self.left else text[: max(self.left, 0)] + _ENOUGH
        self.left -= len(taken) + 2
        return taken


def _plain(value: Any, writing: _Writing) -> Any:
    """Return a value of JSON's own types; what is endless is cut, what goes in circles refused."""
    if isinstance(value, str):
        return writing.take(value)
    if value is None or isinstance(value, bool | int):
        writing.left -= 8
        return value
    if isinstance(value, float):
        writing.left -= 8
        return value if value - value == 0 else str(value)
    if len(writing.above) > MAX_DEPTH:
        raise ToolOutputError(f"what it returned is nested deeper than {MAX_DEPTH} levels")
    if id(value) in writing.above:
        raise ToolOutputError("what it returned contains itself")
    writing.above.add(id(value))
    try:
        return _container(value, writing)
    finally:
        writing.above.discard(id(value))


def _container(value: Any, writing: _Writing) -> Any:
    if isinstance(value, Mapping):
        pairs = cast("Iterable[tuple[Any, Any]]", cast("Any", value).items())
        return {_key(key): _plain(item, writing) for key, item in _some(pairs, writing)}
    if isinstance(value, list | tuple | set | frozenset | Iterator):
        items = [_plain(item, writing) for item in _some(cast("Iterable[Any]", value), writing)]
        return [*items, _ENOUGH] if writing.left <= 0 else items
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"), writing)
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name), writing) for part in fields(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return writing.take(bytes(cast("bytes", value)[: max(writing.left, 0)]).decode("utf-8", "replace"))
    return writing.take(str(value))


def _some(items: Iterable[Any], writing: _Writing) -> Iterator[Any]:
    """Give out items as long as there is room for them."""
    for item in items:
        if writing.left <= 0:
            return
        writing.left -= 2
        yield item


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(key)
