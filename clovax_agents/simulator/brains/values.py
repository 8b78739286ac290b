"""Values that fit a JSON schema, made from a hint or from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.parameters import Parameter, resolve
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fit", "plain_value"]

_DEPTH: Final = 8
"""Deeper objects stay empty: a schema may refer to itself."""

_FORMATS: Final = {
    "date-time": "2026-01-01T00:00:00+09:00",
    "date": "2026-01-01",
    "time": "00:00:00",
    "duration": "P1D",
    "email": "user@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
}


def plain_value(schema: JsonObject, hint: object = None, root: JsonObject | None = None, depth: int = 0) -> object:
    """Return a value that fits a schema: its constant, the hint if it fits, its default, or the plainest of its type.

    Args:
        schema: of the value; references are looked up in the root.
        hint: a text for a string, a list for an array.
        root: the schema that holds the definitions; default the schema itself.
        depth: of the value in its document.
    """
    top = schema if root is None else root
    resolved = resolve(schema, top)
    if "const" in resolved:
        return resolved["const"]
    if hint is None and "default" in resolved:
        return resolved["default"]
    choices = as_array(resolved.get("enum"))
    if choices:
        return hint if hint in choices else choices[0]
    kind = Parameter("", resolved, required=True).type
    if "type" not in resolved and "properties" in resolved:
        kind = "object"
    return _MAKERS.get(kind, _nothing)(resolved, hint, top, depth)


def fit(value: object, schema: JsonObject) -> object:
    """Bring a number that somebody named within the bounds of its schema; leave everything else alone."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    low, high = _bounds(schema)
    clamped = max(value, low) if low is not None else value
    return min(clamped, high) if high is not None else clamped


def _bounds(schema: JsonObject) -> tuple[float | None, float | None]:
    step = 1 if schema.get("type") == "integer" else 0.001
    low, high = _number(schema.get("minimum")), _number(schema.get("maximum"))
    above, below = _number(schema.get("exclusiveMinimum")), _number(schema.get("exclusiveMaximum"))
    low = low if above is None else max(above + step, above if low is None else low)
    high = high if below is None else min(below - step, below if high is None else high)
    return low, high


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _size(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def _string(schema: JsonObject, hint: object, _root: JsonObject, _depth: int) -> object:
    form = schema.get("format")
    text = _FORMATS[form] if isinstance(form, str) and form in _FORMATS else ""
    text = hint if isinstance(hint, str) and not text else text
    least, most = _size(schema.get("minLength"), 0), _size(schema.get("maxLength"), len(text))
    return text[: max(most, least)].ljust(min(least, 10_000), "-")


def _numeric(schema: JsonObject, _hint: object, _root: JsonObject, _depth: int) -> object:
    low, high = _bounds(schema)
    value = fit(1 if low is None and (high is None or high >= 1) else 0, schema)
    return int(value) if schema.get("type") == "integer" and isinstance(value, float) else value


def _array(schema: JsonObject, hint: object, root: JsonObject, depth: int) -> object:
    hints = as_array(hint) or []
    items = as_object(schema.get("items")) or {}
    least = min(_size(schema.get("minItems"), 0), 100)
    most = _size(schema.get("maxItems"), max(least, len(hints)))
    if depth > _DEPTH:
        return []
    wanted = min(max(least, len(hints)), most)
    return [plain_value(items, hints[i] if i < len(hints) else None, root, depth + 1) for i in range(wanted)]


def _object(schema: JsonObject, _hint: object, root: JsonObject, depth: int) -> object:
    required = as_array(schema.get("required")) or []
    properties = as_object(schema.get("properties")) or {}
    return {
        name: plain_value(as_object(child) or {}, None, root, depth + 1)
        for name, child in properties.items()
        if name in required and depth <= _DEPTH
    }


def _boolean(_schema: JsonObject, _hint: object, _root: JsonObject, _depth: int) -> object:
    return False


def _nothing(_schema: JsonObject, _hint: object, _root: JsonObject, _depth: int) -> object:
    return None


_MAKERS: Final[dict[str, Callable[[JsonObject, object, JsonObject, int], object]]] = {
    "string": _string,
    "integer": _numeric,
    "number": _numeric,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
