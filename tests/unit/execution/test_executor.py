"""The tools node: one answer per call, whatever happens (promise 4)."""

import asyncio
import contextvars
import gc
import threading
import time
import weakref
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool

from clovax_agents import ToolExecutor, tool
from clovax_agents.execution.jobs import Job
from clovax_agents.execution.performing import Performer
from clovax_agents.execution.places.threads import MAX_THREADS
from clovax_agents.execution.visits import Visit

CURRENT = contextvars.ContextVar("CURRENT", default="nothing")


@tool
def slow(label: str) -> str:
    """Answer from a thread.

    Args:
        label: what to answer
    """
    return f"{label} on {threading.current_thread().name.split('_')[0]}"


@tool
async def aslow(label: str) -> str:
    """Answer from the loop.

    Args:
        label: what to answer
    """
    await asyncio.sleep(0)
    return f"{label} on {threading.current_thread().name}"


@tool
def boom() -> str:
    """Fail."""
    raise RuntimeError("the database is on fire")


@tool
def context() -> str:
    """Read a context variable."""
    return CURRENT.get()


def _ask(*calls: tuple[str, dict[str, Any]], **more: Any) -> list[Any]:
    made = [{"name": name, "args": args, "id": f"c{number}"} for number, (name, args) in enumerate(calls)]
    return [HumanMessage("?"), AIMessage("", tool_calls=made, **more)]


async def _both(executor: ToolExecutor, messages: list[Any]) -> list[list[ToolMessage]]:
    """Run the sync and the async way; the answers must be the same kind."""
    return [
        await asyncio.to_thread(executor.invoke, messages),
        (await executor.ainvoke({"messages": messages}))["messages"],
    ]


def _meeting() -> ToolExecutor:
    """Return tools that end only when two calls of each are under way at once."""
    threads = threading.Barrier(2)
    tasks: list[asyncio.Barrier] = []

    @tool
    def meet(label: str) -> str:
        """Wait for the other one."""
        threads.wait(timeout=10)
        return label

    @tool
    async def ameet(label: str) -> str:
        """Wait for the other one, on the loop."""
        tasks[:] = tasks or [asyncio.Barrier(2)]
        async with asyncio.timeout(10):
            await tasks[0].wait()
        return label

    return ToolExecutor([meet, ameet])


@pytest.mark.parametrize("run", ["invoke", "ainvoke"])
async def test_all_calls_run_at_once_and_answer_in_call_order(run: str) -> None:
    """Calls that wait for each other come to an end, and their answers stand in the order of the calls."""
    messages = _ask(*[(name, {"label": f"{n}"}) for n, name in enumerate(["meet", "ameet", "meet", "ameet"])])
    executor = _meeting()
    done = await (asyncio.to_thread(executor.invoke, messages) if run == "invoke" else executor.ainvoke(messages))
    assert [answer.content for answer in done] == ["0", "1", "2", "3"]
    assert [answer.tool_call_id for answer in done] == ["c0", "c1", "c2", "c3"]


async def test_each_tool_runs_in_its_place() -> None:
    """Async tools on the caller's loop, sync tools in our own threads, never in the loop's default pool."""
    answers = await ToolExecutor([slow, aslow]).ainvoke(_ask(("slow", {"label": "a"}), ("aslow", {"label": "b"})))
    assert answers[0].content == "a on clovax-tool"
    assert answers[1].content == f"b on {threading.current_thread().name}"


async def test_a_failing_tool_is_answered_and_harms_no_other() -> None:
    """The model reads what went wrong, without a traceback; the siblings keep their results (fault T12)."""
    for answers in await _both(ToolExecutor([slow, boom]), _ask(("boom", {}), ("slow", {"label": "a"}))):
        assert [answer.status for answer in answers] == ["error", "success"]
        assert answers[0].content == "Error: the database is on fire"


async def test_an_unknown_name_is_answered_with_near_misses() -> None:
    """Nothing runs, and the model learns what it may have meant (fault T19)."""
    for answers in await _both(ToolExecutor([slow, aslow]), _ask(("slo", {"label": "a"}), ("qqq", {}))):
        assert answers[0].content == "Error: there is no tool 'slo', so nothing was run. Did you mean slow or aslow?"
        assert answers[1].content == "Error: there is no tool 'qqq', so nothing was run. The tools are: aslow, slow."
    for answers in await _both(ToolExecutor([]), _ask(("qqq", {}))):
        assert "answer without tools" in answers[0].content


async def test_wrong_arguments_are_answered_with_their_place() -> None:
    """The model is told which argument to mend."""
    for answers in await _both(ToolExecutor([slow]), _ask(("slow", {"lable": "a"}))):
        assert answers[0].status == "error"
        assert "label: Field required" in answers[0].content
        assert "pydantic" not in answers[0].content


async def test_broken_calls_are_answered_at_their_place_and_never_run() -> None:
    """Raw strings decide: what somebody repaired does not run (promise 3)."""
    raw = [
        {"id": "c0", "type": "function", "function": {"name": "slow", "arguments": '{"label": "a'}},
        {"id": "c1", "type": "function", "function": {"name": "slow", "arguments": '{"label": "b"}'}},
    ]
    repaired = _ask(("slow", {"label": "a"}), ("slow", {"label": "b"}), additional_kwargs={"tool_calls": raw})
    for answers in await _both(ToolExecutor([slow]), repaired):
        assert [answer.status for answer in answers] == ["error", "success"]
        assert "not valid JSON" in answers[0].content


async def test_a_message_that_was_cut_off_runs_nothing() -> None:
    """Even calls that look whole are answered with an error."""
    cut = _ask(("slow", {"label": "a"}), response_metadata={"finish_reason": "length"})
    for answers in await _both(ToolExecutor([slow]), cut):
        assert answers[0].status == "error"
        assert "cut off" in answers[0].content


async def test_an_answered_call_never_runs_again() -> None:
    """Only what is open is run, whatever route leads here."""
    messages = [*_ask(("slow", {"label": "a"}), ("slow", {"label": "b"})), ToolMessage("rejected", tool_call_id="c0")]
    for answers in await _both(ToolExecutor([slow]), messages):
        assert [answer.tool_call_id for answer in answers] == ["c1"]


async def test_without_open_calls_nothing_happens() -> None:
    """A message without calls gives no answers; without any message of a model there is nothing to work on."""
    assert await ToolExecutor([slow]).ainvoke([HumanMessage("hi"), AIMessage("hello")]) == []
    with pytest.raises(ValueError, match="No AIMessage found"):
        await ToolExecutor([slow]).ainvoke([HumanMessage("hi")])


async def test_context_variables_reach_tools_in_threads() -> None:
    """Tracing and request scopes survive the hop."""
    CURRENT.set("mine")
    answers = await ToolExecutor([context]).ainvoke(_ask(("context", {})))
    assert answers[0].content == "mine"


async def test_more_calls_than_threads_all_get_their_answer() -> None:
    """The pool is bounded; the calls are not lost."""
    calls = [("context", {})] * (3 * MAX_THREADS)
    for answers in await _both(ToolExecutor([context]), _ask(*calls)):
        assert len(answers) == 3 * MAX_THREADS


async def test_tools_of_others_run_too() -> None:
    """LangChain's own tools, sync and async-only, work in sync and async graphs (fault T23)."""

    async def shout(text: str) -> str:
        return text.upper()

    foreign = StructuredTool.from_function(coroutine=shout, name="shout", description="Shout.")
    for answers in await _both(ToolExecutor([foreign]), _ask(("shout", {"text": "hi"}))):
        assert answers[0].content == "HI"


async def test_content_and_artifact_are_kept_apart() -> None:
    """The artifact reaches the message, not the model."""

    @tool(response_format="content_and_artifact")
    def chart() -> tuple[str, list[int]]:
        """Draw a chart."""
        return "a chart", [1, 2]

    for answers in await _both(ToolExecutor([chart]), _ask(("chart", {}))):
        assert (answers[0].content, answers[0].artifact) == ("a chart", [1, 2])


def test_two_tools_of_one_name_are_refused_at_once() -> None:
    """A silent "last wins" would run the wrong one (fault T21)."""
    with pytest.raises(ValueError, match="slow"):
        ToolExecutor([slow, slow])


@pytest.mark.parametrize("name", ["slow", "aslow", "boom"])
@pytest.mark.soak(every=3)
async def test_no_garbage(name: str) -> None:
    """A visit leaves no cycle of objects behind, for which the collector would search the whole memory."""
    executor = ToolExecutor([slow, aslow, boom])
    messages = _ask((name, {} if name == "boom" else {"label": "a"}))
    await executor.ainvoke(messages)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        await executor.ainvoke(messages)
        gc.collect()
        ours = [item for item in gc.garbage if isinstance(item, Job | Performer | Visit)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert ours == []


def test_a_loop_that_was_closed_is_not_kept() -> None:
    """Whoever runs each call by ``asyncio.run`` does not pile up loops: the next one takes the last one's place."""
    executor = ToolExecutor([slow])

    async def once() -> weakref.ref[asyncio.AbstractEventLoop]:
        await executor.ainvoke(_ask(("slow", {"label": "송장"})))
        return weakref.ref(asyncio.get_running_loop())

    first = asyncio.run(once())
    asyncio.run(once())
    end = time.monotonic() + 10
    while first() is not None and time.monotonic() < end:  # who watches over loops may be looking at it right now
        gc.collect()
        time.sleep(0.01)
    assert first() is None
