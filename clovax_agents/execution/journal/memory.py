"""A journal in the process's memory: for runs that nothing could resume after a crash."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from clovax_agents.execution.journal.audit import EVENTS, next_record, of_thread
from clovax_agents.execution.journal.forks import PerProcess
from clovax_agents.execution.journal.retention import horizon
from clovax_agents.execution.journal.rules import FINAL, claimed, ended, is_remembered

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
    keep_days: float | None = None  # so many are kept, however old

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.time) -> None:
        self._locks = PerProcess(threading.Lock)  # the parent may hold one while it forks
        self._clock = clock
        self._most = most
        self._open: dict[str, Row] = {}
        self._final: OrderedDict[str, Row] = OrderedDict()
        self._events: deque[tuple[float, str, str, Mapping[str, object]]] = deque(maxlen=most)

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim calls; one standing for each, in order."""
        with self._locks.get():
            return [self._claim(claim) for claim in claims]

    def end(self, calls: Sequence[Ended]) -> None:
        """Note how calls ended."""
        with self._locks.get():
            for call in calls:
                self._end(call)

    def renew(self) -> None:
        """Do nothing: who is in this memory lives as long as it does."""

    def prune(self, *, before: float | None = None, limit: int | None = None) -> int:
        """Forget the results of calls that ended before a time, see `Journal`; without one nothing, `most` does it."""
        with self._locks.get():
            now = self._clock()
            since = horizon(before, keep_days=None, now=now)
            old = (
                (key, row) for key, row in self._final.items() if row.status != "forgotten" and row.lease_until < since
            )
            found = list(islice(old, limit))
            for key, row in found:
                if is_remembered(row.effect):
                    self._final[key] = replace(row, status="forgotten", result=b"")
                else:
                    del self._final[key]
            if found:
                self._note("pruned", "", {"calls": len(found), "before": round(since, 6)}, now)
            return len(found)

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:
        """Read the audit, oldest first; its chain begins with the oldest record that is kept."""
        with self._locks.get():
            events = list(self._events)
        record = None
        for moment, event, key, facts in events:
            record = next_record(record, time=moment, event=event, key=key, facts=facts)
            if of_thread(record, thread_id):
                yield record

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _claim(self, claim: Claim) -> Standing:
        row = self._open.get(claim.key)
        if row is None and (row := self._final.get(claim.key)) is not None:
            self._final.move_to_end(claim.key)
        now = self._clock()
        # whoever is in this memory lives as long as it does
        standing, written = claimed(claim, row, owner="", now=now, lease=now, lives=True)
        if written is not None:
            self._open[claim.key] = written
        if standing.state in EVENTS:
            self._note(EVENTS[standing.state], claim.key, claim.facts, now)
        return standing

    def _end(self, call: Ended) -> None:
        now = self._clock()
        row = ended(call, self._open.get(call.key), owner="", now=now)
        if row is not None:
            if row.status in FINAL:
                del self._open[call.key]
                self._final[call.key] = row
                if len(self._final) > self._most:
                    self._final.popitem(last=False)
            else:
                self._open[call.key] = row
        self._note(call.how, call.key, call.facts, now)

    def _note(self, event: str, key: str, facts: Mapping[str, object], now: float) -> None:
        self._events.append((now, event, key, facts))
