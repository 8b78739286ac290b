"""Files beneath a folder, one after the other, and those that have a text in them."""

from __future__ import annotations

import time
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import PathError
from clovax_agents.guards.data_wording import say
from clovax_agents.guards.path_names import shown
from clovax_agents.toolkit.file_texts import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.guards.paths import Entry, PathGuard

__all__ = ["listing", "search"]

MAX_LISTED: Final = 500
MAX_FOUND: Final = 100
MAX_SEARCHED: Final = 20_000
SECONDS: Final = 20.0
_AROUND: Final = 120


def listing(guard: PathGuard, path: str, pattern: str, *, recursive: bool) -> str:
    """Return the files of a folder, one in a line, folders with a slash at their ends.

    Args:
        guard: of the folder.
        path: of the folder that is listed.
        pattern: of the names of files; folders are always listed.
        recursive: with what is in its folders.
    """
    lines: list[str] = []
    for place, entry in _walk(guard, path, recursive=recursive):
        if entry.kind == "folder":
            lines.append(f"{place}/")
        elif _fits(entry.name, pattern):
            lines.append(f"{place} ({entry.size:,} bytes)")
        if len(lines) > MAX_LISTED:
            lines[-1] = f"[{say('there are more; name a folder or a pattern')}]"
            break
    return "\n".join(lines) or say("there are no files in {path}", path=shown(path))


@dataclass(slots=True)
class _Search:
    text: str
    files: int = 0
    skipped: int = 0
    whole: bool = True
    found: list[str] = field(default_factory=list[str])

    def look(self, guard: PathGuard, place: str) -> None:
        """Look for the text in a file."""
        try:
            text = decoded(guard.read(place).data)
        except PathError:  # too large, or gone meanwhile
            text = None
        if text is None:
            self.skipped += 1
            return
        self.files += 1
        plain = _plain(text.text)
        if self.text not in plain:
            return
        for number, line in enumerate(plain.split("\n"), 1):
            if self.text in line and len(self.found) < MAX_FOUND:
                self.found.append(f"{place}:{number}: {_around(text.text.split(chr(10))[number - 1], self.text)}")

    def told(self, wanted: str) -> str:
        """Say what was found."""
        notes: list[str] = []
        if not self.found:
            notes.append(say("nothing in {files:,} files has {text}", files=self.files, text=shown(wanted)))
        if self.skipped:
            notes.append(say("{skipped:,} files are no text, or too large, and were left out", skipped=self.skipped))
        if not self.whole or len(self.found) >= MAX_FOUND:
            notes.append(say("not everything was searched: name a folder or a pattern"))
        return "\n".join([*self.found, *(f"[{note}]" for note in notes)])


def search(guard: PathGuard, text: str, path: str, pattern: str) -> str:
    """Return the lines that have a text, in whichever case it is written and however its 한글 is composed.

    Args:
        guard: of the folder.
        text: as it is; no pattern.
        path: of the folder that is searched.
        pattern: of the names of files.
    """
    end = time.monotonic() + SECONDS
    looking = _Search(_plain(text))
    for seen, (place, entry) in enumerate(_walk(guard, path, recursive=True)):
        if seen >= MAX_SEARCHED or len(looking.found) >= MAX_FOUND or time.monotonic() > end:
            looking.whole = False
            break
        if entry.kind == "file" and _fits(entry.name, pattern):
            looking.look(guard, place)
    return looking.told(text)


def _walk(guard: PathGuard, path: str, *, recursive: bool) -> Iterator[tuple[str, Entry]]:
    """Give what is in a folder, nearest first; folders that close meanwhile are passed over."""
    begin = path.strip("/").removeprefix("./")
    waiting = deque([("" if begin in {"", "."} else begin, guard.entries(path))])
    while waiting:
        above, entries = waiting.popleft()
        for entry in entries:
            place = f"{above}/{entry.name}" if above else entry.name
            yield place, entry
            if recursive and entry.kind == "folder":
                try:
                    waiting.append((place, guard.entries(place)))
                except PathError:
                    continue


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(_plain(name), _plain(pattern))


def _plain(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _around(line: str, text: str) -> str:
    """Return a line, or of a long one what is around the text."""
    if len(line) <= 2 * _AROUND + len(text):
        return line.strip()
    place = max(_plain(line).find(text), 0)
    begin, end = max(place - _AROUND, 0), place + len(text) + _AROUND
    return f"{'…' if begin else ''}{line[begin:end].strip()}{'…' if end < len(line) else ''}"
