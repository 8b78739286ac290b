"""Everything that is used of LangGraph's `ToolNode` beyond its documented interface, in one place.

A `ToolExecutor` is one, so that what asks for a ToolNode takes it; tests/peers notices when any of this changes.
"""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast

from langchain_core.messages import AIMessage
from langgraph.prebuilt import ToolNode, ToolRuntime
from langgraph.prebuilt.tool_node import (
    ToolCallRequest,
    ToolInvocationError,
    _filter_validation_errors,
    _handle_tool_error,
    _infer_handled_types,
)
from langgraph.runtime import Runtime
from pydantic import ValidationError

from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.runnables import RunnableConfig

__all__ = [
    "CONTAIN",
    "Shape",
    "ToolCallRequest",
    "ToolNode",
    "handled",
    "is_in_graph",
    "no_message",
    "runtime_of",
    "tool_runtime",
]

Shape = Literal["list", "dict", "tool_calls"]
_RUNTIME: Final = "__pregel_runtime"
_CHECKPOINTER: Final = "__pregel_checkpointer"
_READ: Final = "__pregel_read"


def CONTAIN(error: Exception) -> str:  # noqa: N802  # a constant that has to be a function for ToolNode
    """Contain every error, in our own words: the default of `ToolExecutor`."""
    return str(error)


def runtime_of(config: Mapping[str, Any]) -> Runtime[Any]:
    """Return LangGraph's runtime; an empty one outside of a graph."""
    return (as_dict(config.get("configurable")) or {}).get(_RUNTIME) or Runtime()


def checkpointer_of(config: Mapping[str, Any]) -> Any:
    """Return the checkpointer of the graph that runs; None if it has none."""
    return (as_dict(config.get("configurable")) or {}).get(_CHECKPOINTER) or None


def is_in_graph(config: Mapping[str, Any]) -> bool:
    """Whether a graph runs this, whose state could be read."""
    return (as_dict(config.get("configurable")) or {}).get(_READ) is not None


def tool_runtime(
    runtime: Runtime[Any], state: Any, call_id: str, config: RunnableConfig, tools: list[Any]
) -> ToolRuntime[Any, Any]:
    """Return what tools with a parameter ``runtime`` get."""
    make: Callable[..., ToolRuntime[Any, Any]] = ToolRuntime
    return make(
        state=state,
        tool_call_id=call_id,
        config=config,
        context=runtime.context,
        store=runtime.store,
        stream_writer=runtime.stream_writer,
        tools=tools,
        execution_info=runtime.execution_info,
        server_info=runtime.server_info,
    )


def handled(error: BaseException, flag: Any, call: Mapping[str, Any], injected: Any) -> str:
    """Return the text that a user's ``handle_tool_errors`` makes of an error, as ToolNode reads it.

    Raises:
        BaseException: the error, if it is not one to be handled.
    """
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        filtered: Any = _filter_validation_errors(cause, injected)
        error = ToolInvocationError(call["name"], cause, call["args"], filtered)
    kinds: tuple[type[BaseException], ...] = (Exception,)
    if isinstance(flag, type):
        kinds = (flag,)
    elif isinstance(flag, tuple):
        kinds = cast("tuple[type[Exception], ...]", flag)
    elif callable(flag):
        infer: Any = _infer_handled_types
        kinds = infer(flag)
    if not flag or not isinstance(error, kinds):
        raise error
    text: Any = _handle_tool_error
    return str(text(error, flag=flag))


def wrappers_of(node: Any) -> tuple[Any, Any]:
    """Return the wrappers around a node's calls, for sync and for async graphs."""
    return node._wrap_tool_call, node._awrap_tool_call  # noqa: SLF001


def no_message(messages: Any) -> None:
    """Say, as ToolNode does, that there is nothing to work on."""
    if not messages:
        raise ValueError("No message found in input")
    if not any(isinstance(message, AIMessage) for message in messages):
        raise ValueError("No AIMessage found in input")
