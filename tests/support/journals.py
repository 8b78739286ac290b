"""Journals for tests: calls to claim, and owners that can die."""

import subprocess
import sys
from typing import Any

from clovax_agents.execution.journal.base import Claim, Ended, Journal

__all__ = ["claim", "ended", "run_python", "state_of", "states"]


def claim(key: str = "k", effect: Any = "once", **more: Any) -> Claim:
    """Make a claim of a call in thread ``t``."""
    facts = {"thread": "t", "tool": "pay", **more.pop("facts", {})}
    return Claim(key=key, effect=effect, facts=facts, **more)


def ended(key: str = "k", how: Any = "done", result: bytes = b"paid", **more: Any) -> Ended:
    """Make the end of a call in thread ``t``."""
    facts = {"thread": "t", "outcome": how, **more.pop("facts", {})}
    return Ended(key=key, how=how, result=result if how in {"done", "failed"} else b"", facts=facts, **more)


def states(journal: Journal, *claims: Claim) -> list[str]:
    """Claim, and return the states that are met."""
    return [found.state for found in journal.begin(claims)]


def state_of(journal: Journal, one: Claim | None = None) -> str:
    """Claim one call, and return the state that is met."""
    return states(journal, one or claim())[0]


def run_python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start another process that runs a program."""
    return subprocess.Popen(  # noqa: S603  # our own text
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
