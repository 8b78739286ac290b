"""JSON Schema as CLOVA Studio reads it (docs/wire.md, section 8): anything that Python tools write in, its subset out.

The meaning stays. A keyword that the service knows in another form is written in that form; one that it does not know
is told to the model in the description instead, and the answer is checked against the original schema here.
"""

from __future__ import annotations

from functools import reduce
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.wire.schema_merging import ContradictionError, both, one_of
from clovax_agents.wire.schema_parts import BY_TYPE, HINTS, TYPES, described, for_type, kind_of, sent, short, without

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovax_agents.wire.schema_parts import Schema

__all__ = ["accepted_schema", "in_place", "written_out"]

_TOLD: Final = frozenset({"additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"})
_TOLD_MANY: Final = frozenset({"patternProperties", "dependentSchemas", "prefixItems", "conditions"})
"""What is told in the description and holds schemas, in which references have to be put in place."""
_MOST_PARTS: Final = 20_000
_ABSENT: Final = object()


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
    writer = _Writer(schema, name)
    written = writer.write(writer.as_object(schema), ()) or {"type": "object"}  # no schema at all: no parameters
    if written.get("type") != "object":
        raise ConfigurationError(
            f"the schema of {name!r} is not for an object, and CLOVA Studio takes only objects: make it a field of one"
        )
    written.setdefault("properties", {})
    return written


def in_place(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema that is a reference as what it refers to, with the definitions beside it.

    Raises:
        ConfigurationError: it refers to nothing, or to another document.
    """
    definitions = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    return _Writer(schema, name).resolved(schema, ())[0] | definitions


def written_out(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema of anything in the same keywords, its references put in place.

    Raises:
        ConfigurationError: as of `accepted_schema`, but that a schema may be of anything.
    """
    return _Writer(schema, name).write(schema, ())


class _ContradictingError(ConfigurationError):
    """Nothing fits a part of the schema."""


class _Writer:
    """Writes the parts of one document."""

    def __init__(self, root: Mapping[str, Any], name: str) -> None:
        self._root = root
        self._name = name
        self._count = 0

    def as_object(self, schema: object, path: tuple[str, ...] = ()) -> Schema:
        """Write variants of a whole as one object: arguments and answers are objects, whatever else it allows."""
        part, path = self.resolved(schema, path)
        if isinstance(part.get("type"), list) and "object" in part["type"]:
            part = {**part, "type": "object"}
        for key in ("anyOf", "oneOf"):
            members = [self.as_object(member, path) for member in part.get(key) or ()]
            if objects := [member for member in members if member.get("type", "object") == "object"]:
                part = one_of(without(part, key), objects)
        return without(part, "nullable")

    def write(self, schema: object, path: tuple[str, ...]) -> Schema:
        """Write one schema; ``path`` holds the references that led here."""
        self._count += 1
        if self._count > _MOST_PARTS:
            raise self._error(f"has more than {_MOST_PARTS} parts once references are put in place: make it smaller")
        part, path = self.resolved(schema, path)
        part |= {key: self._told(key, part[key], path) for key in (_TOLD | _TOLD_MANY) & part.keys()}
        if part.get("nullable") is True and part.get("type") != "null":
            variants = [without(part, "nullable", "description", "title"), {"type": "null"}]
            return described(part) | self._variants({}, variants, path)
        if isinstance(part.get("type"), list):
            return self._one_for_each_type(part, path)
        for key in ("anyOf", "oneOf"):
            if part.get(key):
                return described(part) | self._variants(without(part, key), part[key], path)
        return described(part) | self._plain(part, path)

    def _told(self, key: str, value: Any, path: tuple[str, ...]) -> Any:
        """Write the schemas in a keyword that is told in the description."""
        if key in _TOLD:
            return value if isinstance(value, bool) else self.write(value, path)
        if key == "conditions":
            return [{name: self._told("if", child, path) for name, child in one.items()} for one in value]
        if isinstance(value, list):
            return [self._told("if", child, path) for child in cast("list[object]", value)]
        return {name: self._told("if", child, path) for name, child in value.items()}

    def resolved(self, schema: object, path: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Return a schema of its own, references and ``allOf`` put in place; what stands beside them is kept."""
        if schema is not True and not isinstance(schema, dict):
            raise self._error("has a part that is no schema: " + short(schema))
        part = dict(cast("Schema", schema)) if isinstance(schema, dict) else {}
        while "$ref" in part or "allOf" in part:
            if "$ref" in part:
                reference: str = str(part["$ref"])
                if reference in path:
                    raise self._error(
                        f"refers to itself ({reference}), and CLOVA Studio cannot follow that: limit the depth by "
                        "writing the levels out, or pass the nested part as text"
                    )
                path = (*path, reference)
                part = self._both(without(part, "$ref"), self._target(reference))
            else:
                members = [self.resolved(member, path) for member in part["allOf"]]
                part = reduce(self._both, [found for found, _ in members], without(part, "allOf"))
                path = tuple(dict.fromkeys([*path, *chain.from_iterable(led for _, led in members)]))
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

    def _both(self, one: Schema, other: Schema) -> Schema:
        try:
            return both(one, other)
        except ContradictionError as error:
            raise _ContradictingError(
                f"the schema of {self._name!r} asks by allOf for two different values of {error.args[0]!r}: write one "
                "schema of what is meant"
            ) from None

    def _one_for_each_type(self, part: Schema, path: tuple[str, ...]) -> Schema:
        """Write a list of types as ``anyOf``, each with the keywords that mean something for it."""
        variants = [variant for kind in part["type"] if (variant := for_type(part, kind)) is not None]
        if not variants:
            raise self._error(f"has an enum without a value of type {' or '.join(part['type'])}: correct one of them")
        if len(variants) == 1:
            return self.write(variants[0], path)
        own = [without(variant, "description", "title", "default") for variant in variants]
        return described(part) | {"anyOf": [self.write(variant, path) for variant in own]}

    def _variants(self, part: Schema, variants: Sequence[object], path: tuple[str, ...]) -> Schema:
        """Write ``anyOf``; what stands beside it holds for each of its members."""
        shared = without(part, "description", "title", "default", "examples", "discriminator", *HINTS)
        shared = {key: value for key, value in shared.items() if not key.startswith("$")}
        members = [{"allOf": [shared, member]} if shared else member for member in variants]
        written: list[Schema] = []
        failure = None
        for member in members:
            try:
                written.append(self.write(member, path))
            except _ContradictingError as error:  # this one can never be
                failure = error
        if failure and not written:
            raise failure
        return written[0] if len(written) == 1 else {"anyOf": written}

    def _plain(self, part: Schema, path: tuple[str, ...]) -> Schema:
        written: Schema = {}
        values = [part["const"]] if "const" in part else part.get("enum")
        kind = part.get("type") or kind_of(part, values)
        if kind is not None:
            written["type"] = self._known(kind)
        if values is not None:
            written["enum"] = list(values)
        for key in BY_TYPE.get(str(kind), ()):
            if (value := sent(part, key, kind)) is not None:
                written[key] = self._value(key, value, path)
        return written

    def _known(self, kind: object) -> object:
        if kind not in TYPES:
            raise self._error(f"has a type {kind!r}, which JSON Schema does not know: use one of {', '.join(TYPES)}")
        return kind

    def _value(self, key: str, value: Any, path: tuple[str, ...]) -> Any:
        if key == "properties":
            return {name: self.write(child, path) for name, child in value.items()}
        return self.write(value, path) if key == "items" else value

    def _error(self, text: str) -> ConfigurationError:
        return ConfigurationError(f"the schema of {self._name!r} {text}")


def _child(part: object, key: str) -> object:
    return cast("Schema", part).get(key, _ABSENT) if isinstance(part, dict) else _ABSENT
