"""JSON Schema as CLOVA Studio reads it (docs/wire.md, section 8): anything that Python tools write in, its subset out.

The meaning stays. A keyword that the service knows in another form is written in that form; one that it does not know
is told to the model in the description instead, and the answer is checked against the original schema here.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.wire.schema_merging import ContradictionError, both, one_of
from clovax_agents.wire.schema_parts import (
    TOLD_OF_ANY,
    TOLD_ONLY,
    TYPES,
    described,
    for_type,
    kind_of,
    plain,
    short,
    values_of,
    with_note,
    without,
)
from clovax_agents.wire.schema_reading import (
    AT_ONCE,
    REFERENCES,
    is_remote,
    modern,
    recursion,
    remote_reference,
    target,
    with_nulls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from clovax_agents.wire.schema_parts import Schema

__all__ = ["accepted_schema", "in_place", "written_out"]

_TOLD: Final = frozenset(
    {
        "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties",
    }
)  # fmt: skip
_TOLD_BY_NAME: Final = frozenset({"patternProperties", "dependentSchemas"})
_TOLD_LISTS: Final = frozenset({"conditions", "alsoContains"})
"""What is told in the description and holds schemas, in which references have to be put in place."""
_WRITTEN_BELOW: Final = ("exclusiveMinimum", "exclusiveMaximum", "prefixItems", "format")
"""What each member of an ``anyOf`` tells for itself."""
_MOST_PARTS: Final = 20_000


def accepted_schema(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema for an object in the keywords that the service documents.

    References are put in place, lists of types and ``oneOf`` become ``anyOf``, ``allOf`` is merged, ``const`` becomes
    ``enum``; what is not documented is left away, and told in the description where a model can follow it. What can
    never be, such as a member of ``anyOf`` that contradicts what stands beside it, is left away, too.

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
    with _bounded(name):
        writer = _writer(schema, name)
        written = writer.write(writer.as_object(writer.root)) or {"type": "object"}  # no schema at all: no parameters
    if written.get("type") != "object":
        raise ConfigurationError(
            f"the schema of {name!r} is not for an object, and CLOVA Studio takes only objects: make it a field of one"
        )
    written.setdefault("properties", {})
    return written


def in_place(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema that is a reference as what it refers to, with the definitions beside it.

    Raises:
        ConfigurationError: it refers to nothing, to another document, or only to itself.
    """
    definitions = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    with _bounded(name):
        writer = _Writer(schema, name, read=dict)
        writer.refuse_recursion(recursion(schema, AT_ONCE))
        return writer.resolved(schema) | definitions


def written_out(schema: Mapping[str, Any], name: str) -> Schema:
    """Return a schema of anything in the same keywords, its references put in place.

    Raises:
        ConfigurationError: as of `accepted_schema`, but that a schema may be of anything.
    """
    with _bounded(name):
        writer = _writer(schema, name)
        return writer.write(writer.root)


@contextmanager
def _bounded(name: str) -> Generator[None]:
    """Say of a schema that was made to be deep that it is: a chain of references is as deep as nested objects are."""
    try:
        yield
    except RecursionError:
        raise ConfigurationError(
            f"the schema of {name!r} is nested too deeply: flatten it, or pass the inner part as text"
        ) from None


def _writer(schema: Mapping[str, Any], name: str) -> _Writer:
    writer = _Writer(with_nulls(schema), name)
    writer.refuse_remote(remote_reference(writer.root))
    writer.refuse_recursion(recursion(writer.root))
    return writer


class _ContradictingError(ConfigurationError):
    """Nothing fits a part of the schema."""


class _Writer:
    """Writes the parts of one document, each of them read first: by default, into the words of the newest draft."""

    def __init__(
        self, root: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], Schema] = modern
    ) -> None:
        self.root = root
        self._name = name
        self._read = read
        self._count = 0

    def refuse_remote(self, reference: str | None) -> None:
        """Raise an error if there is a reference to another document: nothing is fetched."""
        if reference is not None:
            raise self._error(f"refers to another document ({reference}): put that schema in place")

    def refuse_recursion(self, reference: str | None) -> None:
        """Raise an error if there is a reference that leads back to itself: writing it would have no end."""
        if reference is not None:
            raise self._error(
                f"refers to itself ({reference}), and CLOVA Studio cannot follow that: limit the depth by "
                "writing the levels out, or pass the nested part as text"
            )

    def as_object(self, schema: object) -> Schema:
        """Write variants of a whole as one object: arguments and answers are objects, whatever else it allows."""
        part = self.resolved(schema)
        if isinstance(part.get("type"), list) and "object" in part["type"]:
            part = {**part, "type": "object"}
        for key in ("anyOf", "oneOf"):
            if part.get(key):
                members = self._possible(part[key], self.as_object)
                if objects := [member for member in members if member.get("type", "object") == "object"]:
                    part = one_of(without(part, key), objects)
        return part

    def write(self, schema: object) -> Schema:
        """Write one schema."""
        part = self.resolved(schema)
        if isinstance(part.get("type"), list):
            return self._one_for_each_type(part)
        part |= {key: self._told(key, value) for key, value in part.items()}
        for key in ("anyOf", "oneOf"):
            if part.get(key):
                return self._variants(without(part, key), part[key])
        return self._plain(part)

    def _told(self, key: str, value: Any) -> Any:
        """Write the schemas in a keyword that is told in the description; any other keyword stays as it is."""
        if key in _TOLD:
            return value if isinstance(value, bool) else self._or_false(value)
        if key in _TOLD_BY_NAME:
            return {name: self._told("if", child) for name, child in value.items()}
        if key in _TOLD_LISTS:
            return [{name: self._told(name, child) for name, child in one.items()} for one in value]
        return [self._told("if", child) for child in value] if key == "prefixItems" else value

    def _or_false(self, schema: object) -> Schema | bool:
        """Write a schema, False for one that nothing fits."""
        try:
            return self.write(schema)
        except _ContradictingError:
            return False

    def resolved(self, schema: object) -> Schema:
        """Return a schema of its own, references and ``allOf`` put in place; what stands beside them is kept."""
        self._count += 1
        if self._count > _MOST_PARTS:
            raise self._error(f"has more than {_MOST_PARTS} parts once references are put in place: make it smaller")
        part = self._own(schema)
        while key := next((key for key in (*REFERENCES, "allOf") if key in part), None):
            members = part[key] if key == "allOf" else [self._target(str(part[key]))]
            part = reduce(self._both, [self.resolved(member) for member in members], without(part, key))
        return part

    def _own(self, schema: object) -> Schema:
        """Read a schema into one that may be changed."""
        if schema is False:
            raise _ContradictingError(f"the schema of {self._name!r} needs a part that allows nothing: leave it out")
        if schema is not True and not isinstance(schema, dict):
            raise self._error("has a part that is no schema: " + short(schema))
        try:
            return self._read(cast("Schema", schema)) if isinstance(schema, dict) else {}
        except ContradictionError as error:
            raise self._contradiction(error) from None

    def _target(self, reference: str) -> object:
        self.refuse_remote(reference if is_remote(self.root, reference) else None)
        found = target(self.root, reference)
        if found is None:
            raise self._error(f"refers to {reference}, which is not there")
        return found

    def _both(self, one: Schema, other: Schema) -> Schema:
        try:
            return both(one, other)
        except ContradictionError as error:
            raise self._contradiction(error) from None

    def _contradiction(self, error: ContradictionError) -> _ContradictingError:
        return _ContradictingError(
            f"the schema of {self._name!r} asks in one place for two different values of {error.args[0]!r}: write one "
            "schema of what is meant"
        )

    def _one_for_each_type(self, part: Schema) -> Schema:
        """Write a list of types as ``anyOf``, each with the keywords that mean something for it."""
        kinds = [kind for kind in part["type"] if kind != "integer" or "number" not in part["type"]]
        if len(kinds) == 1:
            return self.write({**part, "type": kinds[0]})
        once = ("description", "title", *TOLD_OF_ANY)
        told = {key: self._told(key, part[key]) for key in once if key in part}
        return self._any_of(told, [without(for_type(part, kind), *once) for kind in kinds])

    def _variants(self, part: Schema, variants: Sequence[object]) -> Schema:
        """Write ``anyOf``; what stands beside it holds for each of its members."""
        shared = without(part, "description", "title", "examples", "discriminator", *TOLD_ONLY)
        shared = {key: value for key, value in shared.items() if not key.startswith("$")}
        members = [{"allOf": [shared, member]} if shared else member for member in variants]
        return self._any_of(without(part, *_WRITTEN_BELOW), members)

    def _any_of(self, told: Schema, members: Sequence[object]) -> Schema:
        written = self._possible(members, self.write)
        return with_note(described(told), written[0] if len(written) == 1 else {"anyOf": written})

    def _possible(self, members: Sequence[object], write: Callable[[object], Schema]) -> list[Schema]:
        """Write those of several schemas that something fits; if nothing fits any, the last one's error is raised."""
        written: list[Schema] = []
        failure = None
        for member in members:
            try:
                written.append(write(member))
            except _ContradictingError as error:
                failure = error
        if failure and not written:
            raise failure
        return written

    def _plain(self, part: Schema) -> Schema:
        """Write a schema without variants."""
        kind = kind_of(part)
        if kind is not None and kind not in TYPES:
            raise self._error(f"has a type {kind!r}, which JSON Schema does not know: use one of {', '.join(TYPES)}")
        values = values_of(part, kind)
        if values == []:
            raise _ContradictingError(
                f"the schema of {self._name!r} has an enum without a value of type {kind}: correct one of them"
            )
        if kind == "object":
            part |= self._properties(part)
        if kind == "array":
            part = self._with_items(part)
        return described(part) | self._ordered(plain(part, kind, values))

    def _ordered(self, written: Schema) -> Schema:
        """Return what is sent, once its bounds leave something between them."""
        for low, high in (("minimum", "maximum"), ("minItems", "maxItems")):
            if low in written and high in written and written[low] > written[high]:
                raise _ContradictingError(f"the schema of {self._name!r} has a {low} above its {high}: correct one")
        return written

    def _properties(self, part: Schema) -> Schema:
        """Write the properties; an optional one that nothing fits can never be given, and is told so."""
        written: Schema = {}
        never: list[str] = []
        properties: Schema = part.get("properties") or {}
        for name, child in properties.items():
            try:
                written[name] = self.write(child)
            except _ContradictingError:
                if name in part.get("required", ()):
                    raise
                never.append(name)
        return ({"properties": written} if "properties" in part else {}) | ({"never": never} if never else {})

    def _with_items(self, part: Schema) -> Schema:
        """Write what each item may be: anything but what is asked for in a place or of all that follow.

        Places, which only the description can tell, end before the first that nothing fits.
        """
        places: list[Any] = part.get("prefixItems") or []
        rest = self._told("if", part.get("items", True))
        if False in places:
            places, rest = places[: places.index(False)], False
        most: int | None = part.get("maxItems")
        if rest is False:
            most = len(places) if most is None else min(most, len(places))
        kinds = places[:most] if most is not None and most <= len(places) else [*places, rest]
        part = without(part, "items", "prefixItems")
        part |= {} if most is None else {"maxItems": most}
        part |= {"prefixItems": places} if places else {}
        if places and isinstance(rest, dict) and rest:
            part["additionalItems"] = rest
        return part | _items(kinds)

    def _error(self, text: str) -> ConfigurationError:
        return ConfigurationError(f"the schema of {self._name!r} {text}")


def _items(kinds: Sequence[Any]) -> Schema:
    """Return what says that each item is of one of several kinds."""
    if len(kinds) == 1 and kinds[0] is not True:
        return {"items": kinds[0]}
    said = all(kind not in (True, {}) for kind in kinds)
    return {"items": {"anyOf": kinds}} if kinds and said else {}
