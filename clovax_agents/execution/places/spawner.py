"""`Spawner`: the thread that starts worker processes, and looks after those that have nothing to do.

Linux kills a worker whose parent dies, and takes the thread that started it for the parent. So workers are started in a
thread that ends after them, never in one of a pool.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from clovax_agents.execution.places.workers import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Spawner"]


class Spawner:
    """Starts workers in a daemon thread that runs while there are any.

    Args:
        interval: seconds between two looks.
        look: called in the thread now and then; returns whether there are workers still.
    """

    def __init__(self, interval: float, look: Callable[[], bool]) -> None:
        self._interval = interval
        self._look = look
        self._lock = threading.Lock()
        self._asked: SimpleQueue[Future[WorkerProcess]] = SimpleQueue()
        self._running = False

    def start(self) -> WorkerProcess:
        """Start a worker and return it, before it has come up; raises what starting a process raises."""
        future: Future[WorkerProcess] = Future()
        with self._lock:
            self._asked.put(future)
            if not self._running:
                threading.Thread(target=self._run, name="clovax-spawner", daemon=True).start()
                self._running = True
        return future.result()

    def _run(self) -> None:
        while True:
            try:
                future = self._asked.get(timeout=self._interval)
            except Empty:
                if not self._goes_on():
                    return
            else:
                try:
                    future.set_result(WorkerProcess())
                except BaseException as error:  # noqa: BLE001  # the one who asked is to know
                    future.set_exception(error)

    def _goes_on(self) -> bool:
        busy = self._look()
        with self._lock:
            self._running = busy or not self._asked.empty()
            return self._running
