"""Prebuilt agent graphs: each builder returns an uncompiled StateGraph."""

from clovax_agents.prebuilt.react import react_agent

__all__ = ["react_agent"]
