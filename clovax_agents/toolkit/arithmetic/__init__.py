"""Exact arithmetic on what a model writes: a small parser over fractions, never eval.

Lengths, depths and sizes are bounded, so no expression can keep a processor busy; whatever cannot be calculated is a
ModelRetry whose text says what to correct.
"""

from __future__ import annotations

from clovax_agents.toolkit.arithmetic.parser import evaluate
from clovax_agents.toolkit.arithmetic.rendering import in_korean_units, render

__all__ = ["evaluate", "in_korean_units", "render"]
