"""Files looked at, a page at a time: what fits into a small context, and how to get at the rest: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ModelRetry
from clovax_agents.execution.cutting import weight
from clovax_agents.workspace.paths import checked_path
from clovax_agents.workspace.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["found_in", "listed", "page_of"]

_LONGEST_LINE: Final = 400
"""Characters; a longer line is several, so that every part of a file can be read."""
_MOST_TOKENS: Final = 2_000
_MOST_FOUND: Final = 30
_MOST_LISTED: Final = 100


def listed(files: Mapping[str, str], path: str) -> str:
    """List the files below a path, with their sizes.

    Example:
        >>> print(listed({"/notes/a.md": "가나다"}, "/"))
        /notes/a.md (3 characters)
    """
    below = _below(files, path)
    lines = [say("{path} ({count} characters)", path=name, count=len(files[name])) for name in below[:_MOST_LISTED]]
    if len(below) > _MOST_LISTED:
        lines.append(say("... and {count} more", count=len(below) - _MOST_LISTED))
    return "\n".join(lines) or say("there are no files")


def page_of(files: Mapping[str, str], path: str, offset: int, limit: int) -> str:
    """Return lines of a file, and where to read on.

    Args:
        files: of the state.
        path: of the file.
        offset: lines to leave out.
        limit: lines to return at most; fewer if they are long.

    Raises:
        ModelRetry: there is no such file, or no such line.
    """
    name = checked_path(path)
    if name not in files:
        known = ", ".join(sorted(files)[:20]) or say("none")
        raise ModelRetry(say("there is no file {path}; there are: {known}", path=name, known=known))
    lines = list(_lines(files[name]))
    if not lines:
        return say("{path} is empty", path=name)
    if offset >= len(lines):
        raise ModelRetry(say("{path} has {count} lines; offset has to be less", path=name, count=len(lines)))
    page, left = list[str](), float(_MOST_TOKENS)
    for line in lines[offset : offset + limit]:
        left -= weight(line, _MOST_TOKENS) + 1
        if left < 0 and page:
            break
        page.append(line)
    end = offset + len(page)
    if offset == 0 and end == len(lines):
        return "\n".join(page)
    told = say("[{path}: lines {first} to {last} of {count}]", path=name, first=offset + 1, last=end, count=len(lines))
    more = [] if end == len(lines) else [say("[read on with offset={offset}]", offset=end)]
    return "\n".join([told, *page, *more])


def found_in(files: Mapping[str, str], pattern: str, path: str) -> str:
    r"""Return the lines that contain a text, upper or lower case, each with its file and the offset to read it at.

    Example:
        >>> print(found_in({"/a.md": "사과\n배 3,000원"}, "배", "/"))
        /a.md offset=1: 배 3,000원
    """
    wanted = pattern.casefold()
    hits = [
        f"{name} offset={number}: {line.strip()}"
        for name in _below(files, path)
        for number, line in enumerate(_lines(files[name]))
        if wanted in line.casefold()
    ]
    if len(hits) > _MOST_FOUND:
        hits = [*hits[:_MOST_FOUND], say("... and {count} more", count=len(hits) - _MOST_FOUND)]
    return "\n".join(hits) or say("no file contains {pattern}", pattern=repr(pattern))


def _below(files: Mapping[str, str], path: str) -> list[str]:
    """Return the names of files in a folder, or of the one file that is named."""
    if not path.strip("/ ."):
        return sorted(files)
    root = checked_path(path)
    return sorted(name for name in files if name == root or name.startswith(f"{root}/"))


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for start in range(0, max(len(line), 1), _LONGEST_LINE):
            yield line[start : start + _LONGEST_LINE]
