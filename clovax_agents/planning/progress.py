"""How far a plan is, and what comes next: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.planning.state import PlanStep

__all__ = ["begun", "failed", "one_step", "only_step", "ready", "replanned", "skippable"]


def ready(plan: Sequence[PlanStep], most: int) -> list[str]:
    """Return the ids of the steps that can run now, side by side, in order.

    Args:
        plan: as it is.
        most: how many may run at once.

    Example:
        >>> steps = [{"id": "1", "after": [], "status": "completed"}, {"id": "2", "after": ["1"], "status": "pending"}]
        >>> ready(steps, 3)
        ['2']
    """
    done = {step["id"] for step in plan if step["status"] == "completed"}
    free = [step["id"] for step in plan if step["status"] == "pending" and done.issuperset(step["after"])]
    return free[:most]


def begun(ids: Sequence[str]) -> dict[str, Any]:
    """Return the change of a plan of which these steps run now."""
    return {name: {"status": "in_progress"} for name in ids}


def failed(plan: Sequence[PlanStep]) -> list[PlanStep]:
    """Return the steps that failed."""
    return [step for step in plan if step["status"] == "failed"]


def skippable(plan: Sequence[PlanStep]) -> dict[str, Any]:
    """Return the change of a plan in which nothing waits any more for what failed, directly or not.

    Example:
        >>> steps = [{"id": "1", "after": [], "status": "failed"}, {"id": "2", "after": ["1"], "status": "pending"}]
        >>> skippable(steps)
        {'2': {'status': 'skipped'}}
    """
    lost = {step["id"] for step in plan if step["status"] in {"failed", "skipped"}}
    changes: dict[str, Any] = {}
    for step in plan:  # a step waits only for steps before it
        if step["status"] == "pending" and not lost.isdisjoint(step["after"]):
            lost.add(step["id"])
            changes[step["id"]] = {"status": "skipped"}
    return changes


def replanned(plan: Sequence[PlanStep], steps: Sequence[PlanStep]) -> list[PlanStep]:
    """Return a plan whose open steps are others now."""
    return [*(step for step in plan if step["status"] != "pending"), *steps]


def one_step(task: str) -> PlanStep:
    """Return the step that is a whole plan."""
    return {"id": "1", "task": task, "after": [], "status": "pending", "result": ""}


def only_step(plan: Sequence[PlanStep]) -> PlanStep | None:
    """Return the step whose result is the answer: it is the only one there ever was, and it is completed."""
    return plan[0] if len(plan) == 1 and plan[0]["status"] == "completed" and plan[0]["result"] else None
