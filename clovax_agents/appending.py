"""The reducer of conversations: `add_messages`, which goes through a long history at each step, made short.

Nearly always, new messages go behind the others. Then it is enough to know that none of them has an id that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from langchain_core.messages import AIMessage, ChatMessage, FunctionMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.graph.message import add_messages

if TYPE_CHECKING:
    from typing import TypeGuard

    from langchain_core.messages import BaseMessage

__all__ = ["append_messages"]

_WHOLE: Final = frozenset({AIMessage, ChatMessage, FunctionMessage, HumanMessage, SystemMessage, ToolMessage})
"""Classes that `add_messages` adds as they are: no chunks, no removals, no one else's."""


def append_messages(left: Any, right: Any) -> list[Any]:
    """Add messages to a conversation, as LangGraph's `add_messages` does, in less time where they only go behind it.

    A message with an id that is there takes the other's place, a ``RemoveMessage`` removes one, and what is no message
    yet becomes one.

    Args:
        left: the conversation.
        right: what is new.

    Example:
        >>> from langchain_core.messages import HumanMessage
        >>> [m.content for m in append_messages([HumanMessage("하나", id="1")], [HumanMessage("둘", id="2")])]
        ['하나', '둘']
    """
    if _are_whole(left) and _are_whole(right):
        for message in right:
            if message.id is None:
                message.id = str(uuid4())
        before, new = {message.id for message in left}, {message.id for message in right}
        if None not in before and len(new) == len(right) and before.isdisjoint(new):
            return [*left, *right]
    return cast("list[Any]", add_messages(cast("Any", left), cast("Any", right)))


def _are_whole(messages: Any) -> TypeGuard[list[BaseMessage]]:
    return _is_list(messages) and _WHOLE.issuperset(map(type, messages))


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return type(value) is list
