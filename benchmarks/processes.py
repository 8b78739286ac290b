"""Processes of their own for those who are compared: each reads tasks, a line each, and writes figures as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["ask", "line", "process"]

_HERE: Final = Path(__file__).parent


def process(script: str, *arguments: str, core: int) -> subprocess.Popen[str]:
    """Start a script of this folder on a core of its own, if there are that many."""
    command = [sys.executable, str(_HERE / script), *arguments]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > core:
        os.sched_setaffinity(started.pid, {sorted(os.sched_getaffinity(0))[core]})
    return started


def ask(worker: subprocess.Popen[str], task: str) -> float | None:
    """Hand over a task, and wait for its figure; None if the worker has no such task."""
    assert worker.stdin is not None  # noqa: S101  # asked for above
    worker.stdin.write(task + "\n")
    worker.stdin.flush()
    answer: float | None = json.loads(line(worker))
    return answer


def line(started: subprocess.Popen[str]) -> str:
    """Return the next line that a process writes."""
    assert started.stdout is not None  # noqa: S101  # asked for above
    return started.stdout.readline()
