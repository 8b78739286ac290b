"""Texts that strangers write for a model: what a person would not see in them is taken out, or shown.

Instructions can be hidden from the person who reviews a tool in characters that only a model reads: tags, variation
selectors, zero-width and bidirectional marks, escape sequences of terminals.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final, cast

__all__ = ["has_hidden", "revealed", "visible", "visible_schema"]

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_KEPT: Final = frozenset("\n\t")
_HIDDEN_KINDS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANKS: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
)
"""Letters and marks by name that look like nothing: fillers of Hangul and Khmer, selectors of variants."""
_TEXTS: Final = frozenset({"description", "title", "$comment"})


def visible(text: str) -> str:
    r"""Return a text without anything that a person would not see; lines and tabs stay.

    Example:
        >>> visible("Look up.\u200b \U000e0069\U000e0067\x1b[8mhidden\x1b[0m\r\n")
        'Look up. hidden\n'
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n"))
    return "".join(character for character in text if not _is_hidden(character))


def has_hidden(text: str) -> bool:
    r"""Whether there is anything in a text that a person would not see.

    Example:
        >>> has_hidden("주문 조회\n"), has_hidden("get_\u200border")
        (False, True)
    """
    return any(map(_is_hidden, text))


def revealed(text: str) -> str:
    r"""Return a text in one line in which what would not be seen is written out.

    Example:
        >>> revealed("a\u200bb")
        'a\\u200bb'
    """
    return "".join(_written(character) for character in text)


def visible_schema(schema: Any) -> Any:
    """Return a schema whose texts hold nothing hidden; names and values stay as they are.

    Args:
        schema: or a part of one, not deeper than `sizes.MOST_DEPTH`.
    """
    if isinstance(schema, list):
        return [visible_schema(item) for item in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    return {
        key: visible(value) if key in _TEXTS and isinstance(value, str) else visible_schema(value)
        for key, value in cast("dict[str, Any]", schema).items()
    }


def _is_hidden(character: str) -> bool:
    if character in _KEPT:
        return False
    return character in _BLANKS or unicodedata.category(character) in _HIDDEN_KINDS


def _written(character: str) -> str:
    if not _is_hidden(character) and character not in _KEPT:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
