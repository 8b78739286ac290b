"""Tools that hang, crash and leave, for worker processes: they have to be found by name."""

import asyncio
import ctypes
import os
import sys
import time

from clovax_agents import ToolPolicy, get_tool_context, tool

WORKER = ToolPolicy(effect="read", runs_in="process", timeout=20)
SHORT = ToolPolicy(effect="read", runs_in="process", timeout=1)


@tool(policy=WORKER)
def leave(code: int) -> str:
    """End the process without a word."""
    os._exit(code)


@tool(policy=WORKER)
def segfault() -> str:
    """Read where nothing is."""
    return str(ctypes.string_at(0))


@tool(policy=SHORT)
def spin() -> str:
    """Never end."""
    while True:
        pass


@tool(policy=WORKER)
def polite_exit() -> str:
    """Leave as programs do."""
    sys.exit(3)


@tool(policy=WORKER)
def where() -> str:
    """Say in which process it runs, and under which key."""
    return f"{os.getpid()} {get_tool_context().idempotency_key}"


@tool(policy=WORKER)
async def doze(seconds: float) -> str:
    """Sleep on a loop of its own."""
    await asyncio.sleep(seconds)
    get_tool_context().progress("awake")
    return "slept"


@tool(policy=WORKER)
def linger(path: str, seconds: float) -> str:
    """Leave a mark after a while."""
    time.sleep(seconds)
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123  # as tools do
        file.write("done")
    return "done"
