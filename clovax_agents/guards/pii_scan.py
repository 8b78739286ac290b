"""Where in a text the numbers are: read from left to right, each place decided by a bounded piece of text around it.

So a text may come in pieces: a place is decided as soon as what could still belong to it is there, and no cut changes
what is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from clovax_agents.guards.pii_context import REACH_AFTER, REACH_BEFORE
from clovax_agents.guards.pii_shapes import FEWEST_DIGITS, LONGEST, Kind, kind_at

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HELD", "HISTORY", "AnyKind", "Found", "Scan"]

AnyKind: TypeAlias = "Kind | Literal['email']"
HISTORY: Final = REACH_BEFORE + 2
"""Characters behind a place that decide, too."""
_LOCAL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._%+\-]{0,63}")
_DOMAIN: Final = re.compile(r"@(?:[A-Za-z0-9\-]{1,63}\.){1,4}[A-Za-z]{2,24}")
_MOST_LOCAL: Final = 64
_MOST_DOMAIN: Final = 1 + 4 * 64 + 24
_DOMAIN_RUN: Final = re.compile(rf"@[A-Za-z0-9.\-]{{0,{_MOST_DOMAIN - 1}}}")
_NUMBER_RUN: Final = re.compile(rf"[0-9 \n\-.·_/()+]{{1,{LONGEST}}}")
_WORD_RUN: Final = re.compile(rf"[A-Za-z0-9\-]{{1,{LONGEST}}}")
_BEGIN: Final = re.compile(r"(?<![0-9])[0-9]|[+(]|(?<![A-Za-z0-9_])[A-Za-z_]")
_PASSPORT_BEGIN: Final = re.compile(r"[A-Za-z]{1,2}[0-9]{3}")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![A-Za-z0-9])")
HELD: Final = _MOST_LOCAL + _MOST_DOMAIN
"""Most characters that a stream holds back."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a text, and where.

    Attributes:
        kind: of number.
        start: of the first character.
        end: behind the last one.
    """

    kind: AnyKind
    start: int
    end: int


class Scan:
    """One reading of a text that may grow.

    Attributes:
        text: levelled, what is known of it.
        place: up to which it is decided.
    """

    __slots__ = ("place", "text")

    def __init__(self) -> None:
        self.text: str = ""
        self.place: int = 0

    def run(self, *, is_whole: bool) -> Iterator[Found]:
        """Give what is found from the place on, as far as it can be decided; the place moves along.

        Args:
            is_whole: nothing follows.
        """
        while begin := _BEGIN.search(self.text, self.place):
            start = begin.start()
            self.place = start
            if not (is_whole or (self._is_no_open_address(start) and self._is_no_open_number(start))):
                return
            kind, end = self._at(start)
            if kind is not None:
                yield Found(kind, start, end)
            self.place = end
        self.place = len(self.text)

    def _at(self, start: int) -> tuple[AnyKind | None, int]:
        """Return what begins at a place, if anything does, and where to go on."""
        text = self.text
        if (uuid := _UUID.match(text, start)) is not None:
            return None, uuid.end()
        if (end := _email_end(text, start)) is not None:
            return "email", end
        run = _NUMBER_RUN.match(text, start)
        may_be = _PASSPORT_BEGIN.match(text, start) if run is None else _count(run) >= FEWEST_DIGITS
        return (kind_at(text, start) if may_be else None) or (None, start + 1)

    def _is_no_open_address(self, start: int) -> bool:
        """Tell whether nothing that may follow the text makes an e-mail address of what begins at a place."""
        text = self.text
        for pattern, most in ((_LOCAL, _MOST_LOCAL + 1), (_DOMAIN_RUN, _MOST_DOMAIN)):
            run = pattern.match(text, start)
            if run is None:
                break
            if run.end() == len(text) and run.end() - start < most:
                return False
            start = run.end()
        return True

    def _is_no_open_number(self, start: int) -> bool:
        """Tell whether a run of digits or of letters ends inside of the text, and what decides stands behind it."""
        text = self.text
        if len(text) - start >= LONGEST + REACH_AFTER:
            return True
        for pattern in (_NUMBER_RUN, _WORD_RUN):
            run = pattern.match(text, start)
            if run is not None:
                margin = REACH_AFTER if _count(run) >= FEWEST_DIGITS else 1
                if run.end() + margin > len(text):
                    return False
        return True


def _count(run: re.Match[str]) -> int:
    return sum(map(str.isdigit, run.group()))


def _email_end(text: str, start: int) -> int | None:
    local = _LOCAL.match(text, start)
    domain = None if local is None else _DOMAIN.match(text, local.end())
    return None if domain is None else domain.end()
