"""Files as texts: in which encoding they are, and with which ends of lines."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from clovax_agents.errors import PathError
from clovax_agents.guards.data_wording import say

__all__ = ["Text", "decoded"]

_MARKED: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT: Final = 8_192


@dataclass(frozen=True, slots=True)
class Text:
    r"""The text of a file.

    Attributes:
        text: with ``\n`` at the ends of its lines.
        encoding: it is written in.
        newline: its lines end with; where they differ, ``\n``, and the others are left in the text.
    """

    text: str
    encoding: str = "utf-8"
    newline: str = "\n"

    def encoded(self, text: str, path: str) -> bytes:
        """Write another text as this one is written.

        Raises:
            PathError: the encoding has not all of its letters.
        """
        try:
            return text.replace("\n", self.newline).encode(self.encoding)
        except UnicodeEncodeError:
            words = "{path} is written in {encoding}, which has no letter for all of this"
            raise PathError(say(words, path=path, encoding=self.encoding)) from None


def decoded(data: bytes) -> Text | None:
    r"""Read a file as a text; None if it is none.

    What is not UTF-8 is tried as CP949, in which many Korean files are still written.

    Example:
        >>> decoded("한글\r\n".encode("cp949"))
        Text(text='한글\n', encoding='cp949', newline='\r\n')
    """
    mark = next((name for begin, name in _MARKED if data.startswith(begin)), None)
    if mark != "utf-16" and b"\0" in data[:_LOOKED_AT]:
        return None
    for encoding in (mark,) if mark else ("utf-8", "cp949"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        newline = "\r\n" if "\r\n" in text and text.count("\r\n") == text.count("\n") else "\n"
        return Text(text.replace("\r\n", "\n") if newline == "\r\n" else text, encoding, newline)
    return None
