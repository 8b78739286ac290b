"""A journal in the process's memory: for runs that nothing could resume after a crash."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from clovax_agents.execution.journal.audit import next_record
from clovax_agents.execution.journal.owners import this_owner
from clovax_agents.execution.journal.rules import claimed, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from clovax_agents.execution.journal.base import AuditRecord, Claim, Ended, Standing
    from clovax_agents.execution.journal.rules import Row

__all__ = ["MemoryJournal"]

_MOST: Final = 10_000


class MemoryJournal:
    """A `Journal` in memory.

    Args:
        most: finished calls, and audit records, that are kept; unfinished ones always are.
        clock: Unix time.
    """

    durable = False

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._owner = this_owner()
        self._clock = clock
        self._most = most
        self._open: dict[str, Row] = {}
        self._final: OrderedDict[str, Row] = OrderedDict()
        self._events: deque[tuple[float, str, str, Mapping[str, object]]] = deque(maxlen=most)

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls; one standing for each, in order."""
        with self._lock:
            return [self._claim(claim) for claim in claims]

    def end(self, calls: Sequence[Ended]) -> None:
        """Note how calls ended."""
        with self._lock:
            for call in calls:
                self._end(call)

    def renew(self) -> None:
        """Do nothing: who is in this memory lives as long as it does."""

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first; what was dropped for newer records is not missed by its chain."""
        with self._lock:
            events = list(self._events)
        record = None
        for moment, event, key, facts in events:
            record = next_record(record, time=moment, event=event, key=key, facts=facts)
            if thread_id in {None, record.facts.get("thread")}:
                yield record

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _claim(self, claim: Claim) -> Standing:
        row = self._open.get(claim.key) or self._final.get(claim.key)
        now = self._clock()
        # whoever is in this memory lives as long as it does
        standing, written = claimed(claim, row, owner="", now=now, lease=now, lives=True)
        if written is not None:
            self._open[claim.key] = written
        if standing.state != "wait":
            self._note(standing.state, claim.key, claim.facts, now)
        return standing

    def _end(self, call: Ended) -> None:
        row = ended(call, self._open.get(call.key))
        if row is not None:
            if row.status in {"done", "failed"}:
                del self._open[call.key]
                self._final[call.key] = row
                if len(self._final) > self._most:
                    self._final.popitem(last=False)
            else:
                self._open[call.key] = row
        self._note(call.how, call.key, call.facts, self._clock())

    def _note(self, event: str, key: str, facts: Mapping[str, object], now: float) -> None:
        self._events.append((now, event, key, facts))
