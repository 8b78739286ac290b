"""Folders opened beneath a root, in one of three ways: none of them follows a link.

``openat2``: Linux 5.6 and later resolves the whole path itself. ``dir_fd``: one name after the other, each in the
folder that is already open, so that nothing can be swapped in between. ``checked``: for systems without either, which
is Windows. There a path is opened by name, and what was opened is compared with what the name stands for afterwards,
before anything is read; between the check of a folder and the writing of a file in it, somebody could swap that folder.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Folder", "Way", "best_way", "open_beneath"]

Way: TypeAlias = Literal["openat2", "dir_fd", "checked"]

_OPENAT2: Final = 437
"""Of the system call, on every machine that Linux has had since; Alpha counts differently, and has no openat2 here."""
_RESOLVE: Final = 0x08 | 0x04 | 0x02
"""Beneath, without symbolic links, without the links of /proc that are none."""
_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW | _CLOEXEC
_UNWAITED: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_FILE: Final = _NOFOLLOW | _CLOEXEC | _UNWAITED | getattr(os, "O_BINARY", 0)
_TRIES: Final = 16


class _How(ctypes.Structure):
    _fields_ = [
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    ]


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder, in which files are reached by their names.

    Attributes:
        fd: of the folder; None where the system has no such thing.
        path: of the folder, for systems without.
    """

    fd: int | None
    path: str

    def _at(self, name: str) -> tuple[str, dict[str, Any]]:
        return (os.path.join(self.path, name), {}) if self.fd is None else (name, {"dir_fd": self.fd})

    def open(self, name: str, flags: int, mode: int = 0o666) -> int:
        """Open a file and never what a link of this name leads to; devices and pipes are not waited for."""
        place, at = self._at(name)
        fd = os.open(place, flags | _FILE, mode, **at)
        if self.fd is None:
            try:
                _compare(fd, place)
            except BaseException:
                os.close(fd)
                raise
        return fd

    def stat(self, name: str) -> os.stat_result:
        """Look at what has this name; a link is a link."""
        place, at = self._at(name)
        return os.stat(place, follow_symlinks=False, **at)

    def names(self) -> list[str]:
        """Return the names in the folder, in order."""
        return sorted(os.listdir(self.path if self.fd is None else self.fd))

    def replace(self, old: str, new: str) -> None:
        """Give a file another name, whatever had it; a link of that name is replaced, not followed."""
        here, at = self._at(old)
        there, _ = self._at(new)
        os.replace(here, there, **({"src_dir_fd": self.fd, "dst_dir_fd": self.fd} if at else {}))

    def unlink(self, name: str) -> None:
        """Remove a file."""
        place, at = self._at(name)
        os.unlink(place, **at)

    def make(self, name: str) -> None:
        """Make a folder in it, unless there is one."""
        place, at = self._at(name)
        with suppress(FileExistsError):
            os.mkdir(place, **at)

    def sync(self) -> None:
        """Have the names of the folder written to the disk, where the system can."""
        if self.fd is not None:
            with suppress(OSError):
                os.fsync(self.fd)

    def child(self, name: str) -> Folder:
        """Open a folder in it; the caller closes it."""
        place, at = self._at(name)
        if self.fd is not None:
            return Folder(os.open(place, _FOLDER, **at), os.path.join(self.path, name))
        if not stat.S_ISDIR(os.lstat(place).st_mode) or not _is_itself(place):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return Folder(None, place)

    def close(self) -> None:
        """Close it."""
        if self.fd is not None:
            os.close(self.fd)


@functools.cache
def best_way() -> Way:
    """Return the best way that this system has; containers may forbid openat2 although the kernel has it."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            os.close(_openat2(os.open("/", _FOLDER), ".", close=True))
            return "openat2"
    return "dir_fd" if _NOFOLLOW and {os.open, os.stat, os.mkdir, os.unlink} <= os.supports_dir_fd else "checked"


@contextmanager
def open_beneath(root: str, parts: tuple[str, ...], way: Way, *, make: bool = False) -> Generator[Folder]:
    """Open a folder beneath a root.

    Args:
        root: an absolute path without links in it.
        parts: names of the folders from there on, none of which is ``..``.
        way: see the module.
        make: folders that are missing.

    Raises:
        OSError: there is no such folder, or something on the way is a link.
    """
    folder = Folder(None if way == "checked" else os.open(root, _FOLDER), root)
    try:
        if way == "openat2" and parts and not make and folder.fd is not None:
            deeper = Folder(_openat2(folder.fd, "/".join(parts)), os.path.join(root, *parts))
            folder.close()
            folder = deeper
            parts = ()
        for part in parts:
            if make:
                folder.make(part)
            deeper = folder.child(part)
            folder.close()
            folder = deeper
        yield folder
    finally:
        folder.close()


def _openat2(fd: int, path: str, *, close: bool = False) -> int:
    libc = _libc()
    how = _How(_FOLDER, 0, _RESOLVE)
    code = errno.EAGAIN
    try:
        for _ in range(_TRIES):
            got = libc.syscall(_OPENAT2, fd, os.fsencode(path), ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how)))
            if got >= 0:
                return int(got)
            code = ctypes.get_errno()
            if code not in {errno.EAGAIN, errno.EINTR}:  # something was renamed meanwhile, or a signal came
                break
        raise OSError(code, os.strerror(code))
    finally:
        if close:
            os.close(fd)


@functools.cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _compare(fd: int, place: str) -> None:
    """Refuse a file that is not the one that its path stands for, link or not."""
    if not _is_itself(place) or not os.path.samestat(os.fstat(fd), os.lstat(place)):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _is_itself(place: str) -> bool:
    """Whether no name of a path is a link."""
    return os.path.normcase(os.path.realpath(place)) == os.path.normcase(place)
