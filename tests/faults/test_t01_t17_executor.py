"""T01-T04, T06, T07, T11, T12, T17: whatever a tool does, the others and the process go on."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import harmful
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolruns import answers, both, call, calls, outcomes

from clovax_agents import Rate, ToolExecutor, ToolPolicy, tool
from clovax_agents.execution.journal import SqliteJournal
from clovax_agents.execution.permits import Cap, Permits
from clovax_agents.execution.places.threads import MAX_THREADS
from clovax_agents.execution.rates import RateWindow

RELEASE = threading.Event()


@tool(policy=ToolPolicy(effect="read", timeout=0.2))
def hang() -> str:
    """Hang in a thread."""
    RELEASE.wait(60)
    return "late"


@tool(policy=ToolPolicy(effect="read", timeout=0.2))
async def ahang() -> str:
    """Hang on the loop."""
    await asyncio.sleep(60)
    return "late"


@tool(policy=ToolPolicy(effect="read", timeout=0.2))
async def stubborn() -> str:
    """Swallow every cancellation for a while."""
    until = time.monotonic() + 3
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue
    return "late"


@tool(policy=ToolPolicy(effect="read"))
def fine(n: int) -> str:
    """Answer."""
    return f"fine {n}"


@pytest.fixture(autouse=True)
def _released() -> Any:
    """Let the threads go that a test has left hanging."""
    RELEASE.clear()
    yield
    RELEASE.set()


async def test_hanging_tools_are_answered_on_time_and_harm_no_other() -> None:
    """Sync, async and stubborn ones: the model reads that it took too long, the sibling has its result (T01, T02)."""
    begun = time.monotonic()
    for messages in await both([hang, ahang, stubborn, fine], call("hang", "a"), call("ahang", "b"),
                               call("stubborn", "c"), call("fine", "d", n=1)):  # fmt: skip
        assert outcomes(messages) == ["timeout", "timeout", "timeout", "success"]
        assert "did not end within 0.2 s" in messages[0].text
    assert time.monotonic() - begun < 15


async def test_a_hundred_hung_tools_starve_nobody() -> None:
    """Their threads are written off, and the next run finds threads (T03)."""
    executor = ToolExecutor([hang, fine])
    messages = await answers(executor, *[call("hang", f"h{n}") for n in range(MAX_THREADS + 8)])
    assert set(outcomes(messages)) == {"timeout"}
    assert (await answers(executor, call("fine", n=2)))[0].text == "fine 2"


async def test_a_tool_that_blocks_the_loop_is_named_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    """A warning tells which line keeps everybody waiting (T04)."""

    @tool(policy=ToolPolicy(effect="read"))
    async def blocking() -> str:
        """Block."""
        await asyncio.sleep(0.01)
        time.sleep(0.6)  # noqa: ASYNC251  # that is the fault
        return "done"

    with caplog.at_level(logging.WARNING, "clovax_agents.execution.blocking"):
        assert (await answers([blocking], call("blocking")))[0].text == "done"
    assert "blocks the event loop" in caplog.text
    assert "(running: blocking)" in caplog.text
    assert "time.sleep(0.6)" in caplog.text


class Strange(BaseException):
    """No exception that anybody catches."""


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), Strange("odd")], ids=repr)
async def test_what_would_end_the_process_is_contained(error: BaseException) -> None:
    """In threads and on the loop, with a sibling that keeps its result (T06)."""

    @tool(policy=ToolPolicy(effect="read"))
    def quit_sync() -> str:
        """Leave."""
        raise error

    @tool(policy=ToolPolicy(effect="read"))
    async def quit_async() -> str:
        """Leave."""
        await asyncio.sleep(0)
        raise error

    for messages in await both([quit_sync, quit_async, fine], call("quit_sync", "a"), call("quit_async", "b"),
                               call("fine", "c", n=1)):  # fmt: skip
        assert outcomes(messages) == ["crashed", "crashed", "success"]


def test_a_real_ctrl_c_still_ends_the_run() -> None:
    """SIGINT while a tool hangs: the program is gone within seconds, not when the tool ends (T06)."""
    script = (
        "import signal, time\n"
        "from langchain_core.messages import AIMessage\n"
        "from clovax_agents import ToolExecutor, tool\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job is told to ignore it\n"
        "@tool\n"
        "def hang() -> str:\n"
        "    '''Hang.'''\n"
        "    print('hanging', flush=True)\n"
        "    time.sleep(600)\n"
        "    return ''\n"
        "ToolExecutor([hang]).invoke([AIMessage('', tool_calls=[{'name': 'hang', 'args': {}, 'id': 'a'}])])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"hanging"
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert time.monotonic() - begun < 15


@pytest.mark.soak
async def test_a_crash_in_a_worker_is_one_error_and_the_next_call_works() -> None:
    """os._exit, a segfault, sys.exit and an endless loop: this process lives, the siblings have their results (T07)."""
    tools = [harmful.leave, harmful.segfault, harmful.spin, harmful.polite_exit, harmful.where, fine]
    made = (call("leave", "a", code=7), call("segfault", "b"), call("spin", "c"), call("polite_exit", "d"))
    messages = await answers(tools, *made, call("where", "e"), call("fine", "f", n=1))
    assert outcomes(messages) == ["crashed", "crashed", "timeout", "crashed", "success", "success"]
    pid, key = messages[4].text.split()
    assert int(pid) != os.getpid()
    assert len(key) == 32


async def test_async_tools_run_in_workers_too() -> None:
    """On a loop of the worker's own."""
    assert (await answers([harmful.doze], call("doze", seconds=0.01)))[0].text == "slept"


async def test_a_cancelled_run_kills_its_workers(tmp_path: Path) -> None:
    """What a worker was about to do is not done any more (T17)."""
    mark = tmp_path / "mark"
    await answers([harmful.where], call("where"))  # so that a worker is warm
    task = asyncio.create_task(answers([harmful.linger], call("linger", path=str(mark), seconds=1.5)))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(2)
    assert not mark.exists()


async def test_a_cancelled_once_call_is_unknown_afterwards(tmp_path: Path) -> None:
    """Nobody can say how far it came, so it is reported and not run again; what had ended keeps its result (T17)."""
    ran: list[str] = []

    @tool
    async def pay(amount: int) -> str:
        """Pay."""
        ran.append(f"pay {amount}")
        await asyncio.sleep(0 if amount == 1 else 60)
        return f"paid {amount}"

    executor = ToolExecutor([pay], journal=SqliteJournal(tmp_path / "j.sqlite"))
    made = calls(call("pay", "a", amount=1), call("pay", "b", amount=2))
    config: Any = {"configurable": {"thread_id": "t"}}
    task = asyncio.create_task(executor.ainvoke(made, config))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    messages = await executor.ainvoke(made, config)
    assert outcomes(messages) == ["success", "unknown"]
    assert ran == ["pay 1", "pay 2"]


async def test_a_thousand_calls_are_bounded_and_in_order() -> None:
    """No more at once than the run allows, and each answer at the place of its call (T11)."""
    now, most = 0, 0

    @tool(policy=ToolPolicy(effect="read"))
    async def count(n: int) -> int:
        """Count who is here."""
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return n

    executor = ToolExecutor([count])
    made = [call("count", f"c{n}", n=n) for n in range(1000)]
    messages = await executor.ainvoke(calls(*made))
    assert [message.text for message in messages] == [str(n) for n in range(1000)]
    assert 1 < most <= 32
    most = 0
    await executor.ainvoke(calls(*made[:50]), {"max_concurrency": 3})
    assert most <= 3


@pytest.mark.parametrize("policy", [{"concurrency": 2}, {"concurrency": 5, "group": "crm"}])
async def test_a_tool_or_a_group_has_a_cap_over_all_runs(policy: dict[str, Any]) -> None:
    """Two runs at once share it; the smallest that one tool of a group declares holds for all."""
    now, most = 0, 0

    async def work() -> str:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return "done"

    @tool(name=f"first_{len(policy)}", policy=ToolPolicy(effect="read", **policy))
    async def first(n: int) -> str:  # noqa: ARG001
        """Work."""
        return await work()

    @tool(name=f"second_{len(policy)}", policy=ToolPolicy(effect="read", **{**policy, "concurrency": 2}))
    async def second(n: int) -> str:  # noqa: ARG001
        """Work."""
        return await work()

    box = [first, second]
    runs = [
        answers(box, *[call(box[i % 2 if len(policy) > 1 else 0].name, f"c{i}", n=i) for i in range(6)]) for _ in "ab"
    ]
    for messages in await asyncio.gather(*runs):
        assert set(outcomes(messages)) == {"success"}
    assert most == 2


async def test_runs_that_wait_take_turns() -> None:
    """A run with one call does not wait behind all calls of a large one."""
    permits = Permits(most=1)
    order: list[str] = []

    async def one(run: str) -> None:
        async with permits.held(run, ()):
            order.append(run)
            await asyncio.sleep(0)

    await asyncio.gather(*[one("large") for _ in range(20)], *[one("small") for _ in range(2)])
    assert order.index("small") < 5
    assert order.count("large") == 20


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", ""]), st.booleans()), max_size=40))
async def test_caps_hold_and_every_permit_comes_back(jobs: list[tuple[str, str, bool]]) -> None:
    """Whatever comes and is cancelled, no cap is passed, nobody waits for ever, and in the end all is free."""
    permits = Permits(most=3)
    caps = {"x": (Cap("x", 1),), "y": (Cap("y", 2), Cap("x", 1)), "": ()}
    busy: dict[str, int] = {}

    async def one(run: str, kind: str) -> None:
        async with permits.held(run, caps[kind]):
            for cap in (Cap("all", 3), *caps[kind]):
                busy[cap.name] = busy.get(cap.name, 0) + 1
                assert busy[cap.name] <= cap.most
            try:
                await asyncio.sleep(0)
            finally:
                for cap in (Cap("all", 3), *caps[kind]):
                    busy[cap.name] -= 1

    tasks = [asyncio.create_task(one(run, kind)) for run, kind, _ in jobs]
    await asyncio.sleep(0)
    for task, (_, _, cancelled) in zip(tasks, jobs, strict=True):
        if cancelled:
            task.cancel()
    async with asyncio.timeout(20):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert not [error for error in results if isinstance(error, AssertionError)]
    assert permits.try_take((Cap("x", 1),))
    assert permits.try_take(())
    assert permits.try_take(())
    assert not permits.try_take(())


@given(st.integers(1, 5), st.lists(st.floats(0, 3), max_size=40))
def test_no_window_of_a_rate_limit_is_overfull(most: int, pauses: list[float]) -> None:
    """However the calls come, no second sees more of them begin than it may."""
    clock = [0.0]
    window = RateWindow(Rate(most, 1.0), clock=lambda: clock[0])
    starts: list[float] = []
    for pause in pauses:
        clock[0] += pause
        wait = window.reserve(within=2.0)
        if wait is not None:
            starts.append(clock[0] + wait)
    assert all(later - first >= 1.0 - 1e-9 for first, later in zip(starts, starts[most:], strict=False))
