"""Messages as the dicts of their fields, and back without Pydantic's checks, which would take most of the time.

Ours look at what goes on to models, reducers and tools: content, ids and calls. They do so when a message is read as
when it is written, so that what is written can be read. All other fields come back as they were.
"""

from __future__ import annotations

from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
)
from langchain_core.messages.base import TextAccessor

from clovax_agents.checkpoints.kinds import Kind
from clovax_agents.replies import ClovaXMessageChunk

if TYPE_CHECKING:
    from typing import Self

__all__ = ["MESSAGE_KINDS", "Batch"]

_CODES: Final[dict[type[BaseMessage], int]] = {
    HumanMessage: 50,
    AIMessage: 51,
    SystemMessage: 52,
    ToolMessage: 53,
    FunctionMessage: 54,
    ChatMessage: 55,
    RemoveMessage: 56,
    HumanMessageChunk: 60,
    AIMessageChunk: 61,
    SystemMessageChunk: 62,
    ToolMessageChunk: 63,
    FunctionMessageChunk: 64,
    ChatMessageChunk: 65,
    ClovaXMessageChunk: 71,
}

_TEXT: Final = frozenset({str, TextAccessor})
_ID: Final = frozenset({str, type(None)})
_BLOCKS: Final = frozenset({str, dict})
_NOTHING: Final[list[Any]] = []
_set: Final = object.__setattr__


class _MessageKind:
    """How the messages of one class are written and read.

    Args:
        kind: the class.
    """

    def __init__(self, kind: type[BaseMessage]) -> None:
        self.kind = kind
        self._names = tuple(kind.model_fields)
        # all are set, so nothing adds to it, and a copy of a message has one of its own: they can share it
        self._set = set(self._names)
        self._type: str = kind.model_fields["type"].default
        self._calls = "tool_calls" in self._names
        self._answers = "tool_call_id" in self._names

    def write(self, message: BaseMessage) -> dict[str, Any]:
        """Return the fields of a message, those that LangChain does not know among them."""
        fields = vars(message)
        self._check(fields)
        extra = message.__pydantic_extra__
        return {**fields, **extra} if extra else fields

    def check(self, rows: list[dict[str, Any]]) -> None:
        """Look at the fields of many messages of this class, as `write` and `read` look at those of one."""
        if not (
            _TEXT.issuperset(map(type, map(_content, rows)))
            and _ID.issuperset(map(type, map(_id, rows)))
            and not (self._answers and {*map(type, map(_answered, rows))} - {str})
            and not (self._calls and {*map(type, map(_called, rows))} - {list})
            and not (self._calls and not all(map(_is_call, chain.from_iterable(map(_called, rows)))))
        ):
            for fields in rows:  # blocks of content, or a misfit, which is to be named
                self._check(fields)

    def read(self, fields: dict[str, Any]) -> BaseMessage:
        """Return a message of its fields; what an older LangChain did not write has its default."""
        made, extra = self.known(fields)
        self._check(made)
        return self.make(made, extra)

    def known(self, fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fields that this version of LangChain has, in its order, and the others."""
        return (fields, {}) if (*fields,) == self._names else self._sorted(fields)

    def make(self, fields: dict[str, Any], extra: dict[str, Any]) -> BaseMessage:
        """Return a message of fields that were looked at."""
        fields["type"] = self._type
        message = self.kind.__new__(self.kind)
        _set(message, "__dict__", fields)
        _set(message, "__pydantic_fields_set__", self._set if not extra else {*self._names, *extra})
        _set(message, "__pydantic_extra__", extra)
        _set(message, "__pydantic_private__", None)
        return message

    def _check(self, fields: dict[str, Any]) -> None:
        if type(fields["content"]) not in _TEXT:
            self._check_content(fields["content"])
        if type(fields["id"]) not in _ID:
            raise self._misfit("id", fields["id"])
        if self._calls and fields["tool_calls"] != _NOTHING:
            self._check_calls(fields["tool_calls"])
        if self._answers and type(fields["tool_call_id"]) is not str:
            raise self._misfit("tool_call_id", fields["tool_call_id"])

    def _check_content(self, content: list[Any]) -> None:
        if content.__class__ is not list or not _BLOCKS.issuperset(map(type, content)):
            raise self._misfit("content", content)

    def _check_calls(self, calls: list[Any]) -> None:
        if calls.__class__ is not list:
            raise self._misfit("tool_calls", calls)
        for call in calls:
            if not _is_call(call):
                raise self._misfit("tool_calls", call)

    def _sorted(self, fields: dict[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return all fields that LangChain knows, in its order, and the others."""
        known = {name: fields[name] if name in fields else self._default(name) for name in self._names}
        return known, {name: value for name, value in fields.items() if name not in known and type(name) is str}

    def _default(self, name: str) -> Any:
        field = self.kind.model_fields[name]
        if field.is_required():
            raise TypeError(f"{self.kind.__name__} without {name}")
        return field.get_default(call_default_factory=True)

    def _misfit(self, name: str, value: Any) -> TypeError:
        return TypeError(f"{self.kind.__name__}.{name} cannot be, or hold, a {type(value).__name__} like this")


_content, _id = itemgetter("content"), itemgetter("id")
_called, _answered = itemgetter("tool_calls"), itemgetter("tool_call_id")


def _is_call(call: Any) -> bool:
    try:
        return type(call["name"]) is str and type(call["args"]) is dict and type(call["id"]) in _ID
    except (KeyError, TypeError):
        return False


class Batch(NamedTuple):
    """Messages in a row: they cost less together than each by itself."""

    messages: list[BaseMessage]

    @classmethod
    def of(cls, value: list[Any]) -> Self | None:
        """Return a batch of a list that holds messages only; None for any other."""
        if not value or type(value[0]) not in _WAYS or not _WAYS.keys() >= set(map(type, value)):
            return None
        return cls(value)


def _write_batch(batch: Batch) -> list[Any]:
    messages = batch.messages
    kinds = [*map(type, messages)]
    rows = [*map(vars, messages)]
    _check_rows(kinds, rows)
    if any(message.__pydantic_extra__ for message in messages):
        rows = [{**row, **(message.__pydantic_extra__ or {})} for row, message in zip(rows, messages, strict=True)]
    return [[_CODES[kind] for kind in kinds], rows]


def _read_batch(stored: Any) -> list[BaseMessage]:
    codes, rows = stored
    ways = [_BY_CODE[code] for code in codes]
    read = [way.known(fields) for way, fields in zip(ways, rows, strict=True)]
    _check_rows([way.kind for way in ways], [fields for fields, _ in read])
    return [way.make(*parts) for way, parts in zip(ways, read, strict=True)]


def _check_rows(kinds: list[type[BaseMessage]], rows: list[dict[str, Any]]) -> None:
    """Look at the fields of messages, class by class: one look at many costs far less than many."""
    for kind in set(kinds):
        _WAYS[kind].check([row for row, its in zip(rows, kinds, strict=True) if its is kind])


_WAYS: Final = {kind: _MessageKind(kind) for kind in _CODES}
_BY_CODE: Final = {code: _WAYS[kind] for kind, code in _CODES.items()}
MESSAGE_KINDS: Final = (
    *(Kind(kind, code, _WAYS[kind].write, _WAYS[kind].read) for kind, code in _CODES.items()),
    Kind(Batch, 49, _write_batch, _read_batch),
)
