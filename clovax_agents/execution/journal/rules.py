"""What a claim meets, given what is written down: one state machine for all backends; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from clovax_agents.execution.journal.base import MAX_ATTEMPTS, Claim, Ended, Standing

if TYPE_CHECKING:
    from clovax_agents.execution.journal.base import State
    from clovax_agents.tooling.policy import Effect

__all__ = ["Row", "claimed", "ended", "idempotency_key"]

Status = Literal["started", "interrupted", "done", "failed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is written down about a call.

    Attributes:
        status: ``"done"`` and ``"failed"`` are final.
        effect: of its tool.
        owner: who runs it, see `Owner`.
        lease_until: Unix time; who has not said until then that it lives counts as dead on other hosts.
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
    fresh = Row(status="started", effect=claim.effect, owner=owner, lease_until=lease, attempts=1, started_at=now)
    if row is None:
        return _standing("run", claim, fresh), fresh
    if row.status in {"done", "failed"}:
        return _standing("done", claim, row), None
    ours = replace(row, status="started", owner=owner, lease_until=lease)
    if row.status == "interrupted":
        return _standing("interrupted", claim, ours), ours
    if row.status == "started" and lives:
        return _standing("wait", claim, row), None
    return _after_a_death(claim, row, replace(ours, attempts=row.attempts + 1))


def _after_a_death(claim: Claim, row: Row, again: Row) -> tuple[Standing, Row | None]:
    """Nobody is running it any more, and nobody knows how far it came."""
    if claim.again:
        return _standing("run", claim, again), again
    if claim.effect == "once":
        return _standing("unknown", claim, row), replace(row, status="unknown")
    if row.attempts >= MAX_ATTEMPTS:
        return _standing("quarantined", claim, row), None
    return _standing("run", claim, again), again


def ended(call: Ended, row: Row | None) -> Row | None:
    """Return the row to write when a call has ended; None if nothing changes.

    What is final stays: a result that comes after the call was given up changes nothing.
    """
    if row is None or call.how == "refused" or row.status in {"done", "failed"}:
        return None
    return replace(row, status=call.how, result=call.result, consumed=call.consumed)


def idempotency_key(key: str) -> str:
    """Return what a tool may hand on: made of the journal's key, so that it is the same whoever makes it."""
    return sha256(f"clovax\n{key}".encode()).hexdigest()[:32]


def _standing(state: State, claim: Claim, row: Row) -> Standing:
    return Standing(
        state=state,
        attempts=row.attempts,
        idempotency_key=idempotency_key(claim.key),
        started_at=row.started_at,
        result=row.result,
        consumed=row.consumed,
    )
