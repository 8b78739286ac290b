"""Documents as a model reads and names them: marked, each with an id, a title, a source and its text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.documents import Document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["as_document", "headline", "id_of", "title_of", "told"]

_SOURCES: Final = ("source", "url", "link")
_LONGEST_LABEL: Final = 200


def id_of(document: Document) -> str:
    """Return the id under which a model names a document: its own, or one made of its source and its text.

    Example:
        >>> id_of(Document("환불은 7일 안에.", id="faq-7")), id_of(Document("환불은 7일 안에."))
        ('faq-7', 'doc-bff95a3f0b')
    """
    for own in (document.id, _metadata(document).get("id")):
        if own is not None and (shown := _one_line(own)):
            return shown
    text = f"{source_of(document)}\n{document.page_content}"
    return f"doc-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:10]}"


def title_of(document: Document) -> str:
    """Return the title; empty if there is none."""
    return _one_line(_metadata(document).get("title") or "")


def source_of(document: Document) -> str:
    """Return where a document comes from; empty if nobody knows."""
    metadata = _metadata(document)
    return next((_one_line(metadata[name]) for name in _SOURCES if metadata.get(name)), "")


def headline(document: Document) -> str:
    """Return what a document is called, and where it comes from."""
    return ", ".join(filter(None, [title_of(document), source_of(document)])) or id_of(document)


def told(documents: Sequence[Document], most: int) -> str:
    r"""Return documents as a model reads them.

    The text is indented, so that a mark at the beginning of a line is ours and none that a document has made up.

    Args:
        documents: the best one first.
        most: characters of the text of each.

    Example:
        >>> print(told([Document("7일 안에\n환불합니다.", id="faq-7", metadata={"title": "환불"})], 100))
        [1] id: faq-7 (환불)
          7일 안에
          환불합니다.
    """
    return "\n".join(_passage(number, document, most) for number, document in enumerate(documents, 1))


def as_document(given: object) -> Document | None:
    """Return a document, also one that has become plain data in a checkpoint; None if it is something else."""
    if isinstance(given, Document):
        return given
    if not isinstance(given, dict):
        return None
    parts = cast("dict[str, Any]", given)
    text, metadata, key = parts.get("page_content"), parts.get("metadata"), parts.get("id")
    if not isinstance(text, str):
        return None
    kept: dict[str, Any] = cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}
    return Document(text, metadata=kept, id=key if isinstance(key, str) else None)


def _passage(number: int, document: Document, most: int) -> str:
    about = ", ".join(filter(None, [title_of(document), source_of(document)]))
    text = document.page_content.strip()
    shown = text if len(text) <= most else f"{text[:most].rstrip()}…"
    lines = [f"[{number}] id: {id_of(document)}" + (f" ({about})" if about else "")]
    return "\n".join([*lines, *(f"  {line.rstrip()}" for line in shown.splitlines() if line.strip())])


def _metadata(document: Document) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", document.metadata)  # pyright: ignore[reportUnknownMemberType]


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:_LONGEST_LABEL]
