"""The nodes of an agent that answers from documents: decide, retrieve, grade, rewrite, answer, cite, refuse."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.runtime import get_runtime
from langgraph.types import Command

from clovax_agents.answers import AnswerForm
from clovax_agents.conversations import question_of
from clovax_agents.errors import BudgetExceededError, ConfigurationError, EmptyAnswerError, UnsupportedFunctionError
from clovax_agents.execution.calls import is_cut_off
from clovax_agents.handoffs.telling import carrying
from clovax_agents.nodes.driven import DrivenNode, Wanted, wrapped
from clovax_agents.nodes.endings import final_answer
from clovax_agents.nodes.recovered import RecoveringModel
from clovax_agents.nodes.turns import announce
from clovax_agents.rag.answering import answer_input, refusal
from clovax_agents.rag.citing import citation_problem, given_out, says_nothing
from clovax_agents.rag.corpus import joined
from clovax_agents.rag.deciding import Decision, decider_input, read_decision, search_tools
from clovax_agents.rag.facts import missing_facts
from clovax_agents.rag.grading import Graded, grade, judge_input, read_verdict, verdict_form
from clovax_agents.rag.state import RagContext
from clovax_agents.rag.wording import phrase
from clovax_agents.recovering.settings import Recovery
from clovax_agents.recovering.steps import Step

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from langchain_core.documents import Document
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

    from clovax_agents.nodes.forms import FormModel
    from clovax_agents.nodes.recovered import Given
    from clovax_agents.rag.corpus import Corpus
    from clovax_agents.rag.state import Passage, RagState
    from clovax_agents.tooling.policy import Label

    Steps = Generator[Wanted, Any, Command[Any]]

__all__ = [
    "FRESH",
    "AnswerNode",
    "CiteNode",
    "DecideNode",
    "GradeNode",
    "Library",
    "RefuseNode",
    "RetrieveNode",
    "RewriteNode",
]

_log = logging.getLogger(__name__)
FRESH: Final[dict[str, Any]] = {
    "queries": [],
    "tried": [],
    "passages": [],
    "draft": "",
    "problem": "",
    "tries": 0,
    "rejected": [],
    "rewrites": 0,
    "sources": [],
    "outcome": "",
}
"""What a turn begins with: nothing of the one before."""
_ONCE: Final = Recovery.off()
"""A decider is asked once: if it fails, the question is searched for as it stands."""
_END: Final = "__end__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What an agent answers from.

    Attributes:
        corpus: documents that are searched by their words; None if only the retriever knows them.
        retriever: that searches by meaning; None if there is none.
        about: what the documents are about, in words; empty if nobody said so.
        k: passages for a query.
        characters: of each passage that the model reads.
        labels: what the documents carry.
        rewrites: how often a search that found nothing is put differently.
    """

    corpus: Corpus | None
    retriever: Runnable[str, list[Document]] | None
    about: str
    k: int
    characters: int
    labels: frozenset[Label]
    rewrites: int


class DecideNode(DrivenNode):
    """Decide whether to search, and for what; answer at once what needs no documents.

    Args:
        decider: a model, the name of one, or None: then each message is searched for as it stands.
        library: what there is to search.
    """

    name: str | None = "decide"

    def __init__(self, decider: BaseChatModel | str | None, library: Library) -> None:
        """Keep the parts; no model is made before the first turn."""
        self._model = None if decider is None else RecoveringModel(decider, _ONCE, tools=search_tools(library.about))
        self._library = library

    def _steps(self, state: RagState) -> Steps:
        messages = state["messages"]
        question = _question(messages)
        if self._model is None:
            return _search([question])
        given = decider_input(messages, self._library.about)
        reply, decision = yield from _decided(self._model, given, question)
        if not decision.queries and (yield from self._needs_search(reply, messages, question)):
            decision = Decision([question])
        if decision.queries:
            return _search(decision.queries)
        if decision.declined:
            return Command(update={**FRESH, "outcome": "off_topic"}, goto="refuse")
        direct = reply if reply.id else reply.model_copy(update={"id": str(uuid4())})
        update = {**FRESH, "messages": [carrying(direct, state["messages"], state.get("taint"))], "outcome": "direct"}
        return Command(update=update, goto=_END)

    def _needs_search(
        self, reply: AIMessage, messages: Sequence[BaseMessage], question: str
    ) -> Generator[Wanted, Any, bool]:
        """Whether a model must not have its way that wants no search: documents tell, or it makes facts up."""
        if missing_facts(reply.text, [message.text for message in messages]):
            return True
        corpus = self._library.corpus
        return corpus is not None and (yield Wanted(wrapped(corpus.tells), (question,)))


class RewriteNode(DrivenNode):
    """Put a search differently that found nothing of use.

    Args:
        decider: as in `DecideNode`.
        library: what there is to search.
    """

    name: str | None = "rewrite"

    def __init__(self, decider: BaseChatModel | str, library: Library) -> None:
        """Keep the parts; no model is made before the first turn."""
        self._model = RecoveringModel(decider, _ONCE, tools=search_tools(""))
        self._library = library

    def _steps(self, state: RagState) -> Steps:
        tried = [*(state.get("tried") or []), *(state.get("queries") or [])]
        messages = state["messages"]
        given = decider_input(messages, self._library.about, tried)
        _, decision = yield from _decided(self._model, given, question_of(messages), tried)
        if not decision.queries:
            return Command(update={"tried": tried, "outcome": "not_found"}, goto="refuse")
        update = {"queries": decision.queries, "tried": tried, "rewrites": state.get("rewrites", 0) + 1}
        return Command(update=update, goto="retrieve")


class RetrieveNode(DrivenNode):
    """Search by words, by meaning, or by both."""

    name: str | None = "retrieve"

    def __init__(self, library: Library) -> None:
        """Keep what there is to search."""
        self._library = library
        self._words = None if library.corpus is None else wrapped(library.corpus.search)
        self._meaning = None if library.retriever is None else library.retriever.map()

    def _steps(self, state: RagState) -> Steps:
        queries = _asked(state)
        words: list[list[Document]] = []
        meaning: list[list[Document]] = []
        if self._words is not None:
            words = yield Wanted(self._words, (queries,))
        if self._meaning is not None:
            meaning = yield from self._by_meaning(self._meaning, queries, words)
        count = len(state.get("queries") or [])
        found = joined(words, meaning, queries=count, k=self._library.k, most=self._library.characters)
        update: dict[str, Any] = {"passages": found}
        if found and self._library.labels:
            update["taint"] = sorted(self._library.labels)
        return Command(update=update, goto="grade")

    def _by_meaning(
        self, search: Runnable[Any, Any], queries: list[str], words: list[list[Document]]
    ) -> Generator[Wanted, Any, list[list[Document]]]:
        """Search by meaning; where that fails, what words have found stands, and everybody is told."""
        try:
            found: list[list[Document]] = yield Wanted(search, queries)
        except (ConfigurationError, BudgetExceededError):
            raise
        except Exception as error:
            if not any(words):  # nobody may say that there is nothing
                raise
            _log.warning("the search by meaning failed (%s): what words have found stands", type(error).__name__)
            announce(Step(kind="retriever", step="words"), get_runtime().stream_writer)
            return []
        return found


class GradeNode(DrivenNode):
    """Keep the passages that support an answer.

    Args:
        judge: a model that is asked, once for all of them, about those of which words do not tell; None: the model
            that answers reads them, and says if they are of no use.
        library: what was searched.
    """

    name: str | None = "grade"

    def __init__(self, judge: FormModel | None, library: Library) -> None:
        """Keep the parts."""
        self._judge = judge
        self._library = library
        self._sort = wrapped(self._sorted)

    def _sorted(self, queries: Sequence[str], found: Sequence[Passage]) -> Graded:
        corpus = self._library.corpus
        return grade(queries, found, None if corpus is None else corpus.coverage)

    def _steps(self, state: RagState) -> Steps:
        queries, seen = _asked(state), state.get("rejected") or []
        found = [passage for passage in state.get("passages") or [] if passage["id"] not in seen]
        clear, doubtful = yield Wanted(self._sort, (queries, found))
        judged: list[Passage] = []
        if doubtful and self._judge is not None:
            form = AnswerForm.of(verdict_form())
            verdict = yield from self._judge.filled(form, judge_input(queries, doubtful))
            judged, doubtful = doubtful, read_verdict(verdict, doubtful)
        kept = [passage for passage in found if passage in clear or passage in doubtful]
        if kept:
            return Command(update={"passages": kept}, goto="answer")
        return _nothing(state, self._library, judged)


class AnswerNode(DrivenNode):
    """Write an answer from the passages; it is not streamed, because it may not pass.

    Args:
        model: a model, the name of one, or what makes it.
        recovery: what to do when it fails.
        prompt: system prompt of the graph.
    """

    name: str | None = "answer"

    def __init__(self, model: Given, recovery: Recovery, prompt: str | None) -> None:
        """Keep the parts; no model is made before the first turn."""
        own = replace(recovery, truncated=0, empty=False)  # it is asked again by what is wrong with its answer
        self._model = RecoveringModel(model, own, tools=search_tools(""), silent=True)
        self._prompt = prompt

    def _steps(self, state: RagState) -> Steps:
        context = _context()
        options = {"model": context.model} if context.model else {}
        given = answer_input(state, context.prompt or self._prompt)
        try:
            reply: AIMessage = yield Wanted(self._model, given, options)
        except EmptyAnswerError:  # who says nothing has found nothing
            reply = AIMessage("")
        problem = phrase("the answer was cut off, so write a shorter one") if is_cut_off(reply) else ""
        update = {"draft": reply.text, "problem": problem, "tries": state.get("tries", 0) + 1}
        return Command(update=update, goto="cite")


class CiteNode(DrivenNode):
    """Let an answer out that keeps to its sources; have it written anew, or refuse, if it does not.

    Args:
        most: how often an answer is written anew.
        library: what was searched.
    """

    name: str | None = "cite"

    def __init__(self, most: int, library: Library) -> None:
        """Keep the parts."""
        self._most = most
        self._library = library

    def _steps(self, state: RagState) -> Steps:
        yield from ()  # nobody is asked
        draft, passages = state.get("draft") or "", state.get("passages") or []
        problem = state.get("problem") or ""
        if not problem and says_nothing(draft):
            return _nothing(state, self._library, passages)
        said = [message.text for message in state["messages"] if isinstance(message, HumanMessage)]
        problem = problem or citation_problem(draft, passages, said)
        if problem and state.get("tries", 0) <= self._most:
            return Command(update={"problem": problem}, goto="answer")
        if problem:
            return Command(update={"problem": problem, "outcome": "unsupported"}, goto="refuse")
        text, sources = given_out(draft, passages)
        final = final_answer(state, text).model_copy(update={"additional_kwargs": {"sources": sources}})
        update = {"messages": [final], "sources": sources, "outcome": "answered", "problem": ""}
        return Command(update=update, goto=_END)


class RefuseNode(DrivenNode):
    """Say that there is no answer, and why."""

    name: str | None = "refuse"

    def __init__(self, library: Library) -> None:
        """Keep what was searched."""
        self._about = library.about

    def _steps(self, state: RagState) -> Steps:
        yield from ()  # nobody is asked
        outcome: Any = state.get("outcome") or "not_found"
        text = refusal(outcome, self._about, state.get("passages") or [])
        return Command(update={"messages": [final_answer(state, text, outcome=outcome)]}, goto=_END)


def _decided(
    model: RecoveringModel, given: list[BaseMessage], question: str, tried: Sequence[str] = ()
) -> Generator[Wanted, Any, tuple[AIMessage, Decision]]:
    """Have a model decide; where it says nothing, or names an unknown tool, the question is searched for as it is."""
    name = _context().decider
    try:
        reply = yield Wanted(model, given, {"model": name} if name else {})
    except (EmptyAnswerError, UnsupportedFunctionError):
        return AIMessage(""), read_decision(AIMessage(""), question, tried)
    return reply, read_decision(reply, question, tried)


def _asked(state: RagState) -> list[str]:
    """Return what is searched for: the queries, and the question itself, for a model may leave out what matters."""
    return list(dict.fromkeys([*(state.get("queries") or []), _question(state["messages"])]))


def _search(queries: list[str]) -> Command[Any]:
    return Command(update={**FRESH, "queries": queries}, goto="retrieve")


def _nothing(state: RagState, library: Library, useless: Sequence[Passage]) -> Command[Any]:
    """Go on where nothing supports an answer: search in other words as long as that is allowed, else refuse.

    Args:
        state: of the graph.
        library: that is searched.
        useless: passages that a model has read in vain, and that need not be read again.
    """
    rejected = [*(state.get("rejected") or []), *(passage["id"] for passage in useless)]
    update = {"passages": [], "rejected": rejected, "draft": "", "problem": "", "tries": 0}
    if state.get("rewrites", 0) < library.rewrites:
        return Command(update=update, goto="rewrite")
    return Command(update={**update, "outcome": "not_found"}, goto="refuse")


def _question(messages: Sequence[BaseMessage]) -> str:
    """Return what is asked.

    Raises:
        ConfigurationError: nothing is.
    """
    if question := " ".join(question_of(messages).split()):
        return question
    raise ConfigurationError("there is no message of a user with a text to answer: end messages with one")


def _context() -> RagContext:
    given: Any = get_runtime().context
    return given if isinstance(given, RagContext) else RagContext()
