"""Values as a model and a person read them."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Final

from clovax_agents.toolkit.arithmetic.numbers import DIGITS, Value

__all__ = ["in_korean_units", "render"]

_MAX_DIGITS: Final = 100
_GROUPS: Final = ("", "만", "억", "조", "경")
_GROUP: Final = 10_000


def render(value: Value) -> tuple[str, bool]:
    """Return the value as a decimal number, and whether that is exact.

    Example:
        >>> from fractions import Fraction
        >>> render(Value(Fraction(5, 8))), render(Value(Fraction(1, 3)))
        (('0.625', True), ('0.3333333333333333333333333333', False))
    """
    number = value.number
    places = _decimal_places(number.denominator)
    if places is not None and places <= _MAX_DIGITS:
        digits = f"{abs(number.numerator) * 10**places // number.denominator:0{places + 1}}"
        if len(digits) <= _MAX_DIGITS:
            text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
            return ("-" if number < 0 else "") + text, value.exact
    with localcontext() as context:
        context.prec = DIGITS
        return str(Decimal(number.numerator) / Decimal(number.denominator)), False


def in_korean_units(value: Value) -> str:
    """Return a whole number as it is said in Korean; empty for any other, and for those below 만 or above 경.

    Example:
        >>> from fractions import Fraction
        >>> in_korean_units(Value(Fraction(1234567890)))
        '12억 3,456만 7,890'
    """
    whole = abs(value.number.numerator)
    if value.number.denominator != 1 or not _GROUP <= whole < _GROUP ** len(_GROUPS):
        return ""
    parts: list[str] = []
    for unit in _GROUPS:
        whole, rest = divmod(whole, _GROUP)
        parts = [f"{rest:,}{unit}", *parts] if rest else parts
    return ("-" if value.number < 0 else "") + " ".join(parts)


def _decimal_places(denominator: int) -> int | None:
    """How many decimals a fraction with this denominator has; None if they never end."""
    counts = {2: 0, 5: 0}
    for factor in counts:
        while denominator % factor == 0:
            denominator //= factor
            counts[factor] += 1
    return max(counts.values()) if denominator == 1 else None
