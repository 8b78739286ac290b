"""What of a text can be compared word for word: numbers with their units, quotations, addresses and codes: pure."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Number", "missing_facts", "numbers_in"]

_NUMBER: Final = re.compile(
    r"(?<!\d)(?<!\d\.)(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s*(?P<scale>천만|백만|십만|천|백|만|억))?"
    r"\s*(?P<unit>%|퍼센트|프로(?![가-힣])|영업일|개월|시간|원|일|주|달|월|년|분|초|시|회|번|개|장|점|명|대|층|자리|kg|km|cm|mm|ml|g|m|l)?"
)
_SCALES: Final = {
    "백": 100,
    "천": 1_000,
    "만": 10_000,
    "십만": 100_000,
    "백만": 1_000_000,
    "천만": 10_000_000,
    "억": 100_000_000,
}
_SAME: Final = {"퍼센트": "%", "프로": "%", "달": "개월", "영업일": "일", "번": "회"}
"""Units that are one to the check: it looks for what was made up, not for what was put differently."""
_LIST_ITEM: Final = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_QUOTED: Final = re.compile(r"[“\"「『]([^”\"」』\n]{2,})[”\"」』]")
_CODE: Final = re.compile(
    r"https?://[^\s)\]>가-힣]+|[\w.+-]+@[\w-]+\.[A-Za-z.]+[A-Za-z]|(?<![\d-])\d{2,4}-\d{3,4}(?:-\d{4})?(?![\d-])"
    r"|(?<![A-Za-z0-9-])[A-Z]{1,5}-\d[A-Za-z0-9-]*"
)


class Number(NamedTuple):
    """A number as it is meant: ``5만 원`` and ``50,000원`` are one.

    Attributes:
        value: with its scale.
        unit: empty if there is none that is known.
    """

    value: Decimal
    unit: str


def numbers_in(text: str) -> list[Number]:
    """Return the numbers of a text that are written in digits; those that count the points of a list are none.

    Example:
        >>> [(int(number.value), number.unit) for number in numbers_in("5만 원 이상이면 7일 안에 1,500원")]
        [(50000, '원'), (7, '일'), (1500, '원')]
    """
    return [number for number, _ in _numbers(_LIST_ITEM.sub("", _plain(text)))]


def missing_facts(text: str, sources: Iterable[str]) -> list[str]:
    """Return what of a text stands in none of the sources: numbers, quotations, addresses and codes, as written.

    Args:
        text: of an answer, without marks.
        sources: what it may have taken them from.

    Example:
        >>> missing_facts("7일 안에 5,000원을 냅니다.", ["받은 날부터 7일", "배송비 3천 원"])
        ['5,000원']
    """
    whole = _plain("\n".join(sources))
    known = set(numbers_in(whole))
    values = {number.value for number in known if not number.unit}
    squeezed = _squeezed(whole)
    plain = _LIST_ITEM.sub("", _plain(text))
    codes = [match[0] for match in _CODE.finditer(plain)]
    missing = [code for code in codes if _squeezed(code) not in squeezed]
    missing += [match[1] for match in _QUOTED.finditer(plain) if _squeezed(match[1]) not in squeezed]
    for number, written in _numbers(_CODE.sub(" ", plain)):
        if not _is_known(number, known, values):
            missing.append(written)
    return list(dict.fromkeys(missing))


def _is_known(number: Number, known: set[Number], bare: set[Decimal]) -> bool:
    """Whether a number is there with its unit, or on one of the sides without any."""
    if number in known or number.value in bare:
        return True
    return not number.unit and any(number.value == other.value for other in known)


def _numbers(text: str) -> Iterator[tuple[Number, str]]:
    for match in _NUMBER.finditer(text):
        value = Decimal(match["digits"].replace(",", "")) * _SCALES.get(match["scale"] or "", 1)
        unit = (match["unit"] or "").lower()
        yield Number(value, _SAME.get(unit, unit)), match[0].strip()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())
