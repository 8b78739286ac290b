"""`ToolExecutor`: the tools node. All calls of a message run together; each gets exactly one ToolMessage."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypedDict, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, StructuredTool, Tool
from langgraph.errors import GraphBubbleUp

from clovax_agents.execution.answers import error_answer, error_text, unknown_tool_text
from clovax_agents.execution.calls import open_calls
from clovax_agents.execution.threads import submit
from clovax_agents.tooling import Toolbox
from clovax_agents.tooling.background import run_in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.calls import TurnCall

__all__ = ["ToolExecutor"]


class Answers(TypedDict):
    """What the node adds to the state."""

    messages: list[Any]


class ToolExecutor(Runnable[Any, Answers]):
    """Run the tool calls of the last AI message; use it as a node.

    The calls run concurrently: async tools on the event loop, sync tools in our own threads. Whatever happens to one,
    the others keep their result. Wrong names, wrong arguments and exceptions become error messages that the model
    reads. A call that is cut off, is not strict JSON, or has an answer already never runs.

    Args:
        tools: a `Toolbox`, or tools and functions.

    Example:
        >>> from clovax_agents import tool
        >>> @tool
        ... def add(a: int, b: int) -> int:
        ...     \"\"\"Add two numbers.\"\"\"
        ...     return a + b
        >>> from langchain_core.messages import AIMessage
        >>> call = {"name": "add", "args": {"a": 1, "b": 2}, "id": "c1"}
        >>> ToolExecutor([add]).invoke([AIMessage("", tool_calls=[call])])["messages"][0].content
        '3'
    """

    def __init__(self, tools: Toolbox | Iterable[BaseTool | Callable[..., Any]]) -> None:
        """Take the tools; the set does not change afterwards."""
        box = tools if isinstance(tools, Toolbox) else Toolbox(*tools)
        self.name = "tools"
        self.tools_by_name: Mapping[str, BaseTool] = {tool.name: tool for tool in box}

    def invoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Answers:  # noqa: A002
        """Run the open calls of a state (or a list of messages), in threads; return the answers in call order."""
        futures = [submit(self._run, call, config) for call in open_calls(_messages(input))]
        return {"messages": _settled([_outcome(future) for future in futures])}

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **_: Any) -> Answers:  # noqa: A002
        """Run the open calls of a state (or a list of messages); return the answers in call order."""
        runs = [self._arun(call, config) for call in open_calls(_messages(input))]
        return {"messages": _settled(await asyncio.gather(*runs, return_exceptions=True))}

    def _run(self, call: TurnCall, config: RunnableConfig | None) -> object:
        tool = self._find(call)
        if isinstance(tool, ToolMessage):
            return tool
        try:
            if _only_async(tool):
                return run_in_background(tool.ainvoke(_request(call), config))
            return tool.invoke(_request(call), config)
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a tool raises is the model's to read
            return error_answer(call, error_text(error))

    async def _arun(self, call: TurnCall, config: RunnableConfig | None) -> object:
        tool = self._find(call)
        if isinstance(tool, ToolMessage):
            return tool
        if not _is_async(tool):
            return await asyncio.wrap_future(submit(self._run, call, config))
        try:
            return await tool.ainvoke(_request(call), config)
        except GraphBubbleUp:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a tool raises is the model's to read
            return error_answer(call, error_text(error))

    def _find(self, call: TurnCall) -> BaseTool | ToolMessage:
        tool = self.tools_by_name.get(call.name)
        if tool is None:
            return error_answer(call, unknown_tool_text(call.name, self.tools_by_name))
        return error_answer(call, call.problem) if call.problem else tool


def _messages(state: Any) -> Sequence[BaseMessage]:
    return cast("Sequence[BaseMessage]", state if isinstance(state, list) else state["messages"])


def _request(call: TurnCall) -> dict[str, Any]:
    return {"name": call.name, "args": call.arguments, "id": call.id, "type": "tool_call"}


def _is_async(tool: BaseTool) -> bool:
    if isinstance(tool, StructuredTool | Tool):
        return tool.coroutine is not None
    # LangChain has no public way to ask.
    return type(tool)._arun is not BaseTool._arun  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _only_async(tool: BaseTool) -> bool:
    return isinstance(tool, StructuredTool | Tool) and tool.func is None and tool.coroutine is not None


def _outcome(future: Future[object]) -> object:
    return future.exception() or future.result()


def _settled(outcomes: Iterable[object]) -> list[Any]:
    """Return the answers; raise what is the graph's to handle only when every call has come to its end."""
    finished = list(outcomes)
    for outcome in finished:
        if isinstance(outcome, BaseException):
            raise outcome
    return finished
