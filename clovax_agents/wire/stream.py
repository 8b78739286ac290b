"""What the streams of both APIs have in common: events in, deltas out, and a stream that ends too early is an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import InvalidResponseError, TruncatedStreamError
from clovax_agents.wire.payload import snippet
from clovax_agents.wire.sse import EventDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.wire.neutral import Delta
    from clovax_agents.wire.sse import Event

__all__ = ["EventStream"]

_UNREADABLE: Final = (KeyError, IndexError, TypeError, AttributeError, ValueError)


class EventStream(ABC):
    """Reads one streamed answer; a subclass knows what an event means.

    Attributes:
        end: what a whole answer ends with, for the error about one that does not.
        finished: whether it has been seen.
        done: whether the terminator has been seen, behind which nothing matters.
    """

    end: str = "its end"

    def __init__(self) -> None:
        self.finished = False
        self.done = False
        self._events = EventDecoder()

    @abstractmethod
    def read(self, event: Event) -> Delta | None:
        """Return what one event adds, if anything; errors of its form may be Python's own."""

    def feed(self, chunk: bytes) -> Iterator[Delta]:
        """Take the next bytes and yield the deltas they complete."""
        for event in self._events.feed(chunk):
            if delta := self._delta(event):
                yield delta

    def close(self) -> Iterator[Delta]:
        """Take note that the stream is over.

        Raises:
            TruncatedStreamError: the end of the answer was not there: it is not whole.
        """
        try:
            if (event := self._events.close()) and (delta := self._delta(event)):
                yield delta
        except InvalidResponseError:
            if not self.finished:
                raise TruncatedStreamError("the stream broke off in the middle of an event") from None
        if not self.finished:
            raise TruncatedStreamError(f"the stream ended without {self.end}")

    def _delta(self, event: Event) -> Delta | None:
        try:
            return self.read(event)
        except _UNREADABLE:
            raise InvalidResponseError(f"not an event of this API: {snippet(event.data)}") from None
