"""Our executor as somebody sets it up who wants middleware to see errors and to retry: both have to be said."""

from typing import Any

from langgraph.prebuilt.tool_node import _default_handle_tool_errors

from clovax_agents import Toolbox
from clovax_agents.execution import ToolExecutor
from clovax_agents.tooling.policy import ToolPolicy


class Declared(ToolExecutor):
    """A `ToolExecutor` that raises what ToolNode raises, and whose tools may run twice."""

    def __init__(self, tools: Any, *, handle_tool_errors: Any = _default_handle_tool_errors, **options: Any) -> None:
        box = Toolbox().add(*tools, policy=ToolPolicy(effect="idempotent"))
        super().__init__(box, handle_tool_errors=handle_tool_errors, **options)
