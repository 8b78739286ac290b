"""What holds for two JSON schemas at once, and for one of several, written as one schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.wire.schema_parts import TYPES, without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovax_agents.wire.schema_parts import Schema

__all__ = ["ContradictionError", "both", "one_of", "same"]

_APART: Final = {"conditions": ("if", "then", "else"), "alsoContains": ("contains", "minContains", "maxContains")}
"""Keywords that mean something only together: where there are several, all but one stand in a list of their own."""


class ContradictionError(ValueError):
    """Two values of a keyword, of which nothing holds for both; the argument is the keyword."""


def _all_of(one: Any, other: Any) -> Any:
    """Return a schema of what two schemas allow, which may be True or False, too."""
    if one is False or other is False:
        return False
    if one is True or other is True or same(one, other):
        return other if one is True else one
    return {"allOf": [one, other]}


def _each_of_both(one: Schema, other: Schema) -> Schema:
    return {**other, **one, **{name: _all_of(one[name], other[name]) for name in one if name in other}}


def _common(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    if values := [value for value in one if any(same(value, allowed) for allowed in other)]:
        return values
    raise ContradictionError("enum")


def _names(one: Sequence[str], other: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _names_of_each(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> Schema:
    return {name: _names(one.get(name, ()), other.get(name, ())) for name in _names([*one], [*other])}


def _list(one: Any, other: Any) -> list[Any]:
    return [*(one if isinstance(one, list) else [one]), *(other if isinstance(other, list) else [other])]


_BOTH: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "enum": _common,
    "required": _names,
    "dependentRequired": _names_of_each,
    "anyOf": lambda one, other: [{"allOf": [member, {"anyOf": other}]} for member in one],
    "oneOf": lambda one, other: [{"allOf": [member, {"oneOf": other}]} for member in one],
    "not": lambda one, other: {"anyOf": [one, other]},
    "uniqueItems": lambda one, other: one or other,
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), _each_of_both),
    **dict.fromkeys(
        ("items", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties"), _all_of
    ),
    **dict.fromkeys(("format", "pattern", "multipleOf", *_APART), _list),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minItems", "minLength", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxItems", "maxLength", "maxProperties"), min),
}
"""How two values of a keyword are written as one that holds for both; of others, such as titles, the nearest counts."""


def both(one: Schema, other: Schema) -> Schema:
    """Return a schema of what both allow; each is in the words of the newest draft.

    Raises:
        ContradictionError: nothing is allowed by both.

    Example:
        >>> both({"type": "integer", "minimum": 1}, {"minimum": 3})
        {'type': 'integer', 'minimum': 3}
    """
    other = _set_apart(one, other)
    merged = one | _places_of_both(one, other)
    for key, value in without(other, "prefixItems").items():
        merged[key] = _of_both(key, merged[key], value) if key in merged else value
    return merged


def _set_apart(one: Schema, other: Schema) -> Schema:
    """Return the other schema with those of its keywords in a list that mean something only together."""
    for name, keys in _APART.items():
        mine, its = ({key: part[key] for key in keys if key in part} for part in (one, other))
        if mine and its:
            rest = [] if same(mine, its) else [its]
            apart = [*rest, *other.get(name, ())]
            other = without(other, *keys) | ({name: apart} if apart else {})
    return other


def _places_of_both(one: Schema, other: Schema) -> Schema:
    """Return the places of an array one by one: for each, what both ask of it there."""
    longest = max(len(part.get("prefixItems", ())) for part in (one, other))
    places = [_all_of(_at(one, index), _at(other, index)) for index in range(longest)]
    return {"prefixItems": places} if places else {}


def _at(part: Schema, index: int) -> Any:
    places = part.get("prefixItems", ())
    return places[index] if index < len(places) else part.get("items", True)


def _of_both(key: str, one: Any, other: Any) -> Any:
    if key == "type":
        return _type_of_both(one, other)
    return _BOTH[key](one, other) if key in _BOTH and not same(one, other) else one


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are one in JSON: true is no number, as it is in Python, and 1.0 is 1.

    Example:
        >>> same([1], [1.0]), same(1, True)
        (True, False)
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(cast("list[object]", one), cast("list[object]", other), strict=False)
        return len(cast("list[object]", one)) == len(cast("list[object]", other)) and all(same(*pair) for pair in pairs)
    if isinstance(one, dict) and isinstance(other, dict):
        here, there = cast("Schema", one), cast("Schema", other)
        return here.keys() == there.keys() and all(same(here[key], there[key]) for key in here)
    return bool(one == other)


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
