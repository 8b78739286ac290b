"""Prebuilt agent graphs: each builder returns an uncompiled StateGraph."""

from clovax_agents.prebuilt.clarify import with_clarify
from clovax_agents.prebuilt.deep import deep_agent
from clovax_agents.prebuilt.extraction import extraction_agent
from clovax_agents.prebuilt.plan_execute import plan_execute_agent
from clovax_agents.prebuilt.rag import rag_agent
from clovax_agents.prebuilt.react import react_agent
from clovax_agents.prebuilt.reflection import reflection_agent
from clovax_agents.prebuilt.router import router_agent
from clovax_agents.prebuilt.sql import sql_agent
from clovax_agents.prebuilt.supervisor import supervisor_agent
from clovax_agents.prebuilt.swarm import swarm_agent

__all__ = [
    "deep_agent",
    "extraction_agent",
    "plan_execute_agent",
    "rag_agent",
    "react_agent",
    "reflection_agent",
    "router_agent",
    "sql_agent",
    "supervisor_agent",
    "swarm_agent",
    "with_clarify",
]
