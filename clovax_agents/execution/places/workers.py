"""A worker process as its parent sees it: asked, waited for, and killed with all that it started."""

from __future__ import annotations

import logging
import math
import multiprocessing
import multiprocessing.process
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import wait as wait_for
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ToolCrashedError
from clovax_agents.execution.places import worker
from clovax_agents.execution.places.frames import Kind, unpack
from clovax_agents.execution.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.execution.places.references import Reference

__all__ = ["WorkerProcess"]

STARTING_SECONDS: Final = 60.0
"""For a worker to come up, and to load the module of a function."""

_LOGGER: Final = logging.getLogger(__name__)
_REAPING_SECONDS: Final = 5.0
_DYING_SECONDS: Final = 0.5
_LEAVING_SECONDS: Final = 1.0
_LONGEST: Final = 1_000_000.0
_MOST_LOADED: Final = 256
_FRAME_EXTRA: Final = 1 << 16


class WorkerProcess:
    """One process, for one job at a time. Create it in a thread that lives as long as it does (see `Spawner`)."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        # Not a "daemon" in multiprocessing's sense: such a process may not have children, and tools may want some.
        self._process = context.Process(target=worker.main, args=(theirs, os.getpid()), name="clovax-worker")
        try:
            self._process.start()
        except BaseException:
            self._pipe.close()
            raise
        finally:
            theirs.close()
        self.pid: int = self._process.pid or 0
        self.loaded: set[Reference] = set()
        self.idle_since: float = 0.0
        self._ended = False
        self._lock = threading.Lock()
        self._watch()

    def ready(self) -> None:
        """Wait until it has come up; raises ToolCrashedError if it does not."""
        try:
            self.listen(STARTING_SECONDS, 0)
        except (EOFError, OSError) as error:
            text = (
                "a worker process {death} before any tool ran in it; if this happens always, see that the main script "
                "starts its work under: if __name__ == '__main__':"
            )
            raise ToolCrashedError(say(text, death=self.death())) from error

    def is_alive(self) -> bool:
        """Whether an idle one is still there."""
        if self._poll is None:
            return self._process.is_alive()
        return all(events == select.POLLIN and file == self._pipe.fileno() for file, events in self._poll.poll(0))

    def send(self, message: bytes) -> None:
        """Hand in a job, pickled; OSError if the process is gone."""
        self._pipe.send_bytes(message)

    def listen(
        self, timeout: float, number: int, limit: int = 0, tell: Callable[[Any], object] | None = None
    ) -> tuple[Kind, Any]:
        """Wait for the end of a job; what earlier jobs left in the pipe is skipped.

        Args:
            timeout: seconds.
            number: of the job.
            limit: bytes that the result may have.
            tell: takes each report of progress.

        Raises:
            TimeoutError: the time is over; the process still runs.
            EOFError: the process has ended, or nearly.
        """
        until = time.monotonic() + timeout
        while True:
            if not self._arrives(until - time.monotonic()):
                raise TimeoutError
            kind, of, value = unpack(self._pipe.recv_bytes(max(limit, _FRAME_EXTRA) + _FRAME_EXTRA))
            if of == number and kind != Kind.PROGRESS:
                return Kind(kind), value
            if of == number and tell is not None:
                _tell(tell, value)

    def note_loaded(self, *references: Reference | None) -> None:
        """Remember that functions need no loading any more."""
        if len(self.loaded) >= _MOST_LOADED:
            self.loaded.clear()
        self.loaded.update(reference for reference in references if reference is not None)

    def kill(self) -> None:
        """End the process and whatever it started, at once; from any thread, as often as you like."""
        with self._lock:
            if not self._ended:
                if sys.platform != "win32":
                    with suppress(OSError):  # it may not have its own group yet, or be gone
                        os.killpg(self.pid, signal.SIGKILL)
                self._process.kill()

    def death(self) -> str:
        """Kill and bury it; say how it had ended before, for instance ``"died of SIGSEGV"``."""
        code = self._code()
        self.bury()
        if code is None:
            return say("closed its connection")
        if code == -signal.SIGKILL:
            text = "died of {signal} (from outside, or by the system, for lack of memory)"
            return say(text, signal=signal.Signals(-code).name)
        if code < 0:
            return say("died of {signal}", signal=signal.Signals(-code).name)
        return say("left with exit code {code}", code=code)

    def bury(self) -> None:
        """Kill it, wait until it is gone, and give its files back."""
        self.kill()
        with self._lock:
            if not self._ended:
                self._is_gone(_REAPING_SECONDS)
                self._ended = True
                self._close()
                with suppress(ValueError):  # it is still there, after all that
                    self._process.close()

    def retire(self) -> None:
        """Let an idle one go in its own way; one that does not go soon is killed."""
        self._pipe.close()
        with self._lock:
            self._is_gone(_LEAVING_SECONDS)
        self.bury()

    def forget(self) -> None:
        """Give the files back in a forked child; the process belongs to the parent."""
        self._lock = threading.Lock()
        self._ended = True
        self._close()
        # multiprocessing would end, or wait for, its parent's children when this child exits.
        children: set[Any] = vars(multiprocessing.process).get("_children", set())
        children.discard(self._process)

    def _code(self) -> int | None:
        """Return the exit code of a process that is about to end; None if it does not."""
        with self._lock:
            return self._process.exitcode if not self._ended and self._is_gone(_DYING_SECONDS) else None

    def _is_gone(self, seconds: float) -> bool:
        """Wait until the process has ended; the lock is held.

        Not with ``Process.join``: for a process that closed all its files, it waits longer than it was told to.
        """
        until = time.monotonic() + seconds
        while not self._ended and self._process.exitcode is None and time.monotonic() < until:
            if self._death is None:
                time.sleep(0.005)
            else:
                wait_for([self._death], until - time.monotonic())
        return self._ended or self._process.exitcode is not None

    def _watch(self) -> None:
        """Watch the process itself beside the pipe, which a grandchild may hold open."""
        self._death: int | None = None
        self._poll: select.poll | None = None
        if hasattr(os, "pidfd_open"):
            with suppress(OSError):
                self._death = os.pidfd_open(self.pid)
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(self._pipe.fileno(), select.POLLIN)
            self._poll.register(self._process.sentinel if self._death is None else self._death, select.POLLIN)

    def _arrives(self, timeout: float) -> bool:
        """Wait for a frame; False if the time is over."""
        timeout = max(timeout, 0.0)
        if self._poll is None:
            found = wait_for([self._pipe, self._process.sentinel], None if timeout == math.inf else timeout)
            if found and self._pipe not in found:
                raise EOFError
            return bool(found)
        events = self._poll.poll(None if timeout > _LONGEST else math.ceil(timeout * 1000))
        files = [file for file, _ in events]
        if len(files) == 1 and files[0] == self._pipe.fileno():
            return True
        if files:
            self.kill()  # so that nobody else holds the pipe open while the rest is read
            if self._pipe.fileno() not in files:
                raise EOFError
        return bool(files)

    def _close(self) -> None:
        self._pipe.close()
        death, self._death = self._death, None  # closed twice, it could be another file's number by then
        if death is not None:
            with suppress(OSError):
                os.close(death)


def _tell(tell: Callable[[Any], object], value: object) -> None:
    try:
        tell(value)
    except Exception:
        _LOGGER.exception("whoever listens to a tool's progress failed; the tool goes on")
