"""The journal as a person looks into it: which calls there are, and what becomes of those that nobody knows of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from clovax_agents.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clovax_agents.execution.journal.base import AuditRecord
    from clovax_agents.execution.journal.rules import Row

__all__ = ["Inspectable", "KeptCall", "Settlement", "settled"]

Settlement: TypeAlias = Literal["done", "not_done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """A call as it stands in a journal.

    Attributes:
        key: of the call.
        row: what is written down; a list of calls leaves their results out.
        lives: whether somebody who lives is running it.
    """

    key: str
    row: Row
    lives: bool

    @property
    def state(self) -> str:
        """The row's status; of one that began, ``"running"``, or ``"broken off"`` if nobody runs it any more."""
        if self.row.status != "started":
            return self.row.status
        return "running" if self.lives else "broken off"

    @property
    def is_in_doubt(self) -> bool:
        """Whether only a person can say if it took effect."""
        return self.row.status == "unknown" or (self.state == "broken off" and self.row.effect == "once")


class Inspectable(Protocol):
    """A journal that can be looked into; those in SQLite and Postgres can."""

    def calls(self) -> Iterator[KeptCall]:
        """Read all calls, in the order of their keys and without their results."""
        ...

    def call(self, key: str) -> KeptCall | None:
        """Read one call; None if it is not there."""
        ...

    def settle(self, key: str, how: Settlement, *, result: bytes = b"", facts: Mapping[str, Any]) -> None:
        """Write down what a person has found out about a call that broke off.

        Args:
            key: of the call.
            how: ``"done"``: it took effect, and ``result`` is its answer. ``"not_done"``: it did not, so it may run.
            result: the answer, encoded.
            facts: for the audit record.

        Raises:
            JournalError: there is no such call, it is running, or it has ended.
        """
        ...

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first."""
        ...

    def prune(self, *, before: float | None = None, limit: int | None = None) -> int:
        """Forget the results of calls that ended long ago."""
        ...

    def close(self) -> None:
        """Give back files and connections."""
        ...


def settled(row: Row | None, how: Settlement, result: bytes, *, lives: bool, now: float) -> Row:
    """Return the row to write when a person says what became of a call.

    A call that did not take effect begins anew, its earlier attempts forgotten: whoever says so has seen to the cause.

    Args:
        row: that stands there.
        how: it went.
        result: the answer, encoded.
        lives: whether its owner is alive.
        now: Unix time.

    Raises:
        JournalError: nothing can be said about it.
    """
    if row is None:
        raise JournalError("there is no such call in the journal: clovax journal list shows them")
    if row.status == "started" and lives:
        raise JournalError("the call is running: wait until it has ended, or end the process that runs it")
    if row.status not in {"started", "unknown"}:
        raise JournalError(f"the call is not in doubt, it is {row.status}: only calls that broke off can be resolved")
    if how == "not_done":
        return replace(row, status="interrupted", attempts=0, result=b"")
    return replace(row, status="done", lease_until=now, result=result)
