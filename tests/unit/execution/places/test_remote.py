"""Executors of others: results, errors, broken pools and what comes late."""

import asyncio
import functools
import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import placetools
import pytest

from clovax_agents.errors import ToolCrashedError, ToolRefusedError, ToolTimeoutError
from clovax_agents.execution.places.remote import RemotePlace


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Give an executor of one thread."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Give an executor of one process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield executor


async def test_functions_of_all_kinds_run_in_other_processes(processes: ProcessPoolExecutor) -> None:
    """Decorated and async ones too, which the executor itself could not send."""
    place = RemotePlace(processes)
    assert await place.run(placetools.add.func, {"a": 1, "b": 2}) == 3  # type: ignore[attr-defined]
    assert await place.run(placetools.aslow.coroutine, {"text": "later"}) == "later"  # type: ignore[attr-defined]
    assert await place.run(functools.partial(placetools.addition, 1), {"b": 2}) == 3
    with pytest.raises(ValueError, match="no such order"):
        await place.run(placetools.fail, {"way": "plain"})
    with pytest.raises(ToolCrashedError, match="SystemExit"):
        await place.run(placetools.leave, {"way": "SystemExit"})


async def test_t07_a_broken_pool_is_told() -> None:
    """The call during which it broke, and those that follow, end in an error that says so."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        place = RemotePlace(executor)
        with pytest.raises(ToolCrashedError, match="worker died"):
            await place.run(placetools.crash, {"way": "exit"})
        with pytest.raises(ToolCrashedError, match="nothing was run"):
            await place.run(placetools.pid, {})


async def test_closures_run_in_an_executor_of_threads(threads: ThreadPoolExecutor) -> None:
    """Nothing has to be sent there."""
    held = 20
    assert await RemotePlace(threads).run(lambda more: held + more, {"more": 1}) == 21


async def test_a_call_that_is_late_is_given_up(threads: ThreadPoolExecutor) -> None:
    """Its result goes to the late callback; one that had not begun never does."""
    place, release, late, ran = RemotePlace(threads), threading.Event(), SimpleQueue[Future[Any]](), []
    with pytest.raises(ToolTimeoutError, match=r"0\.05 s"):
        await place.run(release.wait, {}, timeout=0.05, late=late.put)
    with pytest.raises(ToolTimeoutError):
        await place.run(lambda: ran.append(1), {}, timeout=0.05, late=late.put)
    assert late.empty()
    release.set()
    assert (await asyncio.to_thread(late.get, timeout=20)).result() is True
    assert await place.run(lambda: ran, {}) == []
    assert late.empty()


async def test_t17_a_cancelled_call_is_given_up(threads: ThreadPoolExecutor) -> None:
    """The waiting ends at once; the result is dropped with a word."""
    place, release, late, began = RemotePlace(threads), threading.Event(), SimpleQueue[Future[Any]](), asyncio.Event()
    loop = asyncio.get_running_loop()

    def job() -> None:
        loop.call_soon_threadsafe(began.set)
        release.wait()

    task = asyncio.create_task(place.run(job, {}, late=late.put))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    assert (await asyncio.to_thread(late.get, timeout=20)).result() is None


async def test_an_executor_that_was_shut_down_refuses() -> None:
    """Nothing ran, and the error says so."""
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ToolRefusedError, match="nothing was run"):
        await RemotePlace(executor).run(placetools.pid, {})


async def test_a_call_that_the_executor_cancels_is_told(threads: ThreadPoolExecutor) -> None:
    """It is an error of the tool, and does not cancel the one who waits."""
    release = threading.Event()
    threads.submit(release.wait)
    waiting = asyncio.create_task(RemotePlace(threads).run(placetools.pid, {}))
    await asyncio.sleep(0)
    threads.shutdown(wait=False, cancel_futures=True)
    release.set()
    with pytest.raises(ToolCrashedError, match="cancelled"):
        await waiting
