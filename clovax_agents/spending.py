"""What a run and a thread have used of their budgets, as the state keeps it: counters that only grow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clovax_agents.budgets.usage import RunUsage, as_usage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["merge_spent", "spent_by", "spent_in"]


def merge_spent(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> dict[str, Any]:
    """Add what was used: to the run if it is the same one, and to the thread.

    Args:
        left: of the state.
        right: the run, what it has used since it last said so, and whether it has ended.

    Example:
        >>> one = merge_spent({}, {"run": "a", "used": {"model_calls": 1}})
        >>> two = merge_spent(one, {"run": "b", "used": {"model_calls": 2}})
        >>> two["used"]["model_calls"], two["thread"]["model_calls"]
        (2, 3)
    """
    if not right:
        return dict(left or {})
    before, new = left or {}, as_usage(_grown(right.get("used")))
    run = as_usage(before.get("used")) if before.get("run") == right.get("run") else RunUsage()
    thread = as_usage(before.get("thread"))
    name = "" if right.get("ended") else right.get("run")
    return {"run": name, "used": (run + new).as_dict(), "thread": (thread + new).as_dict()}


def spent_by(spent: Mapping[str, Any] | None, run: str | None) -> RunUsage:
    """Return what a run has used before; nothing, if the state is of another one."""
    return as_usage((spent or {}).get("used")) if run and (spent or {}).get("run") == run else RunUsage()


def spent_in(spent: Mapping[str, Any] | None) -> RunUsage:
    """Return what all runs of the thread have used."""
    return as_usage((spent or {}).get("thread"))


def _grown(used: Mapping[str, Any] | None) -> dict[str, Any]:
    """Leave out what would make a counter smaller, or no number."""
    return {name: value for name, value in (used or {}).items() if 0 <= value < math.inf}
