"""Worker processes: what reaches them, what comes back, and what they do to this process: nothing (promise 7)."""

import functools
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import placetools
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clovax_agents.errors import (
    ConfigurationError,
    ToolCrashedError,
    ToolError,
    ToolOutputError,
    ToolRefusedError,
    ToolTimeoutError,
)
from clovax_agents.execution.places.processes import ProcessHandle, ProcessPlace, _close_all
from clovax_agents.tooling.context import ToolContext

LONG = 20.0
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def echo(value: Any) -> Any:
    """Return what was given; a function of a test module, which the worker finds by its file."""
    return value


@contextmanager
def in_thread(job: Callable[[], Any]) -> Iterator[list[BaseException | Any]]:
    """Run something in a thread; its result or error is in the list afterwards."""
    ends: list[Any] = []

    def run() -> None:
        try:
            ends.append(job())
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield ends
    thread.join(LONG)
    assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        (placetools.add.func, {"a": 1, "b": 2}, 3),
        (placetools.aslow.coroutine, {"text": "later"}, "later"),
        (placetools.renamed.func, {"text": "loud"}, "LOUD"),
        (placetools.addition, {"a": 1, "b": 2}, 3),
        (placetools.Box(1).plus, {"more": 2}, 3),
        (functools.partial(placetools.addition, 1), {"b": 2}, 3),
        (echo, {"value": ("kept", b"as", {"it": 1.5})}, ("kept", b"as", {"it": 1.5})),
    ],
)
@pytest.mark.soak(every=2)
def test_functions_of_all_kinds_run_in_the_worker(
    place: ProcessPlace, function: Any, arguments: dict[str, Any], result: object
) -> None:
    """Decorated, async, renamed, plain, methods, partials: the worker finds what is meant."""
    assert place.run(function, arguments) == result


def test_a_worker_is_used_again(place: ProcessPlace) -> None:
    """Two calls run in the same process, which is not this one."""
    first, second = place.run(placetools.pid, {}), place.run(placetools.pid, {})
    assert first == second != os.getpid()
    assert place.pids == (first,)


@settings(max_examples=40, deadline=None)
@given(JSON)
def test_values_come_back_as_they_went(place: ProcessPlace, value: Any) -> None:
    """Whatever JSON holds survives the way there and back."""
    assert place.run(echo, {"value": value}) == value


def test_errors_come_back_as_they_are(place: ProcessPlace) -> None:
    """The class and the text are the tool's, and a note says where it happened."""
    with pytest.raises(ValueError, match="no such order") as caught:
        place.run(placetools.fail, {"way": "plain"})
    assert str(caught.value) == "no such order"
    assert "placetools.py" in caught.value.__notes__[0]
    with pytest.raises(ToolError, match="Picky: one and two"):
        place.run(placetools.fail, {"way": "picky"})
    with pytest.raises(ExceptionGroup):
        place.run(placetools.fail, {"way": "group"})


def test_results_that_cannot_come_back_are_told(place: ProcessPlace) -> None:
    """Generators, endless nesting and what is too large end in an error that says so; the worker goes on."""
    before = place.pids
    with pytest.raises(ToolOutputError, match="its generator cannot be brought back"):
        place.run(placetools.generator, {})
    with pytest.raises(ToolOutputError, match="cannot be brought back"):
        place.run(placetools.nested, {"depth": 10_000})
    with pytest.raises(ToolOutputError, match="too large"):
        place.run(placetools.text_of, {"size": 65 << 20})
    assert len(place.run(placetools.text_of, {"size": 1 << 22})) == 1 << 22
    assert place.pids == before


def test_a_result_is_shaped_where_it_was_made(place: ProcessPlace) -> None:
    """Only what the shape returns has to come back."""
    assert place.run(placetools.generator, {}, shape=placetools.ends) == (1, 1)
    assert place.run(placetools.text_of, {"size": 65 << 20}, shape=placetools.ends) == ("x", "x")


def test_arguments_that_cannot_be_sent_are_refused(place: ProcessPlace) -> None:
    """Nothing runs, and the error names the way out."""
    with pytest.raises(ConfigurationError, match="runs_in='thread'"):
        place.run(echo, {"value": threading.Lock()})


def test_the_tool_context_is_there_and_progress_comes_back(place: ProcessPlace) -> None:
    """Key, id, attempt and deadline travel; each progress reaches the parent's writer before the result."""
    events: list[Any] = []
    context = ToolContext(
        make_key=lambda: "k",
        tool_call_id="c1",
        tool="t",
        attempt=2,
        deadline=time.monotonic() + 100,
        writer=events.append,
    )
    key, call, attempt, remaining = place.run(placetools.told, {"steps": 3}, context=context)
    assert (key, call, attempt) == ("k", "c1", 2)
    assert 90 < remaining <= 100
    assert [event["value"] for event in events] == [0, 1, 2]
    assert {(event["tool"], event["tool_call_id"]) for event in events} == {("t", "c1")}
    assert place.run(placetools.told, {"steps": 3})[2] == 1


def test_a_listener_that_fails_does_not_harm_the_tool(place: ProcessPlace, caplog: pytest.LogCaptureFixture) -> None:
    """The tool ends as ever, and the failure is logged."""

    def broken(_: object) -> None:
        raise OSError("nobody there")

    assert place.run(placetools.told, {"steps": 2}, context=ToolContext(writer=broken))[2] == 1
    assert caplog.text.count("nobody there") >= 2


def test_progress_of_a_call_that_is_over_is_dropped(place: ProcessPlace) -> None:
    """It neither reaches a listener nor disturbs the next call."""
    events: list[Any] = []
    place.run(placetools.tell_later, {"after": 0.05}, context=ToolContext(writer=events.append))
    place.run(placetools.hang, {"seconds": 0.2}, context=ToolContext(writer=events.append))
    assert place.run(placetools.addition, {"a": 1, "b": 2}) == 3
    assert events == []


def test_a_tool_has_no_terminal(place: ProcessPlace, capfd: pytest.CaptureFixture[str]) -> None:
    """Its stdin is empty, what it prints goes to stderr, and Ctrl-C at the terminal is not for it."""
    read, session = place.run(placetools.speak, {})
    assert read == ""
    assert session == place.pids[0] != os.getsid(0)
    assert capfd.readouterr().out == ""


def test_a_tool_may_have_processes_of_its_own(place: ProcessPlace) -> None:
    """Multiprocessing works inside a worker."""
    assert place.run(placetools.children_of_its_own, {}) == 3


def test_the_timeout_counts_from_when_the_tool_begins() -> None:
    """Neither the start of the worker nor the wait for it counts."""
    place = ProcessPlace(1)
    try:
        with in_thread(lambda: place.run(placetools.hang, {"seconds": 0.4}, timeout=LONG)) as first:
            until(lambda: place.pids != ())
            assert place.run(placetools.addition, {"a": 1, "b": 2}, timeout=0.3) == 3
        assert first == [None]
    finally:
        place.close()


def test_no_more_workers_than_allowed() -> None:
    """Calls wait their turn; each gets its own answer."""
    place = ProcessPlace(2)
    try:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda n: place.run(placetools.addition, {"a": n, "b": n}), range(60)))
        assert answers == [2 * n for n in range(60)]
        assert 1 <= len(place.pids) <= 2
    finally:
        place.close()


def test_t17_a_handle_kills_its_run(place: ProcessPlace) -> None:
    """From another thread, while it runs, before it runs, and not when it is over."""
    handle = ProcessHandle()
    with in_thread(lambda: place.run(placetools.hang, {}, handle=handle)) as ends:
        until(lambda: handle._worker is not None and placetools.hang.__name__ in str(handle._worker.loaded))
        handle.kill()
    assert isinstance(ends[0], ToolCrashedError)
    assert "cancelled" in str(ends[0])
    with pytest.raises(ToolCrashedError, match="cancelled"):
        place.run(placetools.pid, {}, handle=handle)
    over = ProcessHandle()
    worker = place.run(placetools.pid, {}, handle=over)
    over.kill()
    assert place.run(placetools.pid, {}) == worker


def test_a_handle_kills_a_run_that_waits_for_a_worker(place: ProcessPlace) -> None:
    """It does not begin, and the one that runs is not disturbed."""
    handle = ProcessHandle()
    with in_thread(lambda: place.run(placetools.hang, {"seconds": 1.0})) as running:
        until(lambda: not place._idle)
        with in_thread(lambda: place.run(placetools.pid, {}, handle=handle)) as waiting:
            handle.kill()
    assert running == [None]
    assert isinstance(waiting[0], ToolCrashedError)


def test_a_worker_that_was_killed_while_idle_is_not_noticed(place: ProcessPlace) -> None:
    """The next call runs in a new one."""
    before = place.run(placetools.pid, {})
    psutil.Process(before).kill()
    until(lambda: not psutil.pid_exists(before) or psutil.Process(before).status() == psutil.STATUS_ZOMBIE)
    assert place.run(placetools.pid, {}) != before


def test_idle_workers_go_and_come_back() -> None:
    """After their time they end on their own; the next call starts one."""
    place = ProcessPlace(1, idle=0.2)
    try:
        before = place.run(placetools.pid, {})
        until(lambda: place.pids == ())
        assert not psutil.pid_exists(before)
        assert place.run(placetools.pid, {}) != before
    finally:
        place.close()


def test_a_closed_place_has_no_workers_and_takes_no_calls() -> None:
    """What runs is killed, what comes is refused."""
    place = ProcessPlace(1)
    with in_thread(lambda: place.run(placetools.hang, {})) as ends:
        until(lambda: bool(place._workers and next(iter(place._workers)).loaded))
        pids = place.pids
        place.close()
    assert isinstance(ends[0], (ToolCrashedError, ToolRefusedError))
    assert not any(psutil.pid_exists(pid) for pid in pids)
    with pytest.raises(ToolRefusedError, match="closed"):
        place.run(placetools.pid, {})


def test_a_place_that_could_run_nothing_is_refused() -> None:
    """At least one worker is needed."""
    with pytest.raises(ConfigurationError, match="max_workers=0"):
        ProcessPlace(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_a_forked_child_has_workers_of_its_own(place: ProcessPlace) -> None:
    """It does not use the parent's worker, and does not end it when it exits the long way."""
    before = place.run(placetools.pid, {})
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _in_child(place, writing)
    os.close(writing)
    with os.fdopen(reading) as answers:
        theirs = int(answers.read())
    assert os.waitpid(child, 0)[1] == 0
    assert theirs != before
    assert not psutil.pid_exists(theirs)
    assert place.run(placetools.pid, {}) == before


def _in_child(place: ProcessPlace, writing: int) -> None:
    import atexit  # noqa: PLC0415
    from multiprocessing.util import _exit_function  # noqa: PLC0415

    code = 1
    try:
        os.write(writing, str(place.run(placetools.pid, {})).encode())
        atexit._clear()  # of others', which would stop the database that the tests of this process share
        atexit.register(_exit_function)
        atexit.register(_close_all)
        atexit._run_exitfuncs()
        code = 0
    finally:
        os._exit(code)


def test_a_timeout_kills_and_the_next_call_runs(place: ProcessPlace) -> None:
    """On time, and without a trace of the process."""
    before = place.run(placetools.pid, {})
    began = time.monotonic()
    with pytest.raises(ToolTimeoutError, match=r"0\.2 s, and its process was killed"):
        place.run(placetools.hang, {}, timeout=0.2)
    assert 0.2 <= time.monotonic() - began < 5
    assert not psutil.pid_exists(before)
    assert place.run(placetools.addition, {"a": 1, "b": 2}) == 3
