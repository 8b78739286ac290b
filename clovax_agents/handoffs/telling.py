"""What other agents did, in words: a model that reads of calls of tools that it is not given makes them, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import orjson
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from clovax_agents.handoffs.wording import tell
from clovax_agents.tooling.labels import labelled, labels_of, read_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clovax_agents.tooling.policy import Label

__all__ = ["AGENT", "carried", "carrying", "in_words", "marked", "speaker_of", "with_note"]

M = TypeVar("M", bound=BaseMessage)
AGENT: Final = "agent"
"""Where the metadata of a message says which agent of this graph it came from, if its name is somebody else's."""


def speaker_of(message: BaseMessage) -> str:
    """Return which agent said something; an empty text for the one that leads the conversation.

    Example:
        >>> speaker_of(AIMessage("배송 중입니다.", name="delivery"))
        'delivery'
    """
    return str(message.response_metadata.get(AGENT) or message.name or "")


def in_words(messages: Sequence[BaseMessage], *, without: Collection[str] = ()) -> str:
    """Tell calls, their results and texts, in order.

    Args:
        messages: of one agent.
        without: names of tools of which nothing is told: they only say who goes on.

    Example:
        >>> in_words([AIMessage("배송 중입니다.")])
        '배송 중입니다.'
    """
    lines: list[str] = []
    for message in messages:
        if isinstance(message, AIMessage):
            lines += [_called(call["name"], call["args"]) for call in message.tool_calls if call["name"] not in without]
            lines += [message.text] if message.text else []
        elif isinstance(message, ToolMessage) and (message.name or "") not in without:
            lines.append(tell("[result of {name}]\n{text}", name=message.name or "", text=message.text))
    return "\n".join(lines)


def with_note(message: BaseMessage, note: str, sources: Sequence[BaseMessage]) -> BaseMessage:
    """Return a user's message with a text at its end, under its own id.

    Args:
        message: of the user.
        note: the text.
        sources: messages of which it tells; what they carry, it carries.
    """
    together: Any = f"{message.content}\n\n{note}"
    if not isinstance(message.content, str):
        together = [*message.content, {"type": "text", "text": note}]
    return marked(message.model_copy(update={"content": together}), carried(sources))


def carried(messages: Sequence[BaseMessage]) -> frozenset[Label]:
    """Return what messages carry together: untrusted content, private data (fault S06)."""
    return frozenset[Any]().union(*map(labels_of, messages))


def marked(message: M, labels: frozenset[Label]) -> M:
    """Return a message that carries this, too; the same one if it does."""
    if not labels - labels_of(message):
        return message
    made: Any = labelled(message, *labels)  # the same class, which not every type checker sees
    return cast("M", made)


def carrying(message: M, sources: Sequence[BaseMessage], taint: object = None) -> M:
    """Return a message that carries what its sources do.

    Args:
        message: an answer.
        sources: messages that it was made of.
        taint: labels of the state, as it keeps them.
    """
    return marked(message, carried(sources) | read_labels(taint))


def _called(name: str, arguments: object) -> str:
    written = orjson.dumps(arguments, default=str).decode()
    return tell("[called {name}({arguments})]", name=name, arguments=written)
