"""Rankings of documents: by their words (BM25), and several rankings made one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.tooling.search_bm25 import BM25
from clovax_agents.tooling.search_morphemes import has_morphemes
from clovax_agents.tooling.search_terms import terms_of
from clovax_agents.toolkit.passages import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.documents import Document

__all__ = ["KeywordRanking", "fused"]

_FLAT: Final = 60
"""The constant of reciprocal rank fusion: how little first places count more than second ones."""


class KeywordRanking:
    """Ranks documents by the words that they share with a query.

    Args:
        documents: that do not change.
        morphemes: compare kiwipiepy's stems, too; None: where it is installed.
    """

    def __init__(self, documents: Sequence[Document], *, morphemes: bool | None = None) -> None:
        """Read all documents."""
        self._documents = documents
        self._morphemes = has_morphemes() if morphemes is None else morphemes
        texts = (f"{title_of(document)}\n{document.page_content}" for document in documents)
        self._bm25 = BM25(terms_of(text, morphemes=self._morphemes) for text in texts)

    def search(self, query: str, k: int) -> list[Document]:
        """Return the k best documents, best first; those that share nothing with the query are left out."""
        found = self._bm25.search(terms_of(query, morphemes=self._morphemes), k)
        return [self._documents[number] for number, _ in found]


def fused(rankings: Sequence[Sequence[Document]], k: int) -> list[Document]:
    """Return the k best documents of several rankings, by the sum of ``1 / (60 + rank)`` (reciprocal rank fusion).

    Two documents of one text are one. Of equals, the one that comes first in the first ranking stands first.

    Example:
        >>> from langchain_core.documents import Document
        >>> a, b, c = Document("a"), Document("b"), Document("c")
        >>> [document.page_content for document in fused([[a, b], [b, c]], 2)]
        ['b', 'a']
    """
    scores: dict[str, float] = {}
    first: dict[str, Document] = {}
    for ranking in rankings:
        distinct = {document.page_content.strip(): document for document in reversed(ranking)}
        ordered = dict.fromkeys(document.page_content.strip() for document in ranking)
        for rank, text in enumerate(filter(None, ordered), 1):
            scores[text] = scores.get(text, 0.0) + 1 / (_FLAT + rank)
            first.setdefault(text, distinct[text])
    return [first[text] for text in sorted(scores, key=lambda text: -scores[text])[:k]]
