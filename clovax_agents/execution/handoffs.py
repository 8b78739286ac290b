"""Commands by which a tool says where to go next, so that no result of the calls beside it is lost on the way: pure.

A Command that leaves the graph brings along the history as its tool saw it, in which the results of the calls beside
it are not there yet; and nothing but this Command leaves the graph. Calls that were sent to tasks of their own have
not even ended then, and a person may still be asked: so such a Command waits in the state until all have ended.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command, Send

from clovax_agents.errors import JournalError
from clovax_agents.execution.call_ids import ids_in_order
from clovax_agents.execution.calls import last_turn
from clovax_agents.execution.journal.encoding import decode, encode
from clovax_agents.execution.narrowing import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

    AnyCommand: TypeAlias = Command[Any]

__all__ = ["merge_handoffs", "postponed", "waiting_handoff", "with_siblings"]

_MESSAGES: Final = "messages"


def with_siblings(answers: Sequence[Any], key: str = _MESSAGES) -> list[Any]:
    """Return answers to calls of one message; each Command that leaves the graph takes the others along.

    Args:
        answers: messages, Commands, and lists of these.
        key: of the messages in a state.
    """
    if all(isinstance(answer, ToolMessage) for answer in answers):  # nearly always, and often many
        return list(answers)
    flat = [part for answer in answers for part in (as_list(answer) or [answer])]
    if not any(_leaves(part) for part in flat):
        return list(answers)
    told = {answer.tool_call_id: answer for part in reversed(flat) for answer in _answers_in(part, key)}
    return [_completed(part, told, key) if _leaves(part) else part for part in flat]


def postponed(commands: Sequence[AnyCommand], calls: Sequence[Mapping[str, Any]]) -> list[AnyCommand] | None:
    """Return what a task does instead of going where its tools want to, so that it can be done when all have ended.

    Args:
        commands: of the tools node.
        calls: that the task was sent; each knows its message.

    Returns:
        Commands that end in the model's node; None if what is to be done cannot be written down.
    """
    ids = [str(call["id"]) for call in calls]
    kept: dict[str, str] = {}
    staying: list[AnyCommand] = []
    for command in commands:
        if not (command.goto or command.graph):
            staying.append(command)
            continue
        own = [answer for answer in _answers_in(command, _MESSAGES) if answer.tool_call_id in ids]
        staying.append(Command(update={_MESSAGES: own}) if command.graph else replace(command, goto=()))
        call = own[0].tool_call_id if own else ids[0]
        try:
            text = encode(command if command.graph else Command(goto=command.goto)).decode()
        except JournalError:
            return None
        kept[_key(str(calls[0].get("message_id", "")), call)] = text
    return [*staying, Command(update={"handoffs": kept}, goto="model")]


def waiting_handoff(messages: Sequence[BaseMessage], handoffs: Mapping[str, str]) -> AnyCommand | None:
    """Return where the calls that have just ended want to go, the first of them in call order; None if nowhere.

    Args:
        messages: of the state.
        handoffs: that were postponed.
    """
    message, answers = last_turn(messages)
    if not handoffs or message is None or not isinstance(messages[-1], ToolMessage):
        return None
    texts = (handoffs.get(_key(message.id or "", call)) for call in ids_in_order(message))
    text = next((text for text in texts if text is not None), None)
    if text is None:
        return None
    command: AnyCommand = decode(text.encode())
    if not command.graph:
        return replace(command, update={"handoffs": dict.fromkeys(handoffs)})
    return _completed(command, {answer.tool_call_id: answer for answer in answers}, _MESSAGES)


def merge_handoffs(old: Mapping[str, str] | None, new: Mapping[str, str | None] | None) -> dict[str, str]:
    """Merge what was postponed into the state; None takes one away."""
    merged = {**(old or {}), **(new or {})}
    return {key: text for key, text in merged.items() if text is not None}


def _key(message_id: str, call_id: str) -> str:
    return f"{message_id}:{call_id}"


def _leaves(answer: Any) -> bool:
    return isinstance(answer, Command) and cast("Any", answer).graph is not None


def _answers_in(answer: Any, key: str) -> list[ToolMessage]:
    """Return the tool messages that an answer is, or adds to the state."""
    parts = as_dict(cast("Any", answer).update) if isinstance(answer, Command) else {key: [answer]}
    found = as_list((parts or {}).get(key)) or []
    return [message for message in found if isinstance(message, ToolMessage)]


def _completed(command: AnyCommand, told: Mapping[str, ToolMessage], key: str) -> AnyCommand:
    """Return a Command with all answers in the histories that it brings along, in its update and in its Sends."""
    targets: Any = as_list(command.goto)
    if targets is not None:
        targets = [
            Send(target.node, _with_answers(target.arg, told, key)) if isinstance(target, Send) else target
            for target in targets
        ]
    return replace(command, update=_with_answers(command.update, told, key), goto=targets or command.goto)


def _with_answers(state: Any, told: Mapping[str, ToolMessage], key: str) -> Any:
    """Return a state whose history answers each of the last calls; one without them is left as it is."""
    parts = as_dict(state)
    messages: list[Any] = [] if parts is None else as_list(parts.get(key)) or []
    place = next((n for n in range(len(messages) - 1, -1, -1) if isinstance(messages[n], AIMessage)), None)
    if parts is None or place is None:
        return state
    ids = ids_in_order(messages[place])
    behind = messages[place + 1 :]
    found = {message.tool_call_id: message for message in behind if isinstance(message, ToolMessage)}
    if all(id_ in found or id_ not in told for id_ in ids):
        return state
    answers = [found.get(id_) or told[id_] for id_ in ids if id_ in found or id_ in told]
    rest = [message for message in behind if getattr(message, "tool_call_id", None) not in ids]
    return {**parts, key: [*messages[: place + 1], *answers, *rest]}
