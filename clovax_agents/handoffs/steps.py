"""Who goes on: pure functions from the messages of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.execution.calls import last_turn
from clovax_agents.execution.narrowing import as_dict
from clovax_agents.handoffs.telling import speaker_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["FORWARD", "GRANTED", "Taking", "answer_of", "answered_by", "forwarded", "since_user", "taken", "takings"]

GRANTED: Final = "agent"
"""Where the artifact of a result names the agent: a person may answer a call, too, and has then granted nothing."""
FORWARD: Final = "forward_message"
"""Name of the tool that gives an agent's answer to the user as it is."""


class Taking(NamedTuple):
    """A hand-over that was granted: under which call, and to whom."""

    call_id: str
    agent: str


def takings(messages: Sequence[BaseMessage], handoffs: Mapping[str, str]) -> list[Taking]:
    """Return who takes over now, in call order and each once: what the last results of the history say.

    Args:
        messages: of the state.
        handoffs: names of agents by the names of the tools that hand over to them.
    """
    found: dict[str, Taking] = {}
    for answer in _last_answers(messages):
        agent = handoffs.get(answer.name or "")
        if agent is not None and agent == _granted(answer):
            found.setdefault(agent, Taking(answer.tool_call_id, agent))
    return list(found.values())


def forwarded(messages: Sequence[BaseMessage]) -> AIMessage | None:
    """Return the answer that goes to the user as it is, if the last results of the history say so."""
    wanted = [_granted(answer) for answer in _last_answers(messages) if answer.name == FORWARD]
    return next((answer_of(messages, agent) for agent in wanted if agent is not None), None)


def taken(messages: Sequence[BaseMessage], tools: Mapping[str, str], *, refused: bool = False) -> int:
    """Return how often these tools have handed over since the user last spoke, or were refused to.

    Args:
        messages: of the conversation.
        tools: names of agents by the names of the tools that hand over to them.
        refused: count those that were not let.
    """
    wanted = "error" if refused else "success"
    answers = (message for message in since_user(messages) if isinstance(message, ToolMessage))
    return sum(answer.name in tools and answer.status == wanted for answer in answers)


def answer_of(messages: Sequence[BaseMessage], agent: str) -> AIMessage | None:
    """Return what an agent last answered since the user spoke."""
    found = (m for m in since_user(messages) if isinstance(m, AIMessage) and not m.tool_calls)
    return next((message for message in found if speaker_of(message) == agent), None)


def answered_by(messages: Sequence[BaseMessage]) -> list[str]:
    """Return who has answered since the user spoke, in order."""
    names = [speaker_of(message) for message in since_user(messages) if isinstance(message, AIMessage)]
    return [name for name in dict.fromkeys(reversed(names)) if name]


def since_user(messages: Sequence[BaseMessage]) -> Iterator[BaseMessage]:
    """Give the messages since the user last spoke, newest first."""
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            return
        yield message


def _last_answers(messages: Sequence[BaseMessage]) -> list[ToolMessage]:
    """Return the results at the end of the history: an agent's answer behind them means that they are settled."""
    if not messages or not isinstance(messages[-1], ToolMessage):
        return []
    message, answers = last_turn(messages)
    order = {call["id"]: place for place, call in enumerate(message.tool_calls)} if message else {}
    known = (answer for answer in answers if answer.tool_call_id in order)
    return sorted(known, key=lambda answer: order[answer.tool_call_id])


def _granted(answer: ToolMessage) -> str | None:
    return (as_dict(answer.artifact) or {}).get(GRANTED)
