"""Paths of files that exist in the state alone: one way to write each, and none that surprises."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ModelRetry
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["checked_path", "free_path"]

_LONGEST: Final = 200
_REFUSED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")


def checked_path(given: str) -> str:
    """Return a path as it is kept: absolute, in composed characters, without empty parts.

    Raises:
        ModelRetry: it is no path, or it leads elsewhere.

    Example:
        >>> checked_path("notes//보고서.md")
        '/notes/보고서.md'
    """
    text = unicodedata.normalize("NFC", given.strip())
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not parts or ".." in parts or len(text) > _LONGEST or _REFUSED.search(text):
        told = "{path} is no path of a file: write it like /notes/report.md, of {most} characters at most, without .."
        raise ModelRetry(say(told, path=repr(given[:_LONGEST]), most=_LONGEST))
    return "/" + "/".join(part.strip() for part in parts)


def free_path(path: str, taken: Container[str]) -> str:
    """Return a path that nothing has yet, as near to this one as it goes.

    Example:
        >>> free_path("/notes.md", {"/notes.md", "/notes-2.md"})
        '/notes-3.md'
    """
    folder, _, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, f".{ending}") if dot and stem else (name, "")
    number, found = 2, path
    while found in taken:
        found = f"{folder}/{stem}-{number}{ending}"
        number += 1
    return found
