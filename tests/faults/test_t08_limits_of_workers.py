"""T08: a tool that takes all there is meets a limit, and its machine does not."""

import sys
import time
from pathlib import Path

import placetools
import psutil
import pytest

from clovax_agents.errors import ToolError, ToolTimeoutError
from clovax_agents.execution.places.processes import ProcessPlace

MIB = 1 << 20

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such limits")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a limit of memory")
def test_t08_a_memory_bomb_meets_its_limit(place: ProcessPlace) -> None:
    """The error names the limit; what is within it runs; the worker that was full is replaced."""
    worker = place.run(placetools.pid, {})
    assert place.run(placetools.eat, {"size": 64 * MIB}, memory=256 * MIB) == 64 * MIB
    assert place.run(placetools.pid, {}) == worker
    with pytest.raises(ToolError, match="256 MiB of memory"):
        place.run(placetools.eat, {"size": 512 * MIB}, memory=256 * MIB)
    assert place.run(placetools.eat, {"size": 512 * MIB}, memory=1024 * MIB) == 512 * MIB
    assert place.run(placetools.pid, {}) != worker


def test_t08_a_fork_bomb_is_killed_with_its_group(place: ProcessPlace, tmp_path: Path) -> None:
    """When its time is over, none of its processes is left."""
    told = tmp_path / "pids"
    place.run(placetools.pid, {})
    with pytest.raises(ToolTimeoutError):
        place.run(placetools.fork_bomb, {"told": str(told)}, timeout=1.5)
    pids = {int(pid) for pid in told.read_text("utf-8").split()}
    assert len(pids) >= 20
    until = time.monotonic() + 5
    while any(map(runs, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(runs, pids))


@pytest.mark.soak
def test_t08_a_leak_of_files_meets_its_limit(place: ProcessPlace) -> None:
    """The tool gets the system's error, not this process, and the next tool a worker that has room again."""
    with pytest.raises(OSError, match="Too many open files"):
        place.run(placetools.open_files, {"count": 2000})
    for _ in range(4):
        assert place.run(placetools.open_files, {"count": 200}) == 200


def test_t08_a_file_that_grows_for_ever_meets_its_limit(place: ProcessPlace, tmp_path: Path) -> None:
    """A file of more than 1 GiB is refused; the test's is sparse and takes no room."""
    place.run(placetools.fill, {"path": str(tmp_path / "ok"), "size": MIB})
    with pytest.raises(OSError, match="File too large"):
        place.run(placetools.fill, {"path": str(tmp_path / "big"), "size": (1 << 30) + 1})


def runs(pid: int) -> bool:
    """Whether a process runs; who is dead and not yet buried does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
