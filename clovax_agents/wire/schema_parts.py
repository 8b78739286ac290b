"""What a part of a JSON schema says: its type, its values and bounds, and what can only be told in its description."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "BY_TYPE",
    "HINTS",
    "TYPES",
    "Schema",
    "described",
    "for_type",
    "kind_of",
    "sent",
    "short",
    "with_nulls",
    "without",
]

Schema = dict[str, Any]
BY_TYPE: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("format",),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "array": ("items", "minItems", "maxItems"),
    "object": ("properties", "required"),
}
"""The keywords of the subset that mean something for one type only; ``enum`` and ``description`` go with every type."""

TYPES: Final = ("string", "number", "integer", "boolean", "array", "object", "null")
HINTS: Final = (
    "pattern", "minLength", "maxLength", "multipleOf", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems",
    "minProperties", "maxProperties", "default", "contains", "patternProperties", "propertyNames", "dependentRequired",
    "dependentSchemas", "prefixItems", "not", "if", "then", "else", "conditions",
)  # fmt: skip
"""What the service does not know, and a model can follow when it is told of it."""

_MOST_HINT: Final = 200
_FORMATS: Final = frozenset({"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})


def sent(part: Schema, key: str, kind: str | None) -> Any:
    """Return the value to send of a keyword, None for none."""
    value = part.get(key)
    if key in {"minimum", "maximum"}:
        return _bound(value, part.get("exclusive" + key.capitalize()), key, kind)
    if key == "items":
        return _items(part, value)
    if key == "maxItems" and part.get("items") is False:
        lengths = (value, len(part.get("prefixItems") or ()))
        return min(length for length in lengths if length is not None)
    if key == "required":
        return _required(part, value)
    return None if key == "format" and value not in _FORMATS else value


def _items(part: Schema, value: object) -> object:
    """Return what each item may be; places of their own have only the items of older drafts, and ``prefixItems``."""
    if isinstance(value, list):
        return {"anyOf": cast("list[object]", value)}
    places: list[object] = part.get("prefixItems") or []
    if not places:
        return None if value is False else value
    return {"anyOf": [*places, value] if value not in (None, True, False) else places}


def _required(part: Schema, value: object) -> list[str] | None:
    """Return the names that are required, in the oldest draft's form, too, where each property says so itself."""
    names = cast("list[str]", value) if isinstance(value, list) else []
    properties: Schema = part.get("properties") or {}
    children = {name: cast("Schema", child) for name, child in properties.items() if isinstance(child, dict)}
    own = [name for name, child in children.items() if child.get("required") is True]
    return list(dict.fromkeys([*names, *own])) or None


def _bound(inclusive: Any, exclusive: Any, key: str, kind: str | None) -> Any:
    """Return the tightest inclusive bound; only of integers an exclusive one has an equal."""
    if exclusive is True:  # of an older draft: the bound itself is exclusive
        inclusive, exclusive = None, inclusive
    if isinstance(exclusive, bool) or not isinstance(exclusive, int | float):
        return inclusive
    step = (1 if key == "minimum" else -1) if kind == "integer" and isinstance(exclusive, int) else 0
    bounds = [bound for bound in (inclusive, exclusive + step) if bound is not None]
    return max(bounds) if key == "minimum" else min(bounds)


def kind_of(part: Schema, values: Sequence[object] | None) -> str | None:
    """Return the type that the keywords imply, so that it can be said."""
    if values is not None:
        kinds = {_kind(value) for value in values}
        return kinds.pop() if len(kinds) == 1 else None
    return next((kind for kind, keys in BY_TYPE.items() if any(key in part for key in keys)), None)


def _kind(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    kinds = ((str, "string"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null" if value is None else None)


def for_type(part: Schema, kind: str) -> Schema | None:
    """Return a schema narrowed to one type; None if none of its values are of this type."""
    foreign = {key for other, keys in BY_TYPE.items() if other != kind for key in keys} - {*BY_TYPE.get(kind, ())}
    narrowed: Schema = {"type": kind, **without(part, "type", *foreign)}
    if "enum" in part:
        kinds = {kind, "integer"} if kind == "number" else {kind}
        narrowed["enum"] = [value for value in part["enum"] if _kind(value) in kinds]
        if not narrowed["enum"]:
            return None
    return narrowed if kind != "null" else {"type": "null"}


def described(part: Schema) -> Schema:
    """Return the description, with what the service would not read otherwise."""
    notes = [str(part["description"])] if part.get("description") else []
    notes += [f"({hint})" for hint in _hints(part)]
    return {"description": " ".join(notes)} if notes else {}


def _hints(part: Schema) -> Iterator[str]:
    for key in HINTS:
        value = part.get(key)
        if key.startswith("exclusive") and part.get("type") == "integer":
            continue  # it is sent, as an inclusive one
        if value is not None and value is not False and len(text := f"{key}: {short(value)}") <= _MOST_HINT:
            yield text
    if part.get("format") and part["format"] not in _FORMATS:
        yield f"format: {part['format']}"
    if isinstance(part.get("additionalProperties"), dict) and part["additionalProperties"]:
        yield f"each value: {short(part['additionalProperties'])}"


def short(value: object) -> str:
    """Return a value as it is told: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def without(part: Schema, *names: str) -> Schema:
    """Return a schema without some keywords."""
    return {key: value for key, value in part.items() if key not in names}


def with_nulls(schema: object) -> Any:
    """Return a schema whose ``nullable``, which is OpenAPI's, is said in words that validators know, too.

    Example:
        >>> with_nulls({"type": "string", "nullable": True})
        {'anyOf': [{'type': 'string'}, {'type': 'null'}]}
    """
    if isinstance(schema, list):
        return [with_nulls(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    part = {key: with_nulls(value) for key, value in cast("Schema", schema).items()}
    if part.get("nullable") is not True or not isinstance(part.get("type"), str):
        return part
    return {"anyOf": [without(part, "nullable"), {"type": "null"}]}
