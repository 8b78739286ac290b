"""Which calls of a history are still to be answered, and which of them may run: pure (promises 3 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.execution.call_ids import ids_in_order, with_unique_ids
from clovax_agents.execution.wording import say
from clovax_agents.raw_calls import raw_entries, raw_strings
from clovax_agents.wire.arguments import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import AnyMessage, BaseMessage

__all__ = [
    "TurnCall",
    "calls_of",
    "direct_calls",
    "is_cut_off",
    "is_runnable",
    "last_turn",
    "open_calls",
    "unanswered",
    "with_unique_ids",
]

_CUT: Final = frozenset({"length", "max_tokens"})
CUT_OFF: Final = (
    "your answer was cut off before this call was complete, so nothing was run: make the call again, with less text"
)


class TurnCall(NamedTuple):
    """One tool call: with arguments that may run, or with the problem that keeps it from running.

    Attributes:
        id: under which it is answered; unique in its message.
        name: of the tool, as the model wrote it.
        arguments: an object; empty if there is a problem.
        problem: what is wrong with the call, in words for the model.
        position: in its message, from 0.
        message_id: of its message; empty if that has none.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    problem: str | None = None
    position: int = 0
    message_id: str = ""


def last_turn(messages: Sequence[AnyMessage | BaseMessage]) -> tuple[AIMessage | None, list[ToolMessage]]:
    """Return the last AI message and the tool messages behind it."""
    answers: list[ToolMessage] = []
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            answers.append(message)
        elif isinstance(message, AIMessage):
            answers.reverse()
            return message, answers
    return None, []


def open_calls(messages: Sequence[AnyMessage | BaseMessage]) -> list[TurnCall]:
    """Return the calls of the last AI message that nothing answers yet, in the order they were written."""
    message, answers = last_turn(messages)
    return [] if message is None else unanswered(with_unique_ids(message), answers)


def unanswered(message: AIMessage, answers: Sequence[ToolMessage]) -> list[TurnCall]:
    """Return the calls of a message that none of the answers behind it is for.

    Args:
        message: of `with_unique_ids`.
        answers: behind it.
    """
    if not (message.tool_calls or message.invalid_tool_calls):
        return []
    calls = _calls(message)
    answered = {answer.tool_call_id for answer in answers}
    return [call for call in calls if call.id not in answered] if answered else calls


def is_cut_off(message: AIMessage) -> bool:
    """Whether the model ran out of tokens in the middle of this message."""
    return message.response_metadata.get("finish_reason") in _CUT


def calls_of(message: AIMessage) -> list[TurnCall]:
    """Return all calls of a message in the order they were written, each under an id of its own."""
    return _calls(with_unique_ids(message))


def is_runnable(message: AIMessage) -> bool:
    """Whether one call of a message, at least, may run; no further than to the first that may is read."""
    return any(call.problem is None for call in _read(with_unique_ids(message)))


def _calls(message: AIMessage) -> list[TurnCall]:
    if not raw_entries(message) and not message.invalid_tool_calls and not is_cut_off(message):
        return _plain(message)
    read = {call.id: call for call in _read(message)}
    ordered = (read[key] for key in ids_in_order(message))
    return [call._replace(position=position, message_id=message.id or "") for position, call in enumerate(ordered)]


def direct_calls(given: Sequence[Mapping[str, Any]], messages: Sequence[AnyMessage | BaseMessage]) -> list[TurnCall]:
    """Return calls that were handed over one by one, as ``Send`` does; where their message is known, it decides.

    Args:
        given: calls as LangChain writes them.
        messages: of the state; may be empty.
    """
    message, answers = last_turn(messages)
    known = {call.id: call for call in calls_of(message)} if message is not None else {}
    key = _id_of_last(messages)
    answered = {answer.tool_call_id for answer in answers}
    calls: list[TurnCall] = []
    for position, call in enumerate(given):
        found = known.get(str(call.get("id") or ""))
        if found is None:
            calls.append(TurnCall(str(call.get("id") or ""), call["name"], dict(call["args"]), None, position, key))
        elif found.id not in answered:
            calls.append(found)
    return calls


def _id_of_last(messages: Sequence[Any]) -> str:
    """Return the id of the last AI message, also of one that has lost its class in a checkpoint."""
    found = (message.id for message in reversed(messages) if getattr(message, "type", None) == "ai")
    return next(found, None) or ""


def _plain(message: AIMessage) -> list[TurnCall]:
    key = message.id or ""
    return [
        TurnCall(call["id"] or "", call["name"], call["args"], None, position, key)
        for position, call in enumerate(message.tool_calls)
    ]


def _read(message: AIMessage) -> Iterator[TurnCall]:
    """Read every call. Where its raw string was kept, that has to be strict JSON, whatever was made of it since.

    If it is, the arguments run as they stand now: a person may have edited them.
    """
    cut = say(CUT_OFF) if is_cut_off(message) else None
    strings = raw_strings(message)
    for call in message.tool_calls:
        string = strings.get(call["id"])
        problem = cut or (None if string is None else _flaw(string))
        yield TurnCall(call["id"] or "", call["name"], {} if problem else call["args"], problem)
    for broken in message.invalid_tool_calls:
        flaw = cut or _flaw(broken["args"] or "") or broken["error"] or say(CUT_OFF)
        yield TurnCall(broken["id"] or "", broken["name"] or "unknown", {}, flaw)


def _flaw(raw: str) -> str | None:
    try:
        parse_arguments(raw)
    except InvalidArgumentsError as error:
        return str(error)
    return None
