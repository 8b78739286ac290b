"""How well the service answers: a circuit breaker and a budget of retries, for each host and model (faults H23, H24).

A service that is down is not asked again and again: after some failures calls end at once, until one of them, let
through as a probe, has succeeded. And however many calls fail, retries are few beside them: each costs something of a
budget that successes fill up again.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Final, Literal

from clovax_agents.errors import (
    CallFacts,
    CallTimeoutError,
    CircuitOpenError,
    ConnectionFailedError,
    RateLimitError,
    ServerError,
    ServiceError,
)

__all__ = ["Health", "State", "forget_health", "health_of"]

State = Literal["closed", "open", "half-open"]
_IN_A_ROW: Final = 10
_LOOKED_AT: Final = 20
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 60.0
_BUDGET: Final = 100.0
_COST: Final = 5.0
_DOWN: Final = (ServerError, ConnectionFailedError, CallTimeoutError)
"""Errors that say something about the service, and not about the request, the key or its limit."""


class Health:
    """What calls to one model of one host have met lately; threads share it.

    It opens after ten failures in a row, or when more than half of the last twenty calls failed; then for 5 seconds,
    and twice as long each time a probe fails, up to a minute.

    Example:
        >>> health = Health()
        >>> for _ in range(10):
        ...     health.failed(0.0, ServerError("down"))
        >>> health.state(1.0), health.state(6.0)
        ('open', 'half-open')
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: deque[bool] = deque(maxlen=_LOOKED_AT)
        self._in_a_row = 0
        self._open_until: float | None = None
        self._pause = _FIRST_PAUSE
        self._probing: float | None = None
        self._budget = _BUDGET

    def state(self, now: float) -> State:
        """Return whether calls are let through, none is, or one as a probe."""
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until else "half-open"

    def look(self, now: float) -> None:
        """Look whether a call would be let through, before it waits for anything else.

        Raises:
            CircuitOpenError: the service is down, or a probe is under way.
        """
        if (rest := self._rest(now)) is not None:
            raise _is_open(rest)

    def admit(self, now: float) -> None:
        """Let a call through.

        Raises:
            CircuitOpenError: the service is down, or a probe is under way.
        """
        if self._open_until is None:
            return
        with self._lock:
            if (rest := self._rest(now)) is None:
                self._probing = now
                return
        raise _is_open(rest)

    def _rest(self, now: float) -> float | None:
        """Return the seconds until it is worth coming again; None if a call would be let through."""
        until = self._open_until
        if until is None:
            return None
        # a probe that never told its end does not block for ever
        free = self._probing is None or now - self._probing > _LONGEST_PAUSE
        return None if until <= now and free else max(until - now, 1.0)

    def left(self) -> None:
        """Note that a call was given up before its end: if it was the probe, another one may go."""
        if self._probing is not None:
            with self._lock:
                self._probing = None

    def succeeded(self) -> None:
        """Note an answer."""
        if self._open_until is None and not self._in_a_row and self._budget >= _BUDGET:
            self._last.append(True)
            return
        with self._lock:
            self._last.append(True)
            self._in_a_row = 0
            self._budget = min(self._budget + 1, _BUDGET)
            if self._probing is not None or self._open_until is not None:
                self._close()

    def failed(self, now: float, error: ServiceError) -> None:
        """Note a failure; one that the request is to blame for shows that the service is there."""
        if not isinstance(error, _DOWN):
            self.left() if isinstance(error, RateLimitError | CircuitOpenError) else self.succeeded()
            return
        with self._lock:
            self._last.append(False)
            self._in_a_row += 1
            if self._probing is not None:
                self._probing = None
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
                self._open_until = now + self._pause
            elif self._open_until is None and self._is_down():
                self._open_until = now + self._pause

    def may_retry(self) -> bool:
        """Take a retry out of the budget; False if nothing is left of it."""
        with self._lock:
            if self._budget < _COST:
                return False
            self._budget -= _COST
            return True

    def _is_down(self) -> bool:
        full = len(self._last) == _LOOKED_AT
        return self._in_a_row >= _IN_A_ROW or (full and 2 * self._last.count(False) > _LOOKED_AT)

    def _close(self) -> None:
        self._open_until = self._probing = None
        self._pause = _FIRST_PAUSE
        self._last.clear()


def _is_open(rest: float) -> CircuitOpenError:
    text = (
        f"the service has failed again and again, so nothing was sent; the next attempt is let through in {rest:.0f} "
        "s. If it is up, circuit_breaker=False turns this off"
    )
    return CircuitOpenError(text, CallFacts(attempts=0, retry_after=rest))


_known: dict[tuple[str, str], Health] = {}


def health_of(host: str, model: str) -> Health:
    """Return what is known of a model on a host; there is one for the whole process."""
    return _known.get((host, model)) or _known.setdefault((host, model), Health())


def forget_health() -> None:
    """Begin anew with all of them: in tests, and in a forked child."""
    _known.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_health)
