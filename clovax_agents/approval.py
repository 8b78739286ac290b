"""What a person is asked about tool calls, and what the answer means: pure (promise 8).

The question is LangChain's ``HITLRequest``, which Agent Chat UI and LangGraph Studio understand. Answers come in its
shape or in that of the older ``HumanInterrupt``; either is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.approvals import approval_key, approve
from clovax_agents.execution.calls import last_turn, with_unique_ids
from clovax_agents.execution.canonical import arguments_hash
from clovax_agents.execution.narrowing import as_dict, as_list
from clovax_agents.execution.texts import one_line
from clovax_agents.execution.wording import say
from clovax_agents.raw_calls import raw_entries, raw_function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from clovax_agents.execution.approvals import Approval
    from clovax_agents.execution.calls import TurnCall

__all__ = [
    "CHANGED",
    "MAX_QUESTIONS",
    "Decided",
    "Decision",
    "UnreadableAnswerError",
    "WrittenDown",
    "decide",
    "hitl_request",
    "read_decisions",
    "written_down",
]

MAX_QUESTIONS: Final = 3
"""How often a person is asked about the same calls, before they count as rejected."""
CHANGED: Final = "These calls were changed after a person was asked about them, so decide about them as they are now."
Kind = Literal["approve", "edit", "reject", "respond"]
_ALLOWED: Final = ("approve", "edit", "reject", "respond")
_KINDS: Final[dict[str, Kind]] = {
    "approve": "approve",
    "accept": "approve",
    "edit": "edit",
    "reject": "reject",
    "ignore": "reject",
    "respond": "respond",
    "response": "respond",
}


class UnreadableAnswerError(ValueError):
    """An answer that is in no known shape, or not one for each call; the text says what is expected."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about one call.

    Attributes:
        kind: approve, edit, reject or respond.
        arguments: of an edit.
        message: of a rejection or a response.
    """

    kind: Kind
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    message: str = ""


def hitl_request(calls: Sequence[tuple[TurnCall, str]], problem: str | None = None) -> dict[str, Any]:
    """Return the question about calls, all at once.

    Args:
        calls: each with the description of its tool.
        problem: why the last answer could not be used.
    """
    note = f"{problem}\n\n" if problem else ""
    return {
        "action_requests": [
            {"name": call.name, "args": call.arguments, "description": f"{note}{one_line(call.name)}: {description}"}
            for call, description in calls
        ],
        "review_configs": [{"action_name": call.name, "allowed_decisions": list(_ALLOWED)} for call, _ in calls],
    }


def read_decisions(answer: Any, calls: Sequence[TurnCall]) -> list[Decision]:
    """Return a decision for each call, in order.

    Args:
        answer: ``{"decisions": [{"type": "approve"}, ...]}``, or a list of these, of
            ``{"type": "accept" | "edit" | "response" | "ignore", "args": ...}``, or one alone for one call.
        calls: that were asked about.

    Raises:
        UnreadableAnswerError: nothing may be run on such an answer.

    Example:
        >>> from clovax_agents.execution import TurnCall
        >>> read_decisions({"decisions": [{"type": "approve"}]}, [TurnCall("c1", "refund", {})])
        [Decision(kind='approve', arguments={}, message='')]
    """
    whole = as_dict(answer)
    given = answer if whole is None or "decisions" not in whole else whole["decisions"]
    listed = as_list(given)
    entries = [given] if listed is None else listed
    if len(entries) != len(calls):
        text = "there are {calls} calls to decide about, and {decisions} decisions"
        raise UnreadableAnswerError(say(text, calls=len(calls), decisions=len(entries)))
    return [_decision(entry, call) for entry, call in zip(entries, calls, strict=True)]


def _decision(entry: Any, call: TurnCall) -> Decision:
    parts = as_dict(entry) or {}
    kind = _KINDS.get(str(entry if isinstance(entry, str) else parts.get("type")))
    if kind is None:
        text = "a decision is a dict whose type is one of {kinds}, not {said}"
        raise UnreadableAnswerError(say(text, kinds=", ".join(_ALLOWED), said=f"{entry!r:.80}"))
    if kind == "edit":
        return Decision(kind, _edited(parts, call))
    message = _message(parts)
    if kind == "respond" and not message.strip():
        example = {"type": "respond", "message": "..."}
        raise UnreadableAnswerError(say("a response carries its text: {example}", example=example))
    return Decision(kind, message=message)


def _edited(parts: Mapping[str, Any], call: TurnCall) -> dict[str, Any]:
    """Return the arguments of an edit, in any of the shapes in which clients send them."""
    action = as_dict(parts.get("edited_action"))
    inner = as_dict(parts.get("args"))
    if action is None and inner is not None and set(inner) == {"action", "args"}:
        action = {"name": inner["action"], "args": inner["args"]}
    name = None if action is None else action.get("name")
    given = inner if action is None else as_dict(action.get("args"))
    if given is None:
        example = "{'type': 'edit', 'edited_action': {'name': ..., 'args': {...}}}"
        raise UnreadableAnswerError(say("an edit carries the new arguments: {example}", example=example))
    if name not in {None, call.name}:
        text = "an edit changes arguments, not the tool: {name} cannot become {other}"
        raise UnreadableAnswerError(say(text, name=repr(call.name), other=repr(name)))
    return given


def _message(parts: Mapping[str, Any]) -> str:
    found: Any = parts.get("message", parts.get("args", ""))
    return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class WrittenDown:
    """What the state says that a person is asked.

    Attributes:
        calls: that are asked about, as they are now.
        is_changed: whether one of them is not what it was then.
    """

    calls: list[TurnCall]
    is_changed: bool


def written_down(calls: Sequence[TurnCall], records: Mapping[str, Approval]) -> WrittenDown | None:
    """Return what of these calls a person is asked about; None if nothing was written down about their message.

    What is asked must not depend on when one looks: a policy that answers otherwise when the run goes on would lay
    the person's decision on another call.

    Args:
        calls: of the last message that have no answer yet.
        records: of the state.
    """
    if not any(key.startswith(f"{call.message_id}:") for call in calls[:1] for key in records):
        return None
    known = [(call, records[key]) for call in calls if (key := approval_key(call)) in records]
    changed = [call for call, record in known if (call.name, _digest(call)) != (record["tool"], record["arguments"])]
    return WrittenDown([call for call, _ in known], bool(changed))


def _digest(call: TurnCall) -> str | None:
    try:
        return arguments_hash(call.arguments)
    except InvalidArgumentsError:
        return None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person's decisions make of a turn.

    Attributes:
        messages: that go into the state: the AI message if it was edited, and the answers to calls that do not run.
        approvals: records of calls that may run; None takes one away.
    """

    messages: list[BaseMessage]
    approvals: dict[str, Approval | None]

    def after(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """Return the history as it is then."""
        changed = {message.id: message for message in self.messages if isinstance(message, AIMessage)}
        answers = [message for message in self.messages if isinstance(message, ToolMessage)]
        return [*(changed.get(message.id, message) for message in messages), *answers]


def decide(
    messages: Sequence[BaseMessage], decisions: Sequence[tuple[TurnCall, Decision]], *, user: str | None, now: float
) -> Decided:
    """Carry out decisions: record what may run, answer what may not, write edits into the model's own message.

    Args:
        messages: of the state.
        decisions: each with its call.
        user: who is logged in.
        now: Unix time.
    """
    message, _ = last_turn(messages)
    edits = {call.id: decision.arguments for call, decision in decisions if decision.kind == "edit"}
    changed: list[BaseMessage] = [] if message is None or not edits else [_with_arguments(message, edits)]
    approvals: dict[str, Approval | None] = {}
    for call, decision in decisions:
        if decision.kind in {"approve", "edit"}:
            arguments = edits.get(call.id, call.arguments)
            kind: Any = decision.kind
            record = approve(call, arguments_hash(arguments), decision=kind, user=user, now=now)
            approvals[approval_key(call)] = record
        else:
            approvals[approval_key(call)] = None
            changed.append(_answer(call, decision))
    return Decided(changed, approvals)


def _answer(call: TurnCall, decision: Decision) -> ToolMessage:
    if decision.kind == "respond":
        return ToolMessage(decision.message, tool_call_id=call.id, name=call.name)
    reason = f": {decision.message}" if decision.message else ""
    told = "a person has rejected this call, so it was not run{reason}. Do not make it again like this"
    text = say("Error: {text}", text=say(told, reason=reason))
    metadata = {"outcome": "rejected"}
    return ToolMessage(text, tool_call_id=call.id, name=call.name, status="error", response_metadata=metadata)


def _with_arguments(message: AIMessage, edits: Mapping[str, dict[str, Any]]) -> AIMessage:
    """Return the model's message with other arguments, so that it sees what has really run."""
    message = with_unique_ids(message)
    changes: dict[str, Any] = {
        "tool_calls": [{**call, "args": edits.get(call["id"] or "", call["args"])} for call in message.tool_calls]
    }
    if raw := raw_entries(message):
        rewritten = [_rewritten(entry, edits) for entry in raw]
        changes["additional_kwargs"] = {**message.additional_kwargs, "tool_calls": rewritten}
    return message.model_copy(update=changes)


def _rewritten(entry: dict[str, Any] | None, edits: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    arguments = None if entry is None else edits.get(str(entry.get("id")))
    if entry is None or arguments is None:
        return entry
    text = json.dumps(arguments, ensure_ascii=False)
    return {**entry, "function": {**raw_function(entry), "arguments": text}}
