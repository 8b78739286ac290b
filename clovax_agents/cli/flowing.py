"""Text that comes in pieces, broken between words where a line of the terminal ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Flow"]

_PARTS: Final = re.compile(r"\n|[ \t]+|[^ \t\n]+")


class Flow:
    """Writes pieces of text; a word is written when it has ended. Without a terminal, lines are left as they are.

    Args:
        console: to write on.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._column = 0
        self._spaces = ""
        self._word = ""
        self._style = ""

    def write(self, text: str, style: str = "") -> None:
        """Write a piece.

        Args:
            text: without control characters, but for tabs and line feeds.
            style: as rich has them.
        """
        if not self._console.is_terminal:
            self._print(text, style)
            self._column = self._column or len(text)
            return
        if style != self._style:
            self._end_word()
            self._style = style
        for part in _PARTS.findall(text.expandtabs(4)):
            if part == "\n":
                self._end_word()
                self._newline()
            elif part.isspace():
                self._end_word()
                self._spaces += part
            else:
                self._word += part

    def end(self) -> None:
        """Write what is left, and end the line if one was begun."""
        self._end_word()
        if self._column:
            self._newline()

    def _end_word(self) -> None:
        if not self._word:
            return
        width = cell_len(self._spaces) + cell_len(self._word)
        if self._column and self._column + width > self._console.width:
            self._newline()
            width = cell_len(self._word)
        self._print(self._spaces + self._word, self._style)
        self._column += width
        self._spaces = self._word = ""

    def _newline(self) -> None:
        self._console.print()
        self._column, self._spaces = 0, ""

    def _print(self, text: str, style: str) -> None:
        self._console.print(Text(text, style=style), end="", soft_wrap=True)
