"""A process that root has started becomes somebody else, without any of root's powers."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from contextlib import suppress
from typing import Final

__all__ = ["cut_off_network", "drop", "give_away"]

_PR_SET_KEEPCAPS: Final = 8
_CAPABILITIES_VERSION: Final = 0x20080522
_CAP_DAC_READ_SEARCH: Final = 2
_NOBODY: Final = 65534
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def give_away(directory: str, user: int) -> None:
    """Make a directory and what is in it another user's; nothing happens unless we are root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    with suppress(OSError):  # a user that does not exist here; `drop` finds another way
        for root, folders, files in os.walk(directory):
            for name in (".", *folders, *files):
                os.chown(os.path.join(root, name), user, user, follow_symlinks=False)  # noqa: PTH118  # takes long to load


def drop(user: int, paths: list[str]) -> None:
    """Cease to be root, if we are; keep reading what only root may, if that is where the paths are.

    Landlock says what may be read. Without it, a process that keeps that power may read everything.

    Args:
        user: to become; ``nobody`` if the system refuses, and root without powers if it refuses that, too.
        paths: that have to stay readable.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    reading = not all(map(_open_to_all, paths))
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux" and reading:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    with suppress(OSError):
        os.setgroups([])
    for other in (user, _NOBODY):
        try:
            os.setresgid(other, other, other)
            os.setresuid(other, other, other)
            break
        except (OSError, AttributeError):
            continue
    if sys.platform == "linux":
        _keep(1 << _CAP_DAC_READ_SEARCH if reading else 0)


def cut_off_network() -> None:
    """Move into a network of our own, in which there is nothing.

    Raises:
        OSError: the system does not allow it.
    """
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
    if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _keep(capabilities: int) -> None:
    """Give up all capabilities but these."""
    libc = ctypes.CDLL(None, use_errno=True)
    sets = (_Set * 2)(_Set(capabilities, capabilities, 0))
    if libc.capset(ctypes.byref(_Header(_CAPABILITIES_VERSION, 0)), ctypes.byref(sets)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _open_to_all(path: str) -> bool:
    """Whether everybody may go where the path leads, and read there."""
    try:
        place = os.path.realpath(path)
        wanted = stat.S_IROTH | stat.S_IXOTH
        while os.stat(place).st_mode & wanted == wanted:  # noqa: PTH116
            place, wanted = os.path.dirname(place), stat.S_IXOTH  # noqa: PTH120
            if place == os.path.dirname(place):  # noqa: PTH120
                return True
    except OSError:
        return True
    return False
