"""Landlock: a process gives up all files but some, TCP, and signals and sockets that lead outside.

The kernel's interface grows by versions (ABIs); what a kernel does not know is left out. It needs no privileges, holds
for root too, and is inherited: there is no way back.
"""

from __future__ import annotations

import ctypes
import os
import sys

TYPE_CHECKING = False  # as in typing, which takes long to load
if TYPE_CHECKING:
    from typing import Final

__all__ = ["PATHS_ABI", "READ", "WRITE", "abi", "restrict"]

PATHS_ABI: Final = 3
"""The first version that also keeps files from being cut off (truncated)."""

_CREATE: Final = 444  # the numbers of these system calls are the same on every architecture
_ADD: Final = 445
_RESTRICT: Final = 446
_VERSION: Final = 1
_BENEATH: Final = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG, _MAKE_SYM, _REFER, _TRUNCATE, _IOCTL_DEV = (1 << bit for bit in (7, 8, 12, 13, 14, 15))
_FIRST: Final = (1 << 13) - 1
"""All of version 1."""
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
"""What can be said of a file that is no directory."""
_TCP: Final = 0b11
_OUTSIDE: Final = 0b11
"""Signals and abstract Unix sockets."""

READ: Final = _READ_FILE | _READ_DIR
"""Read beneath a path; nothing may be executed anywhere."""
WRITE: Final = READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER
"""Read and change what is beneath a path."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """Return the version that the kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(int(_libc().syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)), 0)


def restrict(allowed: dict[str, int]) -> None:
    """Give up everything but what is said here, in this process and all that it starts, for good.

    Needs ``no_new_privs``, or CAP_SYS_ADMIN.

    Args:
        allowed: `READ` or `WRITE` by path; what does not exist is left out.

    Raises:
        OSError: the kernel refuses; then nothing has changed.
    """
    version = abi()
    handled = _handled(version)
    ruleset = _Ruleset(handled, _TCP if version >= 4 else 0, _OUTSIDE if version >= 6 else 0)  # noqa: PLR2004
    size = 24 if version >= 6 else 16 if version >= 4 else 8  # noqa: PLR2004
    made = _checked(_libc().syscall(_CREATE, ctypes.byref(ruleset), ctypes.c_size_t(size), 0))
    try:
        for path, rights in allowed.items():
            _allow(made, path, rights & handled)
        _checked(_libc().syscall(_RESTRICT, made, 0))
    finally:
        os.close(made)


def _handled(version: int) -> int:
    by_version = ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV))
    return _FIRST | sum(right for since, right in by_version if version >= since)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if os.path.isdir(path) else rights & _OF_FILES  # noqa: PTH112  # pathlib takes long to load
        rule = _Beneath(rights, opened)
        _checked(_libc().syscall(_ADD, ruleset, _BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(opened)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
