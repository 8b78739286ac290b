"""Tools in OpenAI's form: worked out once per tool, however often it is bound."""

from __future__ import annotations

import weakref
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PydanticUserError, TypeAdapter
from typing_extensions import get_type_hints

from clovax_agents.errors import ConfigurationError
from clovax_agents.wire.neutral import ToolSpec
from clovax_agents.wire.schema import accepted_schema, in_place, written_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from langchain_core.tools import BaseTool

__all__ = ["ToolSchema", "ToolSchemas", "schema_of", "spec_of"]


class ToolSchema(dict[str, Any]):
    """A tool in OpenAI's form, and what the service is told of it."""

    @cached_property
    def spec(self) -> ToolSpec:
        """The tool, checked, its schema in the keywords that the service knows."""
        return _spec(self)


class ToolSchemas(list[dict[str, Any]]):
    """Tools in OpenAI's form, with what the service is told of them, worked out once for all calls."""

    @cached_property
    def specs(self) -> list[ToolSpec]:
        """The tools, each checked, its schema in the keywords that the service knows."""
        return [spec_of(tool) for tool in self]


def spec_of(tool: Mapping[str, Any]) -> ToolSpec:
    """Return what the service is told of a tool.

    Raises:
        ConfigurationError: it has no description, or a schema that cannot be sent.
    """
    return tool.spec if isinstance(tool, ToolSchema) else _spec(tool)


def _spec(tool: Mapping[str, Any]) -> ToolSpec:
    function: Mapping[str, Any] = tool.get("function", tool)
    name: str = function.get("name", "")
    if not name:
        raise ConfigurationError(
            f"a tool of type {tool.get('type')!r} cannot be sent: CLOVA Studio calls functions only"
        )
    if not function.get("description"):
        raise ConfigurationError(
            f"the tool {name!r} has no description, and CLOVA Studio refuses tools without one: write a docstring"
        )
    original: dict[str, Any] = function.get("parameters") or {}
    return ToolSpec(name, function["description"], accepted_schema(original, name), original)


_DEFINITIONS: Final = frozenset({"$defs", "definitions"})
_known: Final[dict[int, tuple[weakref.ref[Any], object, ToolSchema]]] = {}


def schema_of(tool: dict[str, Any] | type | Callable[..., Any] | BaseTool) -> ToolSchema:
    """Return a tool in OpenAI's form: the same object every time, until the tool changes.

    A dictionary is read each time: nobody would notice that something in it was changed.
    """
    if isinstance(tool, dict):
        return ToolSchema(_converted(_in_place(tool)))  # pyright: ignore[reportUnknownArgumentType]
    place, stamp = id(tool), _stamp(tool)
    found = _known.get(place)
    if found is not None and found[0]() is tool and found[1] == stamp:
        return found[2]
    _refuse_recursion(tool)
    schema = ToolSchema(_converted(tool))
    try:
        reference = weakref.ref(tool, lambda gone: _forget(place, gone))
    except TypeError:  # nothing to notice its end by
        return schema
    _known[place] = reference, stamp, schema
    return schema


def _converted(tool: Any) -> dict[str, Any]:
    try:
        return convert_to_openai_tool(tool)
    except RecursionError:
        name = getattr(tool, "name", None) or getattr(tool, "__name__", "tool")
        raise ConfigurationError(
            f"the schema of {name!r} is nested too deeply: flatten it, or pass the inner part as text"
        ) from None


def _in_place(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with what it refers to as a whole in place: LangChain would send no parameters."""
    if "$ref" not in tool:
        return tool
    name = str(tool.get("title") or str(tool["$ref"]).rpartition("/")[2])
    written_out(tool, name)  # refuses a schema that refers to itself, which LangChain would write out
    return in_place(tool, name) | {"title": name}


def _refuse_recursion(tool: Any) -> None:
    """Raise a ConfigurationError for a schema that refers to itself: LangChain would write ``{}`` there, anything."""
    source: Any = tool if isinstance(tool, type) else getattr(tool, "tool_call_schema", tool)
    name = str(getattr(tool, "__name__", None) or getattr(tool, "name", "tool"))
    for schema in _written(source):
        if not _DEFINITIONS.isdisjoint(schema):
            written_out(schema, name)


def _written(source: Any) -> Iterator[Mapping[str, Any]]:
    """Give the schemas of a tool's arguments with their references, as far as they have any."""
    if isinstance(source, dict):
        yield cast("dict[str, Any]", source)
        return
    for kind in (source,) if isinstance(source, type) else _hints(source):
        with suppress(PydanticUserError):  # what has no schema is no argument, or LangChain says so
            yield TypeAdapter(kind).json_schema()


def _hints(function: Any) -> Iterable[Any]:
    try:
        return get_type_hints(function).values()
    except (NameError, TypeError):  # LangChain says what is missing
        return ()


def _stamp(tool: Any) -> object:
    """Return what a schema is made from, as far as it is usual to change it."""
    if not isinstance(tool, type) and hasattr(tool, "args_schema"):
        return tool.name, tool.description, id(tool.args_schema)
    return tool.__doc__


def _forget(place: int, gone: weakref.ref[Any]) -> None:
    if (found := _known.get(place)) is not None and found[0] is gone:
        del _known[place]
