"""JSON schemas as they come: their parts found, and the words of older drafts and of OpenAPI said in today's."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

from clovax_agents.wire.schema_merging import both
from clovax_agents.wire.schema_parts import without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from clovax_agents.wire.schema_parts import Schema

__all__ = [
    "AT_ONCE",
    "REFERENCES",
    "is_remote",
    "modern",
    "recursion",
    "remote_reference",
    "rewritten",
    "target",
    "with_nulls",
]

REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
AT_ONCE: Final = ("allOf",)
_SOONER_OR_LATER: Final = (
    *AT_ONCE, "anyOf", "oneOf", "not", "if", "then", "else", "properties", "patternProperties", "additionalProperties",
    "unevaluatedProperties", "propertyNames", "dependentSchemas", "dependencies", "items", "prefixItems",
    "additionalItems", "unevaluatedItems", "contains",
)  # fmt: skip
"""What holds the schemas that writing a schema leads to: its definitions do only if they are referred to."""
_NO_SCHEMAS: Final = frozenset({"const", "enum", "default", "example", "examples"})
_NAMED: Final = frozenset(
    {"properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"}
)
"""What holds schemas by names, which are no keywords, whatever they look like."""
_MAY_FORBID_NULL: Final = (*REFERENCES, "allOf", "oneOf", "const", "not", "if", "then", "else")
_ABSENT: Final = object()


def rewritten(schema: object, change: Callable[[Schema], Schema]) -> Any:
    """Return a schema with each of its parts changed, the innermost first; values that only look like one stay."""
    if isinstance(schema, list):
        return [rewritten(item, change) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    part = cast("Schema", schema)
    return change({key: _keyword_rewritten(str(key), value, change) for key, value in part.items()})


def _keyword_rewritten(key: str, value: object, change: Callable[[Schema], Schema]) -> object:
    if key in _NO_SCHEMAS or key.startswith("x-"):
        return value
    if key in _NAMED and isinstance(value, dict):
        return {name: rewritten(child, change) for name, child in cast("Schema", value).items()}
    return rewritten(value, change)


def _parts(schema: object) -> list[Schema]:
    found: list[Schema] = []

    def keep(part: Schema) -> Schema:
        found.append(part)
        return part

    rewritten(schema, keep)
    return found


def with_nulls(schema: object) -> Any:
    """Return a schema whose ``nullable``, which is OpenAPI's, is said in words that validators know, too.

    Whatever stands beside it, null is allowed. As much as possible stays in its place, where references lead to.

    Example:
        >>> with_nulls({"type": "string", "nullable": True})
        {'type': ['string', 'null']}
    """
    return rewritten(schema, _with_null)


def _with_null(part: Schema) -> Schema:
    if part.get("nullable") is not True:
        return part
    nullable = without(part, "nullable", *_MAY_FORBID_NULL)
    for key, null in (("type", "null"), ("enum", None), ("anyOf", {"type": "null"})):
        if key in part:
            given: Any = part[key] if isinstance(part[key], list) else [part[key]]
            nullable[key] = [*given, *([] if null in given else [null])]
    if moved := {key: part[key] for key in _MAY_FORBID_NULL if key in part}:
        either = [moved, {"type": "null"}]
        nullable |= {"allOf": [{"anyOf": either}]} if "anyOf" in part else {"anyOf": either}
    return nullable


def remote_reference(schema: Mapping[str, Any]) -> str | None:
    """Return the first reference that leads out of a document, None if there is none."""
    references = [part[key] for part in _parts(schema) for key in REFERENCES if isinstance(part.get(key), str)]
    return next((reference for reference in references if is_remote(schema, reference)), None)


def is_remote(root: Mapping[str, Any], reference: str) -> bool:
    """Tell whether a reference leads out of its document."""
    return not _local(root, reference).startswith("#")


def _local(root: Mapping[str, Any], reference: str) -> str:
    """Return a reference without the address of the document itself."""
    address, hash_sign, fragment = reference.partition("#")
    return f"#{fragment}" if hash_sign and address == str(root.get("$id", "")).rstrip("#") else reference


def target(root: Mapping[str, Any], reference: str) -> Schema | bool | None:
    """Return the schema that a reference leads to, None if it is not there.

    Example:
        >>> target({"$defs": {"A[int]": {"anyOf": [True]}}}, "#/$defs/A%5Bint%5D/anyOf/0")
        True
    """
    fragment = unquote(_local(root, reference).removeprefix("#"))
    if fragment and not fragment.startswith("/"):
        return next((part for part in _parts(root) if _is_named(part, fragment)), None)
    found: object = root
    for step in fragment.split("/")[1:]:
        found = _child(found, step.replace("~1", "/").replace("~0", "~"))
    return cast("Schema | bool", found) if isinstance(found, dict | bool) else None


def _is_named(part: Schema, name: str) -> bool:
    return name in (part.get("$anchor"), part.get("$dynamicAnchor")) or part.get("$id", part.get("id")) == f"#{name}"


def _child(part: object, key: str) -> object:
    if isinstance(part, list):
        items = cast("list[object]", part)
        return items[int(key)] if key.isdecimal() and int(key) < len(items) else _ABSENT
    return cast("Schema", part).get(key, _ABSENT) if isinstance(part, dict) else _ABSENT


def recursion(root: Mapping[str, Any], keywords: Sequence[str] = _SOONER_OR_LATER) -> str | None:
    """Return a reference that leads back to itself through some keywords, None if there is none.

    Example:
        >>> recursion({"items": {"$ref": "#"}})
        '#'
    """
    ended: set[str] = set()

    def found_from(part: object, path: frozenset[str]) -> str | None:
        for reference in _references(part, keywords):
            if reference in path:
                return reference
            if reference not in ended and (found := found_from(target(root, reference), path | {reference})):
                return found
            ended.add(reference)
        return None

    return found_from(root, frozenset())


def _references(schema: object, keywords: Sequence[str]) -> Iterator[str]:
    """Give the references in a schema, without following them."""
    if isinstance(schema, list):
        for item in cast("list[object]", schema):
            yield from _references(item, keywords)
    if not isinstance(schema, dict):
        return
    part = cast("Schema", schema)
    yield from (str(part[key]) for key in REFERENCES if key in part)
    for key in keywords:
        value: object = part.get(key)
        children = [*cast("Schema", value).values()] if key in _NAMED and isinstance(value, dict) else [value]
        yield from _references(children, keywords)


def modern(schema: Mapping[str, Any]) -> Schema:
    """Return one part of a schema in the words of the newest draft, as few of them as will do.

    Raises:
        ContradictionError: its ``const`` is none of its ``enum``.

    Example:
        >>> modern({"minimum": 3, "exclusiveMinimum": True})
        {'exclusiveMinimum': 3}
    """
    part = {key: value for key, value in schema.items() if _says_something(key, value)}
    if "const" in part:
        part = both(without(part, "const"), {"enum": [part["const"]]})
    return _meaningful(_with_places(_with_dependents(_with_required(_with_bounds(part)))))


def _says_something(key: str, value: object) -> bool:
    """Tell whether a keyword has a value: None is none, and what is infinite bounds nothing."""
    if isinstance(value, float) and not isfinite(value):
        return False
    return value is not None or key in {"const", "default"}


def _with_bounds(part: Schema) -> Schema:
    """Write an exclusive bound as a number; in draft 4 it is true beside an inclusive one."""
    for key, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if part.get(exclusive) is True and key in part:
            part = without(part, key) | {exclusive: part[key]}
        elif isinstance(part.get(exclusive), bool):
            part = without(part, exclusive)
    return part


def _with_required(part: Schema) -> Schema:
    """Write which properties are required beside them; in draft 3 each says so itself."""
    names: list[str] = part["required"] if isinstance(part.get("required"), list) else []
    properties: Schema = part.get("properties") or {}
    children = {name: cast("Schema", child) for name, child in properties.items() if isinstance(child, dict)}
    own = [name for name, child in children.items() if child.get("required") is True]
    required = list(dict.fromkeys([*names, *own]))
    return without(part, "required") | ({"required": required} if required else {})


def _with_dependents(part: Schema) -> Schema:
    """Write ``dependencies`` as the two keywords that they became."""
    given: Schema = part.get("dependencies") or {}
    part = without(part, "dependencies")
    for name, value in given.items():
        names: Any = [value] if isinstance(value, str) else value
        part = both(part, {"dependentRequired" if isinstance(names, list) else "dependentSchemas": {name: names}})
    return part


def _with_places(part: Schema) -> Schema:
    """Write a tuple as ``prefixItems``; in older drafts ``items`` are the places, ``additionalItems`` what follows."""
    if not isinstance(part.get("items"), list):
        return without(part, "additionalItems")  # means nothing
    rest = {"items": part["additionalItems"]} if "additionalItems" in part else {}
    return without(part, "items", "additionalItems") | {"prefixItems": part["items"]} | rest


def _meaningful(part: Schema) -> Schema:
    """Leave away what means nothing without another keyword."""
    for key, dependent in (("if", ("then", "else")), ("contains", ("minContains", "maxContains"))):
        part = part if key in part else without(part, *dependent)
    return part if "then" in part or "else" in part else without(part, "if")
