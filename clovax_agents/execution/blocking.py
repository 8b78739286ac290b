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

__all__ = ["BLOCKED_AFTER", "watch"]

BLOCKED_AFTER: Final = 0.1
"""Seconds without a turn of the loop after which there is a warning."""

_log = logging.getLogger(__name__)
_IN_A_TOOL: Final = run_body.__code__


@dataclass(slots=True)
class _Watched:
    """A loop on which async tools run: how many, and when the loop last had a turn."""

    loop: asyncio.AbstractEventLoop
    thread: int
    tools: dict[object, Sequence[str]] = field(default_factory=dict[object, "Sequence[str]"])
    beat: float = 0.0
    told: bool = False


_watched: dict[asyncio.AbstractEventLoop, _Watched] = {}
_watcher: dict[int, threading.Event] = {}


class watch:  # noqa: N801  # it is used as a function is
    """While the block lasts, the running loop has to have its turns.

    Args:
        names: of the tools that run meanwhile, for the warning.
    """

    __slots__ = ("_entry", "_names")

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __enter__(self) -> None:
        """Begin to look after the loop."""
        loop = asyncio.get_running_loop()
        entry = _watched.get(loop)
        if entry is None:
            entry = _Watched(loop, threading.get_ident())
        if not entry.tools:
            entry.beat = time.monotonic()
            entry.thread = threading.get_ident()
            entry.told = False
            _watched[loop] = entry
            _wake_watcher()
        entry.tools[self] = self._names
        self._entry = entry

    def __exit__(self, *_: object) -> None:
        """Look away if it was the last tool of the loop."""
        self._entry.tools.pop(self, None)
        if not self._entry.tools:
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
        entries = list(_watched.values())
        if not entries:
            event.clear()
            entries = list(_watched.values())  # one that has come meanwhile found the event set
        for entry in entries:
            _check(entry)
        time.sleep(BLOCKED_AFTER / 2)


def _check(entry: _Watched) -> None:
    silent = time.monotonic() - entry.beat
    if silent > BLOCKED_AFTER and entry.tools and not entry.told:
        frame = sys._current_frames().get(entry.thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
        if not _in_a_tool(frame):
            return
        entry.told = True
        stack = "".join(traceback.format_stack(frame)[-8:]) if frame else ""
        _log.warning(
            "an async tool blocks the event loop since %.2f s (running: %s). Make it a sync function, which runs in a "
            "thread, or await what it waits for. It is here:\n%s",
            silent,
            ", ".join(sorted({name for names in entry.tools.values() for name in names})),
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
