"""A file written whole or not at all: beside its place first, then in it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from clovax_agents.guards.beneath import Folder

__all__ = ["create", "replace"]


def create(folder: Folder, name: str, data: bytes) -> None:
    """Write a file that was not there.

    Raises:
        FileExistsError: somebody else has made one meanwhile.
    """
    beside = _written_beside(folder, data, None)
    try:
        os.close(folder.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL))  # the name is ours from here on
        _put(folder, beside, name)
    except BaseException:
        with suppress(OSError):
            folder.unlink(beside)
        raise


def replace(folder: Folder, name: str, data: bytes, before: os.stat_result) -> None:
    """Put a new file in the place of an old one, which readers see until the new one is whole.

    Args:
        folder: it is in.
        name: of the file.
        data: its content.
        before: of the old one, whose permissions are kept.
    """
    beside = _written_beside(folder, data, stat.S_IMODE(before.st_mode) & 0o777)
    try:
        _put(folder, beside, name)
    except BaseException:
        with suppress(OSError):
            folder.unlink(beside)
        raise


def _put(folder: Folder, beside: str, name: str) -> None:
    folder.replace(beside, name)
    folder.sync()


def _written_beside(folder: Folder, data: bytes, mode: int | None) -> str:
    """Write a file under a name that nobody else has, and see that it is on the disk."""
    beside = f".clovax-{uuid4().hex}.tmp"
    fd = folder.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(fd, "wb") as file:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            folder.unlink(beside)
        raise
    return beside
