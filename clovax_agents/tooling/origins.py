"""Where a function or a tool comes from, in the words of an error message."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool, StructuredTool

from clovax_agents.errors import ToolDefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["name_of", "origin_of", "refusal"]


def name_of(function: object) -> str:
    """The qualified name without the noise that functions inside functions carry."""
    name: str = getattr(function, "__qualname__", None) or type(function).__qualname__
    return name.rpartition("<locals>.")[2]


def origin_of(item: BaseTool | Callable[..., object]) -> str:
    """File and line of a function or of a tool made from one; for other tools their class.

    Example:
        >>> from langchain_core.tools import Tool
        >>> origin_of(Tool(name="plain", description="Does nothing.", func=None))
        'an instance of langchain_core.tools.simple.Tool'
    """
    if isinstance(said := getattr(item, "clovax_origin", None), str):  # of a tool that stands for something far away
        return said
    function = (item.func or item.coroutine) if isinstance(item, StructuredTool) else item
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is not None:
        return f"{code.co_filename}:{code.co_firstlineno}"
    return f"an instance of {type(item).__module__}.{type(item).__qualname__}"


def refusal(function: Callable[..., object], problem: str, remedy: str) -> ToolDefinitionError:
    """The error for a function that cannot become a tool: what, why and what to change."""
    return ToolDefinitionError(f"{name_of(function)} ({origin_of(function)}) {problem}. {remedy}")
