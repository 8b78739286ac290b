"""T24: tools that run agents that run tools: none waits for room that only its own callers hold, and the depth ends."""

import asyncio
import threading
from typing import Any

from langchain_core.messages import AIMessage
from toolruns import answers, call, calls, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, get_tool_context, tool
from clovax_agents.execution.permits import PROCESS_CAP, Cap, Permits
from clovax_agents.execution.places.threads import MAX_THREADS

POLICY = ToolPolicy(effect="read", timeout=30)


def _one(name: str, **arguments: Any) -> list[AIMessage]:
    return [AIMessage("", tool_calls=[call(name, **arguments)])]


async def test_threads_that_wait_for_threads_do_not_wait_for_ever() -> None:
    """As many tools as there are threads, each of which runs another one in a thread, all come to an end."""
    met = threading.Barrier(MAX_THREADS)

    @tool(policy=POLICY)
    def leaf(n: int) -> str:
        """Answer."""
        return f"{n} at {get_tool_context().depth}"

    inner = ToolExecutor([leaf])

    @tool(policy=POLICY)
    def outer(n: int) -> str:
        """Ask the inner one, when all threads are taken."""
        met.wait(timeout=20)
        return str(inner.invoke(_one("leaf", n=n))[0].text)

    made = [call("outer", f"c{n}", n=n) for n in range(MAX_THREADS)]
    executor = ToolExecutor([outer])
    for run in (asyncio.to_thread(executor.invoke, calls(*made)), executor.ainvoke(calls(*made))):
        found = await asyncio.wait_for(run, 25)
        assert [message.text for message in found] == [f"{n} at 1" for n in range(MAX_THREADS)]


async def test_a_full_process_lets_the_inner_ones_run() -> None:
    """Where all the room of the process is held by tools that wait for tools, those run all the same."""

    @tool(policy=POLICY)
    async def leaf(n: int) -> str:
        """Answer."""
        await asyncio.sleep(0)
        return str(n)

    inner = ToolExecutor([leaf])
    waiting: list[int] = []
    full = asyncio.Event()

    @tool(policy=POLICY)
    async def outer(n: int) -> str:
        """Ask the inner one, when the process is full."""
        waiting.append(n)
        if len(waiting) == PROCESS_CAP:
            full.set()
        await full.wait()
        return str((await inner.ainvoke(_one("leaf", n=n)))[0].text)

    made = [call("outer", f"c{n}", n=n) for n in range(PROCESS_CAP + 10)]
    run = ToolExecutor([outer]).ainvoke(calls(*made), {"max_concurrency": PROCESS_CAP + 10})
    found = await asyncio.wait_for(run, 25)
    assert outcomes(found) == ["success"] * len(made)


async def test_wrappers_that_wait_for_wrappers_do_not_wait_for_ever() -> None:
    """The threads of wrappers are counted by level, too."""

    def around(request: Any, execute: Any) -> Any:
        return execute(request)

    @tool(policy=POLICY)
    async def leaf(n: int) -> str:
        """Answer."""
        await asyncio.sleep(0)
        return str(n)

    inner = ToolExecutor([leaf], wrap_tool_call=around)

    @tool(policy=POLICY)
    async def outer(n: int) -> str:
        """Ask the inner one."""
        await asyncio.sleep(0.1)
        return str((await inner.ainvoke(_one("leaf", n=n)))[0].text)

    made = [call("outer", f"c{n}", n=n) for n in range(80)]
    run = ToolExecutor([outer], wrap_tool_call=around).ainvoke(calls(*made), {"max_concurrency": 80})
    assert outcomes(await asyncio.wait_for(run, 25)) == ["success"] * 80


async def test_a_tools_own_cap_counts_at_every_level() -> None:
    """What may run once at a time runs once at a time, whoever asks from where."""
    running: list[int] = []
    most: list[int] = []

    @tool(policy=ToolPolicy(effect="read", concurrency=1, timeout=20))
    async def single(n: int) -> str:
        """Note how many run."""
        running.append(n)
        most.append(len(running))
        await asyncio.sleep(0.005)
        running.remove(n)
        return str(n)

    inner = ToolExecutor([single])

    @tool(policy=POLICY)
    async def outer(n: int) -> str:
        """Ask the inner one."""
        return str((await inner.ainvoke(_one("single", n=n)))[0].text)

    made = [call("outer", f"o{n}", n=n) for n in range(5)] + [call("single", f"s{n}", n=n + 100) for n in range(5)]
    assert outcomes(await answers([outer, single], *made)) == ["success"] * 10
    assert set(most) == {1}


async def test_a_sync_tool_that_calls_itself_ends() -> None:
    """In threads as on the loop, at the same depth."""
    depths: list[int] = []

    @tool(policy=POLICY)
    def again(n: int) -> str:
        """Call the executor that runs it."""
        depths.append(get_tool_context().depth)
        return str(executor.invoke(_one("again", n=n + 1))[0].text)

    executor = ToolExecutor([again])
    messages = await answers(executor, call("again", n=0))
    assert "end at a depth of 8" in messages[0].text
    assert depths == list(range(9))


async def test_room_is_given_back_level_by_level() -> None:
    """Each level has the whole of the process's room; a cap of one's own is one for all levels."""
    permits = Permits(1)
    own, place = (Cap("own", 1),), (Cap("place", 1, per_level=True),)
    assert permits.try_take(own)
    assert not permits.try_take((), 0)
    assert not permits.try_take(own, 1)
    assert permits.try_take(place, 1)
    assert not permits.try_take(place, 1)
    assert permits.try_take(place, 2)
    waiter = asyncio.ensure_future(permits.take("run", own, 3))
    await asyncio.sleep(0)
    assert not waiter.done()
    permits.give_back(own)
    await asyncio.wait_for(waiter, 5)
    permits.give_back(own, 3)
    permits.give_back(place, 1)
    permits.give_back(place, 2)
    for level in range(4):
        assert permits.try_take((*own, *place), level)
        permits.give_back((*own, *place), level)
