"""What each agent reads of a conversation that belongs to all of them, and what comes back from it: pure.

Every request has to be one that the service takes, and that does not lead a model astray: each call answered once,
right behind it; no calls of tools that the reader is not given; and somebody else's word never the last one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.handoffs.telling import AGENT, carried, in_words, marked, speaker_of, with_note
from clovax_agents.handoffs.wording import tell
from clovax_agents.repair import repair_history

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["Output", "agent_view", "contribution", "named", "supervisor_view"]

Output = Literal["last", "full"]


def supervisor_view(messages: Sequence[BaseMessage], handoffs: Mapping[str, str], name: str = "") -> list[BaseMessage]:
    """Return the conversation as the supervisor reads it: what an agent said is the result of the call that called it.

    Args:
        messages: of the state.
        handoffs: names of agents by the names of the tools that hand over to them.
        name: under which the supervisor's own messages may stand.
    """
    reading = _Reading(handoffs, {"", name})
    for message in messages:
        reading.take(message)
    reading.end_turn()
    return reading.seen


@dataclass(slots=True)
class _Reading:
    """A supervisor's view as far as it has been read.

    Attributes:
        handoffs: as given.
        own: names of the supervisor.
        seen: what it reads.
        open: places of the results that stand for an agent's words, by agent.
        said: what these agents said.
        speaker: the agent that spoke last in this turn.
    """

    handoffs: Mapping[str, str]
    own: Collection[str]
    seen: list[BaseMessage] = field(default_factory=list["BaseMessage"])
    open: dict[str, int] = field(default_factory=dict[str, int])
    said: dict[str, list[BaseMessage]] = field(default_factory=dict[str, "list[BaseMessage]"])
    speaker: str = ""

    def take(self, message: BaseMessage) -> None:
        """Read one message more."""
        if isinstance(message, AIMessage):
            self.speaker = "" if speaker_of(message) in self.own else speaker_of(message)
        elif not isinstance(message, ToolMessage):
            self.speaker = ""
        if self.speaker:
            self._take_of_agent(message)
            return
        if not isinstance(message, ToolMessage):
            self.end_turn()
        elif message.status == "success" and (message.name or "") in self.handoffs:
            self.open.setdefault(self.handoffs[message.name or ""], len(self.seen))
        self.seen.append(message)

    def end_turn(self) -> None:
        """Put what agents have said where their calls are answered."""
        for agent, messages in self.said.items():
            place = self.open[agent]
            told = self.seen[place].model_copy(update={"content": in_words(messages)})
            self.seen[place] = marked(told, carried(messages))
        self.open, self.said = {}, {}

    def _take_of_agent(self, message: BaseMessage) -> None:
        if self.speaker in self.open:
            self.said.setdefault(self.speaker, []).append(message)
        elif _is_text(message):
            self.seen.append(message)


def agent_view(messages: Sequence[BaseMessage], name: str, quiet: Collection[str] = ()) -> list[BaseMessage]:
    """Return the conversation as one of the agents reads it.

    Its own calls stay; of those of others, the results are told in words behind the user's last message, as is what
    others have said since. What comes last is the user's, or a result of its own.

    Args:
        messages: of the state.
        name: of the agent.
        quiet: names of tools that only say who goes on.

    Example:
        >>> [m.type for m in agent_view([HumanMessage("?"), AIMessage("!", name="sales")], "refunds")]
        ['human']
    """
    start = max((place for place, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
    seen: list[BaseMessage] = []
    others: list[BaseMessage] = []
    is_own, last, behind = True, -1, 0
    for place, message in enumerate(messages):
        if isinstance(message, AIMessage):
            is_own = speaker_of(message) == name
        if not isinstance(message, AIMessage | ToolMessage):
            last = len(seen) if place == start else last
            seen.append(message)
        elif is_own or (place < start and _is_text(message)):
            seen.append(message)
            behind = len(others)
        elif place > start >= 0:
            others.append(message)
    if last >= 0 and (note := _note(others, quiet)):
        seen[last] = with_note(seen[last], note, others)
    back = next((speaker_of(message) for message in reversed(others[behind:]) if isinstance(message, AIMessage)), "")
    if back and isinstance(seen[-1], ToolMessage):
        seen[-1] = _handed_back(seen[-1], back)
    if seen and isinstance(seen[-1], AIMessage):
        seen.append(HumanMessage(tell("Go on with what is still open in my request.")))
    return seen


def contribution(
    agent: str, given: Sequence[BaseMessage], returned: Sequence[BaseMessage], output: Output
) -> list[BaseMessage]:
    """Return what an agent adds to the conversation, under its name; it ends with an answer in any case.

    Args:
        agent: its name.
        given: the messages that it was given.
        returned: the messages that it returned.
        output: ``"full"`` for all that it did, ``"last"`` for its answer alone.
    """
    known = {message.id for message in given if message.id}
    new = [message for message in returned if message.id is None or message.id not in known]
    new = [message for message in new if isinstance(message, AIMessage | ToolMessage)]
    if output == "full" and any(map(_is_text, new)):
        return [named(message, agent) for message in repair_history(new)]
    answer = _answer(agent, new)
    answer = marked(answer, carried(new))
    return [answer] if output == "last" else [*(named(message, agent) for message in repair_history(new)), answer]


def _answer(agent: str, new: Sequence[BaseMessage]) -> BaseMessage:
    last = new[-1] if new else None
    if isinstance(last, AIMessage) and _is_text(last):
        return last if last.name == agent else named(last, agent)
    text = last.text if last is not None else ""
    return AIMessage(text or tell("{agent} gave no answer", agent=agent), name=agent)


def named(message: BaseMessage, agent: str) -> BaseMessage:
    """Say who a message is from: agents of agents keep their names."""
    if not isinstance(message, AIMessage) or message.name == agent:
        return message
    if not message.name:
        return message.model_copy(update={"name": agent})
    return message.model_copy(update={"response_metadata": {**message.response_metadata, AGENT: agent}})


def _handed_back(result: ToolMessage, agent: str) -> ToolMessage:
    """Return the result of a hand-over that says who has handed back since."""
    text = tell("{text}. {agent} has handed the conversation back to you", text=result.text, agent=agent)
    return result.model_copy(update={"content": text})


def _note(others: Sequence[BaseMessage], quiet: Collection[str]) -> str:
    """Tell what others have done since the user last spoke, agent by agent."""
    parts: list[str] = []
    block: list[BaseMessage] = []
    for message in [*others, AIMessage("")]:
        if isinstance(message, AIMessage) and block:
            who, text = speaker_of(block[0]), in_words(block, without=quiet)
            parts += [tell("[{agent} has answered]\n{text}", agent=who, text=text) if who else text] if text else []
            block = []
        block.append(message)
    return "\n\n".join(parts)


def _is_text(message: BaseMessage) -> bool:
    calls: Any = getattr(message, "tool_calls", None) or getattr(message, "invalid_tool_calls", None)
    return isinstance(message, AIMessage) and bool(message.content) and not calls
