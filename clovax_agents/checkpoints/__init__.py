"""Checkpoints: a strict, quick serializer for LangGraph's checkpointers, and a way to open one of these by its URL."""

from clovax_agents.checkpoints.opening import open_checkpointer
from clovax_agents.checkpoints.readable import alast_readable, last_readable
from clovax_agents.checkpoints.serializer import MessageSerializer

__all__ = ["MessageSerializer", "alast_readable", "last_readable", "open_checkpointer"]
