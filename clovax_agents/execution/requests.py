"""What the tools node is given: a state, a list of messages, or calls that were sent one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from clovax_agents.execution.calls import TurnCall, direct_calls, last_turn, unanswered, with_unique_ids
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.toolnode import is_in_graph, no_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableConfig

    from clovax_agents.execution.toolnode import Shape, ToolNode

__all__ = ["ToolsRequest", "field_of", "read_request"]


class ToolsRequest(NamedTuple):
    """What is to be done.

    Attributes:
        calls: that nothing answers yet.
        state: that tools may see.
        shape: of the answer.
        renamed: the calls' message, if its calls had to be given other ids; it goes into the state.
        approvals: of the state.
        messages: of the state; None if there is one that does not show them.
        taint: of the state, as it was kept; None if it keeps none.
    """

    calls: list[TurnCall]
    state: Any
    shape: Shape
    renamed: AIMessage | None
    approvals: Mapping[str, Any]
    messages: Sequence[Any] | None = None
    taint: Any = None


def read_request(node: ToolNode, given: Any, config: RunnableConfig) -> ToolsRequest:
    """Read what a node was given, in every form that LangGraph and LangChain hand it over in.

    Raises:
        ValueError: there is no AI message.
    """
    direct = _direct(given)
    if direct is not None:
        state = node._extract_state(given, config)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        messages = _messages(state, node)
        calls = direct_calls(direct, messages)
        seen = messages if messages or not (state or is_in_graph(config)) else None
        return ToolsRequest(calls, state, "tool_calls", None, _approvals(state), seen, field_of(state, "taint"))
    messages = _messages(given, node)
    message, answers = last_turn(messages)
    if message is None:
        no_message(messages)
        raise ValueError(messages)
    unique = with_unique_ids(message)
    return ToolsRequest(
        calls=unanswered(unique, answers),
        state=given,
        shape="list" if isinstance(given, list) else "dict",
        renamed=None if unique is message else unique,
        approvals=_approvals(given),
        messages=messages,
        taint=field_of(given, "taint"),
    )


def field_of(state: Any, name: str) -> Any:
    """Return a part of a state, whatever kind of object that is; None if it has none."""
    parts = as_dict(state)
    return getattr(state, name, None) if parts is None else parts.get(name)


def _direct(given: Any) -> list[Mapping[str, Any]] | None:
    whole, listed = as_dict(given), as_list(given)
    if whole is not None and whole.get("__type") == "tool_call_with_context":
        return [whole["tool_call"]]
    last = as_dict(listed[-1]) if listed else None
    return listed if last is not None and last.get("type") == "tool_call" else None


def _messages(state: Any, node: ToolNode) -> Sequence[Any]:
    listed = as_list(state)
    if listed is not None:
        return listed
    return field_of(state, node._messages_key) or []  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _approvals(state: Any) -> Mapping[str, Any]:
    return field_of(state, "approvals") or {}
