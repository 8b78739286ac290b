"""How others keep to a rate limit, as callers in virtual time: what people use today, beside the pacer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from langchain_core import rate_limiters

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pacing_sim import Caller, Clock, Scenario

_RETRIES: Final = 2
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 8.0
_LOOKS: Final = 0.1
"""Seconds between two looks of LangChain's limiter."""


def contenders(ask: Callable[[int], Any]) -> dict[str, Callable[[Scenario], Callable[[Clock], list[Caller]]]]:
    """Return by name what makes the callers of a scenario; ``ask`` makes the request of the simulation."""
    return {
        "SDK retries": lambda scenario: _Sdk(ask, scenario).callers,
        "InMemoryRateLimiter": lambda scenario: _LangChain(ask, scenario).callers,
        "AIMD": lambda scenario: _Aimd(ask, scenario).callers,
    }


@dataclass
class _Sdk:
    """The OpenAI SDK's way: two more attempts, after half a second and a second, less a quarter by chance."""

    ask: Callable[[int], Any]
    scenario: Scenario
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    def callers(self, _clock: Clock) -> list[Caller]:
        return [self._call] * 40

    def _call(self, tokens: int, _estimate: int) -> Generator[Any, Any, None]:
        for attempt in range(_RETRIES + 1):
            reset = yield self.ask(tokens)
            if reset is None:
                return
            if attempt < _RETRIES:
                delay = min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY)
                yield delay * (1 - 0.25 * self.dice.random())


class _LangChain(_Sdk):
    """LangChain's InMemoryRateLimiter at the limit of requests, one for each process, before the SDK's way."""

    def callers(self, clock: Clock) -> list[Caller]:
        vars(rate_limiters)["time"] = SimpleNamespace(monotonic=clock, sleep=None)  # its own code, in virtual time
        a_second = (self.scenario.limit.requests or 0) / 60
        limiters = [
            rate_limiters.InMemoryRateLimiter(requests_per_second=a_second, check_every_n_seconds=_LOOKS)
            for _ in range(self.scenario.processes)
        ]
        return [self._limited(limiters[number % len(limiters)]) for number in range(40)]

    def _limited(self, limiter: rate_limiters.InMemoryRateLimiter) -> Caller:
        def call(tokens: int, estimate: int) -> Generator[Any, Any, None]:
            while not limiter.acquire(blocking=False):
                yield _LOOKS
            yield from self._call(tokens, estimate)

        return call


class _Aimd(_Sdk):
    """A pace for each process, a little quicker while all goes well and slower after a refusal, and tried again."""

    def callers(self, clock: Clock) -> list[Caller]:
        paces = [_Pace(clock, (self.scenario.limit.requests or 0) / 60) for _ in range(self.scenario.processes)]
        return [self._paced(paces[number % len(paces)]) for number in range(40)]

    def _paced(self, pace: _Pace) -> Caller:
        def call(tokens: int, _estimate: int) -> Generator[Any, Any, None]:
            while True:
                yield pace.wait()
                reset = yield self.ask(tokens)
                pace.heard(refused=reset is not None)
                if reset is None:
                    return

        return call


@dataclass
class _Pace:
    """Evenly spaced requests: 2 % more a minute every five seconds, 15 % less after a refusal, once in two seconds."""

    clock: Clock
    rate: float
    free: float = 0.0
    raised: float = 0.0
    lowered: float = -60.0

    def wait(self) -> float:
        now: float = self.clock()
        self.free = max(self.free, now) + 1 / self.rate
        return self.free - 1 / self.rate - now

    def heard(self, *, refused: bool) -> None:
        now = self.clock()
        if refused and now - self.lowered > 2:  # noqa: PLR2004
            self.rate, self.lowered = self.rate * 0.85, now
        elif not refused and now - max(self.raised, self.lowered) > 5:  # noqa: PLR2004
            self.rate, self.raised = self.rate * 1.02, now
