"""JSON as the simulator handles it: typed as ``object`` and narrowed by these few functions."""

from __future__ import annotations

from typing import TypeAlias, cast

import orjson

__all__ = ["JsonArray", "JsonObject", "as_array", "as_object", "as_text", "dumps", "loads_object"]

JsonObject: TypeAlias = dict[str, object]
JsonArray: TypeAlias = list[object]


def as_object(value: object) -> JsonObject | None:
    """Return the value if it is a JSON object, else None."""
    return cast("JsonObject", value) if isinstance(value, dict) else None


def as_array(value: object) -> JsonArray | None:
    """Return the value if it is a JSON array, else None."""
    return cast("JsonArray", value) if isinstance(value, list) else None


def as_text(value: object) -> str:
    """Return the value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def dumps(value: object) -> str:
    """Write compact UTF-8 JSON, as the service does; Hangul stays Hangul."""
    return orjson.dumps(value).decode()


def loads_object(text: str) -> JsonObject | None:
    """Parse a JSON object; None if the text is not JSON or not an object."""
    try:
        return as_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        return None
