"""On what the figures were measured."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path


def machine() -> str:
    """Name the processor, as Linux knows it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
