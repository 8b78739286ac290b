"""From the text of an expression to its tokens; Korean numerals are put together to numbers here."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from clovax_agents.errors import ModelRetry
from clovax_agents.toolkit.compute_wording import say

__all__ = ["Token", "tokens"]

_MAX_LENGTH: Final = 2000
_SHOWN: Final = 20

_SMALL: Final = {"십": 10, "백": 100, "천": 1000}
_LARGE: Final = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
_WORDS: Final = {name: value for value, name in enumerate("영일이삼사오육칠팔구")}
_PLAIN: Final = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3}(?![0-9]))?"
_GROUPED: Final = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])"
_ITEM: Final = rf"{_GROUPED}|{_PLAIN}|[{''.join(_WORDS)}]"
_UNIT: Final = f"[{''.join(_SMALL)}{''.join(_LARGE)}]"

_TOKEN: Final = re.compile(
    r"(?P<call>[A-Za-z_가-힣]+)(?=\s*\()"
    rf"|(?P<korean>(?:(?:{_ITEM})\s*)?{_UNIT}(?:\s*(?:(?:{_ITEM})\s*)?{_UNIT})*(?:\s*(?:{_ITEM}))?"
    rf"|[{''.join(_WORDS)}](?![가-힣]))"
    rf"|(?P<grouped>{_GROUPED})|(?P<plain>{_PLAIN})"
    r"|(?P<sign>\*\*|[-+*/%(),;])|(?P<unit>원|₩)|(?P<percent>퍼센트|프로)|(?P<name>[A-Za-z_가-힣]+)"
)
_PART: Final = re.compile(rf"(?P<number>{_ITEM})|(?P<unit>{_UNIT})|\s+")
_SPELLINGS: Final = str.maketrans("×÷−–·（），％＋－＊／０１２３４５６７８９", "*/--*(),%+-*/0123456789")  # noqa: RUF001


class Token(NamedTuple):
    """A part of an expression.

    Attributes:
        kind: what it is.
        text: how it is written.
        number: its value, of a number.
        grouped: whether it is a number with thousands separators and nothing else.
    """

    kind: Literal["number", "sign", "name", "end"]
    text: str
    number: Fraction = Fraction(0)
    grouped: bool = False


def tokens(expression: str) -> list[Token]:
    """Return the tokens of an expression, and one for its end."""
    if len(expression) > _MAX_LENGTH:
        raise ModelRetry(say("the expression is longer than {most} characters", most=_MAX_LENGTH))
    text = expression.translate(_SPELLINGS).strip()
    if not text:
        raise ModelRetry(say("the expression is empty"))
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            if text[position].isspace():
                position += 1
                continue
            rest = repr(text[position : position + _SHOWN])
            sentence = "it cannot be read from {rest} on; numbers, + - * / ** % ( ) and functions are understood"
            raise ModelRetry(say(sentence, rest=rest))
        if match.lastgroup != "unit":  # what money is counted in changes nothing
            found.append(_token(match))
        position = match.end()
    return [*found, Token("end", "")]


def _token(match: re.Match[str]) -> Token:
    text = match[0]
    if match["korean"] is not None:
        return Token("number", text.strip(), _korean(text))
    if match["percent"] is not None:
        return Token("sign", "%")
    if match["sign"] is not None:
        return Token("sign", text)
    if match["name"] is not None or match["call"] is not None:
        return Token("name", text)
    return Token("number", text, _number(text), grouped=match["grouped"] is not None)


def _number(text: str) -> Fraction:
    return Fraction(_WORDS[text]) if text in _WORDS else Fraction(text.replace(",", ""))


def _korean(text: str) -> Fraction:
    """Read a number with units, as 3억 5천만 2백: each part is smaller than the unit before it."""
    total, section = Fraction(0), Fraction(0)
    pending: Fraction | None = None
    ceiling, within = Fraction(10**20), Fraction(10**20)
    for match in _PART.finditer(text):
        if match["number"] is not None:
            if pending is not None:
                raise _malformed(text)
            pending = _number(match["number"])
        elif match["unit"] in _SMALL:
            value = _SMALL[match["unit"]] * (Fraction(1) if pending is None else pending)
            _descend(text, value, within)
            section, pending, within = section + value, None, Fraction(_SMALL[match["unit"]])
        elif match["unit"] in _LARGE:
            _descend(text, pending or Fraction(0), within)
            section += pending or Fraction(0)
            value = _LARGE[match["unit"]] * (section if section or pending is not None else Fraction(1))
            _descend(text, value, ceiling)
            total, section, pending = total + value, Fraction(0), None
            ceiling = within = Fraction(_LARGE[match["unit"]])
    _descend(text, pending or Fraction(0), within)
    return total + section + (pending or 0)


def _descend(text: str, value: Fraction, below: Fraction) -> None:
    if value >= below:
        raise _malformed(text)


def _malformed(text: str) -> ModelRetry:
    shown = text.strip()
    return ModelRetry(say("{text} is no number: units have to descend, as in 3억 5천만 2백", text=shown[:_SHOWN]))
