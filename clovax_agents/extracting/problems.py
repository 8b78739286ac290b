"""What is wrong with an object, place by place, in words that a model and a user can act on: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typing_extensions import TypedDict

from clovax_agents.execution.misfits import misfit
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clovax_agents.checking import Misfit

__all__ = ["NOTHING", "Problem", "description_of", "pointer_of", "problems_of", "value_at", "value_by"]

NOTHING: Final = object()
"""What stands at a place that there is not."""
_TYPES: Final = {
    "integer": "int_type",
    "number": "float_type",
    "string": "string_type",
    "boolean": "bool_type",
    "array": "list_type",
    "object": "dict_type",
    "null": "none_required",
}
_KINDS: Final = {
    "minimum": ("greater_than_equal", "ge"),
    "maximum": ("less_than_equal", "le"),
    "exclusiveMinimum": ("greater_than", "gt"),
    "exclusiveMaximum": ("less_than", "lt"),
    "minLength": ("string_too_short", "min_length"),
    "maxLength": ("string_too_long", "max_length"),
    "minItems": ("too_short", "min_length"),
    "maxItems": ("too_long", "max_length"),
}
"""Keywords of JSON Schema with a limit, as Pydantic calls what breaks it."""
_FORMATS: Final = {
    "date": "date_parsing",
    "date-time": "datetime_parsing",
    "time": "time_parsing",
    "uuid": "uuid_parsing",
    "uri": "url_parsing",
}


class Problem(TypedDict):
    """Something that is wrong with an object.

    Attributes:
        path: where, as a JSON pointer; empty for the object as a whole.
        problem: what.
    """

    path: str
    problem: str


def pointer_of(place: Iterable[str | int]) -> str:
    """Return a place as a JSON pointer (RFC 6901).

    Example:
        >>> pointer_of(["items", 0, "price/unit"])
        '/items/0/price~1unit'
    """
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


def value_at(value: Any, place: Sequence[str | int]) -> Any:
    """Return what stands at a place of an object; `NOTHING` if there is no such place.

    Example:
        >>> value_at({"items": [{"price": 5}]}, ["items", 0, "price"])
        5
    """
    for part in place:
        fields, items = as_dict(value), as_list(value)
        if fields is not None and part in fields:
            value = fields[str(part)]
        elif items is not None and isinstance(part, int) and 0 <= part < len(items):
            value = items[part]
        else:
            return NOTHING
    return value


def value_by(pointer: str, value: Any) -> Any:
    """Return what stands where a JSON pointer points; `NOTHING` if there is no such place.

    Example:
        >>> value_by("/items/0", {"items": ["a"]})
        'a'
    """
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value_at(value, [int(name) if isinstance(value, list) and name.isdecimal() else name])
    return value


def description_of(schema: Mapping[str, Any], pointer: str) -> str:
    """Return what a schema says about a place; empty if it says nothing.

    Example:
        >>> description_of({"properties": {"price": {"description": "금액(원)"}}}, "/price")
        '금액(원)'
    """
    part: Any = schema if pointer else {}
    for step in pointer.split("/")[1:]:
        part = _referred(schema, part)
        name = step.replace("~1", "/").replace("~0", "~")
        fields = as_dict(part.get("properties")) or {}
        part = part["items"] if name.isdecimal() and "items" in part else fields.get(name)
    return str((as_dict(part) or {}).get("description") or "")


def _referred(schema: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """Return a part of a schema, or what it refers to."""
    known = as_dict(part) or {}
    name = str(known.get("$ref") or "")
    return known if not name.startswith("#/") else as_dict(value_by(name[1:], schema)) or {}


def problems_of(found: Iterable[Misfit], value: Any) -> list[Problem]:
    """Return what is wrong, each place once.

    Pydantic also names the members of a union, and a JSON schema the object around what is missing in it: here a place
    is where something stands, or has to.

    Args:
        found: by whoever checked it.
        value: the object.
    """
    said: dict[str, dict[str, None]] = {}
    for each in found:
        for place in _places(each, value):
            said.setdefault(pointer_of(place), {})[_text(each)] = None
    return [{"path": path, "problem": "; ".join(texts)} for path, texts in said.items()]


def _places(found: Misfit, value: Any) -> Iterator[list[str | int]]:
    if found.kind == "required":
        yield [*found.place, found.values["property"]]
    elif found.kind == "additionalProperties":
        yield from ([*found.place, name] for name in found.values["unexpected"])
    elif found.kind == "missing":
        yield found.place
    else:
        length = len(found.place)
        while value_at(value, found.place[:length]) is NOTHING:
            length -= 1
        yield found.place[:length]


def _text(found: Misfit) -> str:
    kind, values = _as_pydantic(found)
    return misfit(kind, found.message, values)


def _as_pydantic(found: Misfit) -> tuple[str, dict[str, Any]]:
    """Return kind and values as Pydantic would have told them of the same mistake."""
    values = found.values
    if found.kind in _KINDS:
        kind, name = _KINDS[found.kind]
        return kind, {name: values["limit"]}
    if found.kind == "type":
        types = [name for name in values["types"] if name != "null" or len(values["types"]) == 1]
        return (_TYPES.get(types[0], "") if len(types) == 1 else ""), {}
    if found.kind == "enum" and "options" in values:
        return "enum", {"expected": ", ".join(map(repr, values["options"]))}
    if found.kind == "pattern" and "pattern" in values:
        return "string_pattern_mismatch", {"pattern": values["pattern"]}
    if found.kind == "format":
        return _FORMATS.get(values["format"], ""), {}
    return {"required": "missing", "additionalProperties": "extra_forbidden"}.get(found.kind, found.kind), values
