"""Ready-made tools for agents; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clovax_agents.toolkit.calculation import calculator
    from clovax_agents.toolkit.clock import current_time
    from clovax_agents.toolkit.files import file_tools
    from clovax_agents.toolkit.finish import finish_tool
    from clovax_agents.toolkit.markdown import markdown_documents
    from clovax_agents.toolkit.naver import naver_search
    from clovax_agents.toolkit.python import python_tool
    from clovax_agents.toolkit.retriever import retriever_tool
    from clovax_agents.toolkit.sql import sql_tools
    from clovax_agents.toolkit.tool_search import tool_search_tool
    from clovax_agents.toolkit.web import web_fetch

__all__ = [
    "calculator",
    "current_time",
    "file_tools",
    "finish_tool",
    "markdown_documents",
    "naver_search",
    "python_tool",
    "retriever_tool",
    "sql_tools",
    "tool_search_tool",
    "web_fetch",
]

_HOME: Final = {
    "calculator": "calculation",
    "current_time": "clock",
    "file_tools": "files",
    "finish_tool": "finish",
    "markdown_documents": "markdown",
    "naver_search": "naver",
    "python_tool": "python",
    "retriever_tool": "retriever",
    "sql_tools": "sql",
    "tool_search_tool": "tool_search",
    "web_fetch": "web",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
