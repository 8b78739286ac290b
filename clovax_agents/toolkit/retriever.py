"""`retriever_tool`: search in documents, by words, by meaning, or by both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore

from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.wording import say
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.tooling.search_bm25 import check_k
from clovax_agents.toolkit.passages import told
from clovax_agents.toolkit.queries import query_schema
from clovax_agents.toolkit.ranking import KeywordRanking, fused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.tools import StructuredTool

__all__ = ["retriever_tool"]

_ABOUT: Final = "Search documents for what is asked. The result holds passages marked [1], [2] ..., each with its id"
_QUERY: Final = "What to look for: a question or keywords"
_NOTHING: Final = "Nothing was found. Search with other words, or say that the documents do not tell."
_DEPTH: Final = 4
"""How many times k documents each ranking gives, for the fusion to choose from."""
_PASSAGE: Final = 1_500


def retriever_tool(  # noqa: PLR0913  # all but one by name
    documents: Iterable[Document | str] = (),
    *,
    vectors: VectorStore | BaseRetriever | None = None,
    k: int = 4,
    name: str = "search_documents",
    description: str | None = None,
    query_description: str | None = None,
    passage_characters: int = _PASSAGE,
    morphemes: bool | None = None,
    policy: ToolPolicy | None = None,
) -> StructuredTool:
    """Return a tool that finds passages; its artifact are the documents.

    Args:
        documents: to search by words (BM25, some ten thousand); with ``vectors``, the same that are in there.
        vectors: any vector store or retriever of LangChain; both searches are joined by reciprocal rank fusion.
        k: passages in a result, 1 or more.
        name: of the tool.
        description: say what the documents are about; None: a general one.
        query_description: of the query; None: a general one.
        passage_characters: of each passage that the model reads.
        morphemes: compare kiwipiepy's stems, too; None: where it is installed.
        policy: None: it only reads. Say ``labels`` if the documents are private, or written by strangers.

    Raises:
        ConfigurationError: there is nothing to search in, or something in there is no document.

    Example:
        >>> search = retriever_tool([Document("환불은 7일 안에 됩니다.", id="faq-7")], morphemes=False)
        >>> print(search.invoke({"query": "환불 기한"}))
        [1] id: faq-7
          환불은 7일 안에 됩니다.
    """
    check_k(k)
    given = [_document(item) for item in documents]
    _check(given, vectors, passage_characters)
    ranking = KeywordRanking(given, morphemes=morphemes) if given else None

    async def search_documents(query: str) -> tuple[str, list[Document]]:
        rankings = [] if ranking is None else [ranking.search(query, k * _DEPTH)]
        if vectors is not None:
            rankings.append(await _by_meaning(vectors, query, k * _DEPTH))
        found = fused(rankings, k)
        return told(found, passage_characters) if found else say(_NOTHING), found

    return tool(
        name=name,
        description=description or say(_ABOUT),
        args_schema=query_schema("SearchDocuments", query_description or say(_QUERY)),
        response_format="content_and_artifact",
        policy=policy or ToolPolicy(effect="read"),
    )(search_documents)


async def _by_meaning(vectors: VectorStore | BaseRetriever, query: str, k: int) -> list[Document]:
    if isinstance(vectors, VectorStore):
        return await vectors.asimilarity_search(query, k=k)
    return await vectors.ainvoke(query)


def _document(given: Any) -> Document:
    if isinstance(given, Document):
        return given
    if isinstance(given, str):
        return Document(given)
    raise ConfigurationError(f"documents hold a {type(given).__name__}; give texts or Documents of LangChain")


def _check(documents: list[Document], vectors: Any, passage_characters: int) -> None:
    if not documents and vectors is None:
        raise ConfigurationError("retriever_tool has nothing to search in: give documents, vectors=..., or both")
    if vectors is not None and not isinstance(vectors, VectorStore | BaseRetriever):
        kind = type(vectors).__name__
        raise ConfigurationError(f"vectors is a {kind}; give a VectorStore or a BaseRetriever of LangChain")
    if passage_characters < 1:
        raise ConfigurationError(f"passage_characters={passage_characters} leaves nothing to read; give 1 or more")
