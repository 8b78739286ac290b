"""The shapes that numbers of persons and businesses are written in, and what decides whether one is meant.

Every pattern is of bounded length and begins at a given place, so that a text is read in linear time whatever it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.guards import pii_numbers as numbers
from clovax_agents.guards.pii_context import bank_behind, is_counted, named_before, region_before

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

__all__ = ["FEWEST_DIGITS", "LONGEST", "Kind", "kind_at"]

Kind = Literal[
    "resident", "foreigner", "passport", "licence", "phone", "hotline", "business", "corporation", "card", "account"
]
FEWEST_DIGITS: Final = 8
LONGEST: Final = 64
"""Characters of a number, its separators included."""

_SEP: Final = r"(?: {0,2}[-.·_/]{1,2}[ \n]{0,2}| {1,2})"
"""Between two parts of a number; a line may break behind a hyphen."""
_LEFT: Final = r"(?<![0-9])(?<![0-9][-.·_])"
_RIGHT: Final = r"(?![0-9])(?![-.·_][0-9])"
_HOTLINES: Final = (
    r"1(?:5(?:22|33|44|66|77|88|99)|6(?:00|11|33|44|55|60|61|66|68|70|77|88|99)|8(?:00|11|22|33|44|55|66|77|88|99))"
)
_MOBILE: Final = "1[016789]"


def _shape(body: str) -> re.Pattern[str]:
    return re.compile(rf"{_LEFT}{body}{_RIGHT}".replace("SEP", _SEP), re.ASCII)


_TWO_PARTS: Final = _shape(r"[0-9]{6}(?:SEP)?[0-9]{7}")
_CARD: Final = _shape(
    r"(?:[0-9]{4}SEP[0-9]{4}SEP[0-9]{4}SEP[0-9]{4}(?:SEP[0-9]{3})?|[0-9]{4}SEP[0-9]{6}SEP[0-9]{4,5}|[0-9]{14,19})"
)
_BUSINESS: Final = _shape(r"(?:[0-9]{3}SEP[0-9]{2}SEP[0-9]{5}|[0-9]{10})")
_LICENCE: Final = _shape(r"(?:[0-9]{2}SEP)?[0-9]{2}SEP[0-9]{6}SEP[0-9]{2}")
_BARE_LICENCE: Final = _shape(r"[0-9]{12}")
_ABROAD: Final = _shape(
    r"(?:\((?=\+? ?82\)))?(?:(?:\+ ?|00)82\)?|(?<!\+)82\)?(?=SEP|1))(?:SEP)?(?:\(0\) ?|0)?"
    rf"(?:{_MOBILE}|2|[3-6][1-5]|70|50[2-8])(?:SEP)?[0-9]{{3,4}}(?:SEP)?[0-9]{{4}}"
)
_DOMESTIC: Final = _shape(
    rf"(?:\((?=[0-9]{{2,4}}\)))?(?P<code>0(?:{_MOBILE}|2|[3-6][1-5]|70|80|50[2-8]))(?P<first>\) ?-? ?|SEP)?"
    r"[0-9]{3,4}(?:SEP)?[0-9]{4}"
)
_HOTLINE: Final = _shape(rf"(?P<first>{_HOTLINES})(?:SEP)?(?P<second>[0-9]{{4}})")
_ACCOUNT: Final = _shape(r"(?:[0-9]{2,6}(?:[-·][0-9]{1,8}){1,4}|[0-9]{2,6}(?: [0-9]{1,8}){1,4}|[0-9]{10,16})")
_PASSPORT: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:[MSRGD][0-9]{8}|[MSRGD][0-9]{3}[A-Z][0-9]{4}|[A-Z]{2}[0-9]{7})(?![A-Za-z0-9])", re.IGNORECASE
)

_DISTINCT_ACCOUNTS: Final = frozenset({(4, 2, 7), (6, 2, 6), (3, 4, 4, 2), (3, 6, 2, 3), (3, 6, 5), (4, 3, 6)})
"""Groups of digits that some bank writes its accounts in and hardly anybody anything else."""
_ACCOUNT_DIGITS: Final = range(10, 17)
_LICENCE_REGIONS: Final = range(11, 29)
_CENTURY: Final = 1920
"""Born before, nobody's number was given out or changed without a check digit."""
_MOST_OF_A_YEAR: Final = 2100
_BARE_CARDS: Final = (15, 16)
_HYPHENS: Final = "-·_"


@dataclass(frozen=True)
class Candidate:
    """Something in a text that has the shape of a number.

    Attributes:
        text: all of it, levelled.
        start: of the candidate.
        end: of the candidate.
    """

    text: str
    start: int
    end: int
    digits: str = field(init=False)

    def __post_init__(self) -> None:
        """Take out the digits."""
        found = "".join(filter(str.isdigit, self.text[self.start : self.end]))
        object.__setattr__(self, "digits", found)

    @cached_property
    def written(self) -> str:
        """What stands there."""
        return self.text[self.start : self.end]

    @cached_property
    def named(self) -> str | None:
        """What the nearest word in front of it names."""
        return named_before(self.text, self.start)

    @property
    def is_bare(self) -> bool:
        """Whether it is nothing but digits."""
        return len(self.digits) == self.end - self.start

    @property
    def is_tied(self) -> bool:
        """Whether its parts are joined by hyphens; a space may just stand between two numbers, and a dot be a point."""
        return any(mark in self.written for mark in _HYPHENS)

    @property
    def is_inside_of_a_word(self) -> bool:
        """Whether a letter of ASCII stands right beside it, as in a hash or a product's name."""
        around = self.text[max(self.start - 1, 0) : self.start] + self.text[self.end : self.end + 1]
        return any(character.isascii() and character.isalpha() for character in around)


def kind_at(text: str, start: int) -> tuple[Kind, int] | None:
    """Return the kind of number that begins at a place, and where it ends; None if there is none.

    Args:
        text: levelled.
        start: where it would begin.
    """
    for pattern, decide in _DECISIONS:
        match = pattern.match(text, start)
        if match and (kind := decide(Candidate(text, start, match.end()), match)) is not None:
            return kind, match.end()
    return None


def _passport(found: Candidate, _: re.Match[str]) -> Kind | None:
    if found.named == "passport":
        return "passport"
    plain = found.written[0] == "M" and found.named is None and not numbers.is_day(found.digits.ljust(8, "0"))
    return "passport" if plain else None


def _licence(found: Candidate, _: re.Match[str]) -> Kind | None:
    if len(found.digits) == 10:  # noqa: PLR2004  # the older kind, its region in letters
        return "licence" if region_before(found.text, found.start) or found.named == "licence" else None
    return "licence" if found.is_tied and int(found.digits[:2]) in _LICENCE_REGIONS else _bare_licence(found, _)


def _bare_licence(found: Candidate, _: re.Match[str]) -> Kind | None:
    known = found.named == "licence" and int(found.digits[:2]) in _LICENCE_REGIONS
    return "licence" if known else None


def _two_parts(found: Candidate, _: re.Match[str]) -> Kind | None:
    """Tell persons from corporations, and both from numbers that only look like them."""
    digits = found.digits
    born = numbers.birth_date(digits)
    checked = born is not None and numbers.has_check_digit(digits)
    person: Kind = "foreigner" if digits[6] in "5678" else "resident"
    if found.named in {"resident", "foreigner"} and born is not None:
        return person
    if _is_corporation(found, checked=checked):
        return "corporation"
    if found.is_bare and (found.named == "other" or found.is_inside_of_a_word or numbers.is_barcode(digits)):
        return None
    if checked:
        return person
    return person if born is not None and found.named != "other" and _unchecked(found, born) else None


def _is_corporation(found: Candidate, *, checked: bool) -> bool:
    valid = numbers.is_corporation(found.digits) and numbers.looks_like_corporation(found.digits)
    if found.named == "corporation":
        return valid or found.is_tied
    return valid and found.is_tied and not checked


def _unchecked(found: Candidate, born: date) -> bool:
    """Tell whether a number without check digit is a person's: by its hyphen, or by a birth since there is none."""
    if found.is_tied:
        return born.year >= _CENTURY
    return found.is_bare and born >= numbers.NO_CHECK_DIGIT and found.digits[6] in "3478"


def _card(found: Candidate, _: re.Match[str]) -> Kind | None:
    if not numbers.is_card(found.digits):
        return None
    if not found.is_bare or found.named == "card":
        return "card"
    if found.named is not None or found.is_inside_of_a_word or len(found.digits) not in _BARE_CARDS:
        return None
    return None if found.digits[0] == "2" and numbers.is_short_day(found.digits) else "card"


def _business(found: Candidate, _: re.Match[str]) -> Kind | None:
    named = found.named == "business"
    return "business" if numbers.is_business(found.digits) and (named or found.is_tied) else None


def _abroad(found: Candidate, _: re.Match[str]) -> Kind | None:
    if found.written.lstrip("(").startswith("+") or not found.is_bare:
        return "phone"
    national = found.digits.removeprefix("00")
    mobile = national.startswith("8210") and len(national) == 12  # noqa: PLR2004
    return "phone" if mobile and found.named != "other" and not found.is_inside_of_a_word else None


def _domestic(found: Candidate, match: re.Match[str]) -> Kind | None:
    if match["first"]:
        return "phone"
    if found.named == "phone":
        return "phone"
    if found.named == "other" or found.is_inside_of_a_word:
        return None
    whole = match["code"] in {"010", "070"} or match["code"].startswith("050")
    return "phone" if whole and len(found.digits) >= 11 else None  # noqa: PLR2004


def _hotline(found: Candidate, match: re.Match[str]) -> Kind | None:
    if found.named == "phone":
        return "hotline"
    years = int(match["first"]) < int(match["second"]) < _MOST_OF_A_YEAR
    return None if found.is_bare or years or not (found.is_tied or "." in found.written) else "hotline"


def _account(found: Candidate, _: re.Match[str]) -> Kind | None:
    if len(found.digits) not in _ACCOUNT_DIGITS or _is_dated(found):
        return None
    if found.is_bare and (is_counted(found.text, found.end) or found.is_inside_of_a_word):
        return None
    if found.named == "account" or (found.named is None and bank_behind(found.text, found.end)):
        return "account"
    distinct = found.is_tied and _groups(found) in _DISTINCT_ACCOUNTS
    return "account" if distinct and found.named in {None, "phone"} and not _is_short_dated(found) else None


def _groups(found: Candidate) -> tuple[int, ...]:
    return tuple(len(group) for group in re.split("[-·]", found.written))


def _is_dated(found: Candidate) -> bool:
    """Tell whether it begins with a day, or with a year and a month, written as groups of their own."""
    groups = re.split("[-· ]", found.written)
    if len(groups) == 1:
        return numbers.is_day(found.digits) and found.named != "account"
    if len(groups[0]) == 4 and len(groups[1]) == 2:  # noqa: PLR2004
        return numbers.is_day(groups[0] + groups[1] + "01")
    return False


def _is_short_dated(found: Candidate) -> bool:
    first = re.split("[-·]", found.written)[0]
    return (len(first) == 6 and numbers.is_short_day(first)) or (len(first) == 4 and "1900" <= first <= "2099")  # noqa: PLR2004


_DECISIONS: Final[tuple[tuple[re.Pattern[str], Callable[[Candidate, re.Match[str]], Kind | None]], ...]] = (
    (_PASSPORT, _passport),
    (_LICENCE, _licence),
    (_TWO_PARTS, _two_parts),
    (_CARD, _card),
    (_BUSINESS, _business),
    (_ABROAD, _abroad),
    (_DOMESTIC, _domestic),
    (_HOTLINE, _hotline),
    (_BARE_LICENCE, _bare_licence),
    (_ACCOUNT, _account),
)
