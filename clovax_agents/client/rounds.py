"""Several calls that are one to whoever waits for them: the emulated ones, and the rounds of a structured answer."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    from clovax_agents.client.call import Call

__all__ = ["Rounds", "begun", "one_deadline"]


class Rounds:
    """Lets the time of every call begin with that of the first; what any of them waits for room is left out.

    The calls are made one after the other.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: Call | None = None

    def begin(self, call: Call) -> Call:
        """Return the next call, whose time goes on where that of the last one is."""
        if self._last is not None:
            call.started = self._last.started
        elif call.started is None:
            call.started = call.clock()
        self._last = call
        return call


_CURRENT: Final[ContextVar[Rounds | None]] = ContextVar("clovax_rounds", default=None)


@contextmanager
def one_deadline() -> Generator[None]:
    """Let one total deadline hold for all calls that are made inside."""
    token = _CURRENT.set(Rounds())
    try:
        yield
    finally:
        _CURRENT.reset(token)


def begun(call: Call) -> Call:
    """Return a call as the rounds that it belongs to have it; the same one if it is alone."""
    rounds = _CURRENT.get()
    return call if rounds is None else rounds.begin(call)
