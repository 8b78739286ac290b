"""The reranker, which answers from documents and says which of them it used (docs/wire.md, section 7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.citations import Passage, quote_answer
from clovax_agents.simulator.brains.protocol import Message
from clovax_agents.simulator.brains.terms import keywords
from clovax_agents.simulator.jobs import ToolJob
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object
from clovax_agents.simulator.refusals import SimulatedError, invalid, too_long
from clovax_agents.simulator.tokens import cut, prompt_tokens
from clovax_agents.simulator.validation.fields import read_integer, read_string, refuse_foreign_fields

if TYPE_CHECKING:
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["read_reranker"]

_NAME: Final = "reranker"
_FIELDS: Final = frozenset({"documents", "maxTokens", "query"})
_MAX_INPUT: Final = 128_000
_MAX_CAP: Final = 4_095
_DEFAULT_CAP: Final = 1_024
_SHORTEST: Final = 20
"""Characters of a document below which it is never cited (docs/wire.md, W7.2-11)."""

_LEAD: Final = "답변: "
_NO_ANSWER: Final = f"{_LEAD}제공된 문서에서 질문에 대한 답을 찾지 못했습니다."
_MOST_SUGGESTIONS: Final = 3


@dataclass(frozen=True, slots=True)
class _Document:
    id: str
    doc: str


def read_reranker(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v1/api-tools/reranker``: a query, documents of an id and a text each, and a cap.

    Raises:
        SimulatedError: 400 with 40001 (form and range), 40004 (empty query or document) or 40003 (over 128,000 tokens).
    """
    if rules.switches.unknown_native_fields == "refuse":
        refuse_foreign_fields(call.body, _FIELDS)
    documents = _read_documents(call.body.get("documents"))
    query = read_string(call.body, "query")
    cap = read_integer(call.body, "maxTokens", 1, _MAX_CAP, _DEFAULT_CAP)
    texts = [query, *(document.doc for document in documents)]
    if not all(text.strip() for text in texts):
        raise SimulatedError(400, "40004", "Text empty")
    size = prompt_tokens(Message("user", text) for text in texts)
    if size > _MAX_INPUT:
        raise too_long()
    return ToolJob(_NAME, size + cap, lambda: _result(query, documents, cap, size))


def _read_documents(value: object) -> list[_Document]:
    items = as_array(value)
    if not items:
        raise invalid("documents")
    return [_read_document(item, f"documents[{i}]") for i, item in enumerate(items)]


def _read_document(value: object, place: str) -> _Document:
    item = as_object(value)
    if item is None:
        raise invalid(place)
    name, text = item.get("id"), item.get("doc")
    if not isinstance(name, str) or not name:
        raise invalid(f"{place}.id")
    if not isinstance(text, str):
        raise invalid(f"{place}.doc")
    return _Document(name, text)


def _result(query: str, documents: list[_Document], cap: int, size: int) -> JsonObject:
    marks = {f"doc{number}": document for number, document in enumerate(documents, 1)}
    long_enough = [Passage(mark, item.doc) for mark, item in marks.items() if len(item.doc.strip()) >= _SHORTEST]
    quotes = quote_answer(query, long_enough)
    answer = _LEAD + " ".join(map(str, quotes)) if quotes else _NO_ANSWER
    text, used = cut(answer, cap)
    # A quote that the cap has cut is not closed any more, and does not count as a citation.
    cited = [marks[mark] for mark in dict.fromkeys(quote.mark for quote in quotes) if f"</{mark}>" in text]
    return {
        "result": text,
        "citedDocuments": [{"id": document.id, "doc": document.doc} for document in cited],
        "suggestedQueries": [] if quotes else _suggestions(query),
        "usage": {"promptTokens": size, "completionTokens": used, "totalTokens": size + used},
    }


def _suggestions(query: str) -> list[str]:
    """Return shorter queries to search with: all key words together, then each by itself."""
    words = keywords(query)
    return [*dict.fromkeys([" ".join(words), *words] if words else [query])][:_MOST_SUGGESTIONS]
