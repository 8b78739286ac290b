"""Paths as texts: what one may look like before anything is opened."""

from __future__ import annotations

import os
import re
import unicodedata
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import PathRefusedError
from clovax_agents.guards.data_wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["is_denied", "parts_of", "shown", "spellings", "usual"]

MAX_PARTS: Final = 64
MAX_NAME_BYTES: Final = 255
MAX_PATH_BYTES: Final = 4_096
_JOINERS: Final = "\u200c\u200d"
"""Invisible, and yet a part of names: of emoji, and of Persian and Indic words."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FROM_ELSEWHERE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
"""A drive, or the scheme of a URL."""
_RESERVED: Final = re.compile(r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?")
_NOT_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]|[. ]$|~[0-9]')
"""Streams beside a file, names that lose their end, and the short names (``GIT~1``) of folders that are denied."""


def parts_of(path: str, *, windows: bool = os.name == "nt") -> tuple[str, ...]:
    """Return the names that a path consists of; none for the folder itself.

    Args:
        path: relative, with ``/`` between its names.
        windows: keep Windows' rules for names, too.

    Raises:
        PathRefusedError: it is absolute, leads upwards, or has a name that is not what it seems to be.

    Example:
        >>> parts_of("reports/2026/./may.md")
        ('reports', '2026', 'may.md')
        >>> parts_of("../secrets")
        Traceback (most recent call last):
            ...
        clovax_agents.errors.PathRefusedError: the path '../secrets' leads upwards; '..' is not allowed
    """
    _check_characters(path)
    if path.startswith(("/", "~/")) or path == "~" or _FROM_ELSEWHERE.match(path) or (windows and path[1:2] == ":"):
        text = "the path {path} is absolute; write it as it is beneath the folder, for instance {example}"
        raise _refused(text, path)
    if "\\" in path:
        raise _refused("the path {path} has a backslash; write / between folders", path)
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    if ".." in parts:
        raise _refused("the path {path} leads upwards; '..' is not allowed", path)
    if len(parts) > MAX_PARTS or any(len(part.encode()) > MAX_NAME_BYTES for part in parts):
        raise _refused("the path {path} is too long", path)
    if any(map(_is_disguised, parts)) or (windows and any(map(_is_odd_on_windows, parts))):
        raise _refused("the path {path} has a name that stands for something else on some systems", path)
    return parts


def _check_characters(path: str) -> None:
    if len(path.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise _refused("the path {path} is too long", path)
    if any(unicodedata.category(letter) in _INVISIBLE and letter not in _JOINERS for letter in path):
        raise _refused("the path {path} has characters that cannot be seen", path)


def _is_disguised(part: str) -> bool:
    """Whether something that normalises names would make another path of it: two dots in one character (U+2025)."""
    plain = unicodedata.normalize("NFKC", part)
    return plain != part and (plain.strip() in {"", ".", ".."} or "/" in plain or "\\" in plain)


def _is_odd_on_windows(part: str) -> bool:
    return bool(_RESERVED.fullmatch(part) or _NOT_ON_WINDOWS.search(part))


def is_denied(parts: Iterable[str], patterns: Sequence[str]) -> bool:
    """Whether a name of a path fits a pattern, in whichever case and width it is written.

    Example:
        >>> is_denied(("app", ".ENV"), (".*",)), is_denied(("app", "env"), (".*",))
        (True, False)
    """
    names = [unicodedata.normalize("NFKC", part).casefold() for part in parts]
    return any(fnmatchcase(name, pattern.casefold()) for name in names for pattern in patterns)


def spellings(part: str) -> list[str]:
    """Return a name, and others that look the same.

    Files that come from a Mac have their 한글 taken apart.

    Example:
        >>> [len(name) for name in spellings("한글")], spellings("a")
        ([2, 6], ['a'])
    """
    if part.isascii():
        return [part]
    return list(dict.fromkeys([part, usual(part), unicodedata.normalize("NFD", part)]))


def usual(part: str) -> str:
    """Return a name as most systems write it."""
    return unicodedata.normalize("NFC", part)


def shown(path: str) -> str:
    """Return a path as it may stand in a sentence: quoted, in one line, not too long."""
    quoted = repr(path) if path.isprintable() else ascii(path)
    return quoted if len(quoted) <= 200 else f"{quoted[:200]}…'"  # noqa: PLR2004


def _refused(sentence: str, path: str) -> PathRefusedError:
    return PathRefusedError(say(sentence, path=shown(path), example="'notes/todo.md'"))
