"""The file of answers: a line for each question that has come to its end, none of them twice, none of them torn."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Self

from clovax_agents.cli.batching.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path
    from types import TracebackType

__all__ = ["Answers"]


class Answers:
    """The file, open to be added to.

    Args:
        path: of the file.
        expected: the lines that it is to hold; if it holds others, it is written anew, whole or not at all.
        known: ids of all questions that may have been answered here.

    Raises:
        ConfigurationError: it holds something that is none of our answers, or cannot be written.
    """

    def __init__(self, path: Path, expected: Sequence[str], known: Collection[str]) -> None:
        self._path = path
        try:
            kept = _complete(path)
            _check_ours(path, kept, known)
            # what was torn off goes, too
            if kept != list(expected) or not _ends_whole(path):
                _replace(path, expected)
            self._handle = _opened(path)
        except OSError as error:
            text = "{path} cannot be written: {error}"
            raise ConfigurationError(say(text, path=path, error=error.strerror)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._handle)

    def add(self, line: str) -> None:
        """Add a line, and have it on the disk."""
        _write_all(self._handle, f"{line}\n".encode())

    def replace(self, lines: Sequence[str]) -> None:
        """Hold these lines from now on, because one of them has changed."""
        _replace(self._path, lines)
        os.close(self._handle)
        self._handle = _opened(self._path)


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def _complete(path: Path) -> list[str]:
    """Return the lines of the file; a last one that was torn off does not count."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    return whole.split("\n") if whole else []


def _ends_whole(path: Path) -> bool:
    return not path.exists() or path.read_bytes()[-1:] in {b"", b"\n"}


def _check_ours(path: Path, kept: Sequence[str], known: Collection[str]) -> None:
    """Refuse to write over what is not ours, or was answered where no ledger tells of it."""
    for number, line in enumerate(kept, 1):
        if _id_of(line) not in known:
            text = "{path}:{number} is no answer of this batch: give another --out, or take the file away"
            raise ConfigurationError(say(text, path=path, number=number))


def _id_of(line: str) -> str | None:
    try:
        parts = as_dict(json.loads(line)) or {}
    except ValueError:
        return None
    return str(parts["id"]) if {"id", "status"} <= parts.keys() else None


def _replace(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        _write_all(handle, "".join(f"{line}\n" for line in lines).encode())
    finally:
        os.close(handle)
    beside.replace(path)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
    os.fsync(handle)
