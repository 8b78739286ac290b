"""A run followed from its events: what happens is printed, and what a person is asked is returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langgraph.checkpoint.memory import InMemorySaver

from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from langgraph.pregel import Pregel
    from langgraph.types import Interrupt

    from clovax_agents.cli.printing import Printer

__all__ = ["follow", "with_memory"]


def with_memory(graph: Pregel[Any, Any, Any, Any]) -> Pregel[Any, Any, Any, Any]:
    """Return the graph with a memory, without which it could not go on after a question."""
    known: Any = graph
    return graph.copy({"checkpointer": InMemorySaver()}) if known.checkpointer is None else graph


async def follow(
    graph: Pregel[Any, Any, Any, Any], given: Any, config: Any, printer: Printer, context: Any = None
) -> Sequence[Interrupt]:
    """Print what happens until the end, or until a person is asked; return what is asked.

    Args:
        graph: with a checkpointer.
        given: its input, a Command that resumes it, or None to go on where it broke off.
        config: with the thread's id.
        printer: of what happens.
        context: of the run.
    """
    # LangGraph types the events of several modes as Any at best.
    stream: Any = cast("Any", graph).astream
    events: AsyncIterator[tuple[tuple[str, ...], str, Any]] = stream(
        given, config, context=context, stream_mode=["messages", "updates"], subgraphs=True
    )
    asked: dict[str, Interrupt] = {}
    async for namespace, mode, event in events:
        agent = namespace[-1].partition(":")[0] if namespace else ""
        if mode == "messages":
            printer.piece(event[0], agent)
            continue
        updates: dict[str, Any] = event
        # what an agent asks is told by its graph and by those around it
        asked.update({found.id: found for found in updates.pop("__interrupt__", ())})
        for update in updates.values():
            printer.messages(as_list((as_dict(update) or {}).get("messages")) or (), agent)
    return list(asked.values())
