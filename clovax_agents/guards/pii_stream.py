"""Texts that come in pieces, redacted on the way: only what could still become a number is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovax_agents.guards.pii_scan import HISTORY, Scan
from clovax_agents.guards.pii_text import levelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovax_agents.guards.pii import KoreanPII

__all__ = ["RedactingStream", "redact_stream"]


class RedactingStream:
    """Takes a text in pieces; what it gives out, put together, is the whole text redacted, however it was cut.

    At most some 350 characters are held back, and as a rule no more than the number or the word at the end.

    Args:
        pii: what to take out, and what to write instead.

    Example:
        >>> from clovax_agents.guards.pii import KoreanPII
        >>> stream = KoreanPII().stream()
        >>> [stream.feed("전화는 010-12"), stream.feed("34-5678입니다. 더 도와드릴까요?"), stream.finish()]
        ['전화는 ', '[전화번호]입니다. 더 도와드릴까요?', '']
    """

    def __init__(self, pii: KoreanPII) -> None:
        self._pii = pii
        self._scan = Scan()
        self._text = ""
        self._given = 0

    def feed(self, piece: str) -> str:
        """Take a piece; return what is decided by it, which may be nothing yet."""
        self._text += piece
        self._scan.text += levelled(piece)
        return self._decided(is_whole=False)

    def finish(self) -> str:
        """Return the rest: the text is whole. What is fed from here on begins another one."""
        rest = self._decided(is_whole=True)
        self._text, self._scan, self._given = "", Scan(), 0
        return rest

    def _decided(self, *, is_whole: bool) -> str:
        parts: list[str] = []
        for found in self._scan.run(is_whole=is_whole):
            written = self._text[found.start : found.end]
            if (instead := self._pii.instead_of(found, written)) is not None:
                parts += self._text[self._given : found.start], instead
                self._given = found.end
        place = self._scan.place
        parts.append(self._text[self._given : place])
        self._forget(place - HISTORY)
        self._given = self._scan.place
        return "".join(parts)

    def _forget(self, count: int) -> None:
        """Drop what is too far behind to decide anything."""
        if count > 0:
            self._text = self._text[count:]
            self._scan.text = self._scan.text[count:]
            self._scan.place -= count


def redact_stream(pieces: Iterable[str], pii: KoreanPII) -> Iterator[str]:
    """Redact the pieces of a text on their way; pieces of which nothing is left or everything held back are left out.

    Example:
        >>> from clovax_agents.guards.pii import KoreanPII
        >>> "".join(redact_stream(["번호는 9001", "01-123", "4568"], KoreanPII()))
        '번호는 [주민등록번호]'
    """
    stream = pii.stream()
    for piece in pieces:
        if given := stream.feed(piece):
            yield given
    if rest := stream.finish():
        yield rest
