"""The Pydantic model that a tool's arguments are checked against, made from the function's parameters."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args, get_origin

from langchain_core.tools import InjectedToolArg
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.errors import PydanticUserError
from pydantic.json_schema import SkipJsonSchema

from clovax_agents.tooling.origins import refusal
from clovax_agents.tooling.signature import Role, ToolParameter, is_tool_runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovax_agents.errors import ToolDefinitionError

__all__ = ["build_schema", "check_given_schema", "given_description"]

# An argument that the function does not have is told to the model, not dropped: dropping {"dry_run": true} would turn
# a rehearsal into the real thing. Models see a parameter by its name, so an alias must not be the only way in.
_CONFIG = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)


def build_schema(
    function: Callable[..., object],
    name: str,
    description: str,
    parameters: Sequence[ToolParameter],
    documented: Mapping[str, str],
) -> type[BaseModel]:
    """Make the model, and prove at once that it has a JSON Schema."""
    fields: dict[str, Any] = {
        parameter.name: _field(parameter, documented.get(parameter.name))
        for parameter in parameters
        if parameter.role is not Role.CONFIG
    }
    try:
        model = create_model(name, __config__=_CONFIG, __doc__=description, __module__=function.__module__, **fields)
        model.model_json_schema()
    except PydanticUserError as error:
        raise _blame(function, parameters, error) from error
    return model


def _field(parameter: ToolParameter, documented: str | None) -> tuple[Any, Any]:
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    if parameter.role is Role.INJECTED:
        return _hidden(parameter.hint), default
    base, own = _split(parameter.hint)
    plain = next((mark for mark in own if isinstance(mark, str)), None)
    # Later metadata wins in Pydantic: put first, the docstring gives way to an explicit Field(description=...).
    return _annotated(base, Field(description=plain or documented), *own), default


def _hidden(hint: Any) -> Any:
    """An injected parameter: found by LangGraph through its markers, neither shown, validated nor copied."""
    skip: Any = SkipJsonSchema  # to type checkers it is a type alias
    marks = (hint, InjectedToolArg) if is_tool_runtime(hint) else _split(hint)[1]
    return _annotated(Any, Field(exclude=True), skip(), *marks)


def _split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is not Annotated:
        return hint, ()
    base, *marks = get_args(hint)
    return base, tuple(marks)


def _annotated(base: Any, *marks: Any) -> Any:
    build: Any = Annotated
    return build[(base, *marks)]


def _blame(
    function: Callable[..., object], parameters: Sequence[ToolParameter], error: PydanticUserError
) -> ToolDefinitionError:
    """The error that names the parameter whose type has no schema."""
    for parameter in parameters:
        if parameter.role is not Role.MODEL:
            continue
        try:
            TypeAdapter(parameter.hint).json_schema()
        except PydanticUserError as cause:
            return refusal(
                function,
                f"has parameter {parameter.name!r} of a type that has no JSON Schema ({_first_line(cause)})",
                "A model can only write JSON: take a str, a number, a list, a dict, an Enum or a Pydantic model, and "
                "build the object inside the function; or mark the parameter as injected.",
            )
    raise refusal(function, f"has parameters that do not make a schema ({_first_line(error)})", "Change them.")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def check_given_schema(
    function: Callable[..., object], schema: type[BaseModel] | dict[str, Any], parameters: Sequence[ToolParameter]
) -> None:
    """Refuse a schema of the user's own that does not fit the function."""
    fields = _names(function, schema)
    accepted = {parameter.name for parameter in parameters}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in inspect.signature(function).parameters.values())
    if not takes_any and (unknown := sorted(fields - accepted)):
        raise refusal(
            function,
            f"has no parameter {unknown[0]!r}, but args_schema does",
            "Make them agree.",
        )
    for parameter in parameters:
        needed = parameter.role is Role.MODEL and parameter.default is inspect.Parameter.empty
        if needed and parameter.name not in fields:
            raise refusal(
                function,
                f"needs parameter {parameter.name!r}, which args_schema does not have",
                "Add it to the schema or give it a default.",
            )


def _names(function: Callable[..., object], schema: type[BaseModel] | dict[str, Any]) -> set[str]:
    if isinstance(schema, dict):
        properties: Any = schema.get("properties")
        if isinstance(properties, dict):
            return {str(name) for name in cast("dict[str, Any]", properties)}
    elif _is_model(schema):
        return set(schema.model_fields)
    raise refusal(
        function,
        f"got args_schema={schema!r}",
        "Give a Pydantic model class, or a JSON Schema as a dict: {'type': 'object', 'properties': {...}}.",
    )


def _is_model(schema: object) -> bool:
    return isinstance(schema, type) and issubclass(schema, BaseModel)


def given_description(schema: type[BaseModel] | dict[str, Any] | None) -> str:
    """The description that a schema of the user's own carries; empty if it has none."""
    if isinstance(schema, dict):
        return str(schema.get("description", ""))
    # Not getattr: a model without a docstring would show Pydantic's.
    return inspect.cleandoc(vars(schema).get("__doc__") or "") if schema else ""
