"""Rules on parameters (L20 to L27, L30, L31): what makes wrong arguments, and what the service does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.tooling.lint.finding import Finding
from clovax_agents.tooling.lint.words import GENERIC_NAMES, same_text
from clovax_agents.wire.schema_parts import TOLD_ONLY
from clovax_agents.wire.schema_reading import rewritten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clovax_agents.tooling.lint.subject import Parameter, Subject

__all__ = ["check_parameters"]

MOST_PARAMETERS: Final = 8
MOST_VALUES: Final = 20
_NAMES_OF_THINGS: Final = frozenset({"query", "list", "action", "answer", "test", "default"})
_EMPTY_NAMES: Final = (GENERIC_NAMES - _NAMES_OF_THINGS) | {
    "arg",
    "args",
    "param",
    "params",
    "obj",
    "var",
    "input",
    "payload",
}
_USUAL: Final = frozenset({"default", "additionalProperties", "exclusiveMinimum", "exclusiveMaximum"})
"""What pydantic writes into almost every schema, and what has an equal."""


def check_parameters(subject: Subject) -> Iterator[Finding]:
    """Say what is wrong with the parameters of a tool."""
    if subject.refusal:
        yield Finding("L30", subject.name, values={"text": subject.refusal})
        return
    if len(subject.parameters) > MOST_PARAMETERS:
        yield Finding("L23", subject.name, values={"count": len(subject.parameters), "most": MOST_PARAMETERS})
    for parameter in subject.parameters:
        for rule, values in (*_words(parameter), *_shape(parameter)):
            yield Finding(rule, subject.name, parameter.name, values)


def _words(parameter: Parameter) -> Iterator[tuple[str, dict[str, Any]]]:
    if not parameter.description.strip():
        yield "L20", {}
    elif same_text(parameter.description, parameter.name):
        yield "L21", {}
    if len(parameter.name) == 1 or parameter.name.lower() in _EMPTY_NAMES:
        yield "L22", {}


def _shape(parameter: Parameter) -> Iterator[tuple[str, dict[str, Any]]]:
    variants = list(_variants(parameter.schema))
    if any(variant.get("type") == "null" for variant in variants):
        yield "L24", {}
    longest = max((len(part.get("enum", ())) for part in _below(parameter.schema)), default=0)
    if longest > MOST_VALUES:
        yield "L25", {"count": longest, "most": MOST_VALUES}
    if depth := max(map(_depth, variants)):
        yield "L26", {"depth": depth}
    if any(_is_open(part) for part in _below(parameter.schema)):
        yield "L27", {}
    if keywords := sorted(_told(parameter.raw)):
        yield "L31", {"keywords": ", ".join(keywords)}


def _variants(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give what a value may be, alternatives taken apart."""
    members = cast("list[Mapping[str, Any]]", schema.get("anyOf") or [])
    for member in members:
        yield from _variants(member)
    if not members:
        yield schema


def _children(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    properties = cast("Mapping[str, Any]", schema.get("properties") or {})
    yield from properties.values()
    if isinstance(schema.get("items"), dict):
        yield schema["items"]


def _below(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a schema and all that it holds, alternatives taken apart."""
    for variant in _variants(schema):
        yield variant
        for child in _children(variant):
            yield from _below(child)


def _depth(schema: Mapping[str, Any]) -> int:
    """Return how many objects are inside of one another, at most; lists do not count."""
    below = [_depth(variant) for child in _children(schema) for variant in _variants(child)]
    return max(below, default=0) + bool(schema.get("properties"))


def _is_open(schema: Mapping[str, Any]) -> bool:
    """Tell whether anything goes: no type at all, an object without fields, or a list of anything."""
    kind = schema.get("type")
    if kind == "array":
        return not schema.get("items")
    return not schema.get("properties") if kind == "object" else kind is None and "enum" not in schema


def _told(schema: Mapping[str, Any]) -> set[str]:
    """Return the keywords that the model can only be told of."""
    found: set[str] = set()

    def note(part: dict[str, Any]) -> dict[str, Any]:
        found.update(key for key in part if key in TOLD_ONLY and key not in _USUAL)
        return part

    rewritten(dict(schema), note)
    return found
