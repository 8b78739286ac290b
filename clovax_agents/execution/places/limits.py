"""What a worker process does to itself before any tool runs in it: it cannot outlive its parent, nor take all there is.

These are guards against mistakes, not a sandbox: a tool that means harm can undo them.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from contextlib import suppress
from typing import Final

from clovax_agents.guards.confined.rlimits import die_with, lower

if sys.platform != "win32":
    import resource

__all__ = ["bound_memory", "settle_in"]

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
    die_with(parent)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NOFILE, _FILES)
    lower(resource.RLIMIT_FSIZE, _FILE_SIZE)


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


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  # each run reads it
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
