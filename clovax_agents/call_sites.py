"""Where in a program a call is made, and the cap that is planned for it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables.config import var_child_runnable_config

from clovax_agents.capabilities import TOOL_CAP_FLOOR
from clovax_agents.limits import DEFAULT_CAP
from clovax_agents.pacing.caps import Site, planner

if TYPE_CHECKING:
    from clovax_agents.capabilities import ModelCard
    from clovax_agents.wire.neutral import Request

__all__ = ["planned_cap", "site_of"]


def site_of(request: Request) -> Site:
    """Return where a request is made: in which node of which graph, and what it asks a model for."""
    used = (("tools", request.tools), ("schema", request.response_schema), (request.effort or "", request.effort))
    mode = " ".join(name for name, found in used if found)
    metadata: dict[str, Any] = (var_child_runnable_config.get() or {}).get("metadata") or {}
    graph = str(metadata.get("graph_id") or metadata.get("lc_agent_name") or "")
    return Site(request.model, mode, graph, str(metadata.get("langgraph_node") or ""))


def planned_cap(site: Site, request: Request, card: ModelCard) -> int:
    """Return the cap that is planned for a request whose cap nobody has set.

    Args:
        site: of the request.
        request: with the usual cap.
        card: of the model.
    """
    least = TOOL_CAP_FLOOR if request.tools else 1
    return planner().plan(site, usual=request.cap or DEFAULT_CAP, least=least, most=card.max_output)
