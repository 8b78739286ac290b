"""A function's parameters as a tool needs them, and the checks that make sure that it can be one.

LangChain and LangGraph pass values to tools by parameter name and by annotation. Some names and shapes collide with
that and fail late, at the first call or without any error at all; here they are refused when the tool is defined.
"""

from __future__ import annotations

import enum
import inspect
import sys
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolArg
from pydantic import BaseModel

from clovax_agents.errors import ToolDefinitionError
from clovax_agents.tooling.origins import name_of, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Role",
    "ToolParameter",
    "check_function",
    "config_parameter",
    "is_tool_runtime",
    "read_parameters",
    "resolve_hints",
]

_EMPTY = inspect.Parameter.empty
_CONFIG_REMEDY = "annotate it as RunnableConfig (of langchain_core.runnables) to get the run's configuration"
_RUNTIME_REMEDY = "annotate it as ToolRuntime (of langgraph.prebuilt) to get state, store and context"
_CALLBACKS_REMEDY = "take 'config: RunnableConfig', which carries the callbacks, and pass that on"


class Role(enum.Enum):
    """Who gives a parameter its value."""

    MODEL = "the model, as an argument of the call"
    INJECTED = "the node that runs the tool"
    CONFIG = "LangChain, from the run's configuration"


@dataclass(frozen=True, slots=True)
class ToolParameter:
    """One parameter of a tool function.

    Attributes:
        name: as written in the function.
        hint: the resolved annotation, ``Annotated`` metadata included; None only where a given schema replaces it.
        default: ``inspect.Parameter.empty`` if the parameter is required.
        role: who gives it its value.
    """

    name: str
    hint: Any
    default: Any
    role: Role


def check_function(function: object) -> None:
    """Refuse what is not a plain function or a bound method.

    Example:
        >>> check_function(len)
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ToolDefinitionError: a tool is made from a function, not from ...
    """
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        _refuse_non_function(function)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise refusal(
            function, "yields", "A tool answers once: collect the values and return them, for instance as a list."
        )


def _refuse_non_function(item: object) -> None:
    if isinstance(item, BaseTool):
        raise ToolDefinitionError(f"{item.name!r} is a tool already; decorate its function once.")
    raise ToolDefinitionError(
        f"a tool is made from a function, not from {item!r}. Wrap it: write a function with type hints and a docstring "
        "that calls it, and decorate that."
    )


def resolve_hints(function: Callable[..., object]) -> dict[str, Any]:
    """The function's type hints, names resolved."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # annotations are code: anything may happen
        missing = getattr(error, "name", None)
        raise refusal(
            function,
            f"has type hints that cannot be resolved ({type(error).__name__}: {error})",
            f"Define or import {missing or 'the types'} at the top level of the module, above the function and not "
            "under 'if TYPE_CHECKING:', because the schema is built from the types when the module is loaded.",
        ) from error


def read_parameters(function: Callable[..., object], *, schema_given: bool = False) -> tuple[ToolParameter, ...]:
    """Check a function's signature and describe its parameters.

    Args:
        function: the function that becomes a tool.
        schema_given: the caller has a schema of their own, so parameters need no hints and ``**kwargs`` is allowed.

    Example:
        >>> def weather(city: str, config: RunnableConfig) -> str: ...
        >>> [(p.name, p.role.name) for p in read_parameters(weather)]
        [('city', 'MODEL'), ('config', 'CONFIG')]
    """
    hints = resolve_hints(function)
    found: list[ToolParameter] = []
    for parameter in inspect.signature(function).parameters.values():
        if schema_given and parameter.kind is parameter.VAR_KEYWORD:
            continue
        _check_shape(function, parameter)
        hint = hints.get(parameter.name)
        _check_hint(function, parameter.name, hint, required=not schema_given)
        found.append(ToolParameter(parameter.name, hint, parameter.default, _role(hint)))
    _check_single_config(function, found)
    return tuple(found)


def config_parameter(function: Callable[..., object]) -> str | None:
    """The name of the parameter that takes the run's configuration; None if there is none.

    Example:
        >>> def weather(city: str, settings: RunnableConfig) -> str: ...
        >>> config_parameter(weather)
        'settings'
    """
    hints = typing.get_type_hints(function, include_extras=True)
    found = (name for name, hint in hints.items() if _is_config(hint) and name != "return")
    return next(found, None)


def _is_config(hint: Any) -> bool:
    bare = _bare(hint)
    return bare is RunnableConfig or (RunnableConfig in get_args(bare) and type(None) in get_args(bare))


def is_tool_runtime(hint: Any) -> bool:
    """Whether a hint is LangGraph's ToolRuntime, which needs no Annotated marker."""
    # An annotation can only be a ToolRuntime if somebody imported it; we need not.
    prebuilt = sys.modules.get("langgraph.prebuilt")
    runtime = getattr(prebuilt, "ToolRuntime", None)
    return runtime is not None and runtime in {hint, get_origin(hint)}


def _role(hint: Any) -> Role:
    if _bare(hint) is RunnableConfig:
        return Role.CONFIG
    return Role.INJECTED if is_tool_runtime(hint) or _is_marked(hint) else Role.MODEL


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _is_marked(hint: Any) -> bool:
    """Whether the hint is Annotated with InjectedState, InjectedStore, InjectedToolCallId or their like."""
    return get_origin(hint) is Annotated and any(
        isinstance(mark, InjectedToolArg) or (isinstance(mark, type) and issubclass(mark, InjectedToolArg))
        for mark in get_args(hint)[1:]
    )


def _is_buried(hint: Any) -> bool:
    """Whether something that is injected hides inside a union or a container, where LangChain does not see it."""
    inner = get_args(_bare(hint))
    return any(_role(part) is not Role.MODEL or _is_buried(part) for part in inner)


def _check_shape(function: Callable[..., object], parameter: inspect.Parameter) -> None:
    name = name_of(function)
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
        raise refusal(
            function,
            f"takes {parameter}, which a model cannot fill by name",
            f"Name the parameters, or take one list or dict: def {name}(values: list[str]).",
        )
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise refusal(
            function,
            f"takes {parameter.name!r} by position only, but tools are called by name",
            "Remove the '/' from its signature.",
        )
    if parameter.name in {"self", "cls"}:
        raise refusal(
            function,
            f"is a method: {parameter.name!r} would be asked of the model",
            "Leave the method undecorated and make a tool of the bound one: tool(instance.method).",
        )


def _check_hint(function: Callable[..., object], name: str, hint: Any, *, required: bool) -> None:
    _check_reserved(function, name, hint)
    if hint is None and required:
        raise refusal(
            function,
            f"has no type hint for parameter {name!r}, and the schema that the model sees is made from the hints",
            f"Add one, for instance: def {name_of(function)}({name}: str).",
        )
    if _is_buried(hint):
        raise refusal(
            function,
            f"has parameter {name!r}, in which an injected value is part of a union or a container and would be "
            "asked of the model",
            "Put the marker outermost: Annotated[dict | None, InjectedState]. RunnableConfig, ToolRuntime stand alone.",
        )


def _check_reserved(function: Callable[..., object], name: str, hint: Any) -> None:
    reason, remedy = _reserved(name, hint)
    if reason:
        plain = name.strip("_") or "input"
        advice = f"Rename it, for instance to '{plain}_value'." + (f" Or: {remedy}." if remedy else "")
        raise refusal(function, f"has a parameter named {name!r}, {reason}", advice)


def _reserved(name: str, hint: Any) -> tuple[str, str]:
    """Why a name cannot be used, and the way to get what it usually stands for; two empty texts if it can."""
    if name == "config" and _bare(hint) is not RunnableConfig:
        return "a name under which LangChain passes its own value", _CONFIG_REMEDY
    if name == "runtime" and not is_tool_runtime(hint):
        return "a name under which LangGraph passes its own value", _RUNTIME_REMEDY
    if name in {"run_manager", "callbacks"}:
        return "which LangChain takes away from the arguments", _CALLBACKS_REMEDY
    if name.startswith("_"):
        return "and Pydantic keeps names with a leading underscore private", ""
    if hasattr(BaseModel, name):
        return "which is a method of the Pydantic model that checks the arguments", ""
    return "", ""


def _check_single_config(function: Callable[..., object], parameters: list[ToolParameter]) -> None:
    configs = [parameter.name for parameter in parameters if parameter.role is Role.CONFIG]
    if len(configs) > 1:
        raise refusal(function, f"takes RunnableConfig twice ({', '.join(configs)})", "Keep one of them.")
