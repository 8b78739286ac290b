"""`SharedPacer`: a pacer that shares its window with other processes, by way of a store.

Only a thread of its own talks to the store, so that no event loop waits for it: it asks for all that wait here in one
round trip, tells what has changed, and rings those that may go. While the store is away, this process keeps to its part
of the limit, and to what refusals teach it.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import threading
import uuid
from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import RateLimitStoreError
from clovax_agents.pacing.news import News
from clovax_agents.pacing.pacer import Pacer
from clovax_agents.pacing.stores.protocol import Answer, Exchange, Reservation
from clovax_agents.pacing.window import Counted

if TYPE_CHECKING:
    from clovax_agents.pacing.limits import Limit
    from clovax_agents.pacing.quiet import Quiet
    from clovax_agents.pacing.stores.protocol import Store
    from clovax_agents.pacing.turns import Turn

__all__ = ["SharedPacer"]

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 64
_LOOKS: Final = 12
"""Times a period that it is asked for those who wait: others may have given room back."""
_IDLE_SECONDS: Final = 30.0
"""After which the thread ends; the next request starts it again."""
_RETRY: Final = 0.5
_LONGEST_RETRY: Final = 15.0
_AWAY: Final = (
    "the rate limit store %s cannot be reached (%s): until it is back, this process keeps to 1/%d of the limit, and to "
    "what the service lets through"
)


class SharedPacer(Pacer):
    """Paces the requests of one key to one model over several processes.

    Args:
        limit: as of `Pacer`.
        store: that they share.
        window: name of what they share: the same for the same host, key and model.
        settings: of `Pacer`.

    Example:
        >>> from clovax_agents.pacing import Limit
        >>> from clovax_agents.pacing.stores import open_store
        >>> pacer = SharedPacer(Limit(60, 60_000), store=open_store("sqlite:///limits.sqlite"), window="HCX-005")
    """

    def __init__(self, limit: Limit, *, store: Store, window: str, **settings: Any) -> None:
        self._store = store
        self._name = window
        super().__init__(limit, **settings)

    def start_anew(self) -> None:
        """Begin with nobody waiting, as another process."""
        super().start_anew()
        self._process = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count()
        self._bell = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._sleeps_until = -math.inf
        self._asked: list[Turn] = []
        self._telling = self._gate.learned
        self._news = News()
        self._known = self._gate.learned
        """What the store knows of refusals."""
        self._ask_at = -math.inf
        self._answer = Answer()
        self._away = False
        self._retry = _RETRY

    def _serve(self, now: float, by: Turn | None = None) -> float:
        """Leave it to the thread, unless the store is away."""
        self._wake(now)
        return super()._serve(now, by) if self._away else math.inf

    def _learn(self, turn: Turn, now: float) -> None:
        """Tell the others if a ceiling has come down; one that has not would undo what they have learned meanwhile."""
        gate = self._gate
        before = gate.requests.most, gate.tokens.most
        super()._learn(turn, now)
        self._news.most = self._news.most or before != (gate.requests.most, gate.tokens.most)

    def _counted(self) -> Counted | None:
        """Return what counts of all processes; while the store is away, as if the others did as this one does."""
        if not self._away:
            return Counted(self._answer.used, self._answer.passed)
        requests, tokens = self._gate.window.used(self._clock())
        return Counted((requests / self._gate.part, tokens / self._gate.part))

    def settle(self, turn: Turn, tokens: float) -> None:
        """Correct what a request holds."""
        with self._lock:
            if turn.entry is not None:
                self._news.change(turn.entry, tokens)
        super().settle(turn, tokens)

    def _take_back(self, turn: Turn, *, sent: bool = True) -> None:
        if turn.entry is not None:
            self._news.remove(turn.entry.name)
            counted = self._answer.used, self._answer.passed
            used, passed = ((max(each[0] - 1, 0), max(each[1] - turn.entry.tokens, 0)) for each in counted)
            self._answer = self._answer._replace(used=used, passed=passed)
        super()._take_back(turn, sent=sent)

    def _wake(self, now: float) -> None:
        """Let the thread look, if it sleeps for longer than it should; the lock is held."""
        due = now + self._due_in(now)
        if self._thread is None and due < math.inf:
            self._start(now)
        elif due < self._sleeps_until:
            self._sleeps_until = due
            self._bell.notify()

    def _start(self, now: float) -> None:
        """Start the thread; where the machine has no more of them, go on as if the store was away."""
        self._sleeps_until = math.inf
        thread = threading.Thread(target=self._run, name="clovax-pacer", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._go_alone(now, str(error))
        else:
            self._thread = thread

    def _due_in(self, now: float) -> float:
        """Return the seconds until the store is to be talked to; infinity if there is nothing to say."""
        if self._away:  # somebody may need it soon
            return max(self._ask_at - now, 0.0) if self._line or self._gate.window.used(now)[0] else math.inf
        if self._news or self._gate.learned != self._known:
            return 0.0
        return max(self._ask_at - now, self._gate.closed(now)) if self._line else math.inf

    def _run(self) -> None:
        try:
            self._talk()
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None  # so that the next request starts another one

    def _talk(self) -> None:
        while (asked := self._next()) is not None:
            try:
                answer = self._store.exchange(asked)
            except RateLimitStoreError as error:
                self._lost(str(error))
            except Exception as error:  # noqa: BLE001  # a store of somebody's own; nobody may wait for this thread for ever
                self._lost(type(error).__name__)
            else:
                self._heard(asked, answer)

    def _next(self) -> Exchange | None:
        """Wait until there is something to say; None if there was nothing for long."""
        with self._lock:
            while (due := self._due_in(now := self._clock())) > 0:
                self._sleeps_until = now + due
                if not self._bell.wait(min(due, _IDLE_SECONDS)) and self._due_in(self._clock()) == math.inf:
                    self._thread = None
                    return None
            self._sleeps_until = -math.inf
            return self._exchange(now)

    def _exchange(self, now: float) -> Exchange:
        gate = self._gate
        most = 1 if gate.unsure else _AT_ONCE
        self._asked = [] if gate.closed(now) else self._line.front(now, most)
        limit = (self.limit.requests or math.inf, self.limit.tokens or math.inf)
        self._telling = gate.learned
        return Exchange(
            window=self._name,
            process=self._process,
            holds=gate.holds(now),
            limit=limit,
            most=(gate.requests.most, gate.tokens.most),
            tell=self._news.most,
            asks=tuple(Reservation(self._new_name(), turn.tokens, now - turn.since) for turn in self._asked),
            patience=gate.window.period,
            made=tuple(self._made(now)),
            changed=self._news.rows(),
            removed=tuple(self._news.removed),
            quiet=self._quiet(now),
            spacing=self._spacing(now),
        )

    def _quiet(self, now: float) -> Quiet | None:
        """Return the pause that the store does not know of."""
        learned, known = self._gate.learned, self._known
        return None if learned == known else self._gate.quiet(now, probe=learned[0] > known[0])

    def _spacing(self, now: float) -> float:
        """Return the seconds by which the others are to keep away from the request that is asked for."""
        if not self._asked:
            return 0.0
        requests, tokens = self._answer.used
        first = self._asked[0].tokens
        return self._gate.spacing(first, (requests + 1, tokens + first), waited=self._gate.shaken(now))

    def _new_name(self) -> str:
        return f"{self._process}:{next(self._numbers)}"

    def _made(self, now: float) -> list[Reservation]:
        """Return what the store may not know, because it was away: all that counts, which it takes once only."""
        if not self._away:
            return []
        entries = self._gate.window.entries(now)
        for entry in entries:
            entry.name = entry.name or self._new_name()
        period = self._gate.window.period
        return [Reservation(entry.name, entry.tokens, now + period - entry.until) for entry in entries]

    def _heard(self, asked: Exchange, answer: Answer) -> None:
        with self._lock:
            now = self._clock()
            self._back()
            self._news.told(asked)
            if asked.tell:
                self._news.most = (self._gate.requests.most, self._gate.tokens.most) != asked.most
            if not self._news.most:
                self._gate.adopt(answer.most, now, answer.used[0])
            self._answer = answer
            self._hush(answer, now)
            for number, (turn, ask) in enumerate(zip(self._asked, asked.asks, strict=True)):
                if number < answer.granted:
                    self._grant(turn, ask, now)
            self._ask_at = now + self._ask_again(now, answer)

    def _hush(self, answer: Answer, now: float) -> None:
        """Keep quiet with the others, unless there was a refusal meanwhile, of which they hear first."""
        self._known = self._telling
        if answer.quiet is not None and self._gate.learned == self._known:
            self._gate.hush(answer.quiet, now, Counted(answer.used, answer.passed))
            self._known = self._gate.learned

    def _grant(self, turn: Turn, ask: Reservation, now: float) -> None:
        if turn.entry is not None or turn not in self._line:
            self._news.remove(ask.name)  # it has left meanwhile
            return
        self._line.leave(turn, turn.priority)
        turn.entry, turn.sent = self._gate.take(now, turn.tokens, self._answer.used), now
        turn.entry.name = ask.name
        if not turn.ring():
            self._take_back(turn, sent=False)

    def _ask_again(self, now: float, answer: Answer) -> float:
        """Return the seconds after which to ask for the next one."""
        first = self._line.first(now)
        if first is None or answer.granted == len(self._asked):
            return 0.0
        if closed := self._gate.closed(now):
            return closed
        due = self._gate.rise(now, first.tokens, answer.used)
        if due <= 0:
            self._news.most = True
            return 0.0
        return min(answer.wait, due, self._gate.window.period / _LOOKS)

    def _lost(self, reason: str) -> None:
        """Go on without the store."""
        with self._lock:
            now = self._clock()
            self._go_alone(now, reason)
            super()._serve(now)

    def _go_alone(self, now: float, reason: str) -> None:
        if not self._away:
            _log.warning(_AWAY, self._store.place, reason, self._answer.processes)
            self._away = True
            self._gate.part = 1 / self._answer.processes
        self._ask_at = now + self._retry
        self._retry = min(self._retry * 2, _LONGEST_RETRY)

    def _back(self) -> None:
        self._retry = _RETRY
        if self._away:
            _log.warning("the rate limit store %s is back", self._store.place)
            self._away = False
            self._gate.part = 1.0
