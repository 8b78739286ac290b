"""Ready-made tools for agents; each is imported when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clovax_agents.toolkit.finish import finish_tool
    from clovax_agents.toolkit.retriever import retriever_tool
    from clovax_agents.toolkit.tool_search import tool_search_tool

__all__ = ["finish_tool", "retriever_tool", "tool_search_tool"]

_HOME: Final = {
    "finish_tool": "finish",
    "retriever_tool": "retriever",
    "tool_search_tool": "tool_search",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
