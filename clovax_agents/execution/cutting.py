"""Texts cut to what a model is to read of them: so many tokens, of which Korean needs more, or so many bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.execution.wording import say
from clovax_agents.tokens import size_of_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CUT", "MAX_RESULT_BYTES", "beginning", "cut", "weight"]

MAX_RESULT_BYTES: Final = 64 * 1024
"""Of text that the model reads, where the policy names no tokens."""
CUT: Final = "[... cut here ...]"
_MISSING: Final = "[... {count:,} characters left out; the whole result is in the artifact ...]"
_ASCII_TOKEN: Final = 0.2
_WIDE_TOKEN: Final = 0.48


def cut(text: str, tokens: int | None) -> str:
    """Return a text of so many tokens, or of 64 KiB: its beginning and its end, and between them what is missing.

    Example:
        >>> cut("가" * 1000, 100).count("가")
        208
    """
    most = MAX_RESULT_BYTES if tokens is None else tokens
    weigh = _bytes_of if tokens is None else _tokens_of
    if len(text) * 4 <= MAX_RESULT_BYTES and (tokens is None or len(text) * _WIDE_TOKEN <= tokens):
        return text
    if weigh(text) <= most:
        return text
    head = _fitting(text, most * 0.75, weigh)
    tail = _fitting(text[::-1], most * 0.25, weigh)
    mark = say(_MISSING, count=len(text) - head - tail)
    return f"{text[:head]}\n{mark}\n{text[len(text) - tail :]}"


def beginning(text: str, left: float, tokens: int | None) -> str:
    """Return as much of a text as there is room for after those before it.

    Args:
        text: one of several.
        left: so many bytes, or tokens.
        tokens: of the limit; None if it is one of bytes.
    """
    fitting = _fitting(text, left, _bytes_of if tokens is None else _tokens_of)
    return text if fitting == len(text) else f"{text[:fitting]}\n{say(CUT)}"


def weight(text: str, tokens: int | None) -> float:
    """Return what a text takes of a limit of tokens, or of one of bytes."""
    return _bytes_of(text) if tokens is None else _tokens_of(text)


def _fitting(text: str, most: float, weigh: Callable[[str], float]) -> int:
    """Return how many characters of the beginning weigh no more than that."""
    low, high = 0, min(len(text), int(most / min(_ASCII_TOKEN, 1)) + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if weigh(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _bytes_of(text: str) -> float:
    return len(text.encode("utf-8", "surrogatepass"))


def _tokens_of(text: str) -> float:
    size = size_of_text(text)
    # Floats: 100 letters are to weigh 20 tokens, and no more.
    return round(_ASCII_TOKEN * size.narrow + _WIDE_TOKEN * size.wide, 6)
