"""From a question to tool calls: split, select, fill, and never the same call twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.simulator.brains.protocol import ChatRequest, ToolCall
from clovax_agents.simulator.brains.selection import Selector

if TYPE_CHECKING:
    pass

__all__ = ["plan"]


def plan(request: ChatRequest, now: float) -> tuple[ToolCall, ...]:
    """Return the calls."""
    selector = Selector(request.offered)
    scores = selector.scores(request.question)
    best = max(range(len(scores)), key=scores.__getitem__)
    return (ToolCall(request.offered[best].name, {}),)
