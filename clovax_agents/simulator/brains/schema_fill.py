"""A structured answer: a value that validates against the schema, filled from the question where it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.extract import find_arguments
from clovax_agents.simulator.brains.parameters import Parameter, resolve
from clovax_agents.simulator.brains.values import fit, plain_value
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["fill_schema"]

_DEPTH: Final = 6
"""Deeper objects hold only what they must: a schema may refer to itself."""

_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})


def fill_schema(schema: JsonObject, question: str, now: float) -> object:
    """Return a value that validates against the schema.

    Args:
        schema: the root; its own definitions may be referred to.
        question: where texts and numbers are taken from.
        now: seconds since 1970, for words like "tomorrow".
    """
    return _Filler(schema, question, now).value(schema, 0)


class _Filler:
    def __init__(self, root: JsonObject, question: str, now: float) -> None:
        self._root = root
        self._question = question
        self._now = now

    def value(self, schema: JsonObject, depth: int) -> object:
        """Return the value of any schema inside the root."""
        resolved = resolve(schema, self._root)
        if as_object(resolved.get("properties")) is not None:
            return self._object(resolved, depth)
        items = as_object(resolved.get("items"))
        if Parameter("", resolved, required=True).type == "array" and items is not None:
            return self._array(resolved, items, depth)
        return plain_value(resolved, self._question, self._root, depth)

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        parameters = list(self._parameters(schema))
        found = find_arguments(parameters, self._question, self._now)
        return {
            parameter.name: self._property(parameter, found, depth)
            for parameter in parameters
            if parameter.required or depth < _DEPTH
        }

    def _property(self, parameter: Parameter, found: JsonObject, depth: int) -> object:
        if parameter.type in _SCALARS and parameter.name in found:
            value = fit(found[parameter.name], parameter.schema)
            return (
                plain_value(parameter.schema, value, self._root)
                if isinstance(value, str) and not _formed(parameter)
                else value
            )
        if depth >= 2 * _DEPTH:
            return plain_value(parameter.schema, None, self._root, depth)
        return self.value(parameter.schema, depth + 1)

    def _array(self, schema: JsonObject, items: JsonObject, depth: int) -> object:
        least = 1 if depth < _DEPTH else 0
        empty = as_array(plain_value(schema, None, self._root, depth)) or []
        most = schema.get("maxItems")
        size = max(least, len(empty)) if most != 0 else 0
        return [self.value(items, depth + 1) for _ in range(size)]

    def _parameters(self, schema: JsonObject) -> Iterable[Parameter]:
        required = as_array(schema.get("required")) or []
        for name, child in (as_object(schema.get("properties")) or {}).items():
            yield Parameter(name, resolve(as_object(child) or {}, self._root), name in required)


def _formed(parameter: Parameter) -> bool:
    """Say whether a text was taken because of its form, so that it fits as it is."""
    return "format" in parameter.schema
