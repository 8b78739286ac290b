"""Bodies as they stand in a cassette: JSON parsed, other text as text, anything else in base64."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["body_from_fields", "fields_of_body", "parse_json"]


def fields_of_body(body: bytes) -> dict[str, object]:
    """Return the fields that stand for a body.

    Example:
        >>> fields_of_body('{"text":"안녕"}'.encode())
        {'parsed_body': {'text': '안녕'}}
        >>> fields_of_body(b"data: 1")
        {'body': 'data: 1'}
    """
    if not body:
        return {}
    try:
        return {"parsed_body": parse_json(body)}
    except ValueError:
        pass
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"base64_body": base64.b64encode(body).decode()}


def body_from_fields(fields: Mapping[str, object]) -> bytes:
    """Return the body that the fields stand for: equal as JSON if it was JSON, else equal byte for byte."""
    if "parsed_body" in fields:
        return json.dumps(fields["parsed_body"], ensure_ascii=False, separators=(",", ":")).encode()
    if "body" in fields:
        return str(fields["body"]).encode()
    return base64.b64decode(str(fields.get("base64_body", "")))


def parse_json(body: bytes) -> object:
    """Parse JSON that loses nothing when it is parsed.

    Raises:
        ValueError: it is not JSON, or has duplicate keys, infinite numbers or half characters (lone surrogates).
    """
    parsed = json.loads(body, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    json.dumps(parsed, ensure_ascii=False).encode()  # raises UnicodeEncodeError, a ValueError, on half characters
    return cast("object", parsed)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate keys")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number
