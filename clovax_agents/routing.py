"""Where to go next: pure functions from messages to the name of a node, with their targets declared in their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.types import Command, Send

from clovax_agents.execution.calls import last_turn, open_calls
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.execution.calls import TurnCall

__all__ = [
    "AfterApproval",
    "AfterModel",
    "AfterModelWithApproval",
    "AfterTools",
    "answers_in",
    "has_route",
    "is_answered_directly",
    "model_turns",
    "route_after_approval",
    "route_after_model",
    "route_after_tools",
]

AfterModel = Literal["tools", "__end__"]
AfterModelWithApproval = Literal["approval", "tools", "__end__"]
AfterApproval = Literal["tools", "model"]
AfterTools = Literal["model", "__end__"]


def route_after_model(
    messages: Sequence[BaseMessage],
    *,
    asks: Callable[[TurnCall], bool] | None = None,
    interrupts: Collection[str] = (),
) -> Any:
    """Go to the tools while a call is unanswered, even one that must not run: it needs its answer. Else end.

    Args:
        messages: of the state.
        asks: whether a person has to agree to a call; then approval comes first.
        interrupts: names of tools that may interrupt: each of their calls goes to the tools in a task of its own.
    """
    calls = open_calls(messages)
    if not calls:
        return "__end__"
    if asks is not None and any(call.problem is None and asks(call) for call in calls):
        return "approval"
    return _to_tools(calls, interrupts)


def route_after_approval(messages: Sequence[BaseMessage], *, interrupts: Collection[str] = ()) -> Any:
    """Go to the tools with what may run now; if everything was answered by the person, back to the model."""
    calls = open_calls(messages)
    return _to_tools(calls, interrupts) if calls else "model"


def route_after_tools(messages: Sequence[BaseMessage], return_direct: Collection[str]) -> AfterTools:
    """Go back to the model, unless a tool whose result is the final answer has succeeded."""
    _, answers = last_turn(messages)
    done = any(answer.name in return_direct and answer.status == "success" for answer in answers)
    return "__end__" if done else "model"


def is_answered_directly(messages: Sequence[BaseMessage], return_direct: Collection[str]) -> bool:
    """Whether the history ends with a result that is the final answer, of calls that ran in tasks of their own.

    None of those tasks sees what the others did; whoever comes after them does.
    """
    ended = bool(messages) and isinstance(messages[-1], ToolMessage)
    return ended and route_after_tools(messages, return_direct) == "__end__"


def has_route(updates: Sequence[Any]) -> bool:
    """Whether a tool has said itself where to go next, as a hand-off does."""
    commands = [cast("Any", update) for update in updates if isinstance(update, Command)]
    return any(command.goto or command.graph for command in commands)


def model_turns(messages: Sequence[BaseMessage]) -> int:
    """Return how often the model has answered since the user last spoke."""
    turns = 0
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            continue
        if isinstance(message, HumanMessage):
            break
        turns += isinstance(message, AIMessage)
    return turns


def answers_in(updates: Sequence[Any]) -> list[ToolMessage]:
    """Return the tool messages among what the tools node adds to the state."""
    found: list[ToolMessage] = []
    for update in updates:
        part: Any = cast("Any", update).update if isinstance(update, Command) else update
        parts = as_dict(part)
        messages: list[Any] = (as_list(part) or []) if parts is None else parts.get("messages", [])
        found.extend(message for message in messages if isinstance(message, ToolMessage))
    return found


def _to_tools(calls: Sequence[TurnCall], interrupts: Collection[str]) -> Any:
    """Send calls that may interrupt one by one, so that an answer cannot reach another; all others together."""
    alone = [call for call in calls if call.name in interrupts and call.problem is None]
    if not alone or len(calls) == 1:
        return "tools"
    together = [call for call in calls if call not in alone]
    groups = [*([together] if together else []), *([call] for call in alone)]
    return [Send("tools", [_as_sent(call) for call in group]) for group in groups]


def _as_sent(call: TurnCall) -> dict[str, Any]:
    sent = {"name": call.name, "args": call.arguments, "id": call.id, "type": "tool_call"}
    return {**sent, "message_id": call.message_id}
