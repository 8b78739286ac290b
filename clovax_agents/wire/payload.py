"""JSON bodies as both APIs send them: read strictly, quoted shortly when they are something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.failures import body_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.wire.neutral import Reply

__all__ = ["json_text", "object_of", "read_reply", "snippet", "text"]


def object_of(body: bytes | str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        InvalidResponseError: it is something else.
        ServiceError: it describes a failure, in either envelope.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidResponseError(f"not JSON: {snippet(body)}") from None
    if not isinstance(payload, dict):
        raise InvalidResponseError(f"not a JSON object: {snippet(body)}")
    if error := body_error(cast("dict[str, Any]", payload)):
        raise error
    return cast("dict[str, Any]", payload)


def read_reply(body: bytes, reader: Callable[[dict[str, Any]], Reply]) -> Reply:
    """Read a whole answer with what knows its fields.

    Raises:
        InvalidResponseError: it has another form.
        ServiceError: it describes a failure.
    """
    payload = object_of(body)
    try:
        return reader(payload)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise InvalidResponseError(f"not an answer of this API: {snippet(body)}") from None


def snippet(body: bytes | str) -> str:
    """Quote the beginning of a body for an error message."""
    decoded = body if isinstance(body, str) else body[:800].decode("utf-8", "replace")
    return repr(decoded[:200])


def text(value: object) -> str:
    """Return a string; null and absence are the empty one, everything else is a `TypeError`."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError
    return value


def json_text(value: object) -> str:
    """Return the arguments of a call as text: an object is written as JSON, text stays exactly as it was written."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
