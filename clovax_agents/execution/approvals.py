"""A person's decision about one call: bound to its message, its id, its arguments and the user; pure (promise 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.execution.calls import TurnCall

__all__ = ["NOBODY", "VALID_FOR", "Approval", "approval_key", "approve", "asked", "merge_approvals", "why_not"]

NOBODY: Final = "a person has to approve this call, and nobody has, so it was not run"
VALID_FOR: Final = 3600.0
"""Seconds in which an approved call has to begin."""


class Approval(TypedDict):
    """What a person is asked, and then what was decided; a rejected call has its answer, and no record.

    Attributes:
        tool: name of the tool.
        arguments: hash of the arguments that were shown or approved.
        decision: ``"asked"`` until there is one; ``"edit"`` if the person changed the arguments.
        user: who is logged in; None where nobody is.
        expires: Unix time.
    """

    tool: str
    arguments: str
    decision: Literal["asked", "approve", "edit"]
    user: str | None
    expires: float


def approval_key(call: TurnCall) -> str:
    """Return under what the decision about a call stands in the state."""
    return f"{call.message_id}:{call.id}"


def asked(call: TurnCall, digest: str) -> Approval:
    """Return the record that a person is asked about a call as it is now; it lets nothing run.

    Args:
        call: that is asked about.
        digest: hash of its arguments.
    """
    return Approval(tool=call.name, arguments=digest, decision="asked", user=None, expires=0.0)


def approve(
    call: TurnCall, digest: str, *, decision: Literal["approve", "edit"], user: str | None, now: float
) -> Approval:
    """Return the record that lets exactly this call run.

    Args:
        call: that was approved.
        digest: hash of its arguments, as they are to run.
        decision: what the person did.
        user: who is logged in.
        now: Unix time.
    """
    return Approval(tool=call.name, arguments=digest, decision=decision, user=user, expires=now + VALID_FOR)


def why_not(
    found: Mapping[str, Any] | None, call: TurnCall, digest: str, *, user: str | None, now: float
) -> str | None:
    """Return why the record does not let the call run; None if it does."""
    if found is None or found.get("decision") == "asked":
        return NOBODY
    if found.get("tool") != call.name or found.get("arguments") != digest:
        return "a person has approved other arguments than these, so it was not run"
    if found.get("user") != user:
        return "another user has approved this call, so it was not run"
    return "the approval of this call has expired, so it was not run" if not found.get("expires", 0) > now else None


def merge_approvals(
    old: Mapping[str, Approval] | None, new: Mapping[str, Approval | None] | None
) -> dict[str, Approval]:
    """Merge records into those of the state; None takes one away: each is used once."""
    merged: dict[str, Approval | None] = {**(old or {}), **(new or {})}
    return {key: record for key, record in merged.items() if record is not None}
