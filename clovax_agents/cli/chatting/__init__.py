"""``clovax chat``: a conversation with a graph, whose threads are kept."""

from clovax_agents.cli.chatting.session import ChatOptions, start

__all__ = ["ChatOptions", "start"]
