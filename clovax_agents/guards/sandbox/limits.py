"""`SandboxLimits`: what a run in the sandbox may take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from clovax_agents.errors import ConfigurationError

__all__ = ["SandboxLimits"]

_LEAST_MEMORY: Final = 64 << 20
"""What an interpreter needs for itself, and some for the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What a run in the sandbox may take; it is stopped when it takes more.

    Attributes:
        seconds: until it is killed, 0.1 to 3,600.
        memory: bytes of address space, at least 64 MiB.
        output: bytes that are kept of stdout, and of stderr; a run that prints 16 times as much is stopped.
        disk: bytes of all its files together.
        files: how many files and folders it may have.

    Raises:
        ConfigurationError: a value is out of its range.

    Example:
        >>> SandboxLimits(seconds=2).memory >> 20
        512
    """

    seconds: float = 10.0
    memory: int = 512 << 20
    output: int = 64 << 10
    disk: int = 64 << 20
    files: int = 1000

    def __post_init__(self) -> None:
        """Refuse what would run nothing, or for ever."""
        self._check("seconds", 0.1, 3600)
        self._check("memory", _LEAST_MEMORY, 1 << 40)
        self._check("output", 0, 16 << 20)
        self._check("disk", 0, 1 << 40)
        self._check("files", 0, 100_000)

    def _check(self, name: str, least: float, most: float) -> None:
        given: object = getattr(self, name)
        kinds = (int, float) if name == "seconds" else (int,)
        if isinstance(given, bool) or not isinstance(given, kinds) or not least <= given <= most:
            raise ConfigurationError(f"{name}={given!r} of a sandbox: it takes a number from {least:,} to {most:,}")

    @property
    def processor_seconds(self) -> int:
        """Seconds of processor time: as much as one thread can use up until the deadline."""
        return math.ceil(self.seconds) + 1
