"""The part of a conversation that a model reads which decides something about it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from langchain_core.messages import AIMessage, HumanMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["end_of", "question_of"]

_SHOWN: Final = 6
"""Messages at the end of the conversation that are read: enough for "and the second one?"."""


def question_of(messages: Sequence[BaseMessage]) -> str:
    """Return what the user said last.

    Example:
        >>> question_of([HumanMessage("배송은?")])
        '배송은?'
    """
    return next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")


def end_of(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return the last messages of a conversation, in texts, beginning with the user.

    Args:
        messages: of the state.
    """
    texts: list[BaseMessage] = [
        m for m in messages if isinstance(m, HumanMessage) or (isinstance(m, AIMessage) and m.text)
    ]
    shown = texts[-_SHOWN:]
    while shown and isinstance(shown[0], AIMessage):
        shown = shown[1:]
    return shown
