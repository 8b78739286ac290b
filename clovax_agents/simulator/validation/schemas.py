"""JSON schemas of structured answers (docs/wire.md, sections 2.6 and 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import JsonObject, as_array, as_object, as_text, follow_pointer
from clovax_agents.simulator.refusals import SimulatedError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["check_schema", "read_native_format", "read_response_format"]

_TYPES: Final = frozenset({"string", "number", "boolean", "integer", "object", "array"})
_FORMATS: Final = frozenset({"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_ONE_SCHEMA: Final = (
    "items", "additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
"""Keywords whose value is a schema, or true or false; ``items``, which is documented, must be an object."""
_LIST_OF_SCHEMAS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_SCHEMAS_BY_NAME: Final = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


def read_response_format(value: object) -> JsonObject | None:
    """Return the schema; every type but ``json_schema`` is refused, ``text`` included (docs/wire.md, section 3.2)."""
    if value is None:
        return None
    response_format = as_object(value)
    if response_format is None:
        raise invalid("response_format")
    if response_format.get("type") != "json_schema":
        raise invalid("response_format.type")
    schema = as_object((as_object(response_format.get("json_schema")) or {}).get("schema"))
    if schema is None:
        raise invalid("response_format.json_schema")
    return schema


def read_native_format(value: object) -> JsonObject | None:
    """Return the schema of a native ``responseFormat``, None if there is none (docs/wire.md, section 2.6).

    Raises:
        SimulatedError: 40001 naming the field, if it is not ``{"type": "json", "schema": {...}}``.

    Example:
        >>> read_native_format({"type": "json", "schema": {"type": "object"}})
        {'type': 'object'}
    """
    if value is None:
        return None
    response_format = as_object(value)
    if response_format is None:
        raise invalid("responseFormat")
    if response_format.get("type") != "json":
        raise invalid("responseFormat.type")
    schema = as_object(response_format.get("schema"))
    if schema is None:
        raise invalid("responseFormat.schema")
    return schema


def check_schema(schema: JsonObject, *, strict: bool, documented_only: bool) -> None:
    """Refuse a schema that the service cannot follow.

    Always refused are values of the wrong form for their keyword, and a ``$ref`` that leads to no schema in the
    document. Every other keyword is accepted: whether the service knows it is unconfirmed (U8).
    Every schema is looked at once, without recursion, so neither depth nor a schema that refers to itself matters.

    Args:
        schema: the root.
        strict: refuse ``pattern``, which is explicitly unsupported.
        documented_only: refuse every keyword, type and format outside the documented lists.

    Raises:
        SimulatedError: 400/40055.
    """
    waiting, seen, targets = [schema], set[int](), dict[int, int]()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if not _is_sound(part, strict=strict, documented_only=documented_only):
            raise _schema_error()
        waiting += _children(part)
        if "$ref" in part:
            waiting.append(_resolve(part["$ref"], schema))
            targets[id(part)] = id(waiting[-1])
    if _lead_in_circles(targets):
        raise _schema_error()


def _schema_error() -> SimulatedError:
    return SimulatedError(400, "40055", "Invalid response format schema")


def _is_sound(schema: JsonObject, *, strict: bool, documented_only: bool) -> bool:
    """Tell whether the keywords of one schema and their values will do, whatever its children are like."""
    if (strict and "pattern" in schema) or (documented_only and not _is_documented(schema)):
        return False
    return all(check(schema[keyword]) for keyword, check in _VALUES.items() if keyword in schema)


def _is_documented(schema: JsonObject) -> bool:
    kind, form = schema.get("type", "string"), schema.get("format", "date")
    return schema.keys() <= _VALUES.keys() and _is_one_of(kind, _TYPES) and _is_one_of(form, _FORMATS)


def _children(schema: JsonObject) -> list[JsonObject]:
    """Return the schemas directly inside a schema."""
    found = [schema[name] for name in _ONE_SCHEMA if name in schema and not isinstance(schema[name], bool)]
    for name in _LIST_OF_SCHEMAS:
        if name in schema:
            found += _filled(as_array(schema[name]))
    for name in _SCHEMAS_BY_NAME:
        if name in schema:
            found += _object(schema[name]).values()
    return [_object(child) for child in found]


def _resolve(reference: object, root: JsonObject) -> JsonObject:
    """Return the place that a JSON pointer such as ``#/$defs/Name`` names; ``#`` is the root."""
    return _object(follow_pointer(as_text(reference), root))


def _lead_in_circles(targets: Mapping[int, int]) -> bool:
    """Tell whether references, as pairs of what refers and what is referred to, lead only to each other somewhere."""
    ending = set[int]()
    for start in targets:
        here, path = start, set[int]()
        while here in targets and here not in ending:
            if here in path:
                return True
            path.add(here)
            here = targets[here]
        ending |= path
    return False


def _object(value: object) -> JsonObject:
    found = as_object(value)
    if found is None:
        raise _schema_error()
    return found


def _filled(items: list[object] | None) -> list[object]:
    if not items:
        raise _schema_error()
    return items


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_one_of(value: object, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _is_type(value: object) -> bool:
    """Tell whether this is a type or a list of types; ``null`` is one, although only observed (W8.1-11)."""
    names = [value] if isinstance(value, str) else as_array(value)
    return bool(names) and all(_is_one_of(name, _TYPES | {"null"}) for name in names or [])


def _is_names(value: object) -> bool:
    names = as_array(value)
    return names is not None and all(isinstance(name, str) for name in names)


def _is_filled(value: object) -> bool:
    return bool(as_array(value))


def _is_object(value: object) -> bool:
    return as_object(value) is not None


_VALUES: Final[dict[str, Callable[[object], bool]]] = {
    "type": _is_type,
    "format": _is_text,
    "minimum": _is_number,
    "maximum": _is_number,
    "minItems": _is_count,
    "maxItems": _is_count,
    "items": _is_object,
    "properties": _is_object,
    "required": _is_names,
    "enum": _is_filled,
    "anyOf": _is_filled,
    "description": _is_text,
}
"""The documented keywords, each with the check of its value."""
