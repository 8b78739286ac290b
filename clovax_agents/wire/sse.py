"""Server-sent events, decoded without I/O: any bytes in, whole events out, however the bytes were split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.quoting import snippet

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_EVENT_BYTES", "Event", "EventDecoder"]

MAX_EVENT_BYTES: Final = 4 * 1024 * 1024
_NEWLINE: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Event:
    """One event: its name (``"message"`` unless the stream says otherwise) and its data, lines joined by LF."""

    name: str
    data: str


class EventDecoder:
    r"""Turn a byte stream into events.

    Knows LF, CRLF and CR, a byte order mark, comments, several data lines, and fields with or without a space behind
    the colon. An event above 4 MiB is an `InvalidResponseError`.

    Example:
        >>> decoder = EventDecoder()
        >>> [event.data for part in (b"data: ab", b"c\n\n") for event in decoder.feed(part)]
        ['abc']
    """

    def __init__(self) -> None:
        self._pending = bytearray()  # the line that is not whole yet; grows in place, whatever its length
        self._started = False
        self._after_cr = False
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Take the next bytes and yield the events they complete."""
        for line in self._lines(chunk):
            if event := self._take(line):
                yield event

    def close(self) -> Event | None:
        """Return what an end of the stream without a blank line left behind, if it is an event."""
        rest, self._pending = bytes(self._pending), bytearray()
        event = self._take(rest) if rest else None
        return event or self._dispatch()

    def _lines(self, chunk: bytes) -> list[bytes]:
        if not chunk:
            return []
        if self._after_cr:  # the line has been taken already: it must not wait for what comes next
            chunk = chunk.removeprefix(b"\n")
        if not self._started:
            chunk = self._without_mark(chunk)
        self._after_cr = chunk.endswith(b"\r")
        lines = _NEWLINE.split(chunk)
        rest = lines.pop()
        if lines and self._pending:
            lines[0] = bytes(self._pending + lines[0])
            self._pending.clear()
        if rest:
            self._pending += rest
            self._guard(len(self._pending))
        return lines

    def _without_mark(self, chunk: bytes) -> bytes:
        """Return the beginning of the stream without a byte order mark; nothing, while it could still become one."""
        beginning = bytes(self._pending) + chunk
        self._started = beginning == _BOM or not _BOM.startswith(beginning)
        self._pending = bytearray(b"" if self._started else beginning)
        return beginning.removeprefix(_BOM) if self._started else b""

    def _take(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatch()
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"data":
            self._data.append(value)
            self._size += len(value) + 1
            self._guard(0)
        elif key == b"event":
            self._name = _text(value)
        return None

    def _dispatch(self) -> Event | None:
        data, name = self._data, self._name or "message"
        self._data, self._name, self._size = [], "", 0
        return Event(name, _text(b"\n".join(data))) if data else None

    def _guard(self, pending: int) -> None:
        if self._size + pending > MAX_EVENT_BYTES:
            raise InvalidResponseError(f"an event of the stream is larger than {MAX_EVENT_BYTES} bytes")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidResponseError(f"the stream is not UTF-8: {snippet(value)}") from None
