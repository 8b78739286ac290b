"""What a docstring tells a model: the tool's description and a sentence per parameter.

Google, NumPy and Sphinx style are read, Google style with Korean section titles as well. Only the text above the first
section describes the tool: sections on what it returns or raises are written for people and cost tokens.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docstring_parser import DocstringParam, ParseError, numpydoc, rest
from docstring_parser.google import DEFAULT_SECTIONS, GoogleParser, Section, SectionType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docstring_parser import Docstring

__all__ = ["DocstringText", "MalformedDocstringError", "read_docstring"]

_KOREAN_SECTIONS = [
    *(Section(title, "param", SectionType.MULTIPLE) for title in ("인자", "인수", "매개변수")),
    *(Section(title, "returns", SectionType.SINGULAR_OR_MULTIPLE) for title in ("반환", "반환값")),
    Section("예외", "raises", SectionType.MULTIPLE),
    *(Section(title, "examples", SectionType.SINGULAR) for title in ("예", "예시")),
]
_GOOGLE = GoogleParser([*DEFAULT_SECTIONS, *_KOREAN_SECTIONS])
# Google first: with equally many sections found, the first reader wins.
_READERS: tuple[Callable[[str], Docstring], ...] = (_GOOGLE.parse, numpydoc.parse, rest.parse)
_UNREAD_SECTION = re.compile(
    r"^\s*(Args|Arguments|Parameters|Params|인자|인수|매개변수)\s*(:|\n\s*-{3,})\s*$", re.MULTILINE
)


class MalformedDocstringError(ValueError):
    """A section of parameters that none of the styles can read."""


@dataclass(frozen=True, slots=True)
class DocstringText:
    """What was read from a docstring.

    Attributes:
        description: the text above the first section; empty if there is none.
        parameters: parameter name to description, one entry per documented parameter.
    """

    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


def read_docstring(text: str | None) -> DocstringText:
    r"""Read a docstring of any of the styles.

    Raises:
        MalformedDocstringError: there is a section of parameters, but it cannot be read.

    Example:
        >>> read_docstring("Look up the weather.\n\nArgs:\n    city: Name of the city.").parameters
        {'city': 'Name of the city.'}
    """
    cleaned = inspect.cleandoc(text or "").strip()
    if not cleaned:
        return DocstringText()
    parsed = _parse(cleaned)
    # A reader that found no section at all may still have reflowed the text: the original is better.
    description = (parsed.description or "").strip() if parsed and parsed.meta else cleaned
    if unread := _UNREAD_SECTION.search(description):
        raise MalformedDocstringError(unread.group().strip())
    return DocstringText(description, dict(_parameters(parsed)) if parsed else {})


def _parse(text: str) -> Docstring | None:
    """The reading that recognises most of the text, or None if every reader gave up."""
    readings: list[Docstring] = []
    for reader in _READERS:
        try:
            readings.append(reader(text))
        except ParseError:  # not this style, or a broken section of it
            continue
    return max(readings, key=lambda reading: len(reading.meta), default=None)


def _parameters(parsed: Docstring) -> Iterator[tuple[str, str]]:
    """The documented parameters; ``x, y : int`` of the NumPy style counts as two."""
    for entry in parsed.meta:
        if isinstance(entry, DocstringParam) and entry.args[0] != "attribute":
            for name in entry.arg_name.split(","):
                yield name.strip().lstrip("*\\"), (entry.description or "").strip()
