"""A warning when an async tool blocks its event loop: everybody else on it stands still meanwhile (fault T04)."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clovax_agents.execution.bodies import run_body

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from clovax_agents.execution.jobs import Job

__all__ = ["BLOCKED_AFTER", "watch"]

BLOCKED_AFTER: Final = 0.1
"""Seconds without a turn of the loop after which there is a warning."""

_log = logging.getLogger(__name__)
_IN_A_TOOL: Final = run_body.__code__


def _no_jobs() -> dict[object, Sequence[Job]]:
    return {}  # `dict[...]` as a factory takes ten times as long


@dataclass(slots=True)
class _Watched:
    """A loop on which async tools run: which calls, and when the loop last had a turn."""

    loop: asyncio.AbstractEventLoop
    thread: int = 0
    jobs: dict[object, Sequence[Job]] = field(default_factory=_no_jobs)
    beat: float = 0.0
    told: bool = False


_watched: dict[asyncio.AbstractEventLoop, _Watched] = {}
_watcher: dict[int, threading.Event] = {}


class watch:  # noqa: N801  # it is used as a function is
    """While the block lasts, the running loop has to have its turns.

    Args:
        jobs: that run meanwhile; the warning names their tools.
    """

    __slots__ = ("_entry", "_jobs")

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs

    def __enter__(self) -> None:
        """Begin to look after the loop."""
        loop = asyncio.get_running_loop()
        entry = _watched.get(loop)
        if entry is None:
            entry = _Watched(loop)
        if not entry.jobs:
            entry.beat = time.monotonic()
            entry.thread = threading.get_ident()
            entry.told = False
            _watched[loop] = entry
            _wake_watcher()
        entry.jobs[self] = self._jobs
        self._entry = entry

    def __exit__(self, *_: object) -> None:
        """Look away if it was the last tool of the loop."""
        self._entry.jobs.pop(self, None)
        if not self._entry.jobs:
            _watched.pop(self._entry.loop, None)


def _wake_watcher() -> None:
    pid = os.getpid()
    event = _watcher.get(pid)
    if event is None:
        event = _watcher.setdefault(pid, threading.Event())
        threading.Thread(target=_look, args=(event,), name="clovax-loop-watch", daemon=True).start()
    if not event.is_set():
        event.set()


def _look(event: threading.Event) -> None:
    """Ask each loop for a sign of life, and look at its stack when none comes."""
    while event.wait():
        if not _check_all():
            event.clear()
            _check_all()  # one that has come meanwhile found the event set
        time.sleep(BLOCKED_AFTER / 2)


def _check_all() -> bool:
    """Check all loops, and return whether there are any; who waits for the next ones holds none of them."""
    entries = list(_watched.values())
    for entry in entries:
        _check(entry)
    return bool(entries)


def _check(entry: _Watched) -> None:
    silent = time.monotonic() - entry.beat
    if silent > BLOCKED_AFTER and not entry.told:
        # the loop's thread goes on meanwhile, and may take jobs out
        names = {job.call.name for jobs in list(entry.jobs.values()) for job in jobs}
        frame = sys._current_frames().get(entry.thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
        if not names or not _in_a_tool(frame):
            return
        entry.told = True
        stack = "".join(traceback.format_stack(frame)[-8:]) if frame else ""
        _log.warning(
            "an async tool blocks the event loop since %.2f s (running: %s). Make it a sync function, which runs in a "
            "thread, or await what it waits for. It is here:\n%s",
            silent,
            ", ".join(sorted(names)),
            stack,
        )
    try:
        entry.loop.call_soon_threadsafe(_beat, entry)
    except RuntimeError:  # the loop is closed
        _watched.pop(entry.loop, None)


def _in_a_tool(frame: FrameType | None) -> bool:
    """Whether it is a tool that runs there, and not whatever else keeps a busy loop from its turn."""
    while frame is not None:
        if frame.f_code is _IN_A_TOOL:
            return True
        frame = frame.f_back
    return False


def _beat(entry: _Watched) -> None:
    entry.beat = time.monotonic()
    entry.told = False
