"""Processes that share a store, in virtual time: `SharedPacer` with the clock's events in its thread's place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pacing_sim import Caller, Clock, Scenario, paced

from clovax_agents.pacing import Limit
from clovax_agents.pacing.shared import SharedPacer
from clovax_agents.pacing.stores.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from clovax_agents.pacing.stores.protocol import Answer, Exchange

__all__ = ["SharedScenario"]

_ROUND_TRIP = 0.002


class EventPacer(SharedPacer):
    """A pacer whose talks with the store are events of a virtual clock, each of which takes two milliseconds."""

    def __init__(self, limit: Limit, *, clock: Clock, **settings: Any) -> None:
        self._virtual = clock
        self._busy = False
        super().__init__(limit, clock=clock, **settings)
        self._sleeps_until = math.inf  # there is no thread that is awake

    def _wake(self, now: float) -> None:
        due = now + self._due_in(now)
        if not self._busy and due < self._sleeps_until:
            self._sleeps_until = due
            self._virtual.after(due - now, lambda: self._look(due))

    def _look(self, due: float) -> None:
        """Talk to the store, if that is still what is to be done."""
        now = self._virtual()
        if self._busy or due != self._sleeps_until:
            return
        self._sleeps_until = math.inf
        if self._due_in(now) > 1e-9:
            self._wake(now)
            return
        self._busy = True
        asked = self._exchange(now)
        answer = self._store.exchange(asked)
        self._virtual.after(_ROUND_TRIP, lambda: self._hear(asked, answer))

    def _hear(self, asked: Exchange, answer: Answer) -> None:
        self._busy = False
        self._heard(asked, answer)
        self._wake(self._virtual())


@dataclass(frozen=True, kw_only=True)
class SharedScenario(Scenario):
    """Forty workers in several processes that know of each other by a store.

    Attributes:
        folder: for its file.
    """

    folder: Path

    def callers(self, clock: Clock) -> list[Caller]:
        """Return our callers, spread over the processes, each with its own connection."""
        limit = Limit() if self.unknown else Limit(self.limit.requests, self.limit.tokens)
        path = self.folder / f"{self.kind}-{self.seed}.sqlite"
        pacers = [
            EventPacer(limit, clock=clock, unknown=self.unknown, store=SqliteStore(path, clock=clock), window="w")
            for _ in range(self.processes)
        ]
        return [paced(pacers[number % self.processes], hints=self.hints) for number in range(40)]
