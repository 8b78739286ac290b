"""A tool's arguments, read strictly: what the model wrote is what the function gets, or nothing runs (fault T18)."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from langchain_core.tools import BaseTool, StructuredTool, Tool
from pydantic import AliasChoices, AliasPath, BaseModel, ValidationError

from clovax_agents.checking import Checked
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.misfits import misfits
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.execution.strictness import strict_reader
from clovax_agents.execution.texts import one_line
from clovax_agents.execution.wording import say
from clovax_agents.tooling.function_tool import FunctionTool
from clovax_agents.tooling.signature import config_parameter
from clovax_agents.wire.arguments import MAX_ARGUMENT_BYTES, MAX_ARGUMENT_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic.fields import FieldInfo

__all__ = ["ArgumentReader"]

_MOST_ERRORS: Final = 8
_MOST_NAMES: Final = 40
_LONGEST_NUMBER: Final = 4_300 * 3.32
"""Bits that 4,300 digits have, as many as Python writes."""
_CONTAINERS: Final = (dict, list, tuple)
"""Kept: written where it is used, ``dict | list | tuple`` would be put together for each argument anew."""
_VALIDATORS: Final = ("validators", "field_validators", "root_validators", "model_validators")
_BY_NAME: Final = frozenset({"runtime"})
"""Parameters that LangGraph fills whatever their type."""


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
            return cls(frozenset(), complete=False, _known=None, _read=deepcopy)
        if isinstance(given, dict):
            return cls(_injected(tool, set()), complete=True, _known=_names_of(given), _read=_Copied(Checked(given)))
        schema: Any = tool.tool_call_schema
        full: Any = given or tool.get_input_schema()
        if as_dict(schema) is not None or not issubclass(schema, BaseModel) or not issubclass(full, BaseModel):
            make: Any = getattr(schema, "schema", dict)  # of Pydantic's first version
            checked = Checked(as_dict(schema) or make())
            return cls(_injected(tool, set()), complete=False, _known=_names_of(checked.schema), _read=_Copied(checked))
        return cls._of_classes(tool, schema, full)

    @classmethod
    def _of_classes(cls, tool: BaseTool, schema: type[BaseModel], full: type[BaseModel]) -> ArgumentReader:
        """Work it out for a class of what the model writes, and one of what the tool takes."""
        filled = _filled(tool, schema)
        injected = _injected(tool, {*(set(full.model_fields) - set(schema.model_fields)), *filled})
        if _is_ours(full) or not injected:
            known = None if full.model_config.get("extra") == "allow" else _names(full.model_fields, injected)
            reader = _Model.of(full, dict.fromkeys(injected))
            return cls(injected, complete=tool.args_schema is not None, _known=known, _read=reader)
        known = _names(schema.model_fields, injected)
        decorators = full.__pydantic_decorators__  # a validator has to see all of the arguments
        complete = tool.args_schema is not None and not any(getattr(decorators, name) for name in _VALIDATORS)
        return cls(injected, complete=complete, _known=known, _read=_Model.of(schema, filled))

    def __call__(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments: objects of their own, whatever the function does to them.

        Raises:
            InvalidArgumentsError: with everything that is wrong, each with its place.
        """
        _check_json(given, 1)
        arguments = self.without_injected(given)
        if self._known is not None and not self._known.issuperset(arguments):
            strange = [name for name in arguments if name not in self._known]
            raise InvalidArgumentsError(
                "; ".join([_unknown(strange, self._known), *self._problems(arguments, strange)])
            )
        return self._read(arguments)

    def without_injected(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a model may say of the arguments."""
        if not self.injected:
            return dict(given)
        return {name: value for name, value in given.items() if name not in self.injected}

    def _problems(self, arguments: dict[str, Any], strange: list[str]) -> list[str]:
        """Return what is wrong besides the names that the tool does not know."""
        try:
            self._read({name: value for name, value in arguments.items() if name not in strange})
        except InvalidArgumentsError as error:
            return [str(error)]
        return []


@dataclass(frozen=True, slots=True)
class _Copied:
    """Checks, and hands on a copy: what a function does to its arguments is not done to the message."""

    check: Checked

    def __call__(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return deepcopy(self.check(arguments))


@dataclass(frozen=True, slots=True)
class _Model:
    """Reads by a Pydantic class, whose own validators run, too.

    Attributes:
        read: of the class.
        filled: fields that are not the model's to fill, and what they hold until somebody else does.
    """

    read: Callable[[bytes | str], BaseModel]
    filled: Mapping[str, Any]

    @classmethod
    def of(cls, model: type[BaseModel], filled: Mapping[str, Any]) -> _Model:
        return cls(strict_reader(model), filled)

    def __call__(self, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            read = self.read(_written({**arguments, **self.filled} if self.filled else arguments))
        except ValidationError as error:
            raise InvalidArgumentsError(_listed(error)) from error
        found = {**vars(read)}
        if extra := read.model_extra:
            found.update(extra)
        for name in self.filled:
            found.pop(name, None)
        return found


def _written(arguments: Mapping[str, Any]) -> bytes | str:
    """Write arguments as JSON again: only as JSON may a date be a text, and a 5 be no "5"."""
    try:
        return orjson.dumps(arguments)
    except TypeError:  # a number of more than 64 bits
        return json.dumps(arguments)


def _filled(tool: BaseTool, schema: type[BaseModel]) -> dict[str, Any]:
    """Return fields of what the model is shown that are filled for it all the same, and something that fits there."""
    if isinstance(tool, FunctionTool):
        return {}
    filled: dict[str, Any] = dict.fromkeys(_BY_NAME & set(schema.model_fields))
    # LangChain shows the configuration among the arguments where a tool's class has no schema of its own.
    config = None if tool.args_schema is not None else config_parameter(tool._run)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return {**filled, config: {}} if config in schema.model_fields else filled


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
    strange = ", ".join(repr(one_line(name)) for name in names[:_MOST_NAMES])
    if not known:
        return say("the tool has no argument {names}; it takes none", names=strange)
    there = ", ".join(sorted(known)[:_MOST_NAMES])
    return say("the tool has no argument {names}; they are: {known}", names=strange, known=there)


def _listed(error: ValidationError) -> str:
    return misfits(error, whole=say("arguments"), most=_MOST_ERRORS)


def _check_json(value: Any, depth: int) -> int:
    """Refuse what no JSON can say, and what is too much of it; return about how long it is."""
    if depth > MAX_ARGUMENT_DEPTH:
        raise InvalidArgumentsError(say("the arguments are nested deeper than {most} levels", most=MAX_ARGUMENT_DEPTH))
    size = 0
    if (names := as_dict(value)) is not None:
        size += _length_of_names(names)
        value = names.values()
    for item in value:
        if isinstance(item, str):
            size += _length(item)
        elif isinstance(item, _CONTAINERS):
            size += _check_json(item, depth + 1)
        else:
            _check_scalar(item)
        size += 1
    if size > MAX_ARGUMENT_BYTES:
        raise InvalidArgumentsError(say("the arguments are larger than {most} bytes", most=MAX_ARGUMENT_BYTES))
    return size


def _check_scalar(item: object) -> None:
    if isinstance(item, int):
        if item.bit_length() > _LONGEST_NUMBER:
            raise InvalidArgumentsError(say("the arguments contain a number that is too long"))
    elif isinstance(item, float):
        if not math.isfinite(item):
            raise InvalidArgumentsError(say("the arguments contain {value}, which is not JSON", value=item))
    elif item is not None:
        kind = say("a Python object ({kind})", kind=type(item).__name__)
        raise InvalidArgumentsError(say("the arguments contain {value}, which is not JSON", value=kind))


def _length_of_names(names: Iterable[Any]) -> int:
    try:
        return _length("".join(names))
    except TypeError:
        kind = say("a name that is no text")
        raise InvalidArgumentsError(say("the arguments contain {value}, which is not JSON", value=kind)) from None


def _length(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise InvalidArgumentsError(say("the arguments contain half a character (a lone surrogate)")) from None
