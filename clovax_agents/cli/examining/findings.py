"""What a look at one thing finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Level", "exit_code"]

Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what it is about, for programs.
        level: how bad it is; a note is worth knowing, and nothing is wrong.
        text: what was found.
        todo: what to do about it; empty where there is nothing.
    """

    check: str
    level: Level
    text: str
    todo: str = ""


def exit_code(findings: list[Finding]) -> int:
    """Return 2 if something cannot work, 1 if something may go wrong, else 0.

    Example:
        >>> exit_code([Finding("python", "ok", "3.13"), Finding("port", "warning", "taken")])
        1
    """
    levels = {finding.level for finding in findings}
    return 2 if "error" in levels else int("warning" in levels)
