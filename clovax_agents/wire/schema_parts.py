"""What a part of a JSON schema says: its type, its values and bounds, and what can only be told in its description."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "BY_TYPE",
    "TOLD_OF_ANY",
    "TOLD_ONLY",
    "TYPES",
    "Schema",
    "described",
    "for_type",
    "kind_of",
    "plain",
    "short",
    "values_of",
    "with_note",
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

_NUMBERS: Final = ("multipleOf", "exclusiveMinimum", "exclusiveMaximum")
_TOLD_BY_TYPE: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("pattern", "minLength", "maxLength"),
    "number": _NUMBERS,
    "integer": _NUMBERS,
    "array": (
        "uniqueItems", "contains", "minContains", "maxContains", "alsoContains", "prefixItems", "additionalItems",
        "unevaluatedItems",
    ),
    "object": (
        "minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired",
        "dependentSchemas", "never", "unevaluatedProperties", "additionalProperties",
    ),
}  # fmt: skip
"""What the service does not know, and a model can follow when it is told of it.

``alsoContains``, ``conditions``, ``never`` and, beside ``prefixItems``, ``additionalItems`` are written here, for what
has no keyword of its own: more of ``contains`` and of ``if``, properties that nothing fits, items after the places.
"""
TOLD_OF_ANY: Final = ("default", "not", "if", "then", "else", "conditions")
"""What is told whatever the type is."""

_HINTS: Final = tuple(
    dict.fromkeys(
        key for keys in (*_TOLD_BY_TYPE.values(), TOLD_OF_ANY) for key in keys if key != "additionalProperties"
    )
)
_NO_RESTRICTION: Final[Mapping[str, bool]] = {
    "uniqueItems": False,
    "not": False,
    **dict.fromkeys(("propertyNames", "then", "else", "unevaluatedItems", "unevaluatedProperties"), True),
}
_SENT_TOO: Final = {"exclusiveMinimum", "exclusiveMaximum", "prefixItems"}
TOLD_ONLY: Final = frozenset({*_HINTS, "additionalProperties"} - _SENT_TOO)
"""What is only told: the rest decides what is sent, too, and has to stand in each member of an ``anyOf``."""

TYPES: Final = ("string", "number", "integer", "boolean", "array", "object", "null")
_PYTHON_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_MOST_HINT: Final = 200
_FORMATS: Final = frozenset({"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})


def plain(part: Schema, kind: str | None, values: Sequence[object] | None) -> Schema:
    """Return what is sent of a part without variants: its type, its values, and the keywords of its type."""
    written: Schema = {} if kind is None else {"type": kind}
    if values is not None and kind != "null":
        written["enum"] = list(values)
    for key in BY_TYPE.get(str(kind), ()):
        if (value := _sent(part, key, kind)) is not None:
            written[key] = value
    return written


def _sent(part: Schema, key: str, kind: str | None) -> Any:
    """Return the value to send of a keyword, None for none."""
    if key in {"minimum", "maximum"}:
        return _bound(part.get(key), part.get("exclusive" + key.capitalize()), key, kind)
    return next(iter(_formats(part, known=True)), None) if key == "format" else part.get(key)


def _bound(inclusive: Any, exclusive: Any, key: str, kind: str | None) -> Any:
    """Return the tightest inclusive bound; only of integers an exclusive one has an equal."""
    if exclusive is not None and kind == "integer":
        exclusive = math.floor(exclusive) + 1 if key == "minimum" else math.ceil(exclusive) - 1
    bounds = [bound for bound in (inclusive, exclusive) if bound is not None]
    return (max if key == "minimum" else min)(bounds, default=None)


def _formats(part: Schema, *, known: bool) -> list[str]:
    """Return the formats that the service knows, or the others; allOf may have asked for several."""
    given: Any = part.get("format") or []
    names = cast("list[str]", given if isinstance(given, list) else [given])
    return [name for name in names if (name in _FORMATS) is known]


def kind_of(part: Schema) -> str | None:
    """Return the type, or the one that the keywords imply, so that it can be said."""
    if "type" in part:
        return cast("str", part["type"])
    if "enum" in part:
        kinds = {_kind(value) for value in part["enum"]}
        return kinds.pop() if len(kinds) == 1 else None
    return next((kind for kind, keys in BY_TYPE.items() if any(key in part for key in keys)), None)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else next(kind for kind in _PYTHON_TYPES if _is_of(value, kind))


def _is_of(value: object, kind: str) -> bool:
    """Tell whether a value is of a type: 1.0 is an integer, and true is no number."""
    if isinstance(value, bool) or kind == "boolean":
        return isinstance(value, bool) and kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PYTHON_TYPES[kind])


def values_of(part: Schema, kind: str | None) -> list[object] | None:
    """Return the values of an enum that are of a type, None without an enum."""
    values: list[object] | None = part.get("enum")
    return values if values is None or kind is None else [value for value in values if _is_of(value, kind)]


def for_type(part: Schema, kind: str) -> Schema:
    """Return a schema narrowed to one type, with the keywords that mean something for it."""
    own = {*BY_TYPE.get(kind, ()), *_TOLD_BY_TYPE.get(kind, ())}
    if kind in {"integer", "number"} and "string" not in part["type"]:
        own.add("format")  # OpenAPI's, such as int32
    foreign = {key for by_type in (BY_TYPE, _TOLD_BY_TYPE) for keys in by_type.values() for key in keys} - own
    return {"type": kind, **without(part, "type", *foreign)}


def described(part: Schema) -> Schema:
    """Return the description, with what the service would not read otherwise."""
    notes = [str(part["description"])] if part.get("description") else []
    notes += [f"({_shortened(hint)})" for hint in _hints(part)]
    return {"description": " ".join(notes)} if notes else {}


def with_note(note: Schema, written: Schema) -> Schema:
    """Return what is written below a description, each with what the other says."""
    texts = [text for text in (note.get("description"), written.get("description")) if text]
    return written if not texts else {"description": " ".join(dict.fromkeys(texts)), **without(written, "description")}


def _hints(part: Schema) -> Iterator[str]:
    for key in _HINTS:
        value = part.get(key)
        if value is not None and value is not _NO_RESTRICTION.get(key) and not _is_sent(part, key):
            yield f"{key}: {short(value)}"
    yield from (f"format: {name}" for name in _formats(part, known=False) + _formats(part, known=True)[1:])
    if isinstance(part.get("additionalProperties"), dict) and part["additionalProperties"]:
        yield f"each value: {short(part['additionalProperties'])}"


def _is_sent(part: Schema, key: str) -> bool:
    """Tell whether an exclusive bound is sent as an inclusive one, or a tighter one is."""
    if not key.startswith("exclusive"):
        return False
    inclusive = part.get(key.removeprefix("exclusive").lower())
    sign = 1 if key == "exclusiveMinimum" else -1
    return part.get("type") == "integer" or (inclusive is not None and sign * inclusive > sign * part[key])


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_HINT else text[: _MOST_HINT - 1] + "…"


def short(value: object) -> str:
    """Return a value as it is told: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def without(part: Schema, *names: str) -> Schema:
    """Return a schema without some keywords."""
    return {key: value for key, value in part.items() if key not in names}
