"""Values and their bounds: fractions, of at most so many bits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final, NamedTuple

from clovax_agents.errors import ModelRetry
from clovax_agents.toolkit.compute_wording import say

__all__ = ["DIGITS", "Value", "bounded", "divided", "power", "root"]

DIGITS: Final = 28
"""Digits of a value that has no end."""
_MAX_BITS: Final = 4096
_MAX_EXPONENT: Final = 1000
_SPARE: Final = 12


class Value(NamedTuple):
    """A number, and whether it is the very number that was asked for."""

    number: Fraction
    exact: bool = True


def bounded(number: Fraction) -> Fraction:
    """Return a number that is not too large to go on with."""
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MAX_BITS:
        raise ModelRetry(say("the numbers get too large: values have at most {bits} bits", bits=_MAX_BITS))
    return number


def divided(number: Fraction, by: Fraction) -> Fraction:
    """Divide, unless it is by zero."""
    if by == 0:
        raise ModelRetry(say("it divides by zero"))
    return bounded(number / by)


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """Raise to a whole power."""
    if exponent.denominator != 1:
        raise ModelRetry(say("the exponent has to be a whole number; for roots there is sqrt(x)"))
    times = exponent.numerator
    if base == 0 and times < 0:
        raise ModelRetry(say("it divides by zero"))
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(times) > _MAX_EXPONENT or bits * abs(times) > _MAX_BITS:
        text = "the power is too large: exponents go up to {exponent}, values to {bits} bits"
        raise ModelRetry(say(text, exponent=_MAX_EXPONENT, bits=_MAX_BITS))
    return Fraction(base**times)


def root(number: Fraction, degree: int) -> Value:
    """Return the positive root of a number that is not negative: exact if it has one, else to 28 digits.

    Example:
        >>> root(Fraction(9, 4), 2)
        Value(number=Fraction(3, 2), exact=True)
    """
    exact = Fraction(_whole_root(number.numerator, degree), _whole_root(number.denominator, degree))
    if exact**degree == number:
        return Value(exact)
    with localcontext() as context:
        context.prec = DIGITS + _SPARE
        quotient = Decimal(number.numerator) / Decimal(number.denominator)
        value = quotient.sqrt() if degree == 2 else (quotient.ln() / degree).exp()  # noqa: PLR2004
        context.prec = DIGITS
        return Value(Fraction(+value), exact=False)


def _whole_root(number: int, degree: int) -> int:
    """Return the largest whole number whose power is not larger."""
    if degree == 2:  # noqa: PLR2004
        return math.isqrt(number)
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle)
    return low
