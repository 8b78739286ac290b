"""Tool calls turned into tool runs: every call of a message gets exactly one answer."""

from clovax_agents.execution.calls import TurnCall, open_calls
from clovax_agents.execution.executor import ToolExecutor

__all__ = ["ToolExecutor", "TurnCall", "open_calls"]
