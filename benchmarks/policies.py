"""How often the right passage of the shop's policies is found, and how often what they do not tell is let through.

71 questions of customers, in their words, each with the passage that answers it, and 16 that no passage answers. The
searches see all passages of tools/_policies. The simulator's vectors are made of words: they know no meaning, so they
show that both searches work together, and nothing of what the service's embeddings would find.

    python benchmarks/policies.py --save docs/policies.json
    python benchmarks/page.py docs/policies.json docs/rag.md
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langchain_core.vectorstores import InMemoryVectorStore
from rich.console import Console
from rich.table import Table

from clovax_agents import ClovaXEmbeddings
from clovax_agents.rag.corpus import Corpus
from clovax_agents.rag.grading import CLEAR, LEAST
from clovax_agents.simulator import SimulatorServer
from clovax_agents.toolkit import markdown_documents
from clovax_agents.toolkit.ranking import fused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from langchain_core.documents import Document

    Search = Callable[[str], list[Document]]

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT / "tests" / "data" / "policies.jsonl"
DEPTHS: Final = (1, 2, 4, 8)
_DEEP: Final = 16
"""What a ranking gives to be joined, as `rag_agent` has it with four passages."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer asks, and the passage that answers it; None where none does."""

    text: str
    passage: str | None


def questions() -> list[Question]:
    """Return all questions."""
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    return [Question(row["question"], row["source"]) for row in rows]


def by_words(documents: Sequence[Document], *, morphemes: bool) -> tuple[Search, Corpus]:
    """Search as `rag_agent` does without a retriever."""
    corpus = Corpus(documents=documents, k=_DEEP // 4, morphemes=morphemes)
    corpus.search(["미리 읽기"])
    return lambda query: corpus.search([query])[0], corpus


def with_vectors(documents: Sequence[Document], words: Search | None, settings: Mapping[str, Any]) -> Search:
    """Search with the simulator's embeddings, alone or joined with words."""
    store = InMemoryVectorStore(ClovaXEmbeddings(model="bge-m3", **settings))
    store.add_documents(list(documents))

    def search(query: str) -> list[Document]:
        found = store.similarity_search(query, k=_DEEP)
        return found if words is None else fused([words(query), found], _DEEP)

    return search


def measured(name: str, search: Search, asked: Sequence[Question], corpus: Corpus | None) -> dict[str, Any]:
    """Return what is known of one search: recall, and where its words are counted, what they tell."""
    answered = [question for question in asked if question.passage is not None]
    search(asked[0].text)  # loads the dictionary, if there is one
    start = time.perf_counter()
    found = {question: [document.id for document in search(question.text)] for question in asked}
    took = (time.perf_counter() - start) * 1e3 / len(asked)
    recall = {
        str(depth): sum(question.passage in found[question][:depth] for question in answered) / len(answered)
        for depth in DEPTHS
    }
    if corpus is None:  # its time would be the simulator's
        return {"name": name, "recall": recall}
    return {"name": name, "recall": recall, "search_ms": round(took, 1), **_told(corpus, asked)}


def _told(corpus: Corpus, asked: Sequence[Question]) -> dict[str, float]:
    """Return the shares of questions of which words tell that a passage is about them, or that none is."""
    best = {question: _best(corpus, question.text) for question in asked}
    answered = [share for question, share in best.items() if question.passage is not None]
    other = [share for question, share in best.items() if question.passage is None]
    return {
        "clear": sum(share >= CLEAR for share in answered) / len(answered),
        "lost": sum(share < LEAST for share in answered) / len(answered),
        "refused": sum(share < LEAST for share in other) / len(other),
        "wrongly_clear": sum(share >= CLEAR for share in other) / len(other),
    }


def _best(corpus: Corpus, question: str) -> float:
    found = corpus.search([question])[0][: corpus.k]
    texts = [f"{document.metadata['title']}\n{document.page_content}" for document in found]
    return max((corpus.coverage.share(question, text) for text in texts), default=0.0)


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Show the figures."""
    result = Table(
        "", *(f"recall at {depth}" for depth in DEPTHS), "clear", "lost", "refused", "wrongly clear", "search ms"
    )
    for row in rows:
        told = [f"{row[name]:.2f}" if name in row else "" for name in ("clear", "lost", "refused", "wrongly_clear")]
        recalls = [f"{row['recall'][str(depth)]:.2f}" for depth in DEPTHS]
        result.add_row(row["name"], *recalls, *told, str(row.get("search_ms", "")))
    return result


def rows_of(documents: Sequence[Document], asked: Sequence[Question], settings: Mapping[str, Any]) -> list[Any]:
    """Measure every search."""
    plain, corpus = by_words(documents, morphemes=False)
    stems, with_stems = by_words(documents, morphemes=True)
    return [
        measured("words", plain, asked, corpus),
        measured("words, kiwipiepy", stems, asked, with_stems),
        measured("simulated embeddings", with_vectors(documents, None, settings), asked, None),
        measured("words and simulated embeddings", with_vectors(documents, plain, settings), asked, None),
    ]


def main() -> int:
    """Measure, print, and save if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    documents, asked = markdown_documents(ROOT / "tools" / "_policies"), questions()
    with SimulatorServer() as server:
        settings = {"api_key": "nv-bench", "base_url": server.base_url, "rate_limit": "off"}
        rows = rows_of(documents, asked, settings)
    Console().print(f"{len(asked)} questions, {len(documents)} passages", table(rows))
    if options.save:
        about = {
            "kind": "policies",
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "kiwipiepy": version("kiwipiepy"),
            "passages": len(documents),
            "questions": len(asked),
            "unanswerable": sum(question.passage is None for question in asked),
        }
        text = json.dumps({**about, "rows": rows}, indent=1, ensure_ascii=False)
        options.save.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
