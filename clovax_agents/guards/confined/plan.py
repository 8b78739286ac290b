"""`Plan`: what a process of the sandbox is told."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["Plan"]


class Plan(TypedDict):
    """What a process of the sandbox is told.

    Attributes:
        parent: process id of whoever started it.
        report: descriptor of the pipe for the report.
        directory: where it works.
        user: whose rights it has, if it is started by root.
        means: of confinement, of ``"landlock"``, ``"seccomp"``, ``"namespace"``.
        readable: further paths that may be read.
        packages: folders of packages that may be imported.
        most: characters of the value and of an error.
    """

    parent: int
    report: int
    directory: str
    user: int
    means: list[str]
    readable: list[str]
    packages: list[str]
    seconds: int
    memory: int
    file_size: int
    open_files: int
    most: int
    code: str
