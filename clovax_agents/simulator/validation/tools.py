"""Tool definitions and the choice among them (docs/wire.md, sections 2.5 and 8.2)."""

from __future__ import annotations

import re
from typing import Final

from clovax_agents.simulator.brains.protocol import ToolSpec
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object
from clovax_agents.simulator.refusals import invalid

__all__ = ["read_tool_choice", "read_tools"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def read_tools(value: object, *, strict: bool, parameters_required: bool = False) -> tuple[ToolSpec, ...]:
    """Read the declared tools; the message of a refusal names the field, as the service does for descriptions.

    Args:
        value: of the field ``tools``.
        strict: refuse a tool without ``type``.
        parameters_required: refuse a tool without ``parameters``, as RAG reasoning does.
    """
    if value is None:
        return ()
    items = as_array(value)
    if items is None:
        raise invalid("tools")
    tools = tuple(_read_tool(item, strict=strict, parameters_required=parameters_required) for item in items)
    if len({tool.name for tool in tools}) != len(tools):
        raise invalid("tools[].function.name")
    return tools


def read_tool_choice(value: object, tools: tuple[ToolSpec, ...], field: str = "tool_choice") -> str:
    """Return ``auto``, ``none`` or the name of a declared tool; ``required`` and ``any`` do not exist."""
    if value is None:
        return "auto"
    if isinstance(value, str):
        if value not in ("auto", "none"):
            raise invalid(field)
        return value
    choice = as_object(value) or {}
    name = (as_object(choice.get("function")) or {}).get("name")
    if choice.get("type") != "function" or not isinstance(name, str) or name not in {tool.name for tool in tools}:
        raise invalid(field)
    return name


def _read_tool(value: object, *, strict: bool, parameters_required: bool) -> ToolSpec:
    item = as_object(value)
    if item is None:
        raise invalid("tools")
    # A page's own sample leaves the type out (docs/wire.md, section 10, point 6), so lenient mode tolerates that.
    if item.get("type", None if strict else "function") != "function":
        raise invalid("tools[].type")
    function = as_object(item.get("function"))
    if function is None:
        raise invalid("tools[].function")
    name, description = function.get("name"), function.get("description")
    if not isinstance(name, str) or not _NAME.match(name):
        raise invalid("tools[].function.name")
    if not isinstance(description, str) or not description.strip():
        raise invalid("tools[].function.description")
    return ToolSpec(name, description, _read_parameters(function.get("parameters"), required=parameters_required))


def _read_parameters(value: object, *, required: bool) -> JsonObject:
    if value is None and not required:
        return {}
    schema = as_object(value)
    if schema is None or schema.get("type") != "object" or not _has_object_form(schema):
        raise invalid("tools[].function.parameters")
    return schema


def _has_object_form(schema: JsonObject) -> bool:
    properties = as_object(schema.get("properties", {}))
    required = as_array(schema.get("required", []))
    return (
        properties is not None
        and required is not None
        and all(as_object(child) is not None for child in properties.values())
        and all(isinstance(name, str) and name in properties for name in required)
    )
