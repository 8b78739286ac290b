"""What a result carries, written on its messages: it goes with them, whatever graph they come into (fault S06)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage
from langgraph.types import Command

from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.taint import CLEAN
from clovax_agents.tooling.labels import CARRIED, labelled, labels_of, read_labels

if TYPE_CHECKING:
    from clovax_agents.execution.jobs import Job
    from clovax_agents.execution.taint import Taint

__all__ = ["carried_by", "stamped", "with_taint"]


def carried_by(job: Job) -> Taint:
    """Return what the answer of a call carries: what its tool is labelled with, and what was seen inside of it."""
    if job.twin is not None:
        return carried_by(job.twin)
    labels = CLEAN if job.plan is None else job.plan.policy.labels
    return CARRIED & labels.union(job.carried) if labels or job.carried else CLEAN


def with_taint(update: Any, arrived: Taint, kept: object) -> Any:
    """Return what a node adds to the state, with the state's own field, if it has one and this is new to it.

    Args:
        update: what the node adds so far.
        arrived: what its messages carry.
        kept: that field's value; None if there is none.
    """
    if not arrived or kept is None or arrived <= read_labels(kept):
        return update
    added = {"taint": sorted(arrived)}
    if (parts := as_dict(update)) is not None:
        return {**parts, **added}
    return [*(as_list(update) or [update]), added]


def stamped(answer: Any, taint: Taint) -> Any:
    """Return an answer of a tool with a mark on each of its messages, also on those in Commands and lists.

    Args:
        answer: a message, a Command or a list of these.
        taint: that it carries.
    """
    if not taint:
        return answer
    if isinstance(answer, BaseMessage):
        return answer if taint <= labels_of(answer) else labelled(answer, *taint)
    if (items := as_list(answer)) is not None:
        return [stamped(item, taint) for item in items]
    command: Any = answer
    update = as_dict(command.update) if isinstance(answer, Command) else None
    if update is None:
        return command
    marked = {name: stamped(part, taint) if _holds(part) else part for name, part in update.items()}
    return replace(command, update=marked)


def _holds(part: Any) -> bool:
    return isinstance(part, BaseMessage) or any(isinstance(item, BaseMessage) for item in as_list(part) or ())
