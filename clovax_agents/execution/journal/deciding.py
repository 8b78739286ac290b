"""One transaction of a journal in a database, between its reading and its writing: pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clovax_agents.execution.journal.audit import EVENTS, next_record
from clovax_agents.execution.journal.inspecting import KeptCall, settled
from clovax_agents.execution.journal.owners import LEASE
from clovax_agents.execution.journal.rules import claimed, ended, is_remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovax_agents.execution.journal.base import AuditRecord, Claim, Ended, Standing
    from clovax_agents.execution.journal.inspecting import Settlement
    from clovax_agents.execution.journal.owners import Owner
    from clovax_agents.execution.journal.rules import Row
    from clovax_agents.tooling.policy import Effect

__all__ = ["Transaction"]


@dataclass(slots=True)
class Transaction:
    """What was read, and what is to be written.

    Attributes:
        owner: who asks.
        now: Unix time.
        rows: of all calls that are asked for, as far as there are any.
        last: the end of the audit.
        changed: rows to write.
        emptied: keys of rows that lose their result, and become forgotten ones.
        deleted: keys of rows that go.
        records: to add to the audit, in order.
    """

    owner: Owner
    now: float
    rows: dict[str, Row]
    last: AuditRecord | None
    changed: dict[str, Row] = field(default_factory=dict[str, "Row"])
    emptied: list[str] = field(default_factory=list[str])
    deleted: list[str] = field(default_factory=list[str])
    records: list[AuditRecord] = field(default_factory=list["AuditRecord"])

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Decide about claims, one after the other: two for one call do not both get it."""
        return [self._claim(claim) for claim in claims]

    def end(self, calls: Sequence[Ended]) -> None:
        """Note how calls ended."""
        for call in calls:
            self._write(call.key, ended(call, self.rows.get(call.key), owner=self.owner.name, now=self.now))
            self._note(call.how, call.key, call.facts)

    def prune(self, old: Sequence[tuple[str, Effect]], before: float) -> int:
        """Forget finished calls, and say so in the audit; return how many there are.

        Args:
            old: key and effect of each.
            before: Unix time before which they have ended.
        """
        for key, effect in old:
            (self.emptied if is_remembered(effect) else self.deleted).append(key)
        if old:
            self._note("pruned", "", {"calls": len(old), "before": round(before, 6)})
        return len(old)

    def kept(self, key: str) -> KeptCall | None:
        """Return a call as it stands there."""
        row = self.rows.get(key)
        return None if row is None else KeptCall(key=key, row=row, lives=self._lives(row))

    def settle(self, key: str, how: Settlement, result: bytes, facts: Mapping[str, Any]) -> None:
        """Write down what a person says about a call."""
        row = self.rows.get(key)
        lives = row is not None and self._lives(row)
        self._write(key, settled(row, how, result, lives=lives, now=self.now))
        self._note("resolved", key, {**facts, "outcome": how})

    def _lives(self, row: Row) -> bool:
        return row.status == "started" and self.owner.lives(row, self.now)

    def _claim(self, claim: Claim) -> Standing:
        row = self.rows.get(claim.key)
        lives = row is not None and self._lives(row)
        standing, written = claimed(
            claim, row, owner=self.owner.name, now=self.now, lease=self.now + LEASE, lives=lives
        )
        self._write(claim.key, written)
        if standing.state in EVENTS:
            self._note(EVENTS[standing.state], claim.key, claim.facts)
        return standing

    def _write(self, key: str, row: Row | None) -> None:
        if row is not None:
            self.rows[key] = self.changed[key] = row

    def _note(self, event: str, key: str, facts: Mapping[str, Any]) -> None:
        self.last = next_record(self.last, time=self.now, event=event, key=key, facts=facts)
        self.records.append(self.last)
