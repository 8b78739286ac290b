"""What a test may give as a script, and the brain that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from clovax_agents.simulator import Brain, BrainReply, ScriptBrain, ScriptStep

__all__ = ["Script", "assert_no_step_unused", "brain_of"]

Script: TypeAlias = "str | Path | Brain | Sequence[str | BrainReply | ScriptStep]"
"""YAML (a text of several lines, or the path of a file), replies in order, or a brain."""


def brain_of(script: Script, folder: Path) -> Brain:
    """Return the brain that follows a script.

    Args:
        script: see `Script`.
        folder: what relative paths start from: the folder of the test file.

    Example:
        >>> brain_of(["안녕하세요"], Path()).unused
        [0]
    """
    if isinstance(script, str) and "\n" in script:
        return ScriptBrain.from_yaml(script)
    if isinstance(script, str | Path):
        return ScriptBrain.from_yaml(folder / script)
    if isinstance(script, Sequence):
        return ScriptBrain(map(_step, script))
    return script


def _step(item: str | BrainReply | ScriptStep) -> ScriptStep:
    if isinstance(item, ScriptStep):
        return item
    return ScriptStep(BrainReply(item) if isinstance(item, str) else item)


def assert_no_step_unused(brain: Brain | None) -> None:
    """Raise an AssertionError if a script has steps that nobody asked for."""
    if isinstance(brain, ScriptBrain):
        brain.assert_finished()
