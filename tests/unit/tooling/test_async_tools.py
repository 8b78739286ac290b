"""Async tools work from code that has no event loop."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from clovax_agents.tooling import tool

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")


@tool
async def loop_id() -> int:
    """Tell which loop runs this."""
    await asyncio.sleep(0)
    return id(asyncio.get_running_loop())


@tool
async def whoami(config: RunnableConfig) -> str:
    """Tell who asks."""
    await asyncio.sleep(0)
    return f"{WHO.get()} {config['configurable']['thread_id']}"


@tool
async def fail() -> str:
    """Go wrong."""
    raise LookupError("없는 상품")


@tool
async def nested() -> int:
    """Call another async tool the wrong way."""
    result: int = loop_id.invoke({})
    return result


def test_invoke_runs_the_coroutine() -> None:
    """A sync invoke returns what the coroutine returns, on the same loop every time."""
    assert loop_id.invoke({}) == loop_id.invoke({})


async def test_invoke_works_inside_a_running_loop() -> None:
    """A notebook, which has a loop running, may invoke too; ainvoke stays on the caller's loop."""
    assert loop_id.invoke({}) != id(asyncio.get_running_loop())
    assert await loop_id.ainvoke({}) == id(asyncio.get_running_loop())


def test_context_and_configuration_reach_the_coroutine() -> None:
    """Context variables and the run's configuration are those of the caller."""
    token = WHO.set("지우")
    try:
        assert whoami.invoke({}, {"configurable": {"thread_id": "t9"}}) == "지우 t9"
    finally:
        WHO.reset(token)


def test_errors_reach_the_caller() -> None:
    """An exception of the coroutine is raised where the tool was invoked."""
    with pytest.raises(LookupError, match="없는 상품"):
        fail.invoke({})


def test_a_sync_graph_runs_an_async_tool() -> None:
    """graph.invoke works although a tool is async."""
    graph = StateGraph(MessagesState).add_node("tools", ToolNode([loop_id])).add_edge("__start__", "tools").compile()
    calls = [{"name": "loop_id", "args": {}, "id": f"call_{n}", "type": "tool_call"} for n in range(3)]

    messages = graph.invoke({"messages": [AIMessage("", tool_calls=calls)]})["messages"][1:]

    assert [message.tool_call_id for message in messages] == ["call_0", "call_1", "call_2"]
    assert {message.status for message in messages} == {"success"}


def test_a_call_that_would_wait_for_itself_is_refused() -> None:
    """An async tool that invokes another one synchronously gets an error instead of a deadlock."""
    with pytest.raises(RuntimeError, match="await its ainvoke"):
        nested.invoke({})


def test_many_threads_share_the_loop() -> None:
    """Calls from several threads run side by side on one loop."""
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(loop_id.invoke({}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 8
    assert len(set(results)) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what this is about
def test_a_forked_child_starts_a_loop_of_its_own() -> None:
    """The parent's loop thread does not exist in a forked child, and the child does not wait for it."""
    loop_id.invoke({})
    child = os.fork()
    if child == 0:
        loop_id.invoke({})
        os._exit(7)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
