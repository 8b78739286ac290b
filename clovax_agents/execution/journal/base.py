"""What a journal is: the record of which call began, and of what it ended with (promise 6).

What a backend does is one transaction each time, and may block: only `JournalWriter`'s thread calls it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovax_agents.tooling.policy import Effect

__all__ = ["MAX_ATTEMPTS", "AuditRecord", "Claim", "Ended", "Journal", "Standing", "State"]

MAX_ATTEMPTS: Final = 3
"""A call whose process died this often is quarantined."""

State: TypeAlias = Literal["run", "wait", "done", "forgotten", "interrupted", "unknown", "quarantined"]
How: TypeAlias = Literal["done", "failed", "interrupted", "unknown", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A call that wants to run.

    Attributes:
        key: of thread, namespace, AI message, position and arguments' hash; the same after every resume.
        effect: of its tool.
        again: a person or a `reconcile` hook has found that an unknown call did not take effect: it may run.
        facts: for the audit record: thread, run, user, tool, call id, arguments' hash, decision, approver.
    """

    key: str
    effect: Effect
    again: bool = False
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a claim meets.

    Attributes:
        state: ``"run"``: it is ours, run it. ``"interrupted"``: it is ours, and was waiting for a person.
            ``"wait"``: somebody who lives is running it; ask again. ``"done"``: here is its result.
            ``"forgotten"``: it ended so long ago that its result is not kept any more.
            ``"unknown"``: a "once" call whose process died. ``"quarantined"``: it has died too often.
        attempts: how often it began, this time included.
        idempotency_key: to hand to the tool.
        started_at: Unix time of the first beginning, seconds.
        result: bytes that `Ended` brought; empty unless done.
        consumed: how many answers of a person it has had (`Ended`).
    """

    state: State
    attempts: int
    idempotency_key: str
    started_at: float
    result: bytes = b""
    consumed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call ended; of ``"refused"`` ones, which never began, only the audit record is kept.

    Attributes:
        key: of the claim.
        how: ``"done"`` and ``"failed"`` are final, and their result is kept. ``"interrupted"``: it may run again,
            because it has not begun, or waits for a person. ``"unknown"``: it was given up halfway.
        result: the answer, encoded.
        consumed: answers of a person that it has had.
        facts: more for the audit record: outcome, seconds, bytes, hash of the result.
    """

    key: str
    how: How
    result: bytes = b""
    consumed: int = 0
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One line of the audit; ``hash`` covers the line and the hash before it."""

    number: int
    time: float
    event: str
    key: str
    facts: dict[str, Any]
    previous: str
    hash: str


class Journal(Protocol):
    """A backend: in memory, SQLite or Postgres, or one of your own."""

    durable: bool
    """Whether it outlives the process. One that does not is called on the event loop, and must not block."""
    keep_days: float | None
    """How long results of finished calls are kept; a `JournalWriter` prunes what is older. None: for ever."""

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls, atomically across processes; one standing for each, in order."""
        ...

    def end(self, calls: Sequence[Ended]) -> None:
        """Write down how calls ended."""
        ...

    def renew(self) -> None:
        """Say that the calls which this process runs are still running."""
        ...

    def prune(self, *, before: float | None = None, limit: int | None = None) -> int:
        """Forget the results of calls that ended long ago, and return how many there were.

        Calls that have not ended, or are unknown, stay as they are, and so does the audit. Of a "once" call it is still
        known that it has run; calls with another effect are forgotten entirely.

        Args:
            before: Unix time, seconds; what ended earlier goes, but nothing of the last hour. None: ``keep_days`` ago.
            limit: how many at most; None for all.
        """
        ...

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first."""
        ...

    def close(self) -> None:
        """Give back files and connections."""
        ...
