"""JSON schemas of structured answers (docs/wire.md, sections 2.6 and 8.1)."""

from __future__ import annotations

from typing import Final

from clovax_agents.simulator.json_types import JsonObject, as_array, as_object
from clovax_agents.simulator.refusals import SimulatedError, invalid

__all__ = ["check_schema", "read_response_format"]

_TYPES: Final = {"string", "number", "boolean", "integer", "object", "array", "null"}
_DOCUMENTED: Final = {
    "type",
    "format",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "items",
    "properties",
    "required",
    "enum",
    "anyOf",
    "description",
}


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


def check_schema(schema: JsonObject, *, strict: bool, documented_only: bool) -> None:
    """Refuse a schema that the service cannot follow, with 400/40055.

    Args:
        schema: the root, or any schema inside it.
        strict: refuse ``pattern``, which is explicitly unsupported.
        documented_only: refuse every keyword outside the documented list.
    """
    if (strict and "pattern" in schema) or (documented_only and not schema.keys() <= _DOCUMENTED):
        raise _schema_error()
    if not _types_known(schema.get("type")) or not _parts_well_formed(schema):
        raise _schema_error()
    for child in _children(schema):
        if as_object(child) is None:
            raise _schema_error()
        check_schema(as_object(child) or {}, strict=strict, documented_only=documented_only)


def _schema_error() -> SimulatedError:
    return SimulatedError(400, "40055", "Invalid response format schema")


def _types_known(value: object) -> bool:
    names = as_array(value) if as_array(value) is not None else [value]
    return value is None or all(isinstance(name, str) and name in _TYPES for name in names or [None])


def _parts_well_formed(schema: JsonObject) -> bool:
    lists = [schema[name] for name in ("required", "enum", "anyOf") if name in schema]
    objects = [schema[name] for name in ("properties", "$defs", "definitions") if name in schema]
    full = all(as_array(schema[name]) for name in ("enum", "anyOf") if name in schema)
    return full and all(isinstance(part, list) for part in lists) and all(isinstance(part, dict) for part in objects)


def _children(schema: JsonObject) -> list[object]:
    named = [child for name in ("properties", "$defs", "definitions") for child in _values(schema.get(name))]
    items = [schema["items"]] if "items" in schema else []
    return [*named, *items, *(as_array(schema.get("anyOf")) or [])]


def _values(value: object) -> list[object]:
    return list((as_object(value) or {}).values())
