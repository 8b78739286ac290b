"""`tool_search_tool`: lets a model that is given few of very many tools look for others."""

from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, Final

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import StructuredTool
from langgraph.prebuilt import InjectedState
from pydantic import Field

from clovax_agents.execution.wording import say
from clovax_agents.tooling import Toolbox, ToolMatch, ToolPolicy, tool
from clovax_agents.tooling.search import DEFAULT_K, ToolIndex
from clovax_agents.tooling.search_bm25 import check_k

__all__ = ["SEARCH_TOOLS", "Hidden", "tool_search_tool"]

Hidden = Callable[[Any, RunnableConfig], Collection[str]]
"""From the state and the configuration of a run to the names of the tools that it must not see."""

SEARCH_TOOLS: Final = "search_tools"
"""What the tool is called."""
_SHOWN: Final = 160
"""Characters of a description that a result shows; the whole of it comes with the tool."""
_ABOUT: Final = (
    "Find tools for a task. Only some of {count} tools are shown to you: search before you say that something cannot "
    "be done. What is found can be called in your next turn, not before"
)
_QUERY: Final = "What is to be done, in a few words of the language of the tools, for instance: cancel an order"
_NOTHING: Final = (
    "No tool has anything in common with these words. Search with other words for the same task, or tell the user that "
    "there is no tool for it."
)


def tool_search_tool(
    box: Toolbox, *, index: ToolIndex | None = None, k: int = DEFAULT_K, hidden: Hidden | None = None
) -> StructuredTool:
    """Return a tool that finds tools of a box; its artifact are their names and scores.

    `react_agent` binds what it finds (``tool_search=True``); in a graph of your own, that is up to the graph.

    Args:
        box: to search in.
        index: of the box's tools; None: one is made.
        k: how many to return at most.
        hidden: from the state and the run's configuration to the names that are never found; None: none.

    Example:
        >>> def add(a: int, b: int) -> int:
        ...     '''두 수를 더한다.'''
        ...     return a + b
        >>> print(tool_search_tool(Toolbox(add)).invoke({"query": "더하기"}))
        add: 두 수를 더한다.
    """
    check_k(k)
    search = (index or ToolIndex(box)).search

    async def search_tools(
        query: Annotated[str, Field(description=say(_QUERY), min_length=1, max_length=2_000)],
        config: RunnableConfig,
        state: Annotated[Any, InjectedState] = None,
    ) -> tuple[str, list[dict[str, Any]]]:
        found = search(query, k, without=() if hidden is None else hidden(state, config))
        return _told(box, found) if found else say(_NOTHING), [dict(match._asdict()) for match in found]

    return tool(
        name=SEARCH_TOOLS,
        description=say(_ABOUT, count=len(box)),
        response_format="content_and_artifact",
        policy=ToolPolicy(effect="read"),
    )(search_tools)


def _told(box: Toolbox, found: Sequence[ToolMatch]) -> str:
    return "\n".join(f"{match.name}: {_first_line(box[match.name].description)}" for match in found)


def _first_line(description: str) -> str:
    line = description.strip().partition("\n")[0]
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
