"""The ``tool`` decorator: from a function with type hints and a docstring to a LangChain tool."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from clovax_agents.tooling.docstrings import DocstringText, MalformedDocstringError, read_docstring
from clovax_agents.tooling.function_tool import FunctionTool
from clovax_agents.tooling.origins import name_of, refusal
from clovax_agents.tooling.policy import ToolPolicy, checked_policy
from clovax_agents.tooling.schema import build_schema, check_given_schema, given_description
from clovax_agents.tooling.signature import check_function, read_parameters
from clovax_agents.tooling.sizes import is_name, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.tools import StructuredTool
    from pydantic import BaseModel

__all__ = ["tool"]

ArgsSchema: TypeAlias = "type[BaseModel] | dict[str, Any]"
ResponseFormat: TypeAlias = Literal["content", "content_and_artifact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    name: str | None
    description: str | None
    args_schema: ArgsSchema | None
    return_direct: bool
    response_format: ResponseFormat
    policy: ToolPolicy


@overload
def tool(function: Callable[..., object], /) -> StructuredTool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    args_schema: ArgsSchema | None = None,
    return_direct: bool = False,
    response_format: ResponseFormat = "content",
    policy: ToolPolicy | None = None,
) -> Callable[[Callable[..., object]], StructuredTool]: ...
def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    args_schema: ArgsSchema | None = None,
    return_direct: bool = False,
    response_format: ResponseFormat = "content",
    policy: ToolPolicy | None = None,
) -> StructuredTool | Callable[[Callable[..., object]], StructuredTool]:
    """Make a tool from a sync or async function; what cannot work is refused here with a ToolDefinitionError.

    Type hints make the schema, the docstring (Google, NumPy, Sphinx) the descriptions; Field(description=...) wins.

    Args:
        function: of the bare ``@tool``.
        name: what the model calls it, of ``[A-Za-z0-9_-]{1,64}``; the function's name by default.
        description: instead of the docstring's text.
        args_schema: a Pydantic model or a JSON Schema instead of the one made from the hints.
        return_direct: end the agent's turn with the result.
        response_format: ``content_and_artifact`` if the function returns a pair of the two.
        policy: what may be done with its calls; by default what does no harm to a tool with effects.

    Example:
        >>> def twice(a: int) -> int:
        ...     '''Double a number.'''
        ...     return 2 * a
        >>> tool(twice).invoke({"a": 1})
        2
    """
    options = _Options(
        name=name,
        description=description,
        args_schema=args_schema,
        return_direct=return_direct,
        response_format=response_format,
        policy=checked_policy(policy),
    )
    return (lambda decorated: _make(decorated, options)) if function is None else _make(function, options)


def _make(function: Callable[..., object], options: _Options) -> StructuredTool:
    check_function(function)
    name = _check_name(function, options.name)
    parameters = read_parameters(function, schema_given=options.args_schema is not None)
    documented = _read_docstring(function)
    description = _describe(function, options, documented)
    if options.args_schema is None:
        _check_documented(function, documented, {parameter.name for parameter in parameters})
        schema: ArgsSchema = build_schema(function, name, description, parameters, documented.parameters)
    else:
        schema = options.args_schema
        check_given_schema(function, schema, parameters)
    is_async = inspect.iscoroutinefunction(function)
    _check_place(function, options.policy, is_async=is_async)
    made = FunctionTool(
        name=name,
        description=description,
        args_schema=schema,
        func=None if is_async else function,
        coroutine=function if is_async else None,
        return_direct=options.return_direct if options.policy.return_direct is None else options.policy.return_direct,
        response_format=options.response_format,
        policy=options.policy,
    )
    made.adopt(function)
    return made


def _check_place(function: Callable[..., object], policy: ToolPolicy, *, is_async: bool) -> None:
    if policy.runs_in == "inline" and not is_async:
        raise refusal(
            function,
            "is to run inline, but a sync function there would block everybody on the event loop",
            "Make it an async function, or let it run in a thread: leave runs_in out.",
        )


def _check_name(function: Callable[..., object], given: str | None) -> str:
    name = function.__name__ if given is None else given
    if not is_name(name):
        raise refusal(
            function,
            f"would be a tool named {shown(name)}, but a name has 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-'",
            "Pass one in ASCII and keep the wording for the description: @tool(name='search_products').",
        )
    return name


def _read_docstring(function: Callable[..., object]) -> DocstringText:
    try:
        return read_docstring(function.__doc__)
    except MalformedDocstringError as error:
        raise refusal(
            function,
            f"has a docstring section {str(error)!r} that cannot be read",
            "Indent one line per parameter below it, with a colon after the name: '    city: Name of the city.'",
        ) from error


def _describe(function: Callable[..., object], options: _Options, documented: DocstringText) -> str:
    description = options.description or documented.description or given_description(options.args_schema)
    if not description.strip():
        raise refusal(
            function,
            "has neither a docstring nor a description, so a model could not know when to call it",
            f'Add one: def {name_of(function)}(...): """Look up the weather of a city.""" - or pass '
            "@tool(description='...').",
        )
    return inspect.cleandoc(description).strip()


def _check_documented(function: Callable[..., object], documented: DocstringText, actual: set[str]) -> None:
    if strangers := [name for name in documented.parameters if name not in actual]:
        raise refusal(
            function,
            f"documents a parameter {strangers[0]!r} that it does not have",
            f"Correct or remove the entry; the parameters are: {', '.join(sorted(actual)) or 'none'}.",
        )
