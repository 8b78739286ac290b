"""T06, T07: a tool that exits, crashes or is killed takes its worker along at most, and the caller learns how."""

import os
import sys
import time

import placetools
import psutil
import pytest

from clovax_agents.errors import ToolCrashedError
from clovax_agents.execution.places.processes import ProcessPlace

SOAK = bool(os.environ.get("CLOVAX_SOAK"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its exit codes are others")

WAYS = {
    "exit": "left with exit code 3",
    "exit 0": "left with exit code 0",
    "abort": "died of SIGABRT",
    "segfault": "died of SIGSEGV",
    "kill": "died of SIGKILL",
    "overflow": "died of SIGSEGV",
    "close": "closed its connection",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.soak(every=7)
def test_t07_a_crash_is_told_and_the_next_call_runs(
    place: ProcessPlace, capfd: pytest.CaptureFixture[str], way: str
) -> None:
    """The error names the signal or the exit code; no dump is printed; a new worker takes over."""
    worker = place.run(placetools.pid, {})
    with pytest.raises(ToolCrashedError, match=WAYS[way]):
        place.run(placetools.crash, {"way": way})
    assert place.run(placetools.pid, {}) != worker
    assert "Fatal Python error" not in capfd.readouterr().err


def test_t07_a_crash_is_noticed_at_once(place: ProcessPlace) -> None:
    """The caller does not wait for a timeout: a tenth of a second would do, a loaded machine gets more."""
    place.run(placetools.pid, {})
    began = time.monotonic()
    with pytest.raises(ToolCrashedError):
        place.run(placetools.crash, {"way": "kill"})
    assert time.monotonic() - began < 2


@pytest.mark.soak
def test_t07_many_crashes_leave_nothing_behind(place: ProcessPlace) -> None:
    """One after the other, and every call between them runs; files and processes do not pile up."""
    place.run(placetools.pid, {})
    before = psutil.Process().num_fds()
    for number in range(100 if SOAK else 3):
        with pytest.raises(ToolCrashedError):
            place.run(placetools.crash, {"way": list(WAYS)[number % 5]})
        assert place.run(placetools.addition, {"a": number, "b": 1}) == number + 1
    assert psutil.Process().num_fds() <= before
    assert len(place.pids) == 1


@pytest.mark.parametrize("way", ["SystemExit", "KeyboardInterrupt", "Rude"])
def test_t06_a_tool_that_raises_to_exit_is_contained(place: ProcessPlace, way: str) -> None:
    """It becomes an error here, and the worker goes on."""
    worker = place.run(placetools.pid, {})
    with pytest.raises(ToolCrashedError, match=f"tried to leave its process: {way}"):
        place.run(placetools.leave, {"way": way})
    assert place.run(placetools.pid, {}) == worker


def test_t06_an_interrupt_from_outside_ends_the_tool_alone(place: ProcessPlace) -> None:
    """SIGINT, sent to a worker by hand, is the tool's to bear."""
    worker = place.run(placetools.pid, {})
    with pytest.raises(ToolCrashedError, match="KeyboardInterrupt"):
        place.run(placetools.interrupt, {})
    assert place.run(placetools.pid, {}) == worker
