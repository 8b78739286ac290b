"""What a tool may ask about its call, sent to where it runs, and what was seen there, sent back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from clovax_agents.execution.places.frames import CallFacts, Carried
from clovax_agents.tooling.context import ToolContext

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["context_of", "facts_of", "teller"]


def facts_of(context: ToolContext) -> CallFacts:
    """Take what can be sent."""
    return CallFacts(
        idempotency_key=context.idempotency_key,
        tool_call_id=context.tool_call_id,
        tool=context.tool,
        attempt=context.attempt,
        depth=context.depth,
        remaining=context.remaining,
        listens=context.writer is not None,
        scopes=context.scopes,
        taint=context.taint | context.carried,
    )


def context_of(facts: CallFacts, writer: Callable[[Any], None] | None = None) -> ToolContext:
    """Make what `get_tool_context` returns there.

    Args:
        facts: that were sent.
        writer: takes the tool's progress; None if nobody listens.
    """
    return ToolContext(
        make_key=lambda: facts.idempotency_key,
        tool_call_id=facts.tool_call_id,
        tool=facts.tool,
        attempt=facts.attempt,
        depth=facts.depth,
        scopes=facts.scopes,
        see=lambda: facts.taint,
        deadline=time.monotonic() + facts.remaining,
        writer=writer,
    )


def teller(context: ToolContext) -> Callable[[Any], None]:
    """Return what takes the progress of a run: it keeps what the run has seen, and hands on what the tool says."""

    def tell(event: Any) -> None:
        if isinstance(event, Carried):
            context.carried.update(event.labels)
        elif context.writer is not None:
            context.writer(event)

    return tell
