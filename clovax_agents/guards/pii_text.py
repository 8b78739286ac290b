"""Texts levelled before numbers are looked for: one character stays one character, so that places stay the same."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["levelled"]

_DOTS: Final = frozenset("\u00b7\u2022\u2027\u2219\u22c5\u30fb\u318d\uff65")
_NOTHING: Final = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
"""What is not seen: it separates digits as a middle dot would."""
_MINUS: Final = frozenset("\u2212\u02d7\u30fc\uff70")
_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)


class _Table(dict[int, int]):
    """Every character by what it is read as; each is looked up once."""

    def __missing__(self, code: int) -> int:
        self[code] = found = ord(_read_as(chr(code)))
        return found


def _read_as(character: str) -> str:
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    if character in _DOTS or character in _NOTHING:
        return "\u00b7"
    if ord(character) in _FULL_WIDTH:
        return chr(ord(character) - 0xFEE0)
    category = unicodedata.category(character)
    if category == "Pd" or character in _MINUS:
        return "-"
    return " " if category == "Zs" else character


_TABLE: Final = _Table()


def levelled(text: str) -> str:
    r"""Return a text of the same length: digits of any script in ASCII, hyphens, dots and spaces as the plain ones.

    Example:
        >>> levelled("\uff10\uff11\uff10\u20131234\u00b75678")
        '010-1234·5678'
    """
    return text if text.isascii() else text.translate(_TABLE)
