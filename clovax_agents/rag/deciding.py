"""Whether to search, and for what: what a model is asked, and how its answer is read: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from langchain_core.messages import AIMessage, SystemMessage

from clovax_agents.conversations import end_of
from clovax_agents.execution.calls import is_cut_off
from clovax_agents.rag.citing import listed
from clovax_agents.rag.wording import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["DECLINE", "SEARCH", "Decision", "conversation", "decider_input", "read_decision", "search_tools"]

SEARCH: Final = "search_documents"
DECLINE: Final = "decline"
_MOST_QUERIES: Final = 3


class Decision(NamedTuple):
    """What is to become of a message.

    Attributes:
        queries: to search for; empty if nothing is.
        declined: whether it has nothing to do with the documents.
    """

    queries: list[str]
    declined: bool = False


def search_tools(about: str) -> list[dict[str, Any]]:
    """Return the tools of the model that decides: search, and, where it is known what the documents are about, decline.

    Example:
        >>> [tool["function"]["name"] for tool in search_tools("환불 규정")]
        ['search_documents', 'decline']
    """
    what = phrase("Search the documents: {about}", about=about) if about else phrase("Search the documents")
    query = phrase("What to look for, in words that can be understood without the conversation")
    searched = {"type": "object", "properties": {"query": {"type": "string", "description": query}}}
    search = _tool(SEARCH, what, {**searched, "required": ["query"]})
    if not about:
        return [search]
    other = phrase("For a request that is about something else altogether")
    return [search, _tool(DECLINE, other, {"type": "object", "properties": {}})]


def decider_input(messages: Sequence[BaseMessage], about: str, tried: Sequence[str] = ()) -> list[BaseMessage]:
    """Return what the model reads that decides.

    Args:
        messages: of the state.
        about: what the documents are about; empty if that is not known.
        tried: queries that have found nothing of use.
    """
    told = [
        phrase(
            "Do not answer from what you know. Call search_documents for whatever the documents may tell, with a "
            "query that says what words such as 'it' stand for; for several questions, call it several times at once. "
            "Answer in words only a greeting, thanks, or a question about this conversation."
        )
    ]
    if about and not tried:
        told.append(phrase("If the request has nothing to do with {about}, call decline.", about=about))
    if tried:
        told.append(
            phrase(
                "These searches have found nothing of use: {tried}. Search in other words, as the documents may put "
                "it: synonyms, official terms, more general ones.",
                tried=", ".join(tried),
            )
        )
    return [SystemMessage("\n\n".join(told)), *conversation(messages)]


def conversation(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the end of a conversation, in texts, without the lists of sources behind answers.

    Args:
        messages: of the state.
    """
    return [_without_sources(message) if isinstance(message, AIMessage) else message for message in end_of(messages)]


def read_decision(reply: AIMessage, question: str, tried: Sequence[str] = ()) -> Decision:
    """Read a model's answer; one that cannot be read is a search for the question as it stands.

    Args:
        reply: of the model.
        question: of the user.
        tried: queries that need not be tried again.

    Example:
        >>> read_decision(AIMessage("", invalid_tool_calls=[{"name": "search_documents"}]), "환불 기한은?").queries
        ['환불 기한은?']
    """
    cut = is_cut_off(reply)
    calls = [] if cut else reply.tool_calls
    asked = (call["args"].get("query") for call in calls if call["name"] == SEARCH)
    queries = [" ".join(query.split()) for query in asked if isinstance(query, str) and query.strip()]
    if queries:
        return Decision([query for query in dict.fromkeys(queries) if query not in tried][:_MOST_QUERIES])
    if any(call["name"] == DECLINE for call in calls):
        return Decision([], declined=True)
    readable = reply.text.strip() and not cut and not reply.tool_calls and not reply.invalid_tool_calls
    return Decision([] if readable or question in tried else [question])


def _tool(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _without_sources(message: AIMessage) -> AIMessage:
    sources: Any = message.additional_kwargs.get("sources")
    if not sources:
        return message
    return message.model_copy(update={"content": message.text.removesuffix(listed(sources))})
