"""The tools' turn: answer the open calls, and say where to go next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable
from langgraph.types import Command

from clovax_agents.execution.handoffs import postponed
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.routing import answers_in, has_route, route_after_tools

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool

    from clovax_agents.execution import ToolExecutor
    from clovax_agents.execution.plans import ToolPlan

__all__ = ["ToolsNode"]


class ToolsNode(Runnable[Any, Any]):
    """Answer the open tool calls, and say where to go next.

    Args:
        executor: that runs them.
    """

    def __init__(self, executor: ToolExecutor) -> None:
        """Take the executor."""
        self.name: str | None = "tools"
        self._executor = executor
        self._return_direct = frozenset(name for name, plan in executor.plans.items() if plan.return_direct)
        self.tools_by_name: dict[str, BaseTool] = executor.tools_by_name  # LangGraph's drawings show it
        self.plans: dict[str, ToolPlan] = executor.plans

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls."""
        return self._next(input, self._executor.invoke(input, config))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Any:  # noqa: A002
        """Run the open calls."""
        return self._next(input, await self._executor.ainvoke(input, config))

    def _next(self, given: Any, added: Any) -> Any:
        updates = as_list(added) or [added]
        commands: list[Any] = [update if isinstance(update, Command) else Command(update=update) for update in updates]
        if has_route(updates):
            # one of several tasks waits for the others, of which none would get through to another graph
            sent = as_list(given)
            return (postponed(commands, sent) if sent else None) or commands
        before: list[Any] = (as_dict(given) or {}).get("messages", [])
        goto = route_after_tools([*before, *answers_in(updates)], self._return_direct)
        return [*commands, Command(goto=goto)] if len(commands) > 1 else replace(commands[0], goto=goto)
