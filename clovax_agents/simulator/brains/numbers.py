"""Numbers as people write them in Korean: digits, 만 and 억, numerals in words, units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["UNIT_HINTS", "Quantity", "parse_number", "quantities", "to_number"]

_DIGITS: Final = {name: value for value, name in enumerate("영일이삼사오육칠팔구")}
_NATIVE: Final = {
    "한": 1,
    "하나": 1,
    "두": 2,
    "둘": 2,
    "세": 3,
    "셋": 3,
    "네": 4,
    "넷": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
    "열": 10,
    "열한": 11,
    "열두": 12,
    "스무": 20,
}
_SMALL: Final = {"십": 10, "백": 100, "천": 1_000}
_LARGE: Final = {"만": 10_000, "억": 100_000_000, "조": 1_000_000_000_000}

_UNITS: Final = {
    "money": "원 달러 유로 엔 위안 파운드 불",
    "percent": "% 퍼센트 프로",
    "cm": "cm 센티미터 센티",
    "kg": "kg 킬로그램 킬로 키로",
    "people": "명 사람 인",
    "digits": "자리 글자 자",
    "age": "살 세",
    "year": "년",
    "month": "개월 달",
    "days": "일간 일",
    "weeks": "주일 주",
    "hours": "시간",
    "minutes": "분",
    "nights": "박",
    "round": "회차 회 번 차",
    "pieces": "개 장 권 잔 병 대 건 곳 가지 마리 세트 박스 벌 켤레 송이 통 인분 단어 줄",
}
UNIT_HINTS: Final[dict[str, str]] = {
    "money": "money price fee currency 예산 budget total",
    "percent": "percent discount 율 rate",
    "cm": "height",
    "kg": "weight",
    "people": "person 인원 인원수 guests party",
    "digits": "length character",
    "age": "age",
    "year": "year",
    "month": "month",
    "days": "date 기간 days",
    "weeks": "weeks week",
    "hours": "hours duration",
    "minutes": "minutes duration 분",
    "nights": "nights 숙박",
    "round": "round 회차 times 횟수",
    "pieces": "stock quantity count 수량 개수 limit 갯수 number",
}
"""Kind of unit, and the concepts and words of the parameters that want it."""

_UNIT_KINDS: Final = {unit: kind for kind, units in _UNITS.items() for unit in units.split()}
_UNIT: Final = "|".join(sorted(map(re.escape, _UNIT_KINDS), key=len, reverse=True))
_ARABIC: Final = r"(?:(?<![\dA-Za-z])-)?\d[\d,]*(?:\.\d+)?(?:\s?[십백천만억조]+(?:\s?\d+[십백천만]*)*)?"
_SINO: Final = r"(?<![가-힣])[일이삼사오육칠팔구십백천만억]+"
_COUNTING: Final = r"(?<![가-힣])(?:" + "|".join(sorted(_NATIVE, key=len, reverse=True)) + ")"
_QUANTITY: Final = re.compile(
    rf"(?P<arabic>{_ARABIC})\s?(?P<unit>{_UNIT})?|(?P<sino>{_SINO})(?P<sino_unit>{_UNIT})(?!당)"
    rf"|(?P<native>{_COUNTING})\s?(?P<native_unit>명|사람|개|잔|병|장|권|마리|자리|글자|가지|살|달|번|시간|박)(?!당)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text: value, kind of its unit (empty without one), unit, place; `number_end` is before the unit."""

    value: float
    kind: str
    unit: str
    start: int
    number_end: int
    end: int


@lru_cache(maxsize=256)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of a text from left to right.

    Example:
        >>> [(found.value, found.kind) for found in quantities("5만원을 세 명이 십오프로")]
        [(50000.0, 'money'), (3.0, 'people'), (15.0, 'percent')]
    """
    return tuple(_quantities(text))


def _quantities(text: str) -> Iterator[Quantity]:
    for found in _QUANTITY.finditer(text):
        number = found["arabic"] or found["sino"] or found["native"]
        unit = found["unit"] or found["sino_unit"] or found["native_unit"] or ""
        value = parse_number(number)
        if value is not None:
            number_end = found.start() + len(number.rstrip())
            yield Quantity(value, _UNIT_KINDS.get(unit.lower(), ""), unit, found.start(), number_end, found.end())


def parse_number(text: str) -> float | None:
    """Return the value of a number in digits, in words or in both; None if it is none.

    Example:
        >>> parse_number("삼만칠천"), parse_number("85,000"), parse_number("1억 2천만"), parse_number("네")
        (37000.0, 85000.0, 120000000.0, 4.0)
    """
    bare = text.replace(",", "").replace(" ", "")
    if bare in _NATIVE:
        return float(_NATIVE[bare])
    total, section, digit = 0.0, 0.0, None
    for token in re.findall(r"-?\d+(?:\.\d+)?|.", bare):
        if token in _SMALL:
            section, digit = section + (1 if digit is None else digit) * _SMALL[token], None
        elif token in _LARGE:
            total += (section + (digit or 0) or 1) * _LARGE[token]
            section, digit = 0.0, None
        elif token in _DIGITS or token.lstrip("-")[:1].isdigit():
            digit = float(_DIGITS.get(token, 0)) if token in _DIGITS else float(token)
        else:
            return None
    return total + section + (digit or 0.0)


def to_number(value: float, *, integer: bool) -> int | float:
    """Return the value as JSON would write it: whole numbers without a fraction.

    Example:
        >>> to_number(65.0, integer=False), to_number(173.5, integer=False), to_number(2.7, integer=True)
        (65, 173.5, 2)
    """
    return int(value) if integer or value.is_integer() else value
