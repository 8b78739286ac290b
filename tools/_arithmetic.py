"""Exact arithmetic on what a model writes: a small parser over fractions, never eval.

    sum     := product (('+' | '-') product)*
    product := signed (('*' | '/' | '%') signed)*
    signed  := ('+' | '-') signed | power
    power   := percent ('**' signed)?
    percent := atom '%'*
    atom    := number | '(' sum ')'

A '%' that is followed by a number or a parenthesis is the remainder, as in 17 % 5; any other is per cent, as in 15%.
Lengths, depths and sizes are bounded, so no expression can keep a processor busy.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["evaluate", "render"]

_MAX_LENGTH = 300
_MAX_DEPTH = 40
_MAX_EXPONENT = 1000
_MAX_BITS = 4096
_MAX_DIGITS = 100
_ROUNDED_DIGITS = 28

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9,.])|[0-9]+(?:\.[0-9]+)?(?![0-9,.])|\.[0-9]+(?![0-9,.]))"
    r"|(?P<sign>\*\*|[-+*/%()]))"
)
_SPELLINGS = str.maketrans({"×": "*", "÷": "/", "−": "-", "·": "*", "（": "(", "）": ")"})


def evaluate(expression: str) -> Fraction:
    """The exact value of an expression.

    Raises:
        ValueError: the expression cannot be read, divides by zero, or grows too large.

    Example:
        >>> evaluate("(12,900 + 3,000) * 15%")
        Fraction(2385, 1)
    """
    if len(expression) > _MAX_LENGTH:
        raise ValueError(f"식이 너무 깁니다: {_MAX_LENGTH}자까지 계산합니다.")
    return _Parser(_tokens(expression.translate(_SPELLINGS).strip())).whole()


def render(value: Fraction) -> tuple[str, bool]:
    """The value as a decimal number, and whether that is exact.

    Example:
        >>> render(Fraction(5, 8)), render(Fraction(1, 3))
        (('0.625', True), ('0.3333333333333333333333333333', False))
    """
    places = _decimal_places(value.denominator)
    if places is not None and places <= _MAX_DIGITS:
        digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}}"
        if len(digits) <= _MAX_DIGITS:
            text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
            return ("-" if value < 0 else "") + text, True
    with localcontext() as context:
        context.prec = _ROUNDED_DIGITS
        return str(Decimal(value.numerator) / Decimal(value.denominator)), False


def _decimal_places(denominator: int) -> int | None:
    """How many decimals a fraction with this denominator has; None if they never end."""
    counts = {2: 0, 5: 0}
    for factor in counts:
        while denominator % factor == 0:
            denominator //= factor
            counts[factor] += 1
    return max(counts.values()) if denominator == 1 else None


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            rest = text[position:].strip()
            raise ValueError(f"{rest[:20]!r}부터 읽을 수 없습니다. 숫자와 + - * / ** % ( )만 쓸 수 있습니다.")
        tokens.append(match["number"] or match["sign"])
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent; one method per rule of the grammar above."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def whole(self) -> Fraction:
        value = self._sum()
        if self._next():
            raise ValueError(f"{self._next()!r} 앞에 연산자가 없습니다.")
        return value

    def _next(self, ahead: int = 0) -> str:
        place = self._position + ahead
        return self._tokens[place] if place < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        token = self._next()
        if token in wanted:
            self._position += 1
            return token
        return ""

    def _sum(self) -> Fraction:
        value = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            value = _bounded(value + other if sign == "+" else value - other)
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while sign := self._take("*", "/", "%"):
            other = self._signed()
            if sign != "*" and other == 0:
                raise ValueError("0으로 나눌 수 없습니다.")
            value = _bounded(value * other if sign == "*" else value / other if sign == "/" else value % other)
        return value

    def _signed(self) -> Fraction:
        sign = self._take("+", "-")
        if not sign:
            return self._power()
        with_sign = self._deeper(self._signed)
        return -with_sign if sign == "-" else with_sign

    def _power(self) -> Fraction:
        base = self._percent()
        return _power(base, self._deeper(self._signed)) if self._take("**") else base

    def _percent(self) -> Fraction:
        value = self._atom()
        while self._next() == "%" and not _starts_operand(self._next(1)):
            self._position += 1
            value = value / 100
        return value

    def _atom(self) -> Fraction:
        if self._take("("):
            value = self._deeper(self._sum)
            if not self._take(")"):
                raise ValueError("닫는 괄호가 없습니다.")
            return value
        token = self._next()
        if not token or token[0] not in "0123456789.":
            raise ValueError(f"숫자가 있어야 할 곳입니다: {token!r}" if token else "식이 끝나지 않았습니다.")
        self._position += 1
        return Fraction(token.replace(",", ""))

    def _deeper(self, rule: Callable[[], Fraction]) -> Fraction:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError(f"괄호나 부호가 너무 깊습니다: {_MAX_DEPTH}겹까지 계산합니다.")
        value = rule()
        self._depth -= 1
        return value


def _starts_operand(token: str) -> bool:
    return bool(token) and token[0] in "0123456789.("


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise ValueError("지수는 정수여야 합니다.")
    power = exponent.numerator
    if base == 0 and power < 0:
        raise ValueError("0으로 나눌 수 없습니다.")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(power) > _MAX_EXPONENT or bits * abs(power) > _MAX_BITS:
        raise ValueError(f"거듭제곱이 너무 큽니다: 지수는 {_MAX_EXPONENT}까지, 값은 {_MAX_BITS}비트까지 계산합니다.")
    return Fraction(base**power)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise ValueError("수가 너무 커집니다.")
    return value
