"""A tool's arguments, read strictly: what the model wrote is what the function gets, or nothing runs (fault T18)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.tools import BaseTool, StructuredTool, Tool
from pydantic import AliasChoices, AliasPath, BaseModel, ValidationError

from clovax_agents.checking import Checked
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.tooling.function_tool import FunctionTool
from clovax_agents.wire.arguments import MAX_ARGUMENT_BYTES, MAX_ARGUMENT_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic.fields import FieldInfo

__all__ = ["ArgumentReader"]

_MOST_ERRORS: Final = 8
_VALIDATORS: Final = ("validators", "field_validators", "root_validators", "model_validators")
_BY_NAME: Final = frozenset({"runtime"})
"""Parameters that LangGraph fills whatever their type."""
Read = "Callable[[dict[str, Any]], dict[str, Any]]"


@dataclass(frozen=True, slots=True)
class ArgumentReader:
    """Makes keyword arguments of a model's arguments; made once for each tool.

    Strictly: ``"5"`` is no number, ``true`` is no 1, and an argument that the tool does not have is an error. What JSON
    cannot say otherwise may be a text: dates, UUIDs, decimals, members of an enumeration.

    Attributes:
        injected: parameters that the graph fills; whatever a model writes there is dropped.
        complete: the result is all that the function takes from the model, as objects. Otherwise LangChain has to read
            the arguments once more, with the injected ones beside them.
    """

    injected: frozenset[str]
    complete: bool
    _known: frozenset[str] | None
    _read: Callable[[dict[str, Any]], dict[str, Any]]

    @classmethod
    def of(cls, tool: BaseTool) -> ArgumentReader:
        """Work out how a tool's arguments are read."""
        given = tool.args_schema
        if given is None and isinstance(tool, Tool):
            return cls(frozenset(), complete=False, _known=None, _read=dict)
        if isinstance(given, dict):
            return cls(_injected(tool, set()), complete=True, _known=_names_of(given), _read=Checked(given))
        schema: Any = tool.tool_call_schema
        full: Any = given or tool.get_input_schema()
        if as_dict(schema) is not None or not issubclass(schema, BaseModel) or not issubclass(full, BaseModel):
            make: Any = getattr(schema, "schema", dict)  # of Pydantic's first version
            checked = Checked(as_dict(schema) or make())
            return cls(_injected(tool, set()), complete=False, _known=_names_of(checked.schema), _read=checked)
        by_name = _BY_NAME & set(schema.model_fields) if not isinstance(tool, FunctionTool) else frozenset[str]()
        injected = _injected(tool, {*(set(full.model_fields) - set(schema.model_fields)), *by_name})
        if _is_ours(full) or not injected:
            known = None if full.model_config.get("extra") == "allow" else _names(full.model_fields, injected)
            return cls(injected, complete=given is not None, _known=known, _read=_Model(full, injected))
        known = _names(schema.model_fields, injected)
        decorators = full.__pydantic_decorators__  # a validator has to see all of the arguments
        complete = not any(getattr(decorators, name) for name in _VALIDATORS)
        return cls(injected, complete=complete, _known=known, _read=_Model(schema, by_name))

    def __call__(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments.

        Raises:
            InvalidArgumentsError: with everything that is wrong, each with its place.
        """
        arguments = dict(given)
        for name in self.injected:
            arguments.pop(name, None)
        _check_json(arguments, 1)
        if self._known is not None and (strange := [name for name in arguments if name not in self._known]):
            raise InvalidArgumentsError(
                "; ".join([_unknown(strange, self._known), *self._problems(arguments, strange)])
            )
        return self._read(arguments)

    def _problems(self, arguments: dict[str, Any], strange: list[str]) -> list[str]:
        """Return what is wrong besides the names that the tool does not know."""
        try:
            self._read({name: value for name, value in arguments.items() if name not in strange})
        except InvalidArgumentsError as error:
            return [str(error)]
        return []


@dataclass(frozen=True, slots=True)
class _Model:
    """Reads by a Pydantic class, whose own validators run, too."""

    model: type[BaseModel]
    injected: frozenset[str]

    def __call__(self, arguments: dict[str, Any]) -> dict[str, Any]:
        for name in self.injected:
            arguments[name] = None  # of type Any there, and replaced before the call
        try:
            read = self._object(arguments)
        except ValidationError as error:
            raise InvalidArgumentsError(_listed(error)) from error
        found = {**vars(read), **(read.model_extra or {})}
        for name in self.injected:
            found.pop(name, None)
        return found

    def _object(self, arguments: dict[str, Any]) -> BaseModel:
        try:
            return self.model.model_validate(arguments, strict=True)
        except ValidationError:  # it may hold what is a text in JSON and an object in Python
            return self.model.model_validate_json(json.dumps(arguments), strict=True)


def _is_ours(model: type[BaseModel]) -> bool:
    """Whether injected parameters are of type Any, as the decorator makes them."""
    return all(field.annotation is Any or not field.exclude for field in model.model_fields.values()) and any(
        field.exclude for field in model.model_fields.values()
    )


def _injected(tool: BaseTool, hidden: Iterable[str]) -> frozenset[str]:
    keys: frozenset[str] = tool._injected_args_keys if isinstance(tool, StructuredTool) else frozenset()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return frozenset(hidden) | keys


def _names(fields: Mapping[str, FieldInfo], injected: frozenset[str]) -> frozenset[str]:
    names = {name for name in fields if name not in injected}
    for name in tuple(names):
        names.update(_aliases(fields[name].alias), _aliases(fields[name].validation_alias))
    return frozenset(names)


def _aliases(alias: str | AliasPath | AliasChoices | None) -> set[str]:
    if isinstance(alias, AliasChoices):
        return {name for choice in alias.choices for name in _aliases(choice)}
    if isinstance(alias, AliasPath):
        return {str(alias.path[0])}
    return set() if alias is None else {alias}


def _names_of(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the names that a JSON schema knows; None where it takes others, too."""
    is_open = schema.get("additionalProperties", False) is not False
    parts = ("patternProperties", "anyOf", "oneOf", "allOf", "$ref")
    return None if is_open or any(part in schema for part in parts) else frozenset(schema.get("properties", ()))


def _unknown(names: list[str], known: frozenset[str]) -> str:
    there = f"they are: {', '.join(sorted(known))}" if known else "it takes none"
    return f"the tool has no argument {', '.join(map(repr, names[:_MOST_ERRORS]))}; {there}"


def _listed(error: ValidationError) -> str:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{_place(entry['loc'])}: {entry['msg']}" for entry in errors[:_MOST_ERRORS]]
    more = [f"and {len(errors) - _MOST_ERRORS} more"] if len(errors) > _MOST_ERRORS else []
    return "; ".join([*lines, *more])


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location) or "arguments"


def _check_json(value: dict[str, Any] | list[Any], depth: int) -> int:
    """Refuse what no JSON can say, and what is too much of it; return about how long it is."""
    if depth > MAX_ARGUMENT_DEPTH:
        raise InvalidArgumentsError(f"the arguments are nested deeper than {MAX_ARGUMENT_DEPTH} levels")
    size = 0
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, str):
            size += _length(item)
        elif isinstance(item, dict | list):
            size += _check_json(cast("dict[str, Any] | list[Any]", item), depth + 1)
        elif isinstance(item, float) and not math.isfinite(item):
            raise InvalidArgumentsError(f"the arguments contain {item}, which is not JSON")
        size += 1
    if size > MAX_ARGUMENT_BYTES:
        raise InvalidArgumentsError(f"the arguments are larger than {MAX_ARGUMENT_BYTES} bytes")
    return size


def _length(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise InvalidArgumentsError("the arguments contain half a character (a lone surrogate)") from None
