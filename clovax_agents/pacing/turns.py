"""`Turn`: one request's place, from the line to what it really took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.pacing.signals import Signal

if TYPE_CHECKING:
    from clovax_agents.pacing.pacer import Pacer
    from clovax_agents.pacing.window import Entry

__all__ = ["PRIORITIES", "Priority", "Turn"]

Priority = Literal["high", "normal", "low"]
PRIORITIES: Final[dict[Priority, int]] = {"high": 0, "normal": 1, "low": 2}


class Turn:
    """One request's place; `Pacer.enter` makes it.

    Attributes:
        tokens: of its input and its cap.
        priority: 0 for the most urgent.
        since: when it came.
        sent: when it was let through.
        entry: what it holds, once it was let through.
        signal: what rings when it is worth asking again.
    """

    __slots__ = ("_pacer", "entry", "priority", "sent", "signal", "since", "tokens")

    def __init__(self, pacer: Pacer, tokens: float, priority: int, since: float) -> None:
        self._pacer = pacer
        self.tokens: float = tokens
        self.priority: int = priority
        self.since: float = since
        self.sent: float = since
        self.entry: Entry | None = None
        self.signal: Signal | None = None

    def ring(self) -> bool:
        """Wake whoever waits for it, and tell whether that can be; the pacer's lock is held."""
        return self.signal is None or self.signal.ring()

    def poll(self) -> float | None:
        """Go through, which gives None, or return the seconds after which to ask again; see `Turn.bell`."""
        return self._pacer.poll(self)

    def bell(self) -> Signal:
        """Return what rings when it is worth asking earlier; `poll` has made it."""
        self.signal = self.signal or Signal()
        return self.signal

    def leave(self) -> None:
        """Give up before it was sent, or say that it surely did not reach the service."""
        self._pacer.leave(self)

    def settle(self, tokens: float) -> None:
        """Say what the request really took: tokens of its input and its cap."""
        self._pacer.settle(self, max(0.0, tokens))

    def answered(self) -> None:
        """Say that the service has let it in."""
        self._pacer.answered(self)

    def refuse(self, *, retry_after: float | None = None, overloaded: bool = False, again: bool = True) -> None:
        """Say that the service refused it, with a 429; it stands where it stood in the line unless it gives up."""
        self._pacer.refuse(self, retry_after=retry_after, overloaded=overloaded, again=again)
