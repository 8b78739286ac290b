"""`markdown_documents`: Markdown files as documents to search in, one for each section, each with its source."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from langchain_core.documents import Document

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["markdown_documents", "sections_of"]

_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRONT: Final = re.compile(r"\A---\r?\n.*?^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_LONGEST: Final = 1_200
_ENDINGS: Final = ("\n\n", "\n", ". ", " ")
"""Where a long text is cut, the best place first."""
_SUFFIXES: Final = frozenset({".md", ".markdown"})


class Section(NamedTuple):
    """A part of a text under one heading.

    Attributes:
        path: the headings that it stands under, the outermost first.
        text: without them.
    """

    path: tuple[str, ...]
    text: str


def markdown_documents(path: str | os.PathLike[str], *, characters: int = _LONGEST) -> list[Document]:
    """Return the sections of a Markdown file, or of all Markdown files of a folder and its subfolders.

    A section's title are the headings that it stands under, its source is its file, its id ``folder/file.md#heading``.

    Args:
        path: file or folder.
        characters: of a document at most; a longer section becomes several, cut between paragraphs where possible.

    Raises:
        ConfigurationError: there is nothing to read, a file is no UTF-8, or no text fits into so few characters.
    """
    root = Path(path)
    if characters < 1:
        raise ConfigurationError(f"characters={characters} leaves nothing to read; give 1 or more")
    if not root.exists():
        raise ConfigurationError(f"there is no file or folder {os.fspath(path)!r} to read Markdown from")
    found = [root] if root.is_file() else sorted(file for file in root.rglob("*") if file.suffix in _SUFFIXES)
    base = root.parent if root.is_file() else root
    documents = [document for file in found for document in _of_file(file, base, characters)]
    if not documents:
        raise ConfigurationError(f"{os.fspath(path)!r} holds no Markdown with a text in it (*.md, *.markdown)")
    return documents


def sections_of(text: str) -> list[Section]:
    r"""Return the sections of a Markdown text that have a text of their own; headings in code blocks are none.

    Example:
        >>> sections_of("# 반품\n\n## 기한\n7일입니다.\n## 비용\n6,000원입니다.")
        [Section(path=('반품', '기한'), text='7일입니다.'), Section(path=('반품', '비용'), text='6,000원입니다.')]
    """
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    sections: list[Section] = []

    def close() -> None:
        if body := "\n".join(lines).strip():
            sections.append(Section(tuple(title for _, title in path), body))
        lines.clear()

    for line, heading in _lines(_FRONT.sub("", text)):
        if heading is None:
            lines.append(line)
            continue
        close()
        path = [*(above for above in path if above[0] < heading[0]), heading]
    close()
    return sections


def _lines(text: str) -> Iterator[tuple[str, tuple[int, str] | None]]:
    """Give each line, and level and title where it is a heading."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            closes = mark is not None and mark[1].startswith(fence) and not line.strip(f" {fence[0]}")
            fence = "" if closes else fence
            yield line, None
            continue
        fence = mark[1] if mark else ""
        heading = None if mark else _HEADING.match(line)
        yield line, None if heading is None else (len(heading[1]), heading[2].strip())


def _of_file(file: Path, base: Path, characters: int) -> Iterator[Document]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file.name} is no UTF-8 text: save it as UTF-8 ({error})") from error
    name, seen = file.relative_to(base).as_posix(), dict[str, int]()
    for section in sections_of(text):
        title = " > ".join(section.path) or file.stem
        place = f"{name}#{section.path[-1]}" if section.path else name
        for piece in _pieces(section.text, characters):
            seen[place] = number = seen.get(place, 0) + 1
            key = place if number == 1 else f"{place}-{number}"
            yield Document(piece, id=key, metadata={"title": title, "source": name})


def _pieces(text: str, most: int) -> Iterator[str]:
    """Cut a text into pieces of so many characters at most, at the best place that is in the second half of each."""
    while len(text) > most:
        window = text[:most]
        places = (window.rfind(ending, most // 2) + len(ending.rstrip(" ")) for ending in _ENDINGS if ending in window)
        place = next((place for place in places if place > most // 2), most)
        yield text[:place].strip()
        text = text[place:].strip()
    if text:
        yield text
