"""The grammar of expressions.

    sum     := product (('+' | '-') product)*
    product := signed (('*' | '/' | '%') signed)*
    signed  := ('+' | '-') signed | power
    power   := percent ('**' signed)?
    percent := atom '%'*
    atom    := number | '(' sum ')' | name '(' sum ((',' | ';') sum)* ')'

A '%' that is followed by a number, a name or a parenthesis is the remainder, as in 17 % 5; any other is per cent, as
in 15%.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ModelRetry
from clovax_agents.toolkit.arithmetic.functions import FUNCTIONS, KOREAN, Function
from clovax_agents.toolkit.arithmetic.numbers import Value, bounded, divided, power
from clovax_agents.toolkit.arithmetic.tokens import Token, tokens
from clovax_agents.toolkit.compute_wording import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

__all__ = ["evaluate"]

_MAX_DEPTH: Final = 40


def evaluate(expression: str) -> Value:
    """Return the value of an expression.

    Raises:
        ModelRetry: it cannot be read, divides by zero, or grows too large; the text says what to correct.

    Example:
        >>> evaluate("(12,900 + 3천원) * 15%").number
        Fraction(2385, 1)
    """
    return _Parser(tokens(expression)).whole()


class _Parser:
    """Recursive descent; one method per rule of the grammar above."""

    def __init__(self, given: list[Token]) -> None:
        self._tokens = given
        self._position = 0
        self._depth = 0
        self._exact = True
        self._grouped = False

    def whole(self) -> Value:
        value = self._sum()
        token = self._next()
        if token.text in {",", ";"}:
            after = repr(self._next(1).text)
            text = "the comma before {text} separates no thousands; write numbers like 1,234,567 or without commas"
            raise ModelRetry(say(text, text=after))
        if token.kind != "end":
            raise ModelRetry(say("an operator is missing before {text}", text=repr(token.text)))
        return Value(value, self._exact)

    def _next(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._position + ahead, len(self._tokens) - 1)]

    def _take(self, *wanted: str) -> str:
        token = self._next()
        if token.kind == "sign" and token.text in wanted:
            self._position += 1
            return token.text
        return ""

    def _sum(self) -> Fraction:
        value = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            value = bounded(value + other if sign == "+" else value - other)
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while sign := self._take("*", "/", "%"):
            other = self._signed()
            if sign == "*":
                value = bounded(value * other)
            elif sign == "/":
                value = divided(value, other)
            else:
                divided(value, other)
                value = bounded(value % other)
        return value

    def _signed(self) -> Fraction:
        sign = self._take("+", "-")
        if not sign:
            return self._power()
        with_sign = self._deeper(self._signed)
        return -with_sign if sign == "-" else with_sign

    def _power(self) -> Fraction:
        base = self._percent()
        return power(base, self._deeper(self._signed)) if self._take("**") else base

    def _percent(self) -> Fraction:
        value = self._atom()
        while self._next().text == "%" and not _starts_operand(self._next(1)):
            self._position += 1
            value = bounded(value / 100)
        return value

    def _atom(self) -> Fraction:
        token = self._next()
        if token.kind == "name":
            return self._deeper(self._call)
        if self._take("("):
            before, value = self._grouped, self._deeper(self._sum)
            self._grouped = before  # in parentheses of its own, a comma separates thousands
            self._close()
            return value
        if token.kind != "number":
            text = "a number is expected before {text}" if token.text else "the expression is not complete"
            raise ModelRetry(say(text, text=repr(token.text)))
        self._position += 1
        self._grouped = self._grouped or token.grouped
        return bounded(token.number)

    def _call(self) -> Fraction:
        name = self._next().text
        function = _function(name)
        self._position += 1
        if not self._take("("):
            raise ModelRetry(say("a '(' has to follow {name}", name=name))
        before, self._grouped = self._grouped, False
        arguments, separator = self._arguments(name)
        if self._grouped and separator != ";" and function.most != 1:
            text = (
                "it is not clear whether a comma in {name}(...) separates thousands or arguments: separate arguments "
                "by ';', or write numbers without commas"
            )
            raise ModelRetry(say(text, name=name))
        self._grouped = before
        self._close()
        return self._result(name, function, arguments)

    def _arguments(self, name: str) -> tuple[list[Fraction], str]:
        arguments, separator = [self._sum()], ""
        while found := self._take(",", ";"):
            if separator and found != separator:
                raise ModelRetry(say("{name} separates arguments by ',' and by ';': choose one", name=name))
            separator = found
            arguments.append(self._sum())
        return arguments, separator

    def _result(self, name: str, function: Function, arguments: list[Fraction]) -> Fraction:
        _check_count(name, function, len(arguments))
        value = function.of(arguments)
        if isinstance(value, Value):
            self._exact = self._exact and value.exact
            value = value.number
        return bounded(value)

    def _close(self) -> None:
        if not self._take(")"):
            raise ModelRetry(say("a ')' is missing"))

    def _deeper(self, rule: Callable[[], Fraction]) -> Fraction:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ModelRetry(say("parentheses and signs are deeper than {most}", most=_MAX_DEPTH))
        value = rule()
        self._depth -= 1
        return value


def _function(name: str) -> Function:
    found = FUNCTIONS.get(KOREAN.get(name.lower(), name.lower()))
    if found is None:
        known = ", ".join(FUNCTIONS)
        raise ModelRetry(say("there is no function {name}; there are: {known}", name=repr(name[:20]), known=known))
    return found


def _check_count(name: str, function: Function, count: int) -> None:
    if count >= function.least and (function.most is None or count <= function.most):
        return
    if function.most is None:
        wanted = say("at least {least}", least=function.least)
    elif function.least < function.most:
        wanted = say("{least} to {most}", least=function.least, most=function.most)
    else:
        wanted = str(function.least)
    raise ModelRetry(say("{name} takes {wanted} arguments, not {count}", name=name, wanted=wanted, count=count))


def _starts_operand(token: Token) -> bool:
    return token.kind in {"number", "name"} or token.text == "("
