"""What a page says, as text: its charset found out, its menus and scripts left out, cut where a part ends. Pure."""

from __future__ import annotations

import codecs
import json
import logging
import re
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from clovax_agents.errors import ConfigurationError, FetchError
from clovax_agents.toolkit.web_wording import say

__all__ = ["PageText", "decoded", "extracted", "part_of"]

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KOREAN: Final = frozenset(
    {
        "euc-kr",
        "euckr",
        "ks_c_5601-1987",
        "ks_c_5601",
        "ksc5601",
        "ksc_5601",
        "windows-949",
        "x-windows-949",
        "uhc",
        "ms949",
    }
)
"""All of them are written as code page 949 in truth, which has the syllables that EUC-KR lacks."""
_OF_PAGES: Final = re.compile(
    r"ascii|utf-8|utf-16(?:-[lb]e)?|iso8859-\d+|cp\d+|koi8-[ru]|gb\w+|big5\w*|shift_jis\w*|euc_\w+|iso2022_\w+|johab|mac-\w+"
)
_IN_DISGUISE: Final = re.compile(r"utf-16|iso2022")
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_HEAD: Final = 2_048
_TITLE: Final = re.compile(r"<title[^>]{0,200}>(.{0,1000}?)</title", re.IGNORECASE | re.DOTALL)
_UP_TO: Final = 100_000
"""Characters in which a title is looked for."""
_LONGEST_TITLE: Final = 200
_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json|text/json")
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_PLAIN: Final = re.compile(r"text/.*|application/(?:(?:[a-z0-9.+-]+\+)?xml|(?:x-)?javascript|yaml|x-yaml|x-ndjson)")
_LOOKS_LIKE_HTML: Final = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_ROOT: Final = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_MOST_TAGS: Final = 60_000
"""Of a page whose main text is looked for, which takes a second then; of larger ones, all text is taken."""
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_NO_TEXT: Final = frozenset(b"\x00\x01\x02\x03\x04\x05\x06\x07\x08")


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says; the title is empty if it has none."""

    title: str
    text: str


def decoded(body: bytes, content_type: str) -> str:
    """Return a body as text; a charset that is wrong, missing or unknown does not stop it.

    Args:
        body: unpacked.
        content_type: the header.

    Example:
        >>> decoded("똠방각하".encode("cp949"), "text/html; charset=euc-kr")
        '똠방각하'
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body.decode(charset, "replace")
    named = [found[1] for found in (_CHARSET.search(content_type[:_HEAD]), _CHARSET.search(_beginning(body))) if found]
    charsets = [known for known in map(_known, named) if known]
    # What is UTF-8 by its form hardly ever is anything else, whatever is said; but ISO-2022 and UTF-16 have that form.
    for charset in [*filter(_IN_DISGUISE.match, charsets), "utf-8", *charsets, "cp949"]:
        try:
            return body.decode(charset)
        except UnicodeError:
            continue
    return body.decode(charsets[0] if charsets else "utf-8", "replace")


def _beginning(body: bytes) -> str:
    return body[:_HEAD].decode("latin-1")


def _known(name: str) -> str | None:
    """Return Python's name of a charset that pages are written in; it knows others, which are slow or no charsets."""
    name = name.lower()
    if name in _KOREAN:
        return "cp949"
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    return found if _OF_PAGES.fullmatch(found) else None


def extracted(body: bytes, content_type: str, url: str, *, links: bool) -> PageText:
    """Return what a page says.

    Args:
        body: unpacked.
        content_type: the header; if it is missing, the body tells.
        url: of the page, for the links in it.
        links: whether links are shown, as ``[text](address)``.

    Raises:
        FetchError: it is no text.
        ConfigurationError: the library for HTML is not installed.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind == "application/octet-stream":
        kind = _guessed(body)
    text = decoded(body, content_type)
    if kind in _HTML:
        return _of_html(text, url, links=links)
    if _JSON.fullmatch(kind):
        return PageText("", _of_json(text))
    if _PLAIN.fullmatch(kind):
        return PageText("", text)
    raise FetchError(say("what is there is no text but {kind}", kind=kind[:60]))


def _guessed(body: bytes) -> str:
    if _LOOKS_LIKE_HTML.match(body[:_HEAD]):
        return "text/html"
    return "application/octet-stream" if _NO_TEXT & set(body[:_HEAD]) else "text/plain"


def _of_html(text: str, url: str, *, links: bool) -> PageText:
    library = _trafilatura()
    found: str | None = None
    title = _TITLE.search(text[:_UP_TO])
    if not _ROOT.search(text):  # a fragment, or a plain text that is called HTML: the library wants a page
        text = f"<html><body>{text}</body></html>"
    if text.count("<") <= _MOST_TAGS:
        found = library.extract(text, url=url, include_comments=False, include_tables=True, include_links=links)
    plain = " ".join(unescape(title[1]).split())[:_LONGEST_TITLE] if title else ""
    return PageText(plain, _BLANK_LINES.sub("\n\n", found or library.html2txt(text)).strip())


def _trafilatura() -> Any:
    try:
        import trafilatura  # noqa: PLC0415  # of an extra, and slow to import
    except ImportError as error:
        raise ConfigurationError(
            f'web_fetch needs {error.name}; install it with: pip install "clovax-agents[web]"'
        ) from None
    logger = logging.getLogger("trafilatura")
    if not logger.handlers:  # without any, Python would print that a page is no HTML
        logger.addHandler(logging.NullHandler())
    return trafilatura


def _of_json(text: str) -> str:
    r"""Return JSON in its shortest form, with Korean as it is read and not as ``\u`` escapes."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def part_of(text: str, offset: int, most: int) -> tuple[str, int | None]:
    r"""Return a part of a text, up to the end of a line if one is near, and where the next part begins.

    Args:
        text: the whole.
        offset: characters before the part.
        most: characters of the part.

    Example:
        >>> part_of("first line\nsecond line", 0, 15)
        ('first line\n', 11)
        >>> part_of("first line\nsecond line", 11, 15)
        ('second line', None)
    """
    end = offset + most
    if end >= len(text):
        return text[offset:], None
    line_end = text.rfind("\n", offset + most // 2, end) + 1
    end = line_end or end
    return text[offset:end], end
