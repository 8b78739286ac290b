"""`PathGuard`: files beneath one folder, and nothing else, whatever path a model writes (fault S03)."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from clovax_agents.errors import ConfigurationError, PathError, PathRefusedError
from clovax_agents.guards.beneath import Folder, Way, best_way, open_beneath
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.path_names import is_denied, parts_of, shown, spellings, usual
from clovax_agents.guards.replacing import create, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

__all__ = ["Entry", "PathGuard", "StoredFile"]

T = TypeVar("T")

_MISSING: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_LINK: Final = frozenset({errno.ELOOP, errno.EXDEV, errno.EMLINK})
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder has under a name.

    Attributes:
        name: in the folder.
        kind: a file or a folder; what may not be opened has no entry.
        size: in bytes, of a file.
    """

    name: str
    kind: Literal["file", "folder"]
    size: int = 0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it was read.

    Attributes:
        data: its content.
        version: what `PathGuard.write` compares, so that nothing is overwritten that nobody has read.
        parts: its path, as it is spelled on the disk.
    """

    data: bytes = field(repr=False)
    version: tuple[int, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathGuard:
    """Files beneath a folder. Links are never followed, not even inside of it; devices and pipes never opened.

    It may be used by several threads, and be pickled. Whoever can replace the folder itself, or what is above it, is
    trusted. On Windows, which cannot open a path beneath an open folder, the check is weaker: see `beneath`.

    Args:
        root: the folder, which has to exist.
        deny: patterns of names that stay closed, with what is in them; by default those that begin with a dot.
        hard_links: read files that have several names, too, one of which may be elsewhere; they are never written.
        max_read: bytes of a file that is read.
        max_write: bytes of a file that is written.
        way: how paths are opened; None: the best way of this system.

    Raises:
        ConfigurationError: there is no such folder, or it is the whole file system.

    Example:
        >>> import tempfile
        >>> guard = PathGuard(tempfile.mkdtemp())
        >>> guard.write("notes/today.txt", "비".encode())
        True
        >>> guard.read("notes/today.txt").data.decode()
        '비'
    """

    root: str | os.PathLike[str]
    deny: tuple[str, ...] = (".*",)
    hard_links: bool = False
    max_read: int = 16 << 20
    max_write: int = 1 << 20
    way: Way | None = None

    def __post_init__(self) -> None:
        """Find the folder once: what it is called later does not matter."""
        given: str = os.fspath(self.root)
        root = os.path.realpath(given)
        if not os.path.isdir(root):
            raise ConfigurationError(f"there is no folder {given!r}; make it first")
        if os.path.dirname(root) == root:
            raise ConfigurationError(f"{root!r} is the whole file system; name the folder that the files are in")
        if isinstance(self.deny, str):
            raise ConfigurationError(f"deny={self.deny!r} has to be several patterns: deny=({self.deny!r},)")
        object.__setattr__(self, "root", root)
        object.__setattr__(self, "deny", tuple(self.deny))

    def read(self, path: str) -> StoredFile:
        """Read a whole file.

        Raises:
            PathRefusedError: the path leads elsewhere, or to something else than a file.
            PathError: there is no such file, or it is larger than ``max_read``.
        """
        return self._first(path, self._read)

    def entries(self, path: str = ".") -> list[Entry]:
        """Return what is in a folder, in the order of its names; what may not be opened is left out.

        Raises:
            PathRefusedError: the path leads elsewhere.
            PathError: there is no such folder.
        """
        return self._first(path, self._entries)

    def write(self, path: str, data: bytes, *, overwrite: bool = False, version: tuple[int, ...] | None = None) -> bool:
        """Write a whole file, with the folders it is in: all of it or nothing, whatever happens meanwhile.

        Args:
            path: of the file.
            data: its content.
            overwrite: a file that is there; otherwise that is an error.
            version: of the file that is overwritten, as it was read; another one is an error.

        Returns:
            Whether the file is new.

        Raises:
            PathRefusedError: the path leads elsewhere, or to something else than a file with one name.
            PathError: there is a file, or another version of it, or ``data`` is larger than ``max_write``.
        """
        if len(data) > self.max_write:
            raise PathError(say("a file of {size:,} bytes is too large to write; {most:,} are allowed",
                                size=len(data), most=self.max_write))  # fmt: skip
        parts = self._checked(path)
        if not parts:
            raise PathError(say("{path} is {kind}, not a file", path=shown(path), kind=say("a folder")))
        parts = self._spelled(parts)
        with _explained(path), self._folder(parts[:-1], make=True) as folder:
            name = parts[-1]
            before = _look(folder, name)
            if before is None:
                if version is not None:
                    raise PathError(say("{path} has changed since it was read; read it again", path=shown(path)))
                create(folder, name, data)
                return True
            _check_file(before, path, links=False)
            if not overwrite:
                raise PathError(say("there is a file {path} already", path=shown(path)))
            if version is not None and version != _version(before):
                raise PathError(say("{path} has changed since it was read; read it again", path=shown(path)))
            replace(folder, name, data, before)
            return False

    def _checked(self, path: str) -> tuple[str, ...]:
        parts = parts_of(path)
        if is_denied(parts, self.deny):
            raise PathRefusedError(say("the path {path} is closed", path=shown(path)))
        return parts

    def _folder(self, parts: tuple[str, ...], *, make: bool = False) -> AbstractContextManager[Folder]:
        return open_beneath(os.fspath(self.root), parts, self.way or best_way(), make=make)

    def _first(self, path: str, work: Callable[[str, tuple[str, ...]], T]) -> T:
        """Do something with a path, or with one that looks the same if there is nothing at it."""
        parts = self._checked(path)
        with _explained(path):
            try:
                return work(path, parts)
            except OSError as error:
                spelled = self._spelled(parts) if error.errno in _MISSING else parts
                if spelled == parts:
                    raise
                return work(path, spelled)

    def _read(self, path: str, parts: tuple[str, ...]) -> StoredFile:
        if not parts:
            raise PathError(say("{path} is {kind}, not a file", path=shown(path), kind=say("a folder")))
        with self._folder(parts[:-1]) as folder:
            # Looked at before it is opened: to open a device may already do something.
            _check_file(folder.stat(parts[-1]), path, links=self.hard_links)
            fd = folder.open(parts[-1], os.O_RDONLY)
            with os.fdopen(fd, "rb", buffering=0) as file:
                found = os.fstat(fd)
                _check_file(found, path, links=self.hard_links)
                data = file.read(self.max_read + 1) if found.st_size <= self.max_read else None
        if data is None or len(data) > self.max_read:
            text = "{path} is too large to read: {size:,} bytes, and {most:,} are allowed"
            raise PathError(say(text, path=shown(path), size=found.st_size, most=self.max_read))
        return StoredFile(data, _version(found), parts)

    def _entries(self, path: str, parts: tuple[str, ...]) -> list[Entry]:
        del path
        with self._folder(parts) as folder:
            found = (self._entry(folder, name) for name in folder.names())
            return [entry for entry in found if entry is not None]

    def _entry(self, folder: Folder, name: str) -> Entry | None:
        try:
            if is_denied(parts_of(name), self.deny):
                return None
            status = folder.stat(name)
        except (OSError, PathRefusedError):  # gone meanwhile, or of a name that could not be opened either
            return None
        if stat.S_ISDIR(status.st_mode):
            return Entry(name, "folder")
        usable = stat.S_ISREG(status.st_mode) and (self.hard_links or status.st_nlink <= 1)
        return Entry(name, "file", status.st_size) if usable else None

    def _spelled(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return a path as it is spelled on the disk, and from where there is nothing of it, as most systems write."""
        found: tuple[str, ...] = ()
        for part in parts:
            forms = spellings(part)
            there: list[str] = []
            with suppress(OSError), self._folder(found) as folder:
                there = [form for form in forms if _look(folder, form) is not None]
            found += (there[0] if there else usual(part),)
        return found


@contextmanager
def _explained(path: str) -> Generator[None]:
    """Say what the system says, in words that help, and without the path of the root."""
    try:
        yield
    except OSError as error:
        if error.errno in _LINK:
            raise PathRefusedError(say("the path {path} goes through a link", path=shown(path))) from None
        if error.errno == errno.ENOENT:
            raise PathError(say("there is nothing at {path}; list the files to see what there is",
                                path=shown(path))) from None  # fmt: skip
        if error.errno == errno.ENOTDIR:
            text = "{path} goes through a link, or something else that is no folder"
            raise PathRefusedError(say(text, path=shown(path))) from None
        reason = error.strerror or type(error).__name__
        raise PathError(say("{path} cannot be used: {reason}", path=shown(path), reason=reason)) from None


def _look(folder: Folder, name: str) -> os.stat_result | None:
    try:
        return folder.stat(name)
    except FileNotFoundError:
        return None


def _check_file(status: os.stat_result, path: str, *, links: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((words for test, words in _KINDS if test(status.st_mode)), "something else")
        error = PathError if kind == "a folder" else PathRefusedError
        raise error(say("{path} is {kind}, not a file", path=shown(path), kind=say(kind)))
    if status.st_nlink > 1 and not links:
        raise PathRefusedError(say("{path} has other names elsewhere (hard links)", path=shown(path)))


def _version(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
