"""Documents and what searches them: by words, by meaning, or by both, joined by reciprocal rank fusion."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.vectorstores import VectorStore

from clovax_agents.errors import ConfigurationError
from clovax_agents.rag.grading import CLEAR, Coverage
from clovax_agents.rag.state import Passage
from clovax_agents.tooling.search_morphemes import has_morphemes
from clovax_agents.toolkit.markdown import markdown_documents
from clovax_agents.toolkit.passages import id_of, source_of, title_of
from clovax_agents.toolkit.ranking import KeywordRanking, fused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langchain_core.embeddings import Embeddings

    Documents = str | os.PathLike[str] | Iterable[Document | str]

__all__ = ["Corpus", "joined", "read_documents", "read_retriever"]

DEPTH: Final = 4
"""How many times k documents each ranking gives, for the fusion to choose from."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Documents, indexed when they are first searched; reading is not for an event loop.

    Attributes:
        documents: that do not change.
        k: passages for a query.
        morphemes: compare kiwipiepy's stems, too; None: where it is installed.
    """

    documents: Sequence[Document]
    k: int
    morphemes: bool | None = None

    @cached_property
    def _with_morphemes(self) -> bool:
        return has_morphemes() if self.morphemes is None else self.morphemes

    @cached_property
    def _ranking(self) -> KeywordRanking:
        return KeywordRanking(self.documents, morphemes=self._with_morphemes)

    @cached_property
    def coverage(self) -> Coverage:
        """How much of a question stands in a passage."""
        texts = (f"{title_of(document)}\n{document.page_content}" for document in self.documents)
        return Coverage(texts, morphemes=self._with_morphemes)

    def search(self, queries: Sequence[str]) -> list[list[Document]]:
        """Return for each query the best documents by its words."""
        return [self._ranking.search(query, self.k * DEPTH) for query in queries]

    def tells(self, question: str) -> bool:
        """Whether documents, taken together, are about a question beyond doubt: then it is searched for in any case."""
        found = self._ranking.search(question, self.k)
        together = "\n".join(f"{title_of(document)}\n{document.page_content}" for document in found)
        return self.coverage.share(question, together) >= CLEAR


def read_documents(given: Documents) -> list[Document]:
    """Return documents: those given, or the sections of the Markdown files where a path leads.

    Raises:
        ConfigurationError: something is no document.

    Example:
        >>> read_documents(["환불은 7일 안에 됩니다."])[0].page_content
        '환불은 7일 안에 됩니다.'
    """
    if isinstance(given, str | os.PathLike):
        return markdown_documents(given)
    items: Iterable[Any] = given
    documents: list[Document] = []
    for item in items:
        if not isinstance(item, Document | str):
            raise ConfigurationError(f"documents hold a {type(item).__name__}; give texts or Documents of LangChain")
        documents.append(Document(item) if isinstance(item, str) else item)
    return documents


def read_retriever(
    given: BaseRetriever | VectorStore | None, embeddings: Embeddings | None, documents: Sequence[Document], k: int
) -> Runnable[str, list[Document]] | None:
    """Return what searches by meaning: a user's retriever, or embeddings of the documents; None if there is neither.

    Raises:
        ConfigurationError: there are both, embeddings of nothing, or something that searches nothing.
    """
    if given is not None and embeddings is not None:
        raise ConfigurationError(
            "retriever= and embeddings= are two searches by meaning: a vector store has embeddings of its own. Give "
            "one of them"
        )
    if embeddings is not None and not documents:
        raise ConfigurationError("embeddings= needs documents= to search in; to a retriever, give its own")
    if embeddings is not None:
        return _embedded(embeddings, documents, k * DEPTH)
    if isinstance(given, VectorStore):
        return given.as_retriever(search_kwargs={"k": k * DEPTH})
    if given is not None and not isinstance(given, cast("type[Any]", BaseRetriever)):
        kind = type(given).__name__
        raise ConfigurationError(f"retriever is a {kind}; give a BaseRetriever or a VectorStore of LangChain")
    return given


def joined(
    words: Sequence[Sequence[Document]], meaning: Sequence[Sequence[Document]], *, queries: int, k: int, most: int
) -> list[Passage]:
    """Return the best passages of both searches, those of several queries by turns.

    Args:
        words: for each text that was searched for, what its words have found.
        meaning: the same by its meaning.
        queries: how many of the texts want passages of their own; the others have a say in each of them.
        k: passages for a query.
        most: characters of each passage that the model reads.
    """
    both = [*words[queries:], *meaning[queries:]]
    groups = [fused([*words[at : at + 1], *meaning[at : at + 1], *both], k) for at in range(queries)]
    meant = {document.page_content.strip() for ranking in meaning for document in ranking}
    found: dict[str, Document] = {}
    for turn in zip_longest(*groups):
        for document in filter(None, turn):
            found.setdefault(document.page_content.strip(), document)
    return [_passage(document, most, by_meaning=text in meant) for text, document in found.items()]


def _passage(document: Document, most: int, *, by_meaning: bool) -> Passage:
    text = document.page_content.strip()
    return Passage(
        id=id_of(document),
        title=title_of(document),
        source=source_of(document),
        text=text if len(text) <= most else f"{text[:most].rstrip()}…",
        by_meaning=by_meaning,
    )


def _embedded(embeddings: Embeddings, documents: Sequence[Document], count: int) -> Runnable[str, list[Document]]:
    """Return a search that has the documents embedded when it is first asked."""
    lock = threading.Lock()
    made: list[VectorStore] = []

    def store() -> VectorStore:
        from langchain_core.vectorstores import InMemoryVectorStore  # noqa: PLC0415  # only where it is wanted

        with lock:
            if not made:
                fresh = InMemoryVectorStore(embeddings)
                fresh.add_documents(list(documents))
                made.append(fresh)
        return made[0]

    return RunnableLambda(lambda query: store().similarity_search(query, k=count))
