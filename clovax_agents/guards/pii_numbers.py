"""Check digits and plausibility of Korean numbers; each function takes digits in ASCII and nothing else.

Resident numbers that were given out from October 2020 on have no check digit any more, nor have those of foreigners,
and anybody's number may have been changed since; corporations registered from 2025 on have none either. So a check
digit says yes where it fits, and where it does not, the shape has to.
"""

from __future__ import annotations

from datetime import date
from typing import Final

__all__ = [
    "birth_date",
    "has_check_digit",
    "is_barcode",
    "is_business",
    "is_card",
    "is_corporation",
    "is_day",
    "is_short_day",
    "looks_like_corporation",
    "passes_luhn",
]

NO_CHECK_DIGIT: Final = date(2020, 10, 5)
"""From this birth date on, no resident number has a check digit."""
_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_BUSINESS: Final = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_CENTURIES: Final = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}
_FOREIGN: Final = frozenset("5678")
_EARLIEST, _LATEST = 1880, 2050
_KINDS_OF_CORPORATION: Final = frozenset({"11", "12", "13", "14", "15", "21", "22", "31", "32", "33", "41", "71", "81"})
_KOREAN_BARCODE: Final = "880"


def birth_date(digits: str) -> date | None:
    """Return the birth date that a resident or foreigner number begins with, None if it is none.

    Example:
        >>> birth_date("9001011234568"), birth_date("9013011234568")
        (datetime.date(1990, 1, 1), None)
    """
    year = _CENTURIES.get(digits[6], 2000) + int(digits[:2])
    born = _day(year, digits[2:4], digits[4:6])
    return born if born is not None and _EARLIEST <= year <= _LATEST else None


def has_check_digit(digits: str) -> bool:
    """Tell whether the last of thirteen digits is the check digit of a resident's or a foreigner's number.

    Example:
        >>> has_check_digit("9001011234568"), has_check_digit("9001011234567")
        (True, False)
    """
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11
    return int(digits[12]) == ((13 if digits[6] in _FOREIGN else 11) - rest) % 10


def is_corporation(digits: str) -> bool:
    """Tell whether thirteen digits have the check digit of a corporation's registration number.

    Example:
        >>> is_corporation("1101110062432")
        True
    """
    total = sum((1 + place % 2) * int(digit) for place, digit in enumerate(digits[:12]))
    return int(digits[12]) == -total % 10


def looks_like_corporation(digits: str) -> bool:
    """Tell whether thirteen digits begin with a registry and a kind of corporation."""
    return "1101" <= digits[:4] <= "2299" and digits[4:6] in _KINDS_OF_CORPORATION


def is_business(digits: str) -> bool:
    """Tell whether ten digits are a business registration number: check digit, tax office and kind of business.

    Example:
        >>> is_business("1234567891"), is_business("1234567890")
        (True, False)
    """
    if digits[0] == "0" or digits[3:5] == "00":
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_BUSINESS, digits, strict=False))
    return int(digits[9]) == -(total + int(digits[8]) * 5 // 10) % 10


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit that cards have.

    Example:
        >>> passes_luhn("4111111111111111"), passes_luhn("4111111111111112")
        (True, False)
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def is_card(digits: str) -> bool:
    """Tell whether digits are those of a card: a length and a beginning that are given out, and the check digit.

    Korea's own cards begin with 9.
    """
    if len(set(digits)) == 1:
        return False
    lengths = _card_lengths(digits)
    return len(digits) in lengths and passes_luhn(digits)


def _card_lengths(digits: str) -> frozenset[int]:
    first, two, four = digits[0], digits[:2], digits[:4]
    if two in {"34", "37"}:
        return frozenset({15})
    if two in {"36", "38", "39"} or "300" <= digits[:3] <= "305":
        return frozenset({14, 16})
    if two == "62" or two in {"60", "64", "65"}:
        return frozenset({16, 17, 18, 19})
    issued = first in "49" or "51" <= two <= "55" or "2221" <= four <= "2720" or two == "35"
    return frozenset({16}) if issued else frozenset()


def is_barcode(digits: str) -> bool:
    """Tell whether thirteen digits are a Korean barcode (EAN-13): many of them begin like a birth date of 1988."""
    total = sum((1 + 2 * (place % 2)) * int(digit) for place, digit in enumerate(digits[:12]))
    return digits.startswith(_KOREAN_BARCODE) and int(digits[12]) == -total % 10


def is_day(digits: str) -> bool:
    """Tell whether digits begin with a day as YYYYMMDD.

    Example:
        >>> is_day("202611180001"), is_day("202613180001")
        (True, False)
    """
    return "1900" <= digits[:4] <= "2099" and _day(int(digits[:4]), digits[4:6], digits[6:8]) is not None


def is_short_day(digits: str) -> bool:
    """Tell whether digits begin with a day as YYMMDD.

    Example:
        >>> is_short_day("261118"), is_short_day("261318")
        (True, False)
    """
    return _day(2000 + int(digits[:2]), digits[2:4], digits[4:6]) is not None


def _day(year: int, month: str, day: str) -> date | None:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None
