"""What a process may take of the machine, and that it does not outlive its parent."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

if sys.platform != "win32":
    import resource

__all__ = ["die_with", "limit_process", "lower", "make_room"]

_PR_SET_PDEATHSIG: Final = 1
_SIGKILL: Final = 9
_ROOM: Final = 32 << 20
"""Bytes of memory, above its limit, for the report of a process that has met the limit."""
_DESCRIPTORS: Final = 16
"""The same of open files."""


def lower(what: int, limit: int, hard: int | None = None) -> None:
    """Lower a limit, an ``RLIMIT_...``, as far as the system's own limit lets us.

    Args:
        what: the limit.
        limit: where it begins to hold.
        hard: how far the process itself may raise it again; not at all by default.
    """
    if sys.platform != "win32":
        _, most = resource.getrlimit(what)
        top = limit if hard is None else hard
        top = top if most == resource.RLIM_INFINITY else min(top, most)
        _set(what, min(limit, top), top)


def die_with(parent: int) -> None:
    """Be killed when the thread of the parent that started this process ends (Linux)."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  # only those who ask need it

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def limit_process(seconds: int, memory: int, file_size: int, open_files: int) -> None:
    """Limit processor time, memory, files and their size; no core dumps, no further processes or threads.

    A limit of processes counts all that a user has, and does nothing for root: it is the second line of defence.
    """
    if sys.platform != "win32":
        lower(resource.RLIMIT_CORE, 0)
        lower(resource.RLIMIT_CPU, seconds, seconds + 1)  # SIGXCPU first, which tells why, and then SIGKILL
        lower(resource.RLIMIT_AS, memory, memory + _ROOM)
        lower(resource.RLIMIT_FSIZE, file_size)
        lower(resource.RLIMIT_NOFILE, open_files, open_files + _DESCRIPTORS)
        lower(resource.RLIMIT_NPROC, 0)
    if sys.platform == "linux":
        lower(resource.RLIMIT_MEMLOCK, 0)
        lower(resource.RLIMIT_MSGQUEUE, 0)


def make_room() -> None:
    """Raise the limits of memory and of open files as far as they go, so that there is room to tell what happened."""
    if sys.platform != "win32":
        for what in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE):
            _, hard = resource.getrlimit(what)
            _set(what, hard, hard)


def _set(what: int, soft: int, hard: int) -> None:
    if sys.platform != "win32":
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):
            pass
