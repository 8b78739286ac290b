"""JSON bodies as both APIs send them, read strictly."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Self, cast

import orjson

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.failures import body_error
from clovax_agents.wire.neutral import Usage
from clovax_agents.wire.quoting import snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovax_agents.wire.neutral import Reply

__all__ = [
    "entries",
    "json_text",
    "members",
    "number",
    "object_of",
    "read_reply",
    "text",
    "usage_of",
    "word",
]

_MARK: Final = "arguments"
_NOT_TEXT: Final = re.compile(r'"arguments"\s*:\s*[^\s"n]')
_NOT_TEXT_IN_BYTES: Final = re.compile(_NOT_TEXT.pattern.encode())


class _Repeating(dict[str, Any]):
    """An object that names a key more than once; what is written of it names it as often."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


class _Digits(float):
    """A number that is not whole; what is written of it has the digits that it had."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


def object_of(body: bytes | str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        InvalidResponseError: it is something else.
        ServiceError: it describes a failure, in either envelope.
    """
    try:
        payload = orjson.loads(body)
        if _holds_arguments(body):
            payload = json.loads(body, object_pairs_hook=_object, parse_float=_Digits)
    except (ValueError, RecursionError):
        raise InvalidResponseError(f"not JSON: {snippet(body)}") from None
    if not isinstance(payload, dict):
        raise InvalidResponseError(f"not a JSON object: {snippet(body)}")
    if error := body_error(cast("dict[str, Any]", payload)):
        raise error
    return cast("dict[str, Any]", payload)


def _holds_arguments(body: bytes | str) -> bool:
    """Tell whether a body holds arguments as an object: no digit of them may change, and no repeated key be lost."""
    if isinstance(body, str):
        return _MARK in body and _NOT_TEXT.search(body) is not None
    return _NOT_TEXT_IN_BYTES.search(body) is not None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeating(pairs)


def read_reply(body: bytes, reader: Callable[[dict[str, Any]], Reply]) -> Reply:
    """Read a whole answer with what knows its fields.

    Raises:
        InvalidResponseError: it has another form.
        ServiceError: it describes a failure.
    """
    payload = object_of(body)
    try:
        return reader(payload)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError):
        raise InvalidResponseError(f"not an answer of this API: {snippet(body)}") from None


def text(value: object) -> str:
    """Return a string; null and absence are the empty one, everything else is a `TypeError`."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError
    return value


def word(value: object) -> str | None:
    """Return a string that says something; null, absence and the empty one are None, everything else a `TypeError`."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError
    return value or None


def number(value: object) -> int | None:
    """Return a whole number; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def members(value: object) -> dict[str, Any]:
    """Return an object; what is none has no members."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def entries(value: object) -> list[Mapping[str, object]]:
    """Return a list of objects; null and absence are the empty one, everything else is a `TypeError`."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in cast("list[object]", value)):
        raise TypeError
    return cast("list[Mapping[str, object]]", value)


def usage_of(read: object, written: object, total: object, thinking: object) -> Usage | None:
    """Return the usage that was sent; None if it cannot be read: an answer is worth more than its count."""
    counts = [read or 0, written or 0, total or 0, thinking or 0]
    if any(count is True or not isinstance(count, int) or count < 0 for count in counts):
        return None
    sums = [cast("int", count) for count in counts]
    return Usage(sums[0], sums[1], sums[2] or sums[0] + sums[1], number(thinking))


def json_text(value: object) -> str:
    """Return the arguments of a call as text: an object is written as JSON, text stays exactly as it was written."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _written(value)


def _written(value: object) -> str:
    if isinstance(value, dict):
        found = cast("dict[str, object]", value)
        pairs = found.pairs if isinstance(found, _Repeating) else found.items()
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_written(item)}" for key, item in pairs) + "}"
    if isinstance(value, _Digits):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(map(_written, cast("list[object]", value))) + "]"
    return json.dumps(value, ensure_ascii=False)
