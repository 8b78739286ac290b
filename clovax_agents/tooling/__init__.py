"""Tools for agents: a decorator that makes them from functions, and a box that holds them."""

from __future__ import annotations

from clovax_agents.tooling.decorator import tool
from clovax_agents.tooling.toolbox import Toolbox

__all__ = ["Toolbox", "tool"]
