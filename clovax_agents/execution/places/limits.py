"""What a worker process does to itself before any tool runs in it: it cannot outlive its parent, nor take all there is.

These are guards against mistakes, not a sandbox: a tool that means harm can undo them.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from contextlib import suppress
from typing import Final

if sys.platform != "win32":
    import resource

__all__ = ["bound_memory", "settle_in"]

_PR_SET_PDEATHSIG: Final = 1
_FILES: Final = 512
_FILE_SIZE: Final = 1 << 30


def settle_in(parent: int) -> None:
    """Leave the terminal, die with the parent, and limit files and their size.

    There is no limit of processes: RLIMIT_NPROC counts all that a user has, and does nothing for root. What a tool
    starts is in the worker's group, and is killed with it.
    """
    faulthandler.disable()  # a crash is told by its signal; the dump would only fill the log
    _redirect()
    if sys.platform == "win32":
        return
    os.setsid()  # Ctrl-C at the terminal is for the parent; and what a tool starts is in a group that can be killed
    if sys.platform == "linux":
        _die_with(parent)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _FILES)
    _lower(resource.RLIMIT_FSIZE, _FILE_SIZE)


def bound_memory(more: int | None) -> None:
    """Let the process have so many bytes more than it has now; None for no limit. Only Linux keeps to it."""
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = hard if more is None else _address_space() + more
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _redirect() -> None:
    """Read nothing, and print to stderr: the parent's stdout may be a protocol."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    with suppress(OSError):
        os.dup2(2, 1)


def _die_with(parent: int) -> None:
    import ctypes  # noqa: PLC0415  # only a worker needs it

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _lower(what: int, limit: int) -> None:
    if sys.platform != "win32":
        _, hard = resource.getrlimit(what)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  # each run reads it
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
