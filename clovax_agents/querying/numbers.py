"""Whether the numbers of an answer are those of a result: pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovax_agents.guards.sql import Cell, Rows

__all__ = ["Number", "numbers_in", "unsupported"]

_UNITS: Final = {"조": Decimal(10) ** 12, "억": Decimal(10) ** 8, "만": Decimal(10) ** 4, "천": Decimal(10) ** 3}
_NUMBER: Final = re.compile(r"(?P<digits>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s?(?P<unit>[조억만천]))?")
_ONE: Final = Decimal(1)


class Number(NamedTuple):
    """A number as it is written.

    Attributes:
        text: what stands there.
        value: of it.
        step: how exact it is: 1 for whole numbers, 10,000 for "3만".
    """

    text: str
    value: Decimal
    step: Decimal


def numbers_in(text: str) -> list[Number]:
    """Return the numbers of a text; "1억 2,300만" is one.

    Example:
        >>> [str(found.value) for found in numbers_in("총 16만 3,900원, 3건")]
        ['163900', '3']
    """
    found: list[Number] = []
    begin, end, before = 0, 0, _ONE
    for match in _NUMBER.finditer(text):
        digits, unit = match["digits"].replace(",", ""), _UNITS.get(match["unit"] or "", _ONE)
        value, step = Decimal(digits) * unit, unit.scaleb(-len(digits.partition(".")[2]))
        if found and value < before and unit < before and not text[end : match.start()].strip():
            found[-1] = Number(text[begin : match.end()], found[-1].value + value, step)
        else:
            begin = match.start()
            found.append(Number(match[0].strip(), value, step))
        end, before = match.end(), unit
    return found


def unsupported(answer: str, rows: Rows, *sources: str) -> list[str]:
    """Return the numbers of an answer that nothing supports.

    Supported are those of the result, rounded or not; its columns' sums and means, and the number of its rows; and
    those of other texts that the answer may repeat.

    Args:
        answer: that is looked at.
        rows: the result.
        *sources: the question, the query.

    Example:
        >>> from clovax_agents.guards.sql import Rows
        >>> unsupported("매출은 163,900원이고 4건입니다.", Rows(("won", "n"), [[163900, 3]]))
        ['4']
    """
    known = {*_of_rows(rows), *(number.value for text in (*sources, *rows.columns) for number in numbers_in(text))}
    exact = sorted(known)
    missing = (number.text for number in numbers_in(answer) if not _is_known(number, exact))
    return list(dict.fromkeys(missing))


def _of_rows(rows: Rows) -> Iterator[Decimal]:
    yield from map(Decimal, range(len(rows.rows) + 1))  # their number, and places in a list
    for row in rows.rows:
        for cell in row:
            yield from _of_cell(cell)
    for column in zip(*rows.rows, strict=True):
        numbers = [Decimal(str(cell)) for cell in column if _is_number(cell)]
        if numbers:
            yield abs(sum(numbers, Decimal(0)))
            yield abs(sum(numbers, Decimal(0)) / len(numbers))


def _of_cell(cell: Cell) -> Iterator[Decimal]:
    if _is_number(cell):
        yield abs(Decimal(str(cell)))
    elif isinstance(cell, str):
        yield from (number.value for number in numbers_in(cell))


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _is_known(number: Number, known: Iterable[Decimal]) -> bool:
    """Whether it is one of these, or one of them rounded; numbers below 10 are told as they are."""
    return any(
        number.value == value or (value >= number.step and abs(value - number.value) < number.step) for value in known
    )
