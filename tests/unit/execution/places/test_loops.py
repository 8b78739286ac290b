"""The event loop's door to the threads: many jobs, few wake-ups, timeouts that count from the start."""

import asyncio
import threading
import time
from queue import SimpleQueue
from typing import Any

import pytest

from clovax_agents.errors import ToolRefusedError, ToolTimeoutError
from clovax_agents.execution.places import threads
from clovax_agents.execution.places.loops import LoopInbox, ThreadDoor
from clovax_agents.execution.places.threads import ThreadPlace
from clovax_agents.execution.places.tickets import Ticket


@pytest.mark.parametrize("count", [1, 10, 500])
async def test_every_job_is_answered(count: int) -> None:
    """Each coroutine gets the result of its own job."""
    door = ThreadDoor(ThreadPlace(4))

    async def one(number: int) -> int:
        return (await door.start(lambda: number * 2).wait(30)).result()

    assert await asyncio.gather(*map(one, range(count))) == [number * 2 for number in range(count)]


async def test_jobs_of_one_moment_are_handed_over_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many coroutines start jobs before the loop turns, the pool is asked once."""
    place, sizes = ThreadPlace(4), []
    hand_over = place.submit_all
    monkeypatch.setattr(place, "submit_all", lambda tickets: (sizes.append(len(tickets)), hand_over(tickets)))
    door = ThreadDoor(place)
    await asyncio.gather(*(door.start(lambda: 1).wait() for _ in range(50)))
    assert sizes == [50]


async def test_one_wake_up_brings_all_that_arrived() -> None:
    """While the loop is busy, items gather; they come in order and wake it once."""
    loop, got = asyncio.get_running_loop(), []
    wakes: list[int] = []
    inbox = LoopInbox(loop, got.append)
    original = loop.call_soon_threadsafe

    def counted(*args: Any) -> Any:
        wakes.append(1)
        return original(*args)

    loop.call_soon_threadsafe = counted  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: [inbox.put(number) for number in range(100)])
    thread.start()
    thread.join()  # blocks the loop on purpose
    await asyncio.sleep(0)
    assert got == list(range(100))
    assert len(wakes) == 1


def test_an_inbox_of_a_closed_loop_says_so() -> None:
    """A thread that ends after the loop does no harm."""
    loop = asyncio.new_event_loop()
    loop.close()
    assert LoopInbox(loop, print).put(1) is False


async def test_t01_the_timeout_counts_from_the_start() -> None:
    """A job that waits for a thread longer than its timeout still runs; one that runs longer is given up on time."""
    door, release, late = ThreadDoor(ThreadPlace(1)), threading.Event(), SimpleQueue[Ticket[Any]]()
    first = asyncio.create_task(door.start(lambda: time.sleep(0.3)).wait(20))
    second = door.start(lambda: "ran", late=late.put)
    assert (await second.wait(0.1)).result() == "ran"
    await first
    third = door.start(release.wait, late=late.put)
    began = time.monotonic()
    with pytest.raises(ToolTimeoutError, match=r"0\.1 s"):
        await third.wait(0.1)
    assert 0.1 <= time.monotonic() - began < 5
    assert third.left == "running"
    assert (await door.start(lambda: "next").wait(20)).result() == "next"
    assert late.empty()
    release.set()
    assert late.get(timeout=20) is third


async def test_t01_a_shorter_timeout_behind_a_longer_one_does_not_delay_it() -> None:
    """Each job is given up at its own time, also where the one that was watched last has less time and is due later."""
    door, release = ThreadDoor(ThreadPlace(2)), threading.Event()

    async def given_up(seconds: float) -> float:
        with pytest.raises(ToolTimeoutError):
            await door.start(release.wait).wait(seconds)
        return time.monotonic()

    longer = asyncio.create_task(given_up(0.5))
    await asyncio.sleep(0.4)
    shorter = asyncio.create_task(given_up(0.45))
    assert await shorter - await longer > 0.1
    release.set()


async def test_what_exits_in_a_job_does_not_end_the_loop() -> None:
    """SystemExit and CancelledError of a tool are in the ticket; the loop and the waiting task go on (fault T06)."""
    door = ThreadDoor(ThreadPlace(1))
    for error in (SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError(), StopIteration(1)):

        def leave(error: BaseException = error) -> None:
            raise error

        assert (await door.start(leave).wait(20)).error is error


async def test_t17_a_cancelled_wait_abandons_its_job() -> None:
    """The ticket says whether the job had begun; its result goes to the late callback."""
    door, release, late = ThreadDoor(ThreadPlace(1)), threading.Event(), SimpleQueue[Ticket[Any]]()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = door.start(lambda: (loop.call_soon_threadsafe(begun.set), release.wait()), late=late.put)
    queued = door.start(lambda: late.put(queued))
    tasks = [asyncio.create_task(ticket.wait()) for ticket in (running, queued)]
    await begun.wait()
    for task in reversed(tasks):
        task.cancel()
    assert [type(end) for end in await asyncio.gather(*tasks, return_exceptions=True)] == [asyncio.CancelledError] * 2
    assert (running.left, queued.left) == ("running", "unstarted")
    release.set()
    assert (await asyncio.to_thread(late.get, timeout=20)) is running
    assert late.empty()


async def test_a_job_cancelled_before_it_was_handed_over_never_runs() -> None:
    """Cancelled in the same moment, it is withdrawn."""
    door, ran = ThreadDoor(ThreadPlace(1)), SimpleQueue[int]()
    ticket = door.start(lambda: ran.put(1))
    assert ticket.abandon() == "unstarted"
    await door.start(lambda: None).wait(20)
    assert ran.empty()


async def test_without_room_the_ticket_says_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait ends at once, and nothing ran."""
    monkeypatch.setattr(threads, "MAX_ABANDONED", 0)
    ticket = await ThreadDoor(ThreadPlace(1)).start(lambda: 1).wait(20)
    assert isinstance(ticket.error, ToolRefusedError)
    assert ticket.started_at is None
