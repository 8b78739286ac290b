"""`finish_tool`: the final answer as a call that names its sources, which are checked."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, cast

from langchain_core.documents import Document
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langgraph.prebuilt import InjectedState
from pydantic import Field

from clovax_agents.errors import ConfigurationError, ModelRetry
from clovax_agents.execution.narrowing import as_list
from clovax_agents.execution.requests import field_of
from clovax_agents.execution.wording import say
from clovax_agents.tooling import ToolPolicy, tool
from clovax_agents.toolkit.passages import as_document, headline, id_of

__all__ = ["finish_tool", "retrieved"]

_ABOUT: Final = (
    "Give the final answer, with the ids of the passages that it stands on. Call it alone, as the last thing"
)
_ANSWER: Final = "The whole answer for the user; [1] marks what the first of the sources says, [2] the second"
_SOURCES: Final = "Ids of the passages, as the search gave them, in the order of the marks"
_NOTHING_FOUND: Final = (
    "no search of this run has returned a passage, so there is nothing to name as a source: search first, or leave "
    "sources empty"
)
_MARK: Final = re.compile(r"\[(\d{1,2})\]")


def finish_tool(
    *,
    name: str = "finish_with_sources",
    description: str | None = None,
    least: int = 0,
    messages_key: str = "messages",
) -> StructuredTool:
    """Return a tool that ends a run with an answer and the documents that it stands on.

    A source that no retrieval of this run has returned, or a mark that stands for none, is an error that the model
    reads; then it may correct itself. Retrievals are all tools whose artifact is a list of documents.

    Args:
        name: of the tool.
        description: None: a general one.
        least: sources that an answer must have; 0 lets the model answer what needs none.
        messages_key: of the state in which the conversation is.

    Example:
        >>> print(finish_tool().invoke({"answer": "안녕하세요!", "sources": []}))
        안녕하세요!
    """
    if isinstance(least, bool) or least < 0:
        raise ConfigurationError(f"least={least!r} is no number of sources; give 0 or more")

    def finish(
        answer: Annotated[str, Field(description=say(_ANSWER))],
        sources: Annotated[list[str], Field(description=say(_SOURCES))],
        state: Annotated[Any, InjectedState] = None,
    ) -> tuple[str, dict[str, Any]]:
        known = {id_of(document): document for document in retrieved(_messages(state, messages_key))}
        found = _checked(answer, [" ".join(source.split()) for source in sources], known, least)
        return _written(answer.strip(), found), {"answer": answer.strip(), "sources": found}

    return tool(
        name=name,
        description=description or say(_ABOUT),
        return_direct=True,
        response_format="content_and_artifact",
        policy=ToolPolicy(effect="read"),
    )(finish)


def retrieved(messages: Sequence[Any]) -> list[Document]:
    """Return the documents that tools have returned since the user last spoke, in their order.

    Example:
        >>> found = ToolMessage("[1] ...", artifact=[Document("가", id="1")], tool_call_id="c1")
        >>> [id_of(document) for document in retrieved([HumanMessage("?"), found])]
        ['1']
    """
    start = max((place for place, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
    answers = [message for message in messages[start + 1 :] if isinstance(message, ToolMessage)]
    parts = [part for answer in answers for part in as_list(answer.artifact) or []]
    return [document for document in map(as_document, parts) if document is not None]


def _messages(state: Any, key: str) -> Sequence[Any]:
    listed = as_list(state)
    return listed if listed is not None else cast("Sequence[Any]", field_of(state, key) or [])


def _checked(answer: str, sources: Sequence[str], known: dict[str, Document], least: int) -> list[Document]:
    """Return the documents that an answer names.

    Raises:
        ModelRetry: the answer is empty, or its sources are not what was retrieved.
    """
    if not answer.strip():
        raise ModelRetry(say("the answer is empty"))
    if sources and not known:
        raise ModelRetry(say(_NOTHING_FOUND))
    if unknown := [source for source in sources if source not in known]:
        text = "no search of this run has returned a passage with the id {unknown}; the ids are: {known}"
        raise ModelRetry(say(text, unknown=", ".join(unknown), known=", ".join(known)))
    if len(set(sources)) < least:
        text = "the answer needs {least} sources or more, and has {count}"
        raise ModelRetry(say(text, least=least, count=len(set(sources))))
    for mark in _MARK.findall(answer):
        if not 1 <= int(mark) <= len(sources):
            text = "the answer is marked with [{mark}], but there are only {count} sources"
            raise ModelRetry(say(text, mark=mark, count=len(sources)))
    return [known[source] for source in sources]


def _written(answer: str, sources: Sequence[Document]) -> str:
    if not sources:
        return answer
    lines = [f"[{number}] {headline(document)}" for number, document in enumerate(sources, 1)]
    return "\n".join([answer, "", say("Sources:"), *lines])
