"""JSON as the simulator handles it: typed as ``object`` and narrowed by these few functions."""

from __future__ import annotations

import re
from typing import Final, TypeAlias, cast
from urllib.parse import unquote

import orjson

__all__ = ["JsonArray", "JsonObject", "as_array", "as_object", "as_text", "dumps", "follow_pointer", "loads_object"]

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
"""Position in an array, as a JSON pointer writes it."""

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


def follow_pointer(pointer: str, root: JsonObject) -> object:
    """Return what a JSON pointer such as ``#/$defs/Name`` leads to; ``#`` is the root, None if it leads nowhere.

    Example:
        >>> follow_pointer("#/a~1b/1", {"a/b": ["x", "y"]})
        'y'
    """
    marker, *names = pointer.split("/")
    found: object = root if marker == "#" else None
    for name in names:
        found = _member(found, unquote(name).replace("~1", "/").replace("~0", "~"))
    return found


def _member(holder: object, name: str) -> object:
    items = as_array(holder)
    if items is None:
        return (as_object(holder) or {}).get(name)
    return items[int(name)] if _INDEX.fullmatch(name) and int(name) < len(items) else None
