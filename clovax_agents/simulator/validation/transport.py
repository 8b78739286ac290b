"""The checks before the body has a meaning: size, media type, JSON syntax (docs/wire.md, section 4.2)."""

from __future__ import annotations

from typing import Final

import orjson

from clovax_agents.simulator.json_types import JsonObject, as_array, as_object
from clovax_agents.simulator.refusals import SimulatedError, bad_request

__all__ = ["check_accept", "check_media_type", "check_size", "parse_body", "wants_events"]

_ACCEPTABLE: Final = frozenset({"", "*/*", "application/*", "application/json", "text/*", "text/event-stream"})
_MAX_DEPTH: Final = 64
"""No documented limit; deeper bodies are refused so that no request can exhaust the simulator's stack."""


def check_size(size: int, limit: int) -> None:
    """Refuse a body of more bytes than the limit with 413/41300."""
    if size > limit:
        raise SimulatedError(413, "41300", "Request body size exceeded")


def check_media_type(content_type: str | None) -> None:
    """Refuse everything but ``application/json``, with or without a charset, with 415/41500."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise SimulatedError(415, "41500", "MediaType error")


def check_accept(accept: str | None) -> None:
    """Refuse a request that takes neither JSON nor events, with 406/40600."""
    ranges = [item.partition(";")[0].strip().lower() for item in (accept or "*/*").split(",")]
    if not any(item in _ACCEPTABLE for item in ranges):
        raise SimulatedError(406, "40600", "Not Acceptable")


def wants_events(accept: str | None) -> bool:
    """Say whether a native call asks for a stream (docs/wire.md, W1.3-06)."""
    return "text/event-stream" in (accept or "").lower()


def parse_body(body: bytes) -> JsonObject:
    """Parse the body; anything but a JSON object of bearable depth is 400/40000."""
    try:
        parsed = as_object(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise bad_request() from error
    if parsed is None or _deeper_than(parsed, _MAX_DEPTH):
        raise bad_request()
    return parsed


def _deeper_than(value: object, limit: int) -> bool:
    """Walk level by level, without recursion."""
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    return list((as_object(value) or {}).values()) or as_array(value) or []
