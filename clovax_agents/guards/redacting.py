"""Any function that redacts a text, made fit for a text that comes in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Redact", "TextStream", "stream_of"]

Redact: TypeAlias = "Callable[[str], str]"


class TextStream(Protocol):
    """Takes a text in pieces, and gives it out in others."""

    def feed(self, piece: str, /) -> str:
        """Take a piece; return what may be shown by now."""
        ...

    def finish(self) -> str:
        """Return the rest."""
        ...


class _Whole:
    """Holds everything back until the end: nobody knows what a function would make of half a text."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._pieces: list[str] = []

    def feed(self, piece: str, /) -> str:
        self._pieces.append(piece)
        return ""

    def finish(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return self._redact(text) if text else ""


def stream_of(redact: Redact) -> TextStream:
    """Return a stream of texts redacted by a function.

    One with a ``stream()`` of its own, such as `KoreanPII`, gives out what is decided; any other one the whole at last.

    Example:
        >>> stream = stream_of(lambda text: text.replace("secret", "***"))
        >>> stream.feed("a sec"), stream.feed("ret"), stream.finish()
        ('', '', 'a ***')
    """
    opened: Callable[[], TextStream] | None = getattr(redact, "stream", None)
    return _Whole(redact) if opened is None else opened()
