"""What a claim meets, given what is written down: one state machine for all backends; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from clovax_agents.execution.journal.base import MAX_ATTEMPTS, Claim, Ended, Standing

if TYPE_CHECKING:
    from clovax_agents.execution.journal.base import State
    from clovax_agents.tooling.policy import Effect

__all__ = ["FINAL", "Row", "Status", "claimed", "ended", "idempotency_key", "is_remembered"]

Status = Literal["started", "interrupted", "done", "failed", "forgotten", "unknown"]

FINAL = frozenset({"done", "failed", "forgotten"})
"""Status that nothing changes any more."""


@dataclass(slots=True, kw_only=True)
class Row:
    """What is written down about a call; nothing changes one, though it is not frozen, which costs as much again.

    Attributes:
        status: ``"done"`` and ``"failed"`` are final; so is ``"forgotten"``, which is either without its result.
        effect: of its tool.
        owner: who runs it, see `Owner`.
        lease_until: Unix time; who has not said until then that it lives counts as dead on other hosts. Of a final
            row: when it ended.
        attempts: how often it began.
        started_at: Unix time of the first beginning.
        result: encoded answer.
        consumed: answers of a person that it has had.
    """

    status: Status
    effect: Effect
    owner: str
    lease_until: float
    attempts: int
    started_at: float
    result: bytes = b""
    consumed: int = 0


def claimed(
    claim: Claim, row: Row | None, *, owner: str, now: float, lease: float, lives: bool
) -> tuple[Standing, Row | None]:
    """Return what a claim meets, and the row to write; None if nothing changes.

    Args:
        claim: that is made.
        row: that stands there.
        owner: who makes the claim.
        now: Unix time.
        lease: until when the owner need not be heard of.
        lives: whether the owner of a row that is started is alive.
    """
    if row is None:
        fresh = Row(status="started", effect=claim.effect, owner=owner, lease_until=lease, attempts=1, started_at=now)
        return _standing("run", claim, fresh), fresh
    if row.status in FINAL:
        return _standing("forgotten" if row.status == "forgotten" else "done", claim, row), None
    ours = replace(row, status="started", effect=claim.effect, owner=owner, lease_until=lease)
    if row.status == "interrupted":
        return _standing("interrupted", claim, ours), ours
    if row.status == "started" and lives:
        return _standing("wait", claim, row), None
    return _in_doubt(claim, row, replace(ours, attempts=row.attempts + 1))


def _in_doubt(claim: Claim, row: Row, again: Row) -> tuple[Standing, Row | None]:
    """Nobody is running it any more, and nobody knows how far it came."""
    worn = row.attempts >= MAX_ATTEMPTS
    if worn and row.status == "started":  # it died; whatever a person or a hook says, it would die again
        return _standing("quarantined", claim, row), None
    if claim.again:
        return _standing("run", claim, again), again
    if claim.effect == "once":
        return _standing("unknown", claim, row), None if row.status == "unknown" else replace(row, status="unknown")
    if worn:
        return _standing("quarantined", claim, row), None
    return _standing("run", claim, again), again


def ended(call: Ended, row: Row | None, *, owner: str, now: float) -> Row | None:
    """Return the row to write when a call has ended; None if nothing changes.

    What is final stays. A result is taken from anybody and at any time: it is the truth, however late. That a call may
    run again ("interrupted"), or that nobody knows ("unknown"), is only for the one who runs it to say, and only while
    it does; otherwise a call in doubt could be made one that may run.

    Args:
        call: how it ended.
        row: that stands there.
        owner: who says so.
        now: Unix time.
    """
    if row is None or call.how == "refused" or row.status in FINAL:
        return None
    if call.how not in FINAL and (row.status != "started" or row.owner != owner):
        return None
    # for every call, so without the detour of `replace`
    return Row(
        status=call.how,
        effect=row.effect,
        owner=row.owner,
        lease_until=now if call.how in FINAL else row.lease_until,
        attempts=row.attempts,
        started_at=row.started_at,
        result=call.result,
        consumed=max(row.consumed, call.consumed),
    )


def is_remembered(effect: Effect) -> bool:
    """Whether it must be known for ever that a call with this effect has run; of others, to run again does no harm."""
    return effect == "once"


def idempotency_key(key: str) -> str:
    """Return what a tool hands on, so that the other side knows the call again: the same for every attempt.

    Example:
        >>> idempotency_key("k") == idempotency_key("k")
        True
    """
    return sha256(f"clovax\n{key}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _standing(state: State, claim: Claim, row: Row) -> Standing:
    return Standing(
        state=state,
        attempts=row.attempts,
        idempotency_key=idempotency_key(claim.key),
        started_at=row.started_at,
        result=row.result,
        consumed=row.consumed,
    )
