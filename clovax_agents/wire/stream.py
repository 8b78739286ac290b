"""What the streams of both APIs have in common: events in, deltas out, and a stream that ends too early is an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from clovax_agents.errors import InvalidResponseError, ServiceError, TruncatedStreamError
from clovax_agents.wire.failures import body_error, coded_error, event_error
from clovax_agents.wire.quoting import snippet
from clovax_agents.wire.sse import EventDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.wire.neutral import Delta
    from clovax_agents.wire.sse import Event

__all__ = ["EventStream"]

_MOST_HEAD: Final = 64 * 1024
_KNOWN: Final = frozenset({"message", "token", "result", "signal"})
_FIELDS: Final = (b"", b"data", b"event", b"id", b"retry")
"""What a line of a stream of events begins with, before its colon; a comment begins with the colon."""
_UNREADABLE: Final = (KeyError, IndexError, TypeError, AttributeError, ValueError)


class EventStream(ABC):
    """Reads one streamed answer; a subclass knows what an event means.

    Once the end of the answer has been seen, nothing behind it is an error: neither a broken event nor a failure of
    the service takes back an answer that is whole.

    Attributes:
        end: what a whole answer ends with, for the error about one that does not.
        finished: whether it has been seen.
        done: whether the terminator has been seen, behind which nothing matters.
    """

    end: str = "its end"

    def __init__(self) -> None:
        self.finished = False
        self.done: bool = False
        self._events = EventDecoder()
        self._head: bytearray | None = bytearray()  # of what is no stream, as long as it may be none

    @abstractmethod
    def read(self, event: Event) -> Delta | None:
        """Return what one event adds, if anything; errors of its form may be Python's own."""

    def feed(self, chunk: bytes) -> Iterator[Delta]:
        """Take the next bytes and yield the deltas they complete.

        Raises:
            ServiceError: an event is broken or describes a failure, before the end of the answer.
        """
        if self._head is not None:
            self._head += chunk[: _MOST_HEAD - len(self._head)]
        try:
            for event in self._events.feed(chunk):
                self._head = None
                if delta := self._delta(event):
                    yield delta
        except InvalidResponseError:
            if not self.finished:
                raise
            self.done = True  # where the events themselves cannot be told apart, nothing more can be read

    def close(self) -> Iterator[Delta]:
        """Take note that the stream is over.

        Raises:
            TruncatedStreamError: the end of the answer was not there: it is not whole.
            InvalidResponseError: it was no stream, but a page or another body, which is quoted.
            ServiceError: instead of a stream there was a failure, in a body of its own with status 200.
        """
        if error := _other_body(bytes(self._head or b"")):
            raise error
        try:
            if (event := self._events.close()) and (delta := self._delta(event)):
                yield delta
        except InvalidResponseError:
            if not self.finished:
                raise TruncatedStreamError("the stream broke off in the middle of an event") from None
        if not self.finished:
            raise TruncatedStreamError(f"the stream ended without {self.end}")

    def _delta(self, event: Event) -> Delta | None:
        finished = self.finished
        try:
            if event.name == "error":
                raise event_error(event.data)
            return self.read(event) if event.name in _KNOWN else self._unknown(event)
        except ServiceError:  # some are ValueErrors as well
            if not finished:
                raise
        except _UNREADABLE:
            if not finished:
                raise InvalidResponseError(f"not an event of this API: {snippet(event.data)}") from None
        return None

    def _unknown(self, event: Event) -> Delta | None:
        """Read an event with a name of its own, such as the ping of a gateway, in whatever form it is.

        Only a failure with a code ends the stream. What holds choices is a piece of the answer by another name: it is
        read as one, since a call might run without a piece that was passed over.
        """
        payload = _object(event.data) or {}
        if error := coded_error(payload):
            raise error
        return self.read(event) if "choices" in payload else None


def _other_body(head: bytes) -> ServiceError | None:
    """Return what is wrong with a body in which no event was found, if it was anything but the beginning of one."""
    first, line_end, _ = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    name, colon, _ = first.partition(b":")
    if name in _FIELDS if colon or line_end else any(field.startswith(name) for field in _FIELDS):
        return None
    return _failure(head) or InvalidResponseError(f"not a stream of events: {snippet(head)}")


def _failure(body: bytes) -> ServiceError | None:
    """Return the failure that a JSON body describes, if it is one."""
    found = _object(body)
    return None if found is None else body_error(found)


def _object(body: bytes | str) -> dict[str, Any] | None:
    try:
        found: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
