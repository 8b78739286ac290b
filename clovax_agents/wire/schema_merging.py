"""What holds for two JSON schemas at once, and for one of several, written as one schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.wire.schema_parts import HINTS, TYPES, without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovax_agents.wire.schema_parts import Schema

__all__ = ["ContradictionError", "both", "one_of"]

_CONDITION: Final = ("if", "then", "else")


class ContradictionError(ValueError):
    """Two values of a keyword, as which nothing can be written that holds for both; the argument is the keyword."""


def _values(one: Any, other: Any) -> Any:
    """Return what the values of a mapping may be: False, anything (True), or a schema."""
    if False in (one, other):
        return False
    schemas = [schema for schema in (one, other) if schema is not True]
    return schemas[0] if len(schemas) == 1 else {"allOf": schemas}


def _common(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    if values := [value for value in one if value in other]:
        return values
    raise ContradictionError("enum")


_BOTH: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "properties": lambda one, other: {
        **other,
        **one,
        **{name: {"allOf": [one[name], other[name]]} for name in one if name in other},
    },
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "enum": _common,
    "items": lambda one, other: {"allOf": [one, other]},
    "anyOf": lambda one, other: [{"allOf": [member, {"anyOf": other}]} for member in one],
    "oneOf": lambda one, other: [{"allOf": [member, {"oneOf": other}]} for member in one],
    "not": lambda one, other: {"anyOf": [one, other]},
    "additionalProperties": _values,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minItems", "minLength", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxItems", "maxLength", "maxProperties"), min),
}
"""How two values of a keyword are written as one that holds for both."""

_MEANING: Final = frozenset({*_BOTH, *HINTS, "type", "const", "format"} - {"default"})
"""Keywords that say what is allowed; of others, such as titles, the nearest counts."""


def both(one: Schema, other: Schema) -> Schema:
    """Return a schema of what both allow.

    Raises:
        ContradictionError: there is no way to write it.

    Example:
        >>> both({"type": "integer", "minimum": 1}, {"minimum": 3})
        {'type': 'integer', 'minimum': 3}
    """
    merged = dict(one)
    if "if" in one and "if" in other:
        condition = {key: other[key] for key in _CONDITION if key in other}
        merged["conditions"], other = [*one.get("conditions", ()), condition], without(other, *_CONDITION)
    for key, value in other.items():
        merged[key] = _of_both(key, merged[key], value) if key in merged else value
    return merged


def _of_both(key: str, one: Any, other: Any) -> Any:
    if one == other or key not in _MEANING:
        return one
    if key == "type":
        return _type_of_both(one, other)
    if key in _BOTH:
        return _BOTH[key](one, other)
    if key in {"const", "format"}:
        raise ContradictionError(key)
    return {"allOf": [one, other]}


def _type_of_both(one: Any, other: Any) -> Any:
    """Return the types that both have; an integer is a number."""
    here, there = _types(one), _types(other)
    kinds = [kind for kind in TYPES if kind in here & there]
    if "number" in kinds:
        kinds.remove("integer")
    if not kinds:
        raise ContradictionError("type")
    return kinds[0] if len(kinds) == 1 else kinds


def _types(kind: object) -> set[object]:
    kinds = cast("list[object]", kind) if isinstance(kind, list) else [kind]
    return {*kinds, "integer"} if "number" in kinds else set(kinds)


def one_of(whole: Schema, members: Sequence[Schema]) -> Schema:
    """Return one schema for an object of which one of several must hold: it allows more, and tells what is needed.

    A property that only some know is there and not required; one that they know differently may be of either kind.
    """
    own: Schema = whole.get("properties") or {}
    required: list[str] = whole.get("required") or []
    needs = [[name for name in member.get("required") or () if name not in required] for member in members]
    shared = [name for name in needs[0] if all(name in names for names in needs)]
    note = "; or ".join(dict.fromkeys(" and ".join(names) for names in needs))
    told = [whole.get("description"), f"(needs {note})" if all(needs) and len(needs) > 1 else None]
    merged: Schema = {"type": "object", "properties": _any_of_each(members) | own, "required": [*required, *shared]}
    return whole | merged | {"description": " ".join(filter(None, told))}


def _any_of_each(members: Sequence[Schema]) -> Schema:
    """Return the properties that any of several objects has."""
    found: dict[str, list[object]] = {}
    for member in members:
        properties: Schema = member.get("properties") or {}
        for name, schema in properties.items():
            known = found.setdefault(name, [])
            known += [] if schema in known else [schema]
    return {name: known[0] if len(known) == 1 else {"anyOf": known} for name, known in found.items()}
