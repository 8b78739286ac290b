"""Answers as bytes and back: messages and Commands, as JSON; whatever bytes come, nothing but these is made (G08)."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from langchain_core.documents import Document
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.types import Command, Overwrite, Send

from clovax_agents.errors import JournalError
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

__all__ = ["decode", "encode"]

_KINDS: Final[tuple[type[BaseMessage], ...]] = (
    ToolMessage,
    AIMessage,
    HumanMessage,
    SystemMessage,
    RemoveMessage,
    ChatMessage,
)
_BY_NAME: Final = {kind.__name__: kind for kind in _KINDS}
_MARK: Final = "\x00"
"""In the one key of an object that stands for something other than an object."""
_ALWAYS: Final = frozenset({"content", "tool_call_id", "role", "id", "page_content"})
"""Fields that are written even if they have their default."""

_NEVER: Final[dict[type, set[str]]] = {RemoveMessage: {"type", "content"}}
"""Fields that a kind does not let itself be given."""

_SCALARS: Final[tuple[tuple[type[Any], str, Callable[[Any], str]], ...]] = (
    (bytes, "bytes", lambda value: base64.b64encode(value).decode()),
    (datetime, "datetime", lambda value: value.isoformat()),
    (date, "date", lambda value: value.isoformat()),
    (Decimal, "decimal", str),
    (UUID, "uuid", str),
)


def encode(answer: Any) -> bytes:
    """Write down an answer: a message, a Command, or a list of these.

    They may hold JSON's types, messages, documents, bytes, dates, decimals, UUIDs, tuples and sets. An artifact with
    anything else is left out, and ``artifact_lost`` in the message's ``response_metadata`` says so.

    Raises:
        JournalError: the answer holds something else where it cannot be left out.
    """
    try:
        return json.dumps(_written(answer), ensure_ascii=True, separators=(",", ":")).encode()
    except (RecursionError, ValueError) as error:
        text = "a tool's answer cannot be written down ({error}); return plain, flat values"
        raise JournalError(say(text, error=error)) from error


def decode(data: bytes) -> Any:
    """Read an answer.

    Raises:
        JournalError: it is not one.

    Example:
        >>> from langchain_core.messages import ToolMessage
        >>> decode(encode(ToolMessage("3", tool_call_id="c1"))).content
        '3'
    """
    try:
        answer = _read(json.loads(data))
    except Exception as error:
        raise JournalError(f"the journal holds a result that cannot be read ({type(error).__name__})") from error
    if not _is_answer(answer):
        raise JournalError("the journal holds a result that is no answer of a tool: somebody else has written it")
    return answer


def _is_answer(value: Any) -> bool:
    if (parts := as_list(value)) is not None:
        return all(isinstance(part, BaseMessage | Command) for part in parts)
    return isinstance(value, BaseMessage | Command)


def _written(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, BaseMessage):
        return _marked("message", _message(value))
    if isinstance(value, Document):
        return _marked("document", _fields(value, Document))
    if isinstance(value, list | tuple | dict | set | frozenset):
        return _container(value)
    if isinstance(value, Command | Send | Overwrite):
        return _steering(value)
    for kind, name, text in _SCALARS:
        if isinstance(value, kind):
            return _marked(name, text(value))
    odd = "a tool's answer holds a {kind}, which the journal cannot keep; use texts, numbers, lists, dicts and messages"
    raise JournalError(say(odd, kind=type(value).__name__))


def _container(value: Any) -> Any:
    if (pairs := as_dict(value)) is not None:
        return _object(pairs)
    items = [_written(item) for item in value]
    kind = next((kind for kind in (tuple, frozenset, set) if isinstance(value, kind)), None)
    return items if kind is None else _marked(kind.__name__, items)


def _object(value: dict[Any, Any]) -> Any:
    pairs = [(key, _written(item)) for key, item in value.items()]
    if all(isinstance(key, str) and not key.startswith(_MARK) for key, _ in pairs):
        return dict(pairs)
    return _marked("pairs", [[_written(key), item] for key, item in pairs])


def _steering(value: Any) -> dict[str, Any]:
    if isinstance(value, Send):
        return _marked("send", [value.node, _written(value.arg)])  # its timeout holds for the graph of that moment
    if isinstance(value, Overwrite):
        return _marked("overwrite", _written(value.value))
    parts = {"graph": value.graph, "update": value.update, "goto": value.goto, "resume": value.resume}
    return _marked("command", {name: _written(part) for name, part in parts.items()})


def _marked(kind: str, value: Any) -> dict[str, Any]:
    return {_MARK + kind: value}


def _message(message: BaseMessage) -> dict[str, Any]:
    kind = next((kind for kind in _KINDS if isinstance(message, kind)), None)
    if kind is None:
        text = "a tool answered with a {kind}, which the journal cannot keep"
        raise JournalError(say(text, kind=type(message).__name__))
    try:
        return {"kind": kind.__name__, "fields": _fields(message, kind)}
    except JournalError:
        if getattr(message, "artifact", None) is None:
            raise
    metadata = {**message.response_metadata, "artifact_lost": True}
    bare = message.model_copy(update={"artifact": None, "response_metadata": metadata})
    return {"kind": kind.__name__, "fields": _fields(bare, kind)}


def _fields(thing: BaseModel, kind: type[BaseModel]) -> dict[str, Any]:
    """Write what differs from the defaults of a kind; subclasses, such as chunks, become the kind itself."""
    found: dict[str, Any] = {}
    for name, default in _defaults(kind):
        value = getattr(thing, name)
        # by type first: what an artifact is compared with may not be a plain answer
        if name in _ALWAYS or type(value) is not type(default) or value != default:
            found[name] = _written(value)
    found.update({name: _written(value) for name, value in (thing.model_extra or {}).items()})
    return found


@cache
def _defaults(kind: type[BaseModel]) -> list[tuple[str, Any]]:
    unwanted = _NEVER.get(kind, {"type"})
    fields = [(name, field) for name, field in kind.model_fields.items() if name not in unwanted]
    return [(name, field.get_default(call_default_factory=True)) for name, field in fields]


def _read(value: Any) -> Any:
    if (parts := as_list(value)) is not None:
        return [_read(item) for item in parts]
    items = as_dict(value)
    if items is None:
        return value
    if len(items) == 1 and (key := next(iter(items))).startswith(_MARK):
        return _MADE[key[1:]](items[key])
    return {name: _read(item) for name, item in items.items()}


def _read_message(value: Any) -> BaseMessage:
    return _BY_NAME[value["kind"]](**_read(value["fields"]))


def _read_command(value: Any) -> Any:
    parts: dict[str, Any] = _read(value)
    command: Any = Command
    if parts.get("graph") == Command.PARENT:
        parts["graph"] = Command.PARENT  # LangGraph's ToolNode looks for this very object
    return command(**parts)


def _read_send(value: Any) -> Send:
    return Send(str(value[0]), _read(value[1]))


def _read_pairs(value: Any) -> dict[Any, Any]:
    return {_read(key): _read(item) for key, item in value}


_MADE: Final[dict[str, Callable[[Any], Any]]] = {
    "message": _read_message,
    "document": lambda value: Document(**_read(value)),
    "command": _read_command,
    "send": _read_send,
    "overwrite": lambda value: Overwrite(_read(value)),
    "tuple": lambda value: tuple(_read(value)),
    "set": lambda value: set(_read(value)),
    "frozenset": lambda value: frozenset(_read(value)),
    "pairs": _read_pairs,
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
}
