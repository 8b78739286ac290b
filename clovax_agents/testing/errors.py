"""What the testing kit says went wrong in a test."""

from __future__ import annotations

__all__ = ["ScriptedModelError"]


class ScriptedModelError(AssertionError):
    """A scripted model was asked something else than its script expects."""
