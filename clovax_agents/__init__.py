"""Tool-calling agents on NAVER HyperCLOVA X with LangGraph.

Importing this package loads nothing else: each name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clovax_agents._version import __version__
    from clovax_agents.chat_models import ChatClovaX
    from clovax_agents.client.policy import Deadlines
    from clovax_agents.embeddings import ClovaXEmbeddings
    from clovax_agents.errors import ClovaXError, ModelRetry, ToolFailed
    from clovax_agents.execution import ToolExecutor
    from clovax_agents.tooling import Toolbox, tool
    from clovax_agents.tooling.context import ToolContext, get_tool_context
    from clovax_agents.tooling.policy import Rate, ToolPolicy
    from clovax_agents.tooling.reconciling import Doubt, Outcome

__all__ = [
    "ChatClovaX",
    "ClovaXEmbeddings",
    "ClovaXError",
    "Deadlines",
    "Doubt",
    "ModelRetry",
    "Outcome",
    "Rate",
    "ToolContext",
    "ToolExecutor",
    "ToolFailed",
    "ToolPolicy",
    "Toolbox",
    "__version__",
    "get_tool_context",
    "tool",
]

_HOMES = {
    "ChatClovaX": "chat_models",
    "ClovaXEmbeddings": "embeddings",
    "ClovaXError": "errors",
    "Deadlines": "client.policy",
    "Doubt": "tooling.reconciling",
    "ModelRetry": "errors",
    "Outcome": "tooling.reconciling",
    "Rate": "tooling.policy",
    "ToolContext": "tooling.context",
    "ToolExecutor": "execution",
    "ToolFailed": "errors",
    "ToolPolicy": "tooling.policy",
    "Toolbox": "tooling",
    "__version__": "_version",
    "get_tool_context": "tooling.context",
    "tool": "tooling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
