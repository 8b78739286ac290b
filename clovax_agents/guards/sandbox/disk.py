"""The directory of a run: what it holds, what comes out of it, and how it goes away.

Whatever is in there was written by the code: links lead nowhere good, and folders are deeper than any recursion.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["collect", "overfull", "put", "remove", "written"]

_BLOCK: Final = 512
_LONGEST_NAME: Final = 200


def put(directory: Path, files: Mapping[str, bytes | str]) -> None:
    """Write the files that a run is to find.

    Raises:
        ConfigurationError: a name that is no plain file name, or contents that are neither bytes nor text.
    """
    for name, content in files.items():
        if not name or name in {".", ".."} or "/" in name or "\0" in name or len(name.encode()) > _LONGEST_NAME:
            raise ConfigurationError(f"{name!r} is no name of a file of a sandbox: give a plain name, like 'sales.csv'")
        if not isinstance(content, bytes | str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"the file {name!r} of a sandbox takes bytes or str, not {type(content).__name__}")
        (directory / name).write_bytes(content.encode() if isinstance(content, str) else content)


def overfull(directory: Path, most_bytes: int, most_files: int) -> bool:
    """Whether there is more in a directory than may be; what cannot be looked into counts as too much."""
    size = count = 0
    try:
        for entry in _entries(directory):
            with suppress(FileNotFoundError):  # it is being worked in
                size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
            count += 1
            if size > most_bytes or count > most_files:
                return True
    except OSError:
        return True
    return False


def written(pid: int) -> int:
    """Return how many bytes a process has written, to files that it has removed since, too; 0 if nobody knows."""
    try:
        text = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(text.partition("wchar:")[2].split()[0])


def collect(directory: Path, given: Mapping[str, bytes | str], most_bytes: int) -> dict[str, bytes]:
    """Read the plain files of a directory that are not as they were given, by their paths in it."""
    found: dict[str, bytes] = {}
    with suppress(OSError):
        for entry in _entries(directory):
            name = entry.path.removeprefix(f"{directory}/")
            if most_bytes <= 0 or not _is_text(name):
                continue
            content = _content(entry.path, most_bytes)
            before = given.get(name)
            if content is not None and content != (before.encode() if isinstance(before, str) else before):
                found[name] = content
                most_bytes -= len(content)
    return dict(sorted(found.items()))


def remove(directory: Path) -> None:
    """Remove a directory, however deep it is: what is in a folder is moved up before the folder goes."""
    number = 0
    with suppress(OSError):
        while entries := list(os.scandir(directory)):
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)  # noqa: PTH108  # there may be a great many
                    continue
                os.chmod(entry.path, stat.S_IRWXU)  # noqa: PTH101
                for inner in list(os.scandir(entry.path)):
                    number += 1
                    _move_up(inner, directory / f"{number}")
                os.rmdir(entry.path)  # noqa: PTH106
        directory.rmdir()


def _move_up(inner: os.DirEntry[str], to: Path) -> None:
    """Move an entry to a name that may be taken already, by the code's own choice."""
    if inner.is_dir(follow_symlinks=False):
        os.chmod(inner.path, stat.S_IRWXU)  # noqa: PTH101  # or its '..' could not be written
        while os.path.lexists(to):
            to = to.with_name(f"{to.name}-")
        os.rename(inner.path, to)  # noqa: PTH104
    else:
        os.unlink(inner.path)  # noqa: PTH108


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    """Go through all that is beneath a directory, without following links."""
    waiting = [os.fspath(directory)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:
            continue


def _content(path: str, most: int) -> bytes | None:
    """Return what is in a plain file that has one name; None for anything else, and for more than may be."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    facts = os.fstat(opened)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1 or facts.st_size > most:
        os.close(opened)
        return None
    with os.fdopen(opened, "rb") as file:
        return file.read(most)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
