"""A service, its callers and their limiters in virtual time: half an hour of a rate limit takes a part of a second."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol

from clovax_agents.pacing import Limit, Pacer
from clovax_agents.simulator.limits import Limit as ServerLimit
from clovax_agents.simulator.limits.windows import FixedWindow, SlidingWindow, TokenBucket, Window

KINDS: dict[str, Callable[[ServerLimit], Window]] = {
    "sliding": SlidingWindow,
    "fixed": FixedWindow,
    "bucket": TokenBucket,
}
MINUTE = 60.0


class Clock:
    """Virtual time: what is due next happens at once. Call it for the seconds that have passed."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something later."""
        heapq.heappush(self._due, (self.now + max(seconds, 0.0), next(self._numbers), do))

    def run(self, until: float) -> None:
        """Let the time pass."""
        while self._due and self._due[0][0] <= until:
            self.now, _, do = heapq.heappop(self._due)
            do()
        self.now = until


@dataclass
class Server:
    """What the service admits.

    Attributes:
        clock: of everything.
        kind: of its window.
        limits: and from when on each holds.
        admitted: when, and with how many tokens.
        refused: when.
    """

    clock: Clock
    kind: str
    limits: list[tuple[float, ServerLimit]]
    admitted: list[tuple[float, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    _window: Window | None = None
    _limit: ServerLimit | None = None

    def limit(self, now: float) -> ServerLimit:
        """Return the limit at a time."""
        return next(limit for since, limit in reversed(self.limits) if since <= now)

    def ask(self, tokens: int) -> float | None:
        """Return None if the request was admitted, else the seconds until its reset."""
        now = self.clock.now
        verdict = self._current(now).admit(now, tokens)
        if verdict.admitted:
            self.admitted.append((now, tokens))
            return None
        self.refused.append(now)
        return max(verdict.reset_requests, verdict.reset_tokens)

    def _current(self, now: float) -> Window:
        limit = self.limit(now)
        if self._window is None or limit != self._limit:
            self._limit, self._window = limit, KINDS[self.kind](limit)
            if self.kind == "sliding":
                for at, held in self.admitted[-1000:]:
                    self._window.admit(at, held)
        return self._window

    def figures(self, since: float, until: float, *, tokens: bool = False) -> tuple[float, float]:
        """Return the share of the limit that was used, its edges counting by degrees, and that of 429s."""

        def weight(at: float) -> float:
            return min(max(min(at - since, until - at) / MINUTE, 0.0), 1.0)

        def whole(at: float) -> int:
            limit = self.limit(at)
            return (limit.tokens if tokens else limit.requests) or 0

        allowed = sum(weight(at + 0.5) * whole(at + 0.5) / MINUTE for at in range(int(until)))
        passed = sum(weight(at) * (held if tokens else 1) for at, held in self.admitted)
        sent = sum(since <= at < until for at, _ in self.admitted)
        refusals = sum(since <= at < until for at in self.refused)
        return passed / allowed, refusals / max(sent + refusals, 1)


@dataclass(frozen=True)
class Ask:
    """Send the request now; answered with None, or the seconds of its reset."""

    tokens: int


@dataclass(frozen=True)
class WaitFor:
    """Wait for the bell of a turn, or so many seconds."""

    turn: Any
    seconds: float


Flow = Generator[Ask | WaitFor | float, Any, Any]
"""What one kind of client does with one request: it asks, waits for a bell, or waits so many seconds."""


class Caller(Protocol):
    """Gets a request through, of so many tokens, which are estimated at so many."""

    def __call__(self, tokens: int, estimate: int) -> Flow:
        """Return what it does."""
        ...


@dataclass
class Bell:
    """What a pacer rings in virtual time."""

    heard: Callable[[], None]

    def ring(self) -> bool:
        """Wake whoever waits."""
        self.heard()
        return True


def paced(pacer: Pacer, *, hints: bool = False, learned: Callable[[int, int], None] | None = None) -> Caller:
    """Return our own way; ``hints`` uses the reset that a refusal tells, and ``learned`` hears of each answer."""

    def call(tokens: int, estimate: int) -> Flow:
        turn = pacer.enter(estimate)
        while True:
            while (seconds := turn.poll()) is not None:
                yield WaitFor(turn, seconds)
            reset = yield Ask(tokens)
            if reset is None:
                turn.answered()
                turn.settle(tokens)
                if learned:
                    learned(tokens, estimate)
                return
            turn.refuse(retry_after=reset if hints else None)

    return call


@dataclass
class Workers:
    """Workers that send one request after the other.

    Attributes:
        clock: of everything.
        server: that is asked.
        sizes: tokens of a request, drawn.
        estimate: what the client takes them for.
        dice: of latencies and sizes.
    """

    clock: Clock
    server: Server
    sizes: Callable[[random.Random], int]
    estimate: Callable[[int], int] = int
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    def run(self, callers: list[Caller], seconds: float) -> None:
        """Let one worker for each caller work for so many seconds of virtual time."""
        for caller in callers:
            flow = self._work(caller)
            self.clock.after(self.dice.uniform(0, 1), lambda flow=flow: self._go_on(flow))  # type: ignore[misc]
        self.clock.run(seconds)

    def _work(self, caller: Caller) -> Flow:
        while True:
            tokens = self.sizes(self.dice)
            yield from caller(tokens, max(self.estimate(tokens), 1))

    def _go_on(self, flow: Flow, outcome: Any = None) -> None:
        op = flow.send(outcome)
        if isinstance(op, Ask):
            self.clock.after(self.dice.uniform(0.01, 0.1), lambda: self._answer(flow, op.tokens))
        elif isinstance(op, WaitFor):
            self._wait(flow, op)
        else:
            self.clock.after(op, lambda: self._go_on(flow))

    def _answer(self, flow: Flow, tokens: int) -> None:
        reset = self.server.ask(tokens)
        seconds = self.dice.uniform(1.0, 4.0) if reset is None else 0.05
        self.clock.after(seconds, lambda: self._go_on(flow, reset))

    def _wait(self, flow: Flow, op: WaitFor) -> None:
        over: list[bool] = []

        def once() -> None:
            if not over:
                over.append(True)
                op.turn.signal = Bell(lambda: None)
                self._go_on(flow)

        op.turn.signal = Bell(lambda: self.clock.after(0, once))
        if op.seconds < 1e9:
            self.clock.after(op.seconds, once)


QPM = ServerLimit(60, 60_000)
"""Of a test key: small requests run into its requests."""
TPM = ServerLimit(300, 180_000)
"""Of a service app: larger ones run into its tokens."""


def short(dice: random.Random) -> int:
    """Draw the tokens of a request that counts by its number."""
    return dice.randint(200, 400)


def long(dice: random.Random) -> int:
    """Draw the tokens of a request that counts by its tokens."""
    return dice.randint(600, 1400)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Forty workers against a limit.

    Attributes:
        kind: of the server's window.
        tokens: whether its tokens are what is short, or its requests.
        processes: that share the key, each with a pacer of its own.
        changes: factors of the limit, and from when on each holds.
        unknown: whether the limit has to be found out.
        hints: whether a refusal tells its reset.
        seconds: of virtual time.
        seed: of everything drawn.
    """

    kind: str
    tokens: bool = False
    processes: int = 1
    changes: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    unknown: bool = False
    hints: bool = False
    seconds: float = 1800.0
    seed: int = 7

    @property
    def limit(self) -> ServerLimit:
        """The server's, before it changes."""
        return TPM if self.tokens else QPM

    def server(self, clock: Clock) -> Server:
        """Return the server."""
        limits = [
            (since, ServerLimit(round((self.limit.requests or 0) * by), round((self.limit.tokens or 0) * by)))
            for since, by in self.changes
        ]
        return Server(clock, self.kind, limits)

    def callers(self, clock: Clock) -> list[Caller]:
        """Return our callers, spread over the processes."""
        limit = Limit() if self.unknown else Limit(self.limit.requests, self.limit.tokens)
        pacers = [Pacer(limit, clock=clock, unknown=self.unknown) for _ in range(self.processes)]
        return [paced(pacers[number % self.processes], hints=self.hints) for number in range(40)]

    def run(self, callers: Callable[[Clock], list[Caller]] | None = None) -> Server:
        """Run it with our callers, or others; return what the server has seen."""
        clock = Clock()
        server = self.server(clock)
        dice = random.Random(self.seed)  # noqa: S311
        workers = Workers(clock, server, long if self.tokens else short, dice=dice)
        workers.run((callers or self.callers)(clock), self.seconds)
        return server
