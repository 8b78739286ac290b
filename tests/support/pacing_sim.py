"""A service, its callers and their limiters in virtual time: half an hour of a rate limit takes seconds."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clovax_agents.errors import ConfigurationError
from clovax_agents.pacing import Limit, Pacer
from clovax_agents.simulator.limits import Limit as ServerLimit
from clovax_agents.simulator.limits.windows import FixedWindow, SlidingWindow, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

KINDS = {"sliding": SlidingWindow, "fixed": FixedWindow, "bucket": TokenBucket}


class Clock:
    """Virtual time: what is due next happens at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        return self.now

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + max(seconds, 0.0), next(self._numbers), do))

    def run(self, until: float) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, do = heapq.heappop(self._due)
            do()
        self.now = until


@dataclass
class Server:
    """What the service admits; its limit may change at given times."""

    clock: Clock
    kind: str
    limits: list[tuple[float, ServerLimit]]
    admitted: list[tuple[float, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._window: Any = None
        self._limit: ServerLimit | None = None

    def limit(self, now: float) -> ServerLimit:
        return next(limit for since, limit in reversed(self.limits) if since <= now)

    def ask(self, tokens: int) -> float | None:
        """Return None if the request was admitted, else the seconds until its reset."""
        now = self.clock.now
        if self.limit(now) != self._limit:
            log = [entry for entry in self.admitted if entry[0] > now - 60]
            self._limit = self.limit(now)
            self._window = KINDS[self.kind](self._limit)
            if self.kind == "sliding":
                for at, held in log:
                    self._window.admit(at, held)
        verdict = self._window.admit(now, tokens)
        if verdict.admitted:
            self.admitted.append((now, tokens))
            return None
        self.refused.append(now)
        return max(verdict.reset_requests, verdict.reset_tokens)

    def figures(self, since: float, until: float, *, tokens: bool) -> tuple[float, float]:
        """Return the share of the limit that was used, and that of requests that were refused."""
        allowed = 0.0
        changes = [*self.limits, (until, self.limits[-1][1])]
        for (start, limit), (end, _) in itertools.pairwise(changes):
            minutes = max(min(end, until) - max(start, since), 0.0) / 60
            allowed += minutes * ((limit.tokens if tokens else limit.requests) or 0)
        passed = [held if tokens else 1 for at, held in self.admitted if since <= at < until]
        refusals = sum(since <= at < until for at in self.refused)
        return sum(passed) / allowed, refusals / max(len(passed) + refusals, 1)


class Caller(Protocol):
    """How one kind of client gets its requests through: yields seconds to wait, or (tokens) to ask the server."""

    def __call__(self, tokens: int, estimate: int) -> Generator[Any, Any, None]: ...


@dataclass(frozen=True)
class Ask:
    """Send the request now."""

    tokens: int


@dataclass
class Bell:
    """What a pacer rings in virtual time."""

    ring: Callable[[], None]


@dataclass(frozen=True)
class WaitFor:
    """Wait for the bell of a turn, or so many seconds."""

    turn: Any
    seconds: float


def paced(pacer: Pacer, *, hints: bool = False) -> Caller:
    """Our own way."""

    def call(tokens: int, estimate: int) -> Generator[Any, Any, None]:
        turn = pacer.enter(estimate)
        while True:
            while (seconds := turn.poll()) is not None:
                yield WaitFor(turn, seconds)
            reset = yield Ask(tokens)
            if reset is None:
                turn.settle(tokens)
                return
            turn.refuse(retry_after=reset if hints else None)

    return call


def simulate(
    clock: Clock,
    server: Server,
    callers: list[Caller],
    *,
    seconds: float,
    sizes: Callable[[random.Random], int],
    estimate: float = 1.0,
    seed: int = 7,
) -> None:
    """Let workers, one for each caller, send one request after the other.

    Args:
        clock: of everything.
        server: that is asked.
        callers: how each worker gets its requests through.
        seconds: of virtual time.
        sizes: tokens of a request.
        estimate: by how much the client's estimate is wrong.
        seed: of latencies and sizes.
    """
    dice = random.Random(seed)

    def work(caller: Caller) -> Generator[Any, Any, None]:
        while True:
            tokens = sizes(dice)
            try:
                yield from caller(tokens, max(int(tokens * estimate), 1))
            except ConfigurationError:
                return

    def go_on(flow: Generator[Any, Any, None], outcome: Any = None) -> None:
        op = flow.send(outcome)
        if isinstance(op, Ask):
            way = dice.uniform(0.01, 0.1)
            clock.after(way, lambda: answered(flow, op.tokens))
        elif isinstance(op, WaitFor):
            waited(flow, op)
        else:
            clock.after(op, lambda: go_on(flow))

    def answered(flow: Generator[Any, Any, None], tokens: int) -> None:
        reset = server.ask(tokens)
        clock.after(dice.uniform(1.0, 4.0) if reset is None else 0.05, lambda: go_on(flow, reset))

    def waited(flow: Generator[Any, Any, None], op: WaitFor) -> None:
        state = {"over": False}

        def once() -> None:
            if not state["over"]:
                state["over"] = True
                op.turn.signal = None
                go_on(flow)

        op.turn.signal = Bell(lambda: clock.after(0, once))
        if op.seconds < 1e9:
            clock.after(op.seconds, once)

    for caller in callers:
        flow = work(caller)
        clock.after(dice.uniform(0, 1), lambda flow=flow: go_on(flow))
    clock.run(seconds)
