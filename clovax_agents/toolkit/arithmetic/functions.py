"""The functions that an expression may call, by their names in English and in Korean."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from clovax_agents.errors import ModelRetry
from clovax_agents.toolkit.arithmetic.numbers import Value, bounded, divided, power, root
from clovax_agents.toolkit.compute_wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FUNCTIONS", "KOREAN", "Function"]

_MOST_DIGITS: Final = 50
_MOST_PERIODS: Final = 1000


class Function(NamedTuple):
    """What a function does, and how many arguments it takes; None: any number.

    Attributes:
        of: the function.
        least: arguments.
        most: arguments.
        shown: how it is called, for descriptions.
    """

    of: Callable[[Sequence[Fraction]], Fraction | Value]
    least: int
    most: int | None
    shown: str


def _round(given: Sequence[Fraction]) -> Fraction:
    """Halves go away from zero, as in a shop, and not to the even neighbour."""
    digits = given[1] if len(given) > 1 else Fraction(0)
    scale = Fraction(10) ** _whole("round", "digits", digits, -_MOST_DIGITS, _MOST_DIGITS)
    scaled = abs(given[0]) * scale
    return math.floor(scaled + Fraction(1, 2)) / scale * (-1 if given[0] < 0 else 1)


def _abs(given: Sequence[Fraction]) -> Fraction:
    return abs(given[0])


def _ceil(given: Sequence[Fraction]) -> Fraction:
    return Fraction(math.ceil(given[0]))


def _floor(given: Sequence[Fraction]) -> Fraction:
    return Fraction(math.floor(given[0]))


def _avg(given: Sequence[Fraction]) -> Fraction:
    return divided(_sum(given), Fraction(len(given)))


def _ratio(given: Sequence[Fraction]) -> Fraction:
    return divided(given[0], given[1])


def _percentage(given: Sequence[Fraction]) -> Fraction:
    return bounded(_ratio(given) * 100)


def _sum(given: Sequence[Fraction]) -> Fraction:
    total = Fraction(0)
    for number in given:
        total = bounded(total + number)
    return total


def _sqrt(given: Sequence[Fraction]) -> Value:
    if given[0] < 0:
        raise ModelRetry(say("sqrt takes no negative number"))
    return root(given[0], 2)


def _growth(given: Sequence[Fraction]) -> Fraction:
    before, after = given
    if before == 0:
        raise ModelRetry(say("growth from zero has no rate"))
    return bounded((after - before) / abs(before) * 100)


def _compound(given: Sequence[Fraction]) -> Fraction:
    principal, rate, periods = given
    times = _whole("compound", "periods", periods, 0, _MOST_PERIODS)
    return bounded(principal * power(bounded(1 + rate), Fraction(times)))


def _cagr(given: Sequence[Fraction]) -> Value:
    before, after, periods = given
    times = _whole("cagr", "periods", periods, 1, _MOST_PERIODS)
    if before <= 0 or after <= 0:
        raise ModelRetry(say("cagr takes positive values"))
    found = root(bounded(after / before), times)
    return Value((found.number - 1) * 100, found.exact)


def _whole(name: str, what: str, given: Fraction, least: int, most: int) -> int:
    if given.denominator != 1 or not least <= given <= most:
        text = "{name} takes a whole number of {what} from {least} to {most}"
        raise ModelRetry(say(text, name=name, what=say(what), least=least, most=most))
    return given.numerator


FUNCTIONS: Final[dict[str, Function]] = {
    "abs": Function(_abs, 1, 1, "abs(x)"),
    "avg": Function(_avg, 1, None, "avg(a; b; ...)"),
    "cagr": Function(_cagr, 3, 3, "cagr(before; after; periods)"),
    "ceil": Function(_ceil, 1, 1, "ceil(x)"),
    "compound": Function(_compound, 3, 3, "compound(principal; rate%; periods)"),
    "floor": Function(_floor, 1, 1, "floor(x)"),
    "growth": Function(_growth, 2, 2, "growth(before; after)"),
    "max": Function(max, 1, None, "max(a; b; ...)"),
    "min": Function(min, 1, None, "min(a; b; ...)"),
    "percentage": Function(_percentage, 2, 2, "percentage(part; whole)"),
    "ratio": Function(_ratio, 2, 2, "ratio(a; b)"),
    "round": Function(_round, 1, 2, "round(x; digits)"),
    "sqrt": Function(_sqrt, 1, 1, "sqrt(x)"),
    "sum": Function(_sum, 1, None, "sum(a; b; ...)"),
}
"""By name; growth, percentage and cagr are in per cent."""

KOREAN: Final = {
    "절댓값": "abs",
    "절대값": "abs",
    "평균": "avg",
    "연평균성장률": "cagr",
    "올림": "ceil",
    "복리": "compound",
    "내림": "floor",
    "버림": "floor",
    "증감률": "growth",
    "증감율": "growth",
    "증가율": "growth",
    "최댓값": "max",
    "최대": "max",
    "최솟값": "min",
    "최소": "min",
    "백분율": "percentage",
    "비율": "ratio",
    "반올림": "round",
    "제곱근": "sqrt",
    "합계": "sum",
    "mean": "avg",
    "average": "avg",
    "percent": "percentage",
}
"""Other names of the same."""
