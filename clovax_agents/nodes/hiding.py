"""Which tools a run must not see: one answer for the model that is shown them, and for the search that finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clovax_agents.execution.facts import run_facts
from clovax_agents.execution.toolnode import runtime_of

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.tooling import Toolbox

__all__ = ["hidden_tools"]


def hidden_tools(
    box: Toolbox, state: Any, config: RunnableConfig | None, within: frozenset[str] | None = None
) -> frozenset[str]:
    """Return the names of the tools that a run must not see; nothing is worked out for a box without conditions.

    Args:
        box: of all tools.
        state: of the graph.
        config: of the run.
        within: scopes that the agent may have at all; None for all.
    """
    if not box.is_gated:
        return frozenset()
    runtime = runtime_of(config or {})
    return box.hidden_from(run_facts(config or {}, runtime, within).view(runtime.context, state))
