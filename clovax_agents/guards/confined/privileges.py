"""A process gives up what powers it has; one that root has started becomes somebody else."""

from __future__ import annotations

import ctypes
import os
import stat
import sys

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

__all__ = ["become", "cut_off_network", "identity"]

_PR_SET_KEEPCAPS: Final = 8
_CAPABILITIES_VERSION: Final = 0x20080522
_CAP_CHOWN: Final = 0
_CAP_DAC_READ_SEARCH: Final = 2
_CAP_SETGID: Final = 6
_CAP_SETUID: Final = 7
_NOBODY: Final = 65534
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def identity(user: int, paths: list[str]) -> tuple[int | None, bool]:
    """Return what root is to become; whoever is not root stays who he is, without powers.

    Another user may be unable to read what lies in root's own folders, an interpreter for instance. Then it keeps the
    power to read; where that is not to be had (in a container), it stays root without powers.

    Args:
        user: to become if the system knows it, or else ``nobody``.
        paths: that have to stay readable.

    Returns:
        Whom to become, None to stay who we are; and whether to keep the power to read everything, of which Landlock
        leaves what is allowed.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None, False
    reads_all = not all(map(_open_to_all, paths))
    powers = _powers()
    able = all(powers >> needed & 1 for needed in (_CAP_CHOWN, _CAP_SETGID, _CAP_SETUID))
    if not able or (reads_all and not powers >> _CAP_DAC_READ_SEARCH & 1):
        return None, False
    known = [other for other in (user, _NOBODY) if _is_known(other)]
    return (known[0] if known else None), reads_all and bool(known)


def become(user: int | None, directory: str, *, reads_all: bool) -> None:
    """Give up all powers, for good; the directory goes with us.

    Args:
        user: whom to become, see `identity`.
        directory: that becomes theirs, with what is in it.
        reads_all: whether to keep the power to read everything.

    Raises:
        OSError: the system refuses.
    """
    if user is not None:
        _give_away(directory, user)
        if sys.platform == "linux" and reads_all:
            ctypes.CDLL(None).prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        if sys.platform == "linux":
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        else:
            os.setgid(user)
            os.setuid(user)
    if sys.platform == "linux":
        _keep(1 << _CAP_DAC_READ_SEARCH if reads_all else 0)


def _give_away(directory: str, user: int) -> None:
    for root, folders, files in os.walk(directory):
        for name in (".", *folders, *files):
            os.chown(os.path.join(root, name), user, user, follow_symlinks=False)  # noqa: PTH118  # takes long to load


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


def _powers() -> int:
    """Return the capabilities that we have, one bit for each; elsewhere than on Linux, root has all."""
    if sys.platform != "linux":
        return -1
    sets = (_Set * 2)()
    if ctypes.CDLL(None).capget(ctypes.byref(_Header(_CAPABILITIES_VERSION, 0)), ctypes.byref(sets)) != 0:
        return 0
    return int(sets[0].permitted)


def _is_known(user: int) -> bool:
    """Whether there may be such a user and such a group in our user namespace."""
    if sys.platform != "linux":
        return user == _NOBODY
    for name in ("uid_map", "gid_map"):
        try:
            with open(f"/proc/self/{name}", encoding="ascii") as file:  # noqa: PTH123
                ranges = [[int(part) for part in line.split()] for line in file]
        except OSError:
            return False
        if not any(first <= user < first + count for first, _, count in ranges):
            return False
    return True


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
