"""Answers as bytes and back: messages and Commands, as JSON; whatever bytes come, nothing but these is made (G08)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)
from langgraph.types import Command, Send

from clovax_agents.errors import JournalError
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode", "encode"]

_KINDS: Final[dict[str, type[BaseMessage]]] = {
    kind.__name__: kind for kind in (AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage)
}
_MARK: Final = "\x00"
"""In the one key of an object that stands for something other than an object."""


def encode(answer: Any) -> bytes:
    """Write down an answer: a message, a Command, or a list of these.

    What an artifact or a state update holds besides JSON's own types and messages is left out, and marked in the
    message's ``response_metadata`` as ``artifact_lost``, or refused.

    Raises:
        JournalError: a Command updates the state with something that cannot be written down.
    """
    return json.dumps(_written(answer), ensure_ascii=True, separators=(",", ":")).encode()


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
        return _read(json.loads(data))
    except JournalError:
        raise
    except Exception as error:
        raise JournalError(f"the journal holds a result that cannot be read ({type(error).__name__})") from error


def _written(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, BaseMessage):
        return _marked("message", _message(value))
    if isinstance(value, Command):
        command = cast("Any", value)  # its parameters are types that nobody knows here
        parts = {"graph": command.graph, "update": command.update, "goto": command.goto, "resume": command.resume}
        return _marked("command", {name: _written(part) for name, part in parts.items()})
    if isinstance(value, Send):
        return _marked("send", [value.node, _written(value.arg)])
    if isinstance(value, list | tuple | dict):
        return _container(value)
    raise JournalError(
        f"a tool's Command holds a {type(value).__name__}, which the journal cannot keep; use texts, numbers, lists, "
        "dicts and messages"
    )


def _container(value: Any) -> Any:
    if (pairs := as_dict(value)) is not None:
        return _object(pairs)
    items = [_written(item) for item in value]
    return _marked("tuple", items) if isinstance(value, tuple) else items


def _object(value: dict[Any, Any]) -> Any:
    pairs = [(key, _written(item)) for key, item in value.items()]
    if all(isinstance(key, str) and not key.startswith(_MARK) for key, _ in pairs):
        return dict(pairs)
    return _marked("pairs", [[_written(key), item] for key, item in pairs])


def _marked(kind: str, value: Any) -> dict[str, Any]:
    return {_MARK + kind: value}


def _message(message: BaseMessage) -> dict[str, Any]:
    kind = next((name for name, known in _KINDS.items() if type(message) is known), None)
    if kind is None:
        raise JournalError(f"a tool answered with a {type(message).__name__}, which the journal cannot keep")
    fields = {name: value for name, value in vars(message).items() if name in message.model_fields_set}
    try:
        return {"kind": kind, "fields": {name: _written(value) for name, value in fields.items()}}
    except JournalError:
        if "artifact" not in fields:
            raise
    metadata = {**message.response_metadata, "artifact_lost": True}
    fields = {**fields, "artifact": None, "response_metadata": metadata}
    return {"kind": kind, "fields": {name: _written(value) for name, value in fields.items()}}


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
    return _KINDS[value["kind"]](**_read(value["fields"]))


def _read_command(value: Any) -> Any:
    parts: dict[str, Any] = _read(value)
    command: Any = Command
    return command(**parts)


def _read_send(value: Any) -> Send:
    return Send(str(value[0]), _read(value[1]))


def _read_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(_read(value))


def _read_pairs(value: Any) -> dict[Any, Any]:
    return {_read(key): _read(item) for key, item in value}


_MADE: Final[dict[str, Callable[[Any], Any]]] = {
    "message": _read_message,
    "command": _read_command,
    "send": _read_send,
    "tuple": _read_tuple,
    "pairs": _read_pairs,
}
