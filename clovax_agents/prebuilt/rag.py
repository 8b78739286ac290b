"""Answers from documents: search in Korean, keep what supports an answer, cite it, and refuse what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from langgraph.graph import START, StateGraph

from clovax_agents.errors import ConfigurationError
from clovax_agents.nodes.accounts import Budgets
from clovax_agents.nodes.budgeted import TO_THE_END, BudgetedModel
from clovax_agents.nodes.endings import afresh
from clovax_agents.nodes.forms import FormModel
from clovax_agents.nodes.model import redacted_model
from clovax_agents.nodes.retrieving import (
    FRESH,
    AnswerNode,
    CiteNode,
    DecideNode,
    GradeNode,
    Library,
    RefuseNode,
    RetrieveNode,
    RewriteNode,
)
from clovax_agents.prebuilt.router import DEFAULT_CLASSIFIER
from clovax_agents.prebuilt.team import DEFAULT_MODEL
from clovax_agents.rag.corpus import Corpus, read_documents, read_retriever
from clovax_agents.rag.state import RagContext, RagOutput, RagState
from clovax_agents.recovering.settings import DEFAULT_RECOVERY
from clovax_agents.state import AgentMessages
from clovax_agents.tooling.labels import checked_labels
from clovax_agents.tooling.search_bm25 import check_k

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.vectorstores import VectorStore

    from clovax_agents.budgets import Budget
    from clovax_agents.recovering import Recovery
    from clovax_agents.tooling.policy import Label


__all__ = ["graph", "rag_agent"]

_PASSAGE: Final = 1_500
_EXAMPLE: Final = (
    "반품은 상품을 받은 날부터 7일 안에 신청할 수 있습니다.",
    "배송비는 3,000원이며, 50,000원 이상이면 무료입니다.",
    "적립금은 쌓인 날부터 1년이 지나면 사라집니다.",
)


def rag_agent(  # noqa: PLR0913  # all of them by name
    *,
    documents: str | os.PathLike[str] | Iterable[Document | str] = (),
    retriever: BaseRetriever | VectorStore | None = None,
    embeddings: Embeddings | None = None,
    about: str = "",
    model: BaseChatModel | str = DEFAULT_MODEL,
    decider: BaseChatModel | str | None = DEFAULT_CLASSIFIER,
    judge: BaseChatModel | str | None = None,
    prompt: str | None = None,
    k: int = 4,
    passage_characters: int = _PASSAGE,
    morphemes: bool | None = None,
    max_rewrites: int = 1,
    max_regenerations: int = 1,
    labels: Iterable[Label] = (),
    redact: Callable[[str], str] | None = None,
    recovery: Recovery = DEFAULT_RECOVERY,
    budget: Budget | None = None,
    thread_budget: Budget | None = None,
) -> StateGraph[RagState, RagContext, AgentMessages, RagOutput]:
    """Build an agent that answers from documents; compile it with the checkpointer and the store of your choice.

    Args:
        documents: to search by words (BM25): texts, Documents, or the path of Markdown files, see `markdown_documents`.
        retriever: any retriever or vector store of LangChain; with ``documents``, those in there: both are joined.
        embeddings: of ``documents``, to search by meaning as well; they are made when something is first searched.
        about: what the documents are about; what is about something else is then refused without a search.
        model: that writes the answers.
        decider: decides whether and for what to search; None: each message is searched for as it stands.
        judge: is asked about passages of which words do not tell, in one call; None: the answer's model reads them.
        prompt: system prompt of the answer.
        k: passages for a query, 1 or more.
        passage_characters: of each passage that a model reads.
        morphemes: compare kiwipiepy's stems, too; None: where it is installed.
        max_rewrites: how often a search that finds nothing of use is put in other words; 0 without a decider.
        max_regenerations: how often an answer that does not keep to its sources is written anew, before it is refused.
        labels: what the documents carry: ``"untrusted_input"`` if strangers write them, ``"private_data"``.
        redact: of what the models say to the user.
        recovery: what to do when a model fails.
        budget: of each run; its context can lower it, never raise it.
        thread_budget: of all runs of a thread together.

    Example:
        >>> agent = rag_agent(documents=["환불은 7일 안에 됩니다."], about="환불 규정").compile(name="rag")
        >>> sorted(agent.get_graph().nodes)[2:]
        ['answer', 'cite', 'decide', 'grade', 'refuse', 'retrieve', 'rewrite']
    """
    _check(k, passage_characters, max_rewrites, max_regenerations)
    read = read_documents(documents)
    found = read_retriever(retriever, embeddings, read, k)
    if not read and found is None:
        raise ConfigurationError("rag_agent has nothing to answer from: give documents=, retriever=, or both")
    library = Library(
        corpus=Corpus(documents=read, k=k, morphemes=morphemes) if read else None,
        retriever=found,
        about=about,
        k=k,
        characters=passage_characters,
        labels=checked_labels(labels),
        rewrites=0 if decider is None else max_rewrites,
    )
    nodes = _Nodes(Budgets(budget, thread_budget))
    nodes.add(DecideNode(_heard(decider, redact), library), decider, "retrieve", "refuse", "__end__")
    nodes.add(RetrieveNode(library), None, "grade")
    more = ("rewrite",) if library.rewrites else ()
    grader = None if judge is None else FormModel(judge, recovery)
    nodes.add(GradeNode(grader, library), judge, "answer", *more, "refuse")
    if decider is not None and more:
        nodes.add(RewriteNode(decider, library), decider, "retrieve", "refuse")
    nodes.add(AnswerNode(_heard(model, redact), recovery, prompt), model, "cite")
    nodes.add(CiteNode(max_regenerations, library), None, "answer", *more, "refuse", "__end__")
    nodes.add(RefuseNode(library), None, "__end__")
    return cast("StateGraph[RagState, RagContext, AgentMessages, RagOutput]", nodes.graph)  # for type checkers only


def graph() -> StateGraph[RagState, RagContext, AgentMessages, RagOutput]:
    """Return an agent that knows three rules of a shop, for a ``langgraph.json`` that names nothing else."""
    return rag_agent(documents=_EXAMPLE, about="쇼핑몰의 반품, 배송, 적립금 규정", morphemes=False)


class _Nodes:
    """A graph that is put together from nodes, those that ask a model within budgets."""

    def __init__(self, budgets: Budgets) -> None:
        self.graph: Any = StateGraph(
            RagState, context_schema=RagContext, input_schema=AgentMessages, output_schema=RagOutput
        )
        self.graph.add_edge(START, "decide")
        self._budgets = budgets

    def add(self, node: Any, model: BaseChatModel | str | None, *targets: str) -> None:
        """Add a node, the model that it asks, and where to go from there."""
        if model is not None:
            begins = {"ended": afresh(FRESH)} if node.name == "decide" else {}
            node = BudgetedModel(node, self._budgets, model=model, ways=TO_THE_END, **begins)
        self.graph.add_node(node.name, node, destinations=targets)


def _heard(model: Any, redact: Callable[[str], str] | None) -> Any:
    return model if redact is None or model is None else redacted_model(model, redact)


def _check(k: int, characters: int, rewrites: int, regenerations: int) -> None:
    check_k(k)
    if characters < 1:
        raise ConfigurationError(f"passage_characters={characters} leaves nothing to read; give 1 or more")
    for name, value in (("max_rewrites", rewrites), ("max_regenerations", regenerations)):
        if value < 0:
            raise ConfigurationError(f"{name}={value!r} is less than none: give 0 or more")
