"""Our pools of daemon threads: bounded, contained, and never held up by what hangs (promise 7)."""

import contextvars
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clovax_agents.errors import ConfigurationError, ToolRefusedError
from clovax_agents.execution.places import threads
from clovax_agents.execution.places.threads import ThreadPlace, default_threads
from clovax_agents.execution.places.tickets import Ticket

CURRENT = contextvars.ContextVar("CURRENT", default="nothing")
LONG = 20.0


class Odd(BaseException):
    """What no `except Exception` catches."""


def run(place: ThreadPlace, job: Callable[[], Any], **more: Any) -> Ticket[Any]:
    """Run a job and wait for its end."""
    ends: SimpleQueue[Ticket[Any]] = SimpleQueue()
    place.submit(job, ends.put, **more)
    return ends.get(timeout=LONG)


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    assert condition()


@contextmanager
def hanging(place: ThreadPlace, count: int) -> Iterator[tuple[list[Ticket[Any]], SimpleQueue[Ticket[Any]]]]:
    """Let jobs hang and abandon them; they end when the test does."""
    release, late = threading.Event(), SimpleQueue[Ticket[Any]]()
    tickets: list[Ticket[Any]] = []
    try:
        for _ in range(count):
            ticket = place.submit(release.wait, pytest.fail, late=late.put)
            until(lambda ticket=ticket: ticket.started_at is not None)  # type: ignore[misc]
            assert place.abandon(ticket) == "running"
            tickets.append(ticket)
        yield tickets, late
    finally:
        release.set()
    until(lambda: threads._written_off.count == 0)


def test_a_result_and_an_error_reach_the_ticket() -> None:
    """What a job returns or raises is there, as it is."""
    assert run(ThreadPlace(), lambda: 42).result() == 42
    failed = run(ThreadPlace(), lambda: int("x"))
    with pytest.raises(ValueError, match="'x'"):
        failed.result()


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, Odd])
def test_t06_what_a_job_raises_harms_no_thread(
    kind: type[BaseException], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is kept as it is, nothing is printed, and the same thread goes on."""
    noticed: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", noticed.append)
    place, error = ThreadPlace(1), kind("bye")

    def leave() -> None:
        raise error

    before = run(place, threading.get_ident).result()
    assert run(place, leave).error is error
    assert run(place, threading.get_ident).result() == before
    assert noticed == []
    assert capfd.readouterr() == ("", "")


def test_a_callback_that_fails_harms_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the thread goes on."""
    place = ThreadPlace(1)
    place.submit(lambda: 1, lambda _: {}["x"])
    assert run(place, lambda: 2).result() == 2
    assert "failed itself" in caplog.text


def test_jobs_run_in_the_context_they_are_given() -> None:
    """By default a copy of the caller's; what a job sets reaches nobody else."""
    place = ThreadPlace(1)
    token = CURRENT.set("mine")
    try:
        assert run(place, CURRENT.get).result() == "mine"
        run(place, lambda: CURRENT.set("theirs"))
        assert run(place, CURRENT.get).result() == "mine"
        assert run(place, CURRENT.get, context=contextvars.Context()).result() == "nothing"
    finally:
        CURRENT.reset(token)


@settings(max_examples=25, deadline=None)
@given(cap=st.integers(1, 6), jobs=st.integers(1, 40), bursts=st.integers(1, 3))
def test_never_more_threads_than_the_cap(cap: int, jobs: int, bursts: int) -> None:
    """Every job runs once, and no more than the cap at a time, however they are handed in."""
    place, ends, lock = ThreadPlace(cap, idle=0.05), SimpleQueue[Ticket[int]](), threading.Lock()
    running: list[int] = []
    peaks: list[int] = []

    def job(number: int) -> int:
        with lock:
            running.append(number)
            peaks.append(len(running))
        time.sleep(0.0005)
        with lock:
            running.remove(number)
        return number

    for burst in range(bursts):
        context = contextvars.copy_context
        numbers = range(burst * jobs, (burst + 1) * jobs)
        place.submit_all([Ticket(lambda number=number: job(number), ends.put, context()) for number in numbers])  # type: ignore[misc]
    assert sorted(ends.get(timeout=LONG).result() for _ in range(bursts * jobs)) == list(range(bursts * jobs))
    assert max(peaks) <= cap


def test_many_blocking_jobs_run_together_up_to_the_cap() -> None:
    """Jobs that wait for each other come to an end when as many threads as jobs may run."""
    place, ends, barrier = ThreadPlace(8), SimpleQueue[Ticket[Any]](), threading.Barrier(8)
    for _ in range(8):
        place.submit(lambda: barrier.wait(LONG), ends.put)
    assert sorted(ends.get(timeout=LONG).result() for _ in range(8)) == list(range(8))


def test_threads_without_work_end_and_come_back() -> None:
    """A pool that rests keeps no thread, and works again when it is asked."""
    place = ThreadPlace(2, idle=0.02)
    thread = run(place, threading.current_thread).result()
    until(lambda: not thread.is_alive())
    assert run(place, lambda: 1).result() == 1


def test_t03_hung_jobs_starve_nobody() -> None:
    """With more abandoned jobs than the cap, others run as ever; late results go to the late callback alone."""
    place = ThreadPlace(2)
    with hanging(place, 6) as (tickets, late):
        assert run(place, lambda: "as ever").result() == "as ever"
        assert late.empty()
    ended = [late.get(timeout=LONG) for _ in tickets]
    assert {ticket.result() for ticket in ended} == {True}
    assert {id(ticket) for ticket in ended} == {id(ticket) for ticket in tickets}


def test_abandoning_twice_or_late_changes_nothing() -> None:
    """Only the first time counts a thread as lost, and a job that has ended is not lost."""
    place = ThreadPlace(1)
    with hanging(place, 1) as (tickets, _):
        assert place.abandon(tickets[0]) == "running"
        assert threads._written_off.count == 1
    assert place.abandon(run(place, lambda: 1)) == "ended"
    assert threads._written_off.count == 0


def test_a_job_that_is_abandoned_in_the_queue_never_runs() -> None:
    """The caller learns that it had no effect."""
    place, release, ran = ThreadPlace(1), threading.Event(), SimpleQueue[int]()
    place.submit(release.wait, lambda _: None)
    ticket = place.submit(lambda: ran.put(1), pytest.fail, late=pytest.fail)
    assert place.abandon(ticket) == "unstarted"
    assert ticket.started_at is None
    release.set()
    run(place, lambda: None)
    assert ran.empty()


def test_t03_beyond_the_limit_of_lost_threads_jobs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to do; what waited is refused too; when threads come back, jobs run again."""
    monkeypatch.setattr(threads, "MAX_ABANDONED", 3)
    place, ends = ThreadPlace(1), SimpleQueue[Ticket[Any]]()
    with hanging(place, 2):
        release = threading.Event()
        last = place.submit(release.wait, pytest.fail)
        until(lambda: last.started_at is not None)
        waiting = place.submit(lambda: 1, ends.put)
        assert place.abandon(last) == "running"
        assert ends.get(timeout=LONG) is waiting
        with pytest.raises(ToolRefusedError, match="runs_in='process'"):
            waiting.result()
        assert waiting.started_at is None
        with pytest.raises(ToolRefusedError, match="3 tool runs hang"):
            place.submit(lambda: 1, ends.put)
        release.set()
        until(lambda: threads._written_off.count == 2)
        assert run(place, lambda: 1).result() == 1


def test_a_system_without_threads_refuses_instead_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job for which no thread can be started ends at once with an error."""

    def none_left(_: object) -> None:
        raise RuntimeError("can't start new thread")

    place = ThreadPlace()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        refused = run(place, lambda: 1)
    with pytest.raises(ToolRefusedError, match="no more threads"):
        refused.result()
    assert run(place, lambda: 1).result() == 1


def test_a_pool_that_could_run_nothing_is_refused() -> None:
    """A cap below 1 is a mistake."""
    with pytest.raises(ConfigurationError, match="max_threads=0"):
        ThreadPlace(0)


def _in_child(results: Any) -> None:
    results.put((threads._written_off.count, run(default_threads(), os.getpid).result() == os.getpid()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_a_forked_child_begins_with_an_empty_pool() -> None:
    """The parent's threads are not there, and are not missed."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    run(default_threads(), lambda: 1)
    with hanging(ThreadPlace(1), 1):
        child = context.Process(target=_in_child, args=(results,))
        child.start()
        assert results.get(timeout=LONG) == (0, True)
        child.join(LONG)
