"""What the service sent, quoted for an error message: shortly, and never with a part of a secret.

The client masks the whole secrets in a message (`clovax_agents.client.headers`). What is cut here could leave a part of
one, which nobody would find.
"""

from __future__ import annotations

from typing import Final

__all__ = ["quoted", "shortened", "snippet"]

_LONGEST: Final = 200
_READ: Final = 800
"""Characters of a body in which the space is made less before it is quoted."""
_BYTES: Final = 4 * (_READ + 8)
"""Enough for that many characters and the end of a word behind them."""
_SHORTEST_SECRET: Final = 8
_IN_WORDS: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"<>')
"""What secrets are written in: the visible characters of ASCII, but for those that divide JSON and HTML."""


def shortened(text: str, most: int = _LONGEST) -> str:
    """Return a text of so many characters at most, which ends before a long word rather than within it.

    Example:
        >>> shortened("no such key: nv-12345678", 18)
        'no such key: …'
    """
    if len(text) <= most:
        return text
    shown = text[: most - 1]
    start = len(shown.rstrip(_IN_WORDS))
    word = text[start : most - 1 + _SHORTEST_SECRET]
    length = len(word) - len(word.lstrip(_IN_WORDS))
    return (shown if length < _SHORTEST_SECRET else shown[:start]) + "…"


def snippet(body: bytes | str) -> str:
    """Quote the beginning of a body as it is, in quotation marks."""
    return repr(shortened(_beginning(body)))


def quoted(body: bytes | str) -> str:
    """Quote the beginning of a body as text, in one line."""
    return shortened(" ".join(shortened(_beginning(body), _READ).split()))


def _beginning(body: bytes | str) -> str:
    return body[:_BYTES] if isinstance(body, str) else body[:_BYTES].decode("utf-8", "replace")
