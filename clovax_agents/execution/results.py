"""What a tool returned, as a message for the model: text that is JSON, of a bounded length (faults T09, T10)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import ToolMessage
from langchain_core.messages.tool import ToolOutputMixin
from langchain_core.tools.base import TOOL_MESSAGE_BLOCK_TYPES
from langgraph.types import Command
from pydantic import BaseModel

from clovax_agents.errors import ToolOutputError
from clovax_agents.execution.cutting import CUT, MAX_RESULT_BYTES, beginning, cut, weight
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import clean, redacted
from clovax_agents.execution.wording import say
from clovax_agents.unvalidated import maker

if TYPE_CHECKING:
    from clovax_agents.tooling.policy import ToolPolicy

__all__ = ["MAX_CHARACTERS", "plain", "shape"]

MAX_CHARACTERS: Final = 4 * 1024 * 1024
"""Of text that is kept beside it as the artifact, for who wants the whole."""
MAX_BLOCKS: Final = 32
"""MiB of pictures and files in one result: they cannot be cut."""
MAX_DEPTH: Final = 64
_written: Final = json.JSONEncoder(ensure_ascii=False).encode
_message: Final = maker(ToolMessage, content="", tool_call_id="", name="", artifact=None, status="success")
_ROWS: Final = (list, tuple)
_LISTED: Final = (Sequence, AbstractSet, ValuesView, Iterator)


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
    if _is_made(value):
        return _limited(value, policy)
    content, whole = _held(value if isinstance(value, str) else _blocks(value) or _as_text(value), policy)
    return _message(content=content, artifact=whole if artifact is None else artifact, tool_call_id=call_id, name=name)


def _held(content: str | list[Any], policy: ToolPolicy) -> tuple[str | list[Any], str | None]:
    """Return content within the limits of the policy, and the whole of a text that had to be cut."""
    if isinstance(content, str):
        text = redacted(clean(content[:MAX_CHARACTERS]), policy.redact)
        shown = cut(text, policy.max_result_tokens)
        return shown, None if shown is text else text
    return _within(content, policy), None


def _limited(value: Any, policy: ToolPolicy) -> Any:
    """Hold messages that the tool made itself to the same limits, in Commands and lists, too."""
    if isinstance(value, ToolMessage):
        return _capped(value, policy)
    if (items := as_list(value)) is not None:
        return [_limited(item, policy) for item in items]
    command: Any = value
    update = as_dict(command.update) if isinstance(value, Command) else None
    if update is None:
        return command
    return replace(command, update={name: _limited_part(part, policy) for name, part in update.items()})


def _limited_part(part: Any, policy: ToolPolicy) -> Any:
    items = as_list(part)
    if items is None:
        return _capped(part, policy) if isinstance(part, ToolMessage) else part
    return [_capped(item, policy) if isinstance(item, ToolMessage) else item for item in items]


def _capped(message: ToolMessage, policy: ToolPolicy) -> ToolMessage:
    whole: Any = message.content
    content, artifact = _held(whole, policy)
    if content == whole:
        return message
    artifact = artifact if message.artifact is None else message.artifact
    return message.model_copy(update={"content": content, "artifact": artifact})


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, tuple):
        parts = [*cast("Iterable[Any]", value)]
        if len(parts) == 2:  # noqa: PLR2004
            return parts[0], parts[1]
    raise ToolOutputError(say("it is declared to return a pair of content and artifact, and returned something else"))


def _is_made(value: Any) -> bool:
    if isinstance(value, ToolOutputMixin):
        return True
    return all(isinstance(item, ToolOutputMixin) for item in items) if (items := as_list(value)) else False


def _blocks(value: Any) -> list[Any] | None:
    """Return content blocks as LangChain has them; None if it is something else."""
    if not isinstance(value, _ROWS):
        return None
    items = cast("list[Any]", value)
    return list(items) if items and all(map(_is_block, items)) else None


def _is_block(item: Any) -> bool:
    block = as_dict(item)
    return block is not None and block.get("type") in TOOL_MESSAGE_BLOCK_TYPES


def _within(blocks: Sequence[Any], policy: ToolPolicy) -> list[Any]:
    """Return content blocks whose texts share what one text may have; the rest has to be JSON, and not endless."""
    tokens = policy.max_result_tokens
    left = float(MAX_RESULT_BYTES if tokens is None else tokens)
    writing = _Writing(MAX_BLOCKS << 20)
    kept: list[Any] = []
    for block in blocks:
        parts = {"text": block} if isinstance(block, str) else block
        made = {name: value if name == "text" else _plain(value, writing) for name, value in parts.items()}
        if writing.left <= 0:
            raise ToolOutputError(
                say("what it returned holds more than {most} MiB of pictures or files; return less", most=MAX_BLOCKS)
            )
        if isinstance(parts.get("text"), str):
            if left <= 0:  # its mark stands behind the last text that there was room for
                continue
            text = redacted(clean(parts["text"][:MAX_CHARACTERS]), policy.redact)
            made["text"] = beginning(text, left, tokens)
            left -= max(weight(text, tokens), 1)
        kept.append(made["text"] if isinstance(block, str) else made)
    return kept


def plain(value: Any) -> Any:
    """Return a value of JSON's own types; what is lazy has been run then, as far as there is room for it.

    Raises:
        ToolOutputError: there is no such value.
    """
    return _plain(value, _Writing())


def _as_text(value: Any) -> str:
    """Write a value as JSON, so that Korean stays readable; what has no JSON, as Python writes it."""
    try:
        if type(value) is int:
            return str(value)
        made = plain(value)
        return made if isinstance(made, str) else _written(made)
    except ToolOutputError:
        raise
    except Exception as error:  # noqa: BLE001  # its own methods are called, and may do anything
        text = "what it returned cannot be written as text ({kind}); return a str or a dict"
        raise ToolOutputError(say(text, kind=type(error).__name__)) from None


@dataclass(slots=True)
class _Writing:
    """How much of a value may still be written, and which containers it is inside of."""

    left: int = MAX_CHARACTERS
    above: set[int] = field(default_factory=set[int])

    def take(self, text: str) -> str:
        """Return what of a text there is room for."""
        taken = clean(text if len(text) <= self.left else text[: max(self.left, 0)] + say(CUT))
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
        raise ToolOutputError(say("what it returned is nested deeper than {most} levels", most=MAX_DEPTH))
    if id(value) in writing.above:
        raise ToolOutputError(say("what it returned contains itself"))
    writing.above.add(id(value))
    writing.left -= 4
    try:
        return _container(value, writing)
    finally:
        writing.above.discard(id(value))


def _container(value: Any, writing: _Writing) -> Any:
    if isinstance(value, Mapping):
        pairs = cast("Iterable[tuple[Any, Any]]", cast("Any", value).items())
        return {writing.take(_key(key)): _plain(item, writing) for key, item in _some(pairs, writing)}
    if isinstance(value, bytes | bytearray | memoryview):
        return writing.take(bytes(cast("bytes", value)[: max(writing.left, 0)]).decode("utf-8", "replace"))
    if isinstance(value, _LISTED):
        items = [_plain(item, writing) for item in _some(cast("Iterable[Any]", value), writing)]
        return [*items, say(CUT)] if writing.left <= 0 else items
    return _object(value, writing)


def _object(value: Any, writing: _Writing) -> Any:
    if isinstance(value, AsyncIterator):
        raise ToolOutputError(say("it returned an async generator, which nobody has run; return what it yields"))
    if isinstance(value, Enum):
        return _plain(value.value, writing)
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"), writing)
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name), writing) for part in fields(value)}
    return writing.take(str(value))


def _some(items: Iterable[Any], writing: _Writing) -> Iterator[Any]:
    """Give out items as long as there is room for them."""
    for item in items:
        if writing.left <= 0:
            return
        writing.left -= 4
        yield item


def _key(key: Any) -> str:
    """Name a key as JSON does where JSON has a name for it."""
    if isinstance(key, str):
        return key
    return json.dumps(key) if key is None or isinstance(key, bool) else str(key)
