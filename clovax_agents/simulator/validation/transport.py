"""The checks before the body has a meaning: key, size, media type, JSON syntax (docs/wire.md, section 4.2)."""

from __future__ import annotations

from typing import Final

import orjson

from clovax_agents.simulator.json_types import JsonObject, as_array, as_object
from clovax_agents.simulator.refusals import SimulatedError, bad_request

__all__ = ["check_auth", "check_media_type", "check_size", "parse_body"]

_MAX_DEPTH: Final = 64
"""No documented limit; deeper bodies are refused so that no request can exhaust the simulator's stack."""


def check_auth(authorization: str | None, keys: frozenset[str] | None = None) -> None:
    """Refuse a request without an acceptable key.

    Args:
        authorization: value of the header, None if it is absent.
        keys: the accepted keys; None accepts everything that begins with ``nv-``.

    Raises:
        SimulatedError: 401 with 40100 (no header), 40102 (not Bearer) or 40104 (wrong key).
    """
    if not (authorization or "").strip():
        raise SimulatedError(401, "40100", "Unauthorized")
    scheme, _, key = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise SimulatedError(401, "40102", "Invalid Authentication Type")
    key = key.strip()
    if not key.startswith("nv-") or (keys is not None and key not in keys):
        raise SimulatedError(401, "40104", "Invalid key")


def check_size(size: int, limit: int) -> None:
    """Refuse a body of more bytes than the limit with 413/41300."""
    if size > limit:
        raise SimulatedError(413, "41300", "Request body size exceeded")


def check_media_type(content_type: str | None) -> None:
    """Refuse everything but ``application/json``, with or without a charset, with 415/41500."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise SimulatedError(415, "41500", "MediaType error")


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
