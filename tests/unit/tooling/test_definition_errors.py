"""Functions that cannot become tools are refused when they are decorated, with words that help."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.prebuilt import InjectedState, ToolRuntime
from pydantic import BaseModel

from clovax_agents.errors import ConfigurationError, ToolDefinitionError
from clovax_agents.tooling import tool

if TYPE_CHECKING:
    from decimal import Decimal


class Given(BaseModel):
    """Made by hand."""

    city: str


class Opaque:
    """No JSON can stand for this."""


def undocumented(city: str) -> str:  # noqa: D103
    return city


def untyped(city) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Do it."""
    return str(city)


def by_position(city: str, /) -> str:
    """Do it."""
    return city


def many(*cities: str) -> str:
    """Do it."""
    return str(cities)


def anything(**cities: str) -> str:
    """Do it."""
    return str(cities)


def method_like(self: Any, city: str) -> str:
    """Do it."""
    return f"{self}{city}"


def unresolvable(price: Decimal) -> str:
    """Do it."""
    return str(price)


def 날씨(city: str) -> str:  # noqa: N802, PLC2401
    """Do it."""
    return city


def stranger(city: str) -> str:  # noqa: D417
    """Do it.

    Args:
        town: There is none.
    """
    return city


def broken_section(city: str) -> str:  # noqa: D417
    """Do it.

    Args:
        city the name
    """
    return city


def yielding(city: str) -> Iterator[str]:
    """Do it."""
    yield city


async def yielding_later(city: str) -> AsyncIterator[str]:
    """Do it."""
    yield city


def opaque(thing: Opaque) -> str:
    """Do it."""
    return str(thing)


def config_as_text(config: str) -> str:
    """Do it."""
    return config


def maybe_config(settings: RunnableConfig | None = None) -> str:
    """Do it."""
    return str(settings)


def two_configs(config: RunnableConfig, other: RunnableConfig) -> str:
    """Do it."""
    return str((config, other))


def runtime_as_text(runtime: str) -> str:
    """Do it."""
    return runtime


def maybe_runtime(runtime: ToolRuntime | None = None) -> str:
    """Do it."""
    return str(runtime)


def buried_state(state: Annotated[dict[str, Any], InjectedState] | None = None) -> str:
    """Do it."""
    return str(state)


def with_callbacks(callbacks: list[str]) -> str:
    """Do it."""
    return str(callbacks)


def with_run_manager(run_manager: str) -> str:
    """Do it."""
    return run_manager


def private(_city: str) -> str:
    """Do it."""
    return _city


def shadowing(schema: str) -> str:
    """Do it."""
    return schema


REFUSED = [
    (undocumented, "neither a docstring", "description='...'"),
    (untyped, "no type hint for parameter 'city'", "city: str"),
    (by_position, "'city' by position only", "'/'"),
    (many, r"\*cities", r"list\[str\]"),
    (anything, r"\*\*cities", "Name the parameters"),
    (method_like, "is a method", "instance.method"),
    (unresolvable, "name 'Decimal' is not defined", "import Decimal .* not under 'if TYPE_CHECKING:'"),
    (날씨, "named '날씨'", "name='search_products'"),
    (stranger, "'town' that it does not have", "parameters are: city"),
    (broken_section, "section 'Args:'", "colon after the name"),
    (yielding, "yields", "as a list"),
    (yielding_later, "yields", "as a list"),
    (opaque, "'thing' of a type that has no JSON Schema", "Pydantic model"),
    (config_as_text, "parameter named 'config'", "RunnableConfig"),
    (maybe_config, "'settings', in which an injected value", "stand alone"),
    (two_configs, "config, other", "Keep one"),
    (runtime_as_text, "parameter named 'runtime'", "ToolRuntime"),
    (maybe_runtime, "'runtime'", "ToolRuntime"),
    (buried_state, "'state', in which an injected value", "outermost"),
    (with_callbacks, "parameter named 'callbacks'", "RunnableConfig"),
    (with_run_manager, "parameter named 'run_manager'", "RunnableConfig"),
    (private, "'_city'", "'city_value'"),
    (shadowing, "'schema'", "'schema_value'"),
]


@pytest.mark.parametrize(
    ("function", "problem", "remedy"), [pytest.param(*case, id=case[0].__name__) for case in REFUSED]
)
def test_the_error_names_function_problem_and_remedy(function: Callable[..., Any], problem: str, remedy: str) -> None:
    """The text begins with the function and its file, says what is wrong and what to write instead."""
    with pytest.raises(ToolDefinitionError, match=f"(?s){problem}.*{remedy}") as caught:
        tool(function)

    line = function.__code__.co_firstlineno
    assert str(caught.value).startswith(f"{function.__name__} ({__file__}:{line}) ")


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, "검색", "a.b", "a\n"])
def test_names_outside_the_services_alphabet_are_refused(name: str) -> None:
    """A given name is checked like a function's own."""
    with pytest.raises(ToolDefinitionError, match="1 to 64 characters"):
        tool(name=name)(stranger)


@pytest.mark.parametrize("thing", [len, Opaque, Opaque(), functools.partial(stranger, "x"), "name", 3])
def test_what_is_not_a_function_is_refused(thing: Any) -> None:
    """Built-ins, classes, partials and names are refused with the advice to write a function."""
    with pytest.raises(ToolDefinitionError, match="write a function with type hints"):
        tool(thing)


def test_decorating_twice_is_refused() -> None:
    """A tool cannot become a tool again."""
    made = tool(name="once", description="Once.")(lambda: "")

    with pytest.raises(ToolDefinitionError, match="'once' is a tool already"):
        tool(made)  # type: ignore[call-overload]


def test_a_schema_with_a_stranger_is_refused() -> None:
    """A field of args_schema has to be a parameter."""
    with pytest.raises(ToolDefinitionError, match="no parameter 'city', but args_schema does"):
        tool(name="given", args_schema=Given, description="Do it.")(lambda: "")


def test_a_schema_without_a_needed_field_is_refused() -> None:
    """A required parameter has to be a field of args_schema."""

    def weather(city: str, day: str) -> str:
        """Do it."""
        return city + day

    with pytest.raises(ToolDefinitionError, match="needs parameter 'day'"):
        tool(args_schema=Given)(weather)


@pytest.mark.parametrize("schema", [{}, {"properties": []}, str, "Given"])
def test_what_is_not_a_schema_is_refused(schema: Any) -> None:
    """args_schema has to be a Pydantic model or a JSON Schema of an object."""
    with pytest.raises(ToolDefinitionError, match="args_schema="):
        tool(name="given", args_schema=schema, description="Do it.")(lambda: "")


def test_the_error_is_a_configuration_error() -> None:
    """Whoever catches ConfigurationError or ValueError catches these too."""
    with pytest.raises(ConfigurationError):
        tool(undocumented)
    with pytest.raises(ValueError, match="undocumented"):
        tool(undocumented)
