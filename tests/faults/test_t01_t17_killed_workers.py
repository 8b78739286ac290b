"""T01, T17: hung tools in worker processes are killed with all they started; nothing outlives the parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import placetools
import psutil
import pytest

from clovax_agents.errors import ToolCrashedError, ToolTimeoutError
from clovax_agents.execution.places.processes import ProcessHandle, ProcessPlace

LONG = 30.0

SCRIPT = """
import sys, time
import placetools
from clovax_agents.execution.places.processes import ProcessPlace
from clovax_agents.execution.places.threads import submit

if __name__ == "__main__":
    place = ProcessPlace(2)
    place.warm()
    for _ in range(2):
        submit(place.run, placetools.hang, {})
    while len(place.pids) < 2 or place._idle or not all(worker.loaded for worker in place._workers):
        time.sleep(0.01)
    if "starting" in sys.argv:
        late = ProcessPlace(2)
        submit(late.warm)
        time.sleep(0.05)
    print(*place.pids, time.time(), flush=True)
    if "stay" in sys.argv:
        time.sleep(600)
"""


def running(pids: Iterable[int]) -> list[int]:
    """Return those that run; who is dead and not yet buried does not."""
    found = []
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except psutil.NoSuchProcess:
            pass
    return found


def all_end(pids: Iterable[int], seconds: float = 5) -> bool:
    """Wait until none of them runs."""
    until = time.monotonic() + seconds
    while running(pids) and time.monotonic() < until:
        time.sleep(0.01)
    return not running(pids)


def read_when_there(path: Path) -> list[int]:
    """Read process ids from a file that a tool writes."""
    until = time.monotonic() + LONG
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return [int(pid) for pid in path.read_text("utf-8").split()]


def start(tmp_path: Path, *options: str) -> "subprocess.Popen[str]":
    """Run the script, which has two tools hanging in two workers."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    paths = [str(Path(placetools.__file__).parent), os.getcwd()]  # noqa: PTH109  # of the test run
    return subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, str(script), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_t01_a_hung_tool_is_killed_with_its_children(place: ProcessPlace, tmp_path: Path) -> None:
    """When the time is over, neither the worker nor what the tool started is left."""
    told = tmp_path / "pids"
    worker = place.run(placetools.pid, {})
    with pytest.raises(ToolTimeoutError):
        place.run(placetools.hang_with_children, {"count": 3, "told": str(told)}, timeout=2)
    children = read_when_there(told)
    assert len(children) == 3
    assert all_end([worker, *children])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no process groups")
def test_t17_a_cancelled_tool_is_killed_with_its_children(place: ProcessPlace, tmp_path: Path) -> None:
    """The handle ends what the tool started, too, and the caller hears of it at once."""
    told, handle, ends = tmp_path / "pids", ProcessHandle(), []

    def run() -> None:
        try:
            place.run(placetools.hang_with_children, {"count": 2, "told": str(told)}, handle=handle)
        except ToolCrashedError as error:
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    children = read_when_there(told)
    began = time.monotonic()
    handle.kill()
    thread.join(LONG)
    assert time.monotonic() - began < 2
    assert len(ends) == 1
    assert all_end(children)


@pytest.mark.parametrize("options", [(), ("starting",)])
@pytest.mark.soak(every=2)
def test_t01_a_process_with_hung_workers_ends_at_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Its end does not wait for tools that hang, nor for a worker that is coming up; no worker and no word is left."""
    process = start(tmp_path, *options)
    out, err = process.communicate(timeout=60)
    *pids, ended = out.split()
    assert time.time() - float(ended) < 3
    assert (process.returncode, err) == (0, "")
    assert all_end(map(int, pids), 0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
@pytest.mark.soak
def test_t01_a_killed_parent_leaves_no_worker(tmp_path: Path) -> None:
    """After kill -9 the system ends the workers, even those in the middle of a tool."""
    process = start(tmp_path, "stay")
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()[:-1]]
    everybody = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert len(running(pids)) == 2
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert all_end(everybody)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no sessions")
def test_t01_ctrl_c_does_not_reach_the_workers(place: ProcessPlace) -> None:
    """The interrupt that a terminal sends to the group of the parent leaves the worker alone."""
    worker = place.run(placetools.pid, {})
    assert os.getpgid(worker) == worker != os.getpgid(0)
