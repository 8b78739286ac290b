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
from typing import Final

__all__ = ["BLOCKED_AFTER", "watch"]

BLOCKED_AFTER: Final = 0.1
"""Seconds without a turn of the loop after which there is a warning."""

_log = logging.getLogger(__name__)
_lock = threading.Lock()


@dataclass(slots=True)
class _Watched:
    """A loop on which async tools run: how many, and when the loop last had a turn."""

    loop: asyncio.AbstractEventLoop
    thread: int
    tools: dict[object, str] = field(default_factory=dict[object, str])
    beat: float = 0.0
    told: bool = False


_watched: dict[asyncio.AbstractEventLoop, _Watched] = {}
_watcher: dict[int, threading.Event] = {}


class watch:  # noqa: N801  # it is used as a function is
    """While the block lasts, the running loop has to have its turns.

    Args:
        tool: name of the tool, for the warning.
    """

    __slots__ = ("_entry", "_tool")

    def __init__(self, tool: str) -> None:
        self._tool = tool

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
            with _lock:
                _watched[loop] = entry
            _wake_watcher()
        entry.tools[self] = self._tool
        self._entry = entry

    def __exit__(self, *_: object) -> None:
        """Look away if it was the last tool of the loop."""
        self._entry.tools.pop(self, None)
        if not self._entry.tools:
            with _lock:
                _watched.pop(self._entry.loop, None)


def _wake_watcher() -> None:
    pid = os.getpid()
    event = _watcher.get(pid)
    if event is None:
        event = _watcher.setdefault(pid, threading.Event())
        threading.Thread(target=_look, args=(event,), name="clovax-loop-watch", daemon=True).start()
    event.set()


def _look(event: threading.Event) -> None:
    """Ask each loop for a sign of life, and look at its stack when none comes."""
    while event.wait():
        with _lock:
            entries = list(_watched.values())
            if not entries:
                event.clear()
        for entry in entries:
            _check(entry)
        time.sleep(BLOCKED_AFTER / 2)


def _check(entry: _Watched) -> None:
    silent = time.monotonic() - entry.beat
    if silent > BLOCKED_AFTER and entry.tools and not entry.told:
        entry.told = True
        frame = sys._current_frames().get(entry.thread)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
        stack = "".join(traceback.format_stack(frame)[-8:]) if frame else ""
        _log.warning(
            "an async tool blocks the event loop since %.2f s (running: %s). Make it a sync function, which runs in a "
            "thread, or await what it waits for. It is here:\n%s",
            silent,
            ", ".join(sorted(set(entry.tools.values()))),
            stack,
        )
    try:
        entry.loop.call_soon_threadsafe(_beat, entry)
    except RuntimeError:  # the loop is closed
        with _lock:
            _watched.pop(entry.loop, None)


def _beat(entry: _Watched) -> None:
    entry.beat = time.monotonic()
    entry.told = False
