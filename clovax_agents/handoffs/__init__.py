"""Several agents in one graph: who they are, what each of them reads of the conversation, and what comes back."""

from clovax_agents.handoffs.agents import Agent
from clovax_agents.handoffs.tools import handoff_to

__all__ = ["Agent", "handoff_to"]
