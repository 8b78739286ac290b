"""JSON Schema as CLOVA Studio reads it (docs/wire.md, section 8): anything that Python tools write in, its subset out.

The meaning stays. A keyword that the service knows in another form is written in that form; one that it does not know
is told to the model in the description instead, and the answer is checked against the original schema here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["accepted_schema", "written_out"]

Schema = dict[str, Any]
_FORMATS: Final = frozenset({"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_BY_TYPE: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("format",),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "array": ("items", "minItems", "maxItems"),
    "object": ("properties", "required"),
}
"""The keywords of the subset that mean something for one type only; ``enum`` and ``description`` go with every type."""

_HINTS: Final = (
    "pattern", "minLength", "maxLength", "multipleOf", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems",
    "minProperties", "maxProperties", "default", "contains", "patternProperties", "propertyNames", "dependentRequired",
    "not", "if", "then", "else",
)  # fmt: skip
"""What the service does not know, and a model can follow when it is told of it."""

_MOST_HINT: Final = 200
_ABSENT: Final = object()
_ANNOTATIONS: Final = frozenset({"title", "description", "default", "examples"})
_BOTH: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "properties": lambda one, other: {
        **other,
        **one,
        **{name: {"allOf": [one[name], other[name]]} for name in one if name in other},
    },
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "enum": lambda one, other: [value for value in one if value in other],
    "additionalProperties": lambda _one, _other: False,
    **dict.fromkeys(("minimum", "minItems", "minLength"), max),
    **dict.fromkeys(("maximum", "maxItems", "maxLength"), min),
}
"""How two values of a keyword are written as one that holds for both."""


def accepted_schema(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema for an object in the keywords that the service documents.

    References are put in place, lists of types and ``oneOf`` become ``anyOf``, ``allOf`` is merged, ``const`` becomes
    ``enum``; what is not documented is left away, and told in the description where a model can follow it.

    Args:
        schema: of a tool's parameters or of an answer.
        name: of the tool or answer, for errors.

    Raises:
        ConfigurationError: a schema that refers to itself or to another document, that is not for an object, or that
            contradicts itself.

    Example:
        >>> accepted_schema({"type": "object", "properties": {"n": {"type": ["integer", "null"]}}}, "f")["properties"]
        {'n': {'anyOf': [{'type': 'integer'}, {'type': 'null'}]}}
    """
    written = written_out(schema, name) or {"type": "object"}  # no schema at all: no parameters
    if written.get("type") != "object":
        raise ConfigurationError(
            f"the schema of {name!r} is not for an object, and CLOVA Studio takes only objects: make it a field of one"
        )
    written.setdefault("properties", {})
    return written


def written_out(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema of anything in the same keywords, its references put in place.

    Raises:
        ConfigurationError: as of `accepted_schema`, but that a schema may be of anything.
    """
    return _Writer(schema, name).write(schema, ())


class _Writer:
    """Writes the parts of one document."""

    def __init__(self, root: Mapping[str, Any], name: str) -> None:
        self._root = root
        self._name = name

    def write(self, schema: object, path: tuple[str, ...]) -> Schema:
        """Write one schema; ``path`` holds the references that led here."""
        if schema is True or schema == {}:
            return {}
        if not isinstance(schema, dict):
            raise self._error("has a part that is no schema: " + _short(schema))
        part, path = self._resolved(cast("Schema", schema), path)
        if isinstance(part.get("type"), list) and len(part["type"]) == 1:
            part = {**part, "type": part["type"][0]}
        if isinstance(part.get("type"), list):
            return self._one_for_each_type(part, path)
        if isinstance(part.get("additionalProperties"), dict):  # told in the description, so without references
            values = self.write(part["additionalProperties"], path)
            part = cast("Schema", {**part, "additionalProperties": values})
        written = _described(part)
        if variants := part.get("anyOf") or part.get("oneOf"):
            written |= self._variants(part, variants, path)
        else:
            written |= self._plain(part, path)
        return written

    def _resolved(self, part: Schema, before: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Put references and ``allOf`` in place; what stands beside them is kept."""
        path = before
        while "$ref" in part or "allOf" in part:
            if "$ref" in part:
                reference: str = str(part["$ref"])
                if reference in path:
                    raise self._error(
                        f"refers to itself ({reference}), and CLOVA Studio cannot follow that: limit the depth by "
                        "writing the levels out, or pass the nested part as text"
                    )
                path = (*path, reference)
                part = {**self._target(reference), **_without(part, "$ref")}
            else:
                part = self._merged(part, path)
        return part, path

    def _target(self, reference: str) -> Schema:
        found: object = self._root
        if not reference.startswith("#"):
            raise self._error(f"refers to another document ({reference}): put that schema in place")
        for step in reference.removeprefix("#").split("/")[1:]:
            found = _child(found, step.replace("~1", "/").replace("~0", "~"))
        if not isinstance(found, dict):
            raise self._error(f"refers to {reference}, which is not there")
        return cast("Schema", found)

    def _merged(self, part: Schema, path: tuple[str, ...]) -> Schema:
        merged = _without(part, "allOf")
        for member in part["allOf"]:
            for key, value in self._resolved(member, path)[0].items():
                merged[key] = self._both(key, merged.get(key, _ABSENT), value)
        return merged

    def _both(self, key: str, one: Any, other: Any) -> Any:
        """Return what holds for both of two values of a keyword."""
        if one is _ABSENT or one == other or key in _ANNOTATIONS:
            return other if one is _ABSENT else one
        if key == "type" and {_short(one), _short(other)} == {"integer", "number"}:
            return "integer"
        if key not in _BOTH:
            raise self._error(f"asks by allOf for two different values of {key!r}: write one schema of what is meant")
        return _BOTH[key](one, other)

    def _one_for_each_type(self, part: Schema, path: tuple[str, ...]) -> Schema:
        """Write a list of types as ``anyOf``, each with the keywords that mean something for it."""
        whole = _without(part, "type", "description", "title", "default")
        variants = [_for_type(whole, kind) for kind in part["type"]]
        return _described(part) | {"anyOf": [self.write(variant, path) for variant in variants]}

    def _variants(self, part: Schema, variants: Sequence[object], path: tuple[str, ...]) -> Schema:
        """Write ``anyOf``; what stands beside it holds for each of its members."""
        shared = _without(part, "anyOf", "oneOf", "description", "title", "default", "examples", "discriminator")
        shared = {key: value for key, value in shared.items() if not key.startswith("$") and key not in _HINTS}
        members = [{"allOf": [shared, member]} if shared else member for member in variants]
        written = [self.write(member, path) for member in members]
        return written[0] if len(written) == 1 else {"anyOf": written}

    def _plain(self, part: Schema, path: tuple[str, ...]) -> Schema:
        written: Schema = {}
        values = [part["const"]] if "const" in part else part.get("enum")
        kind = part.get("type") or _kind_of(part, values)
        if kind is not None:
            written["type"] = kind
        if values is not None:
            written["enum"] = list(values)
        for key in _BY_TYPE.get(str(kind), ()):
            if (value := _sent(part, key, kind)) is not None:
                written[key] = self._value(key, value, path)
        return written

    def _value(self, key: str, value: Any, path: tuple[str, ...]) -> Any:
        if key == "properties":
            return {name: self.write(child, path) for name, child in value.items()}
        return self.write(value, path) if key == "items" else value

    def _error(self, text: str) -> ConfigurationError:
        return ConfigurationError(f"the schema of {self._name!r} {text}")


def _child(part: object, key: str) -> object:
    return cast("Schema", part).get(key, _ABSENT) if isinstance(part, dict) else _ABSENT


def _sent(part: Schema, key: str, kind: str | None) -> Any:
    """Return the value to send of a keyword, None for none."""
    value = part.get(key)
    if key in {"minimum", "maximum"}:
        return _bound(value, part.get("exclusive" + key.capitalize()), key, kind)
    if key == "items" and value is None and "prefixItems" in part:
        return {"anyOf": part["prefixItems"]}
    if key == "required":
        return value or None
    return None if key == "format" and value not in _FORMATS else value


def _bound(inclusive: Any, exclusive: Any, key: str, kind: str | None) -> Any:
    """Return the tightest inclusive bound; only of integers an exclusive one has an equal."""
    if isinstance(exclusive, bool) or not isinstance(exclusive, int | float):
        return inclusive
    step = (1 if key == "minimum" else -1) if kind == "integer" and isinstance(exclusive, int) else 0
    bounds = [bound for bound in (inclusive, exclusive + step) if bound is not None]
    return max(bounds) if key == "minimum" else min(bounds)


def _kind_of(part: Schema, values: Sequence[object] | None) -> str | None:
    """Return the type that the keywords imply, so that it can be said."""
    if values is not None:
        kinds = {_kind(value) for value in values}
        return kinds.pop() if len(kinds) == 1 else None
    return next((kind for kind, keys in _BY_TYPE.items() if any(key in part for key in keys)), None)


def _kind(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    kinds = ((str, "string"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null" if value is None else None)


def _for_type(part: Schema, kind: str) -> Schema:
    """Return a schema narrowed to one type."""
    foreign = {key for other, keys in _BY_TYPE.items() if other != kind for key in keys} - {*_BY_TYPE.get(kind, ())}
    narrowed: Schema = {"type": kind, **_without(part, *foreign)}
    if "enum" in part:
        narrowed["enum"] = [value for value in part["enum"] if _kind(value) == kind]
        if not narrowed["enum"] or kind == "null":
            del narrowed["enum"]
    return narrowed if kind != "null" else {"type": "null"}


def _described(part: Schema) -> Schema:
    """Return the description, with what the service would not read otherwise."""
    notes = [part["description"]] if part.get("description") else []
    notes += [f"({hint})" for hint in _hints(part)]
    return {"description": " ".join(notes)} if notes else {}


def _hints(part: Schema) -> Iterator[str]:
    for key in _HINTS:
        value = part.get(key)
        if key.startswith("exclusive") and part.get("type") == "integer":
            continue  # it is sent, as an inclusive one
        if value is not None and value is not False and len(text := f"{key}: {_short(value)}") <= _MOST_HINT:
            yield text
    if part.get("format") and part["format"] not in _FORMATS:
        yield f"format: {part['format']}"
    if isinstance(part.get("additionalProperties"), dict) and part["additionalProperties"]:
        yield f"each value: {_short(part['additionalProperties'])}"


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _without(part: Schema, *names: str) -> Schema:
    return {key: value for key, value in part.items() if key not in names}
