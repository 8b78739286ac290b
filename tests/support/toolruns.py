"""Tool calls for tests: messages with calls, and an executor that is asked both ways."""

import asyncio
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents import ToolExecutor


def call(name: str, id_: str = "c0", /, **arguments: Any) -> dict[str, Any]:
    """Return a call as LangChain writes it."""
    return {"name": name, "args": arguments, "id": id_, "type": "tool_call"}


def calls(*made: dict[str, Any], **more: Any) -> list[AIMessage]:
    """Return a history that ends with these calls."""
    return [AIMessage("", id="m1", tool_calls=list(made), **more)]


async def answers(tools: Any, *made: dict[str, Any], **config: Any) -> list[ToolMessage]:
    """Run calls in an async graph's way."""
    executor = tools if isinstance(tools, ToolExecutor) else ToolExecutor(tools)
    found: list[ToolMessage] = await executor.ainvoke(calls(*made), {"configurable": config})
    return found


async def both(tools: Any, *made: dict[str, Any], **config: Any) -> list[list[ToolMessage]]:
    """Run calls in the way of sync graphs and in that of async ones, each with an executor of its own."""
    first = ToolExecutor(tools)
    sync: list[ToolMessage] = await asyncio.to_thread(first.invoke, calls(*made), {"configurable": config})
    return [sync, await answers(tools, *made, **config)]


def outcomes(messages: list[ToolMessage]) -> list[str]:
    """Return in one word what came of each call."""
    return [message.response_metadata.get("outcome", message.status) for message in messages]
