"""Which of very many tools a model call is given: worked out from the messages alone, nothing else is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.errors import ConfigurationError
from clovax_agents.tooling.search import ToolIndex
from clovax_agents.toolkit.tool_search import SEARCH_TOOLS, tool_search_tool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from langchain_core.messages import BaseMessage
    from langchain_core.tools import StructuredTool

    from clovax_agents.tooling import Toolbox, ToolSearch
    from clovax_agents.toolkit.tool_search import Hidden

__all__ = ["ToolSelector", "mentioned_names"]

_NAME: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*")


class ToolSelector:
    """Chooses tools for a model call, and holds the tool with which the model looks for more.

    Chosen are the tools that are always given, those found for the user's last message, and all that the history names
    to the model: tools that it has called or found, and those that an answer to an unknown name has told it of. A
    model that reads of tools which it is not given calls them, and the service throws such answers away (40009).

    Args:
        box: of all tools.
        options: how to search.
        hidden: from a run to the tools that the model must not find in it, see `tool_search_tool`.

    Raises:
        ConfigurationError: a tool of ``always`` is not in the box.
    """

    def __init__(self, box: Toolbox, options: ToolSearch, *, hidden: Hidden | None = None) -> None:
        """Index the tools."""
        if unknown := [name for name in options.always if name not in box]:
            known = ", ".join(box.names[:10])
            raise ConfigurationError(f"always={unknown[0]!r} of ToolSearch is no tool of the agent; there are: {known}")
        self._index = ToolIndex(box, morphemes=options.morphemes)
        self._always = frozenset({*options.always, SEARCH_TOOLS})
        self._k = options.k
        self.tool: StructuredTool = tool_search_tool(box, index=self._index, k=options.k, hidden=hidden)
        self._names = (*box.names, SEARCH_TOOLS)

    def __call__(self, messages: Sequence[BaseMessage], hidden: Collection[str] = ()) -> tuple[str, ...]:
        """Return the names of the tools for the next model call, in the order of the box.

        Args:
            messages: the history as the model is going to see it.
            hidden: names of tools that this run must not see, whatever speaks for them.
        """
        wanted = {*self._always, *mentioned_names(messages)}
        wanted.update(match.name for match in self._index.search(_asked(messages), self._k, without=hidden))
        wanted.difference_update(hidden)
        return tuple(name for name in self._names if name in wanted)


def mentioned_names(messages: Sequence[BaseMessage]) -> Iterator[str]:
    """Give all names of tools that a history holds, and words that are none.

    Example:
        >>> call = {"name": "search_tools", "args": {"query": "주문"}, "id": "c1"}
        >>> found = ToolMessage("get_order: 주문을 조회한다.", tool_call_id="c1")
        >>> [*mentioned_names([AIMessage("", tool_calls=[call]), found])]
        ['search_tools', 'get_order', '주문을', '조회한다']
    """
    searches: set[str | None] = set()
    for message in messages:
        if isinstance(message, AIMessage):
            for call in (*message.tool_calls, *message.invalid_tool_calls):
                yield call["name"] or ""
                if call["name"] == SEARCH_TOOLS:
                    searches.add(call["id"])
        elif isinstance(message, ToolMessage) and (message.tool_call_id in searches or _corrects(message)):
            yield from _NAME.findall(message.text)


def _corrects(message: ToolMessage) -> bool:
    """Whether the message says which tools there are, since the model called one that there is not."""
    return bool(message.response_metadata.get("outcome") == "unknown_tool")


def _asked(messages: Sequence[BaseMessage]) -> str:
    return next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")
