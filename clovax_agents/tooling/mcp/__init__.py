"""Tools of MCP servers: connected, checked against pins, and made tools of ours; see `Toolbox.from_mcp`."""

from __future__ import annotations

from clovax_agents.tooling.mcp.definitions import Definition
from clovax_agents.tooling.mcp.tools import McpTool

__all__ = ["Definition", "McpTool"]
