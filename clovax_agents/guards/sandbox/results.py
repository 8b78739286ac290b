"""`SandboxResult`: how a run in the sandbox went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Ending", "SandboxResult"]

Ending: TypeAlias = Literal["finished", "raised", "timeout", "memory", "output", "disk", "crashed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxResult:
    """How a run in the sandbox went; all of its texts are the code's own, and nothing to trust.

    Attributes:
        ended: ``"finished"``; ``"raised"`` an exception; stopped for ``"timeout"``, ``"memory"``, ``"output"`` or
            ``"disk"``; or ``"crashed"``, killed by a signal.
        stdout: what it printed, as far as it was kept.
        stderr: what it printed there.
        left_out: bytes of the two that were not kept.
        value: what ``repr`` says of the last expression; None if there is none, or it is None.
        error: the end of the traceback, or what it was stopped for; empty if it finished.
        files: what it wrote or changed, by path beneath its directory, if that was asked for.
        seconds: that it took, with the start of the process.
    """

    ended: Ending
    stdout: str = ""
    stderr: str = ""
    left_out: int = 0
    value: str | None = None
    error: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    seconds: float = 0.0
