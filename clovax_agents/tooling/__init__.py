"""Tools for agents: a decorator that makes them from functions, a box for them, and what may be done with them."""

from __future__ import annotations

from clovax_agents.errors import ModelRetry, ToolFailed
from clovax_agents.tooling.context import ToolContext, get_tool_context
from clovax_agents.tooling.decorator import tool
from clovax_agents.tooling.loading import module_from_path
from clovax_agents.tooling.policy import Rate, ToolPolicy
from clovax_agents.tooling.reconciling import Doubt, Outcome
from clovax_agents.tooling.search import ToolMatch, ToolSearch
from clovax_agents.tooling.toolbox import Toolbox
from clovax_agents.tooling.visibility import RunView

__all__ = [
    "Doubt",
    "ModelRetry",
    "Outcome",
    "Rate",
    "RunView",
    "ToolContext",
    "ToolFailed",
    "ToolMatch",
    "ToolPolicy",
    "ToolSearch",
    "Toolbox",
    "get_tool_context",
    "module_from_path",
    "tool",
]
