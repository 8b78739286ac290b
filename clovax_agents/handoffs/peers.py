"""Hand-overs between peers: who is active, and when they only send each other in circles (fault G01): pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents.execution.calls import last_turn
from clovax_agents.handoffs.steps import since_user
from clovax_agents.handoffs.telling import speaker_of
from clovax_agents.handoffs.views import contribution, named
from clovax_agents.handoffs.wording import tell

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["Step", "after_turn", "handoffs_since_user"]

_REFUSED: Final = "handoff_refused"


class Step(NamedTuple):
    """What follows an agent's turn.

    Attributes:
        messages: that it adds to the conversation.
        active: who has the conversation then.
        goto: the agent that goes on now; None if the turn is over.
    """

    messages: list[BaseMessage]
    active: str
    goto: str | None


def after_turn(
    agent: str,
    before: Sequence[BaseMessage],
    given: Sequence[BaseMessage],
    returned: Sequence[BaseMessage],
    *,
    goes_to: str | None,
    tools: Collection[str],
    most: int,
) -> Step:
    """Return what follows an agent's turn.

    Hand-overs in circles are refused: the agent that wanted one too many is told to answer; if it insists, the turn
    ends with a message to the user.

    Args:
        agent: whose turn it was.
        before: the conversation before it.
        given: what the agent read of it.
        returned: what it returned.
        goes_to: to whom it handed over; None if it did not.
        tools: with which it hands over.
        most: how often a message of the user may be handed over.
    """
    if goes_to is None:
        return Step(contribution(agent, given, returned, "full"), agent, None)
    known = {message.id for message in given if message.id}
    new = [named(message, agent) for message in returned if message.id is None or message.id not in known]
    count = handoffs_since_user(before, agent)
    if goes_to != agent and count < most:
        return Step(new, goes_to, goes_to)
    refused = _refused(new, tools, goes_to if goes_to == agent else None, count)
    if _was_refused(before):
        return Step([*refused, _stopped(count)], agent, None)
    return Step(refused, agent, agent)


def handoffs_since_user(messages: Sequence[BaseMessage], agent: str = "") -> int:
    """Return how often the conversation has changed hands since the user last spoke.

    Args:
        messages: of the conversation.
        agent: who has it now.

    Example:
        >>> handoffs_since_user([AIMessage("", name="a"), AIMessage("", name="b")], "a")
        2
    """
    speakers = [speaker_of(message) for message in since_user(messages) if isinstance(message, AIMessage)]
    chain = [agent, *speakers] if agent else speakers
    return sum(one != other for one, other in pairwise(chain))


def _was_refused(messages: Sequence[BaseMessage]) -> bool:
    return any(message.response_metadata.get("outcome") == _REFUSED for message in since_user(messages))


def _refused(
    new: Sequence[BaseMessage], tools: Collection[str], to_itself: str | None, count: int
) -> list[BaseMessage]:
    """Return the messages with the hand-over's result replaced: nobody else goes on."""
    _, answers = last_turn(new)
    wanted = {answer.tool_call_id for answer in answers if answer.name in tools} or {
        answer.tool_call_id for answer in answers
    }
    if to_itself:
        text = tell("{agent} has the conversation already: answer the user", agent=to_itself)
    else:
        text = tell(
            "this message has been handed over {count} times without an answer: do not hand over again, answer the "
            "user yourself",
            count=count,
        )
    last = {id(answer) for answer in answers}
    return [
        _refusal(message, text)
        if isinstance(message, ToolMessage) and id(message) in last and message.tool_call_id in wanted
        else message
        for message in new
    ]


def _refusal(result: ToolMessage, text: str) -> ToolMessage:
    metadata = {**result.response_metadata, "outcome": _REFUSED}
    return result.model_copy(update={"content": text, "status": "error", "response_metadata": metadata})


def _stopped(count: int) -> AIMessage:
    text = tell(
        "The agents handed this over to each other {count} times without an answer, so I stopped. Please say more "
        "precisely what you need.",
        count=count,
    )
    return AIMessage(text, id=str(uuid4()), response_metadata={"outcome": _REFUSED})
