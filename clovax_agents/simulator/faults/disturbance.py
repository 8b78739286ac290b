"""What faults do to a body, as steps: bytes to send, pauses, and an end. Pure, the waiting is the middleware's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clovax_agents.simulator.faults.spec import Fault

__all__ = ["Disturbance", "Step", "Stop"]

Stop = Literal["reset", "close", "end"]
_STOPS: Final[tuple[Stop, ...]] = ("reset", "close", "end")
_ERROR: Final = "error_event"
_EDITS: Final = ("truncate", "duplicate", "drop")
_OF_EVENTS: Final = frozenset({*_EDITS, "pings", _ERROR})
"""Faults of streams; other bodies have no events that they could meet."""

_OF_LENGTH: Final = frozenset({*_OF_EVENTS, "huge", "end"})
_PING: Final = b": ping\n\n"
_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Step:
    """Send the data, then wait, then perhaps stop for good."""

    data: bytes = b""
    wait: float = 0.0
    stop: Stop | None = None


class Disturbance:
    """Turns the pieces of a body into steps; how the pieces are cut makes no difference.

    Args:
        faults: of one response; those that only streams know leave another body alone.
        events: whether the body is a stream of events.
        error_event: writes the event that reports an error in the middle of a stream.

    Attributes:
        keeps_length: whether the body, if it is sent to its end, is as long as it was.
    """

    def __init__(self, faults: Sequence[Fault], *, events: bool, error_event: Callable[[Fault], bytes]) -> None:
        faults = [fault for fault in faults if events or fault.kind not in _OF_EVENTS]
        self.keeps_length: bool = not any(fault.kind in _OF_LENGTH for fault in faults)
        self._events = events
        self._error_event = error_event
        self._edits = [fault for fault in faults if fault.kind in _EDITS]
        self._pings = [fault for fault in faults if fault.kind == "pings"]
        self._stops = [fault for fault in faults if fault.kind in (*_STOPS, _ERROR)]
        self._drip = next((fault for fault in faults if fault.kind == "drip"), None)
        self._huge = next((fault for fault in faults if fault.kind == "huge"), None)
        self._buffer = b""
        self._event = 0
        self._sent = 0
        self._stopped = False

    def feed(self, data: bytes, *, last: bool) -> Iterator[Step]:
        """Yield the steps of the next piece of the body; nothing after a stop."""
        for step in self._ordered(data, last=last):
            yield from self._counted(step)
            if self._stopped:
                return

    def _ordered(self, data: bytes, *, last: bool) -> Iterator[Step]:
        yield from self._padding()
        if not self._events:
            yield from self._at_event()
            yield Step(data)
            return
        *whole, self._buffer = (self._buffer + data).split(b"\n\n")
        for event in whole:
            yield from self._at_event()
            yield from self._edited(event + b"\n\n")
            self._event += 1
        if last:
            yield from self._at_event()
            yield Step(self._buffer)

    def _padding(self) -> Iterator[Step]:
        """Yield blanks before a JSON body, a comment before a stream: both are legal, and both are large."""
        left = (self._huge.size or 0) if self._huge else 0
        self._huge = None
        opening, filling, closing = (b": ", b"x", b"\n\n") if self._events else (b"", b" ", b"")
        if left:
            yield Step(opening)
        while left:
            block = min(left, _BLOCK)
            left -= block
            yield Step(filling * block)
            if not left:
                yield Step(closing)

    def _at_event(self) -> Iterator[Step]:
        for fault in self._pings:
            if fault.at_event == self._event:
                number = 0
                while fault.count is None or number < fault.count:
                    yield Step(_PING, wait=fault.seconds or 0.0)
                    number += 1
        self._pings = [fault for fault in self._pings if fault.at_event != self._event]
        for fault in self._stops:
            if fault.at_byte is None and fault.at_event == self._event:
                yield self._stop(fault)

    def _edited(self, event: bytes) -> Iterator[Step]:
        kinds = {fault.kind: fault for fault in self._edits if fault.at_event == self._event}
        if "drop" in kinds:
            return
        if "truncate" in kinds:
            at = kinds["truncate"].at_byte
            event = event[: len(event) // 2 if at is None else min(at, len(event) - 2)] + b"\n\n"
        yield from [Step(event)] * (2 if "duplicate" in kinds else 1)

    def _counted(self, step: Step) -> Iterator[Step]:
        """Count bytes, cut where a stop is due, and drip."""
        due = [fault for fault in self._stops if fault.at_byte is not None]
        first = min(due, key=lambda fault: fault.at_byte or 0) if due else None
        cut = None if first is None else (first.at_byte or 0) - self._sent
        if first is not None and cut is not None and cut <= len(step.data):
            yield from self._dripped(Step(step.data[:cut]))
            yield self._stop(first)
            self._stopped = True
            return
        self._sent += len(step.data)
        yield from self._dripped(step)
        self._stopped = step.stop is not None

    def _dripped(self, step: Step) -> Iterator[Step]:
        if self._drip is None or not step.data:
            yield step
            return
        size = self._drip.size or 1
        for start in range(0, len(step.data), size):
            yield Step(step.data[start : start + size], wait=self._drip.seconds or 0.0)
        yield Step(wait=step.wait, stop=step.stop)

    def _stop(self, fault: Fault) -> Step:
        if fault.kind == _ERROR:
            return Step(self._error_event(fault), stop="end")
        return Step(stop=next(stop for stop in _STOPS if stop == fault.kind))
