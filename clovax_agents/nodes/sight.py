"""What a model sees of a run: which of the tools, given what the run may do and what has entered its conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clovax_agents.execution.requests import field_of
from clovax_agents.execution.toolnode import runtime_of
from clovax_agents.forms import left_out
from clovax_agents.nodes.hiding import hidden_tools
from clovax_agents.tooling.context import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution import ToolExecutor
    from clovax_agents.execution.taint import Taint
    from clovax_agents.state import AgentState
    from clovax_agents.tooling import Toolbox

    Selecting = Callable[[Sequence[BaseMessage], frozenset[str]], tuple[str, ...]]

__all__ = ["Sight"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a model sees of the runs of one agent.

    Attributes:
        box: the agent's tools.
        executor: that runs them.
        known: their names.
        select: chooses among very many tools, see `ToolSelector`; None: all that are not hidden.
    """

    box: Toolbox
    executor: ToolExecutor
    known: tuple[str, ...]
    select: Selecting | None

    @classmethod
    def over(cls, box: Toolbox, executor: ToolExecutor, select: Selecting | None = None) -> Sight:
        """Work out what does not change from run to run."""
        return cls(box, executor, box.names, select)

    def names(self, messages: Sequence[BaseMessage], hidden: frozenset[str]) -> tuple[str, ...]:
        """Return the names of the tools that the model is given, in order.

        Args:
            messages: the history as the model is going to see it.
            hidden: what it must not be given, as `of` says.
        """
        if self.select is not None:
            return self.select(messages, hidden)
        return tuple(name for name in self.known if name not in hidden) if hidden else self.known

    def within_tool(self, state: Any, config: RunnableConfig) -> frozenset[str]:
        """Return the names of the tools that the model is not shown, for a tool of the agent that tells of others.

        Args:
            state: of the agent, as the tool is given it.
            config: of the tool's run.
        """
        inner = CURRENT.get()
        token = CURRENT.set(None if inner is None else inner.around)
        try:
            taint = self.executor.guard.taint(field_of(state, "messages"), field_of(state, "taint"), CURRENT.get())
            return self._hidden(state, taint, config)
        finally:
            CURRENT.reset(token)

    def of(self, state: AgentState, config: RunnableConfig | None) -> tuple[Taint, frozenset[str]]:
        """Return what the conversation carries, and the names of the tools that the model is not shown.

        If the agent runs inside of a tool, that tool's call is told what is carried here.

        Args:
            state: of the agent.
            config: of the run.
        """
        executor = self.executor
        around = CURRENT.get()
        taint = executor.guard.taint(state["messages"], state.get("taint"), around)
        if around is not None:
            around.carried.update(taint)
        return taint, self._hidden(state, taint, config or {})

    def _hidden(self, state: Any, taint: Taint, config: RunnableConfig) -> frozenset[str]:
        executor = self.executor
        refused = executor.guard.refused(executor.plans, taint)
        if executor.choosable:
            refused |= left_out(runtime_of(config).context, executor.choosable)
        return hidden_tools(self.box, state, config, executor.scopes) | refused
