"""Locks that a fork waits for."""

import os
import threading
import time

import pytest

from clovax_agents import forking

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # what it warns of is what is tested
]


def fork_and_end() -> int:
    """Fork a child that ends at once, and return its exit code."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_fork_waits_until_it_is_released() -> None:
    """No child begins in the middle of what another thread does."""
    lock = forking.lock_for_forks()
    lock.acquire()
    released: list[float] = []
    timer = threading.Timer(0.3, lambda: (released.append(time.monotonic()), lock.release()))
    timer.start()
    assert fork_and_end() == 0
    assert released
    timer.join()
    assert not lock.locked()


def test_a_fork_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds it may wait for another process; it is still theirs afterwards."""
    monkeypatch.setattr(forking, "_PATIENCE", 0.2)
    lock = forking.lock_for_forks()
    with lock:
        assert fork_and_end() == 0
        assert lock.locked()
    assert not lock.locked()


def test_threads_may_fork_at_once() -> None:
    """None takes what another one has taken for its own fork."""
    locks = [forking.lock_for_forks() for _ in range(3)]
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(fork_and_end())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0] * 8
    assert not any(lock.locked() for lock in locks)
