"""What a test may give as a script, and the brain that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from clovax_agents.simulator import Brain, BrainReply, QuirkBrain, ScriptBrain, ScriptStep, load_brain

__all__ = ["Script", "assert_no_step_unused", "brain_of"]

Script: TypeAlias = "str | Path | Brain | Sequence[str | BrainReply | ScriptStep]"
"""YAML (a text of several lines, or the path of a file), replies in order, or a brain."""


def brain_of(script: Script, folder: Path) -> Brain:
    """Return the brain that follows a script.

    Args:
        script: see `Script`.
        folder: what relative paths start from: the folder of the test file.

    Example:
        >>> from clovax_agents.simulator import ChatRequest, Message
        >>> brain_of(["안녕하세요"], Path()).reply(ChatRequest("HCX-005", (Message("user", "?"),))).text
        '안녕하세요'
    """
    if isinstance(script, str) and "\n" in script:
        return load_brain(script)
    if isinstance(script, str | Path):
        return load_brain(folder / script)
    if isinstance(script, Sequence):
        return ScriptBrain(map(_step, script))
    return script


def _step(item: str | BrainReply | ScriptStep) -> ScriptStep:
    if isinstance(item, ScriptStep):
        return item
    return ScriptStep(BrainReply(item) if isinstance(item, str) else item)


def assert_no_step_unused(brain: Brain | None) -> None:
    """Raise an AssertionError if a script has steps that nobody asked for."""
    inner = brain.inner if isinstance(brain, QuirkBrain) else brain
    if isinstance(inner, ScriptBrain):
        inner.assert_finished()
