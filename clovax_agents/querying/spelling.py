"""Why a query may have found nothing: texts in it that are written otherwise in the data: pure."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from clovax_agents.querying.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clovax_agents.guards.sql import Rows

__all__ = ["is_empty", "literals", "misspelt", "named_tables"]

_LITERAL: Final = re.compile(r"'((?:[^']|'')*)'")
_ALIKE: Final = 0.55
_NEAREST: Final = 3
_LONGEST: Final = 60
"""Characters of a text that is compared."""


def is_empty(rows: Rows) -> bool:
    """Whether a result says nothing: no row, or one row of nothing but NULL and 0, as counts and sums of none are.

    Example:
        >>> from clovax_agents.guards.sql import Rows
        >>> is_empty(Rows(("n",), [[0]])), is_empty(Rows(("n",), [[3]]))
        (True, False)
    """
    return not rows.rows or (len(rows.rows) == 1 and all(cell is None or cell == 0 for cell in rows.rows[0]))


def literals(sql: str) -> list[str]:
    """Return the words that a query compares with; patterns for LIKE without their signs, no dates and formats.

    Example:
        >>> literals("SELECT 1 WHERE a = '배송 완료' AND b LIKE '%이어폰%' AND c > date('2026-11-01', '-7 days')")
        ['배송 완료', '이어폰']
    """
    texts = (found.replace("''", "'").strip("%_ ") for found in _LITERAL.findall(sql))
    return list(dict.fromkeys(text for text in texts if _is_word(text)))


def named_tables(sql: str, names: Iterable[str]) -> list[str]:
    """Return the tables that a query names.

    Args:
        sql: the query.
        names: of all tables, as a query writes them.
    """
    words = set(re.findall(r"[\w$.]+", sql.lower()))
    words |= {part for word in words for part in word.split(".")}
    return [name for name in names if name.lower().replace('"', "").rpartition(".")[2] in words]


def misspelt(words: Sequence[str], values: Mapping[str, Sequence[str]]) -> str:
    """Return what a model is told about words that are not in the data, while others like them are; else nothing.

    Args:
        words: that the query compares with.
        values: that are in the data, by ``table.column``.

    Example:
        >>> misspelt(["배송완료"], {"orders.status": ["배송완료", "배송중"]})
        ''
    """
    told: list[str] = []
    for word in words:
        if any(word in value for column in values.values() for value in column):
            continue
        if near := _nearest(word, values):
            text = (
                "it finds nothing, and {literal} is not in the data. What is there: {values}. Use these values if they "
                "are meant"
            )
            told.append(say(text, literal=f"'{word}'", values=", ".join(near)))
    return "\n".join(told)


def _is_word(text: str) -> bool:
    if not any(letter.isalpha() for letter in text) or "%" in text:
        return False
    return re.fullmatch(r"[-+]?\d[\d:.T-]*Z?|[-+]?\d+ \w+|start of \w+|now|localtime|utc|weekday \d", text) is None


def _nearest(word: str, values: Mapping[str, Sequence[str]]) -> list[str]:
    wanted = _letters(word)
    ranked = [
        (likeness, f"{place} '{value}'")
        for place, column in values.items()
        for value in column
        if (likeness := _likeness(wanted, _letters(value))) >= _ALIKE
    ]
    return [text for _, text in sorted(ranked, key=lambda found: (-found[0], found[1]))[:_NEAREST]]


def _letters(text: str) -> str:
    """Return the single letters of a text, Korean syllables taken apart, without spaces and capitals."""
    return unicodedata.normalize("NFD", "".join(text[:_LONGEST].casefold().split()))


def _likeness(one: str, other: str) -> float:
    if one and other and (one in other or other in one):
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0
