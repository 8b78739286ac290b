"""Ready-made tools for agents; each is imported when it is asked for.

No module has the name of a tool: importing it would put the module in the tool's place.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clovax_agents.toolkit.finish import finish_tool
    from clovax_agents.toolkit.naver import naver_search
    from clovax_agents.toolkit.retriever import retriever_tool
    from clovax_agents.toolkit.tool_search import tool_search_tool
    from clovax_agents.toolkit.web import web_fetch

__all__ = [
    "finish_tool",
    "naver_search",
    "retriever_tool",
    "tool_search_tool",
    "web_fetch",
]

_HOME: Final = {
    "finish_tool": "finish",
    "naver_search": "naver",
    "retriever_tool": "retriever",
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
    return sorted({*globals(), *__all__})
