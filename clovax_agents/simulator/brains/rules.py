"""A deterministic brain: picks declared tools by lexical overlap, fills arguments, writes answers from results."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.brains.answers import answer_from_results, plain_answer, think
from clovax_agents.simulator.brains.citations import answer_from_passages, answer_from_search
from clovax_agents.simulator.brains.instructed import answer_in_json, instructed, read_back
from clovax_agents.simulator.brains.planned import planned, with_step_read
from clovax_agents.simulator.brains.planning import plan
from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest, ToolCall
from clovax_agents.simulator.brains.queries import wants_query, write_query
from clovax_agents.simulator.brains.schema_fill import fill_schema
from clovax_agents.simulator.brains.smalltalk import small_talk
from clovax_agents.simulator.json_types import dumps

if TYPE_CHECKING:
    from collections.abc import Callable

    from clovax_agents.simulator.brains.protocol import Message

__all__ = ["RuleBrain"]

_NO_ANSWER: Final = "[0]"
"""What is said where the passages do not tell, if a system prompt speaks of it."""
_READ: Final = 4_000
"""Characters of a question that the rules look at; answers are quick however long the question is."""


class RuleBrain:
    """Answers by rules, always the same to the same request; it sees nothing but the request.

    Args:
        seed: chooses among equally good wordings.
        clock: seconds since 1970, for words like "tomorrow" (in Korean time).

    Example:
        >>> from clovax_agents.simulator import ChatRequest, Message
        >>> RuleBrain().reply(ChatRequest("HCX-005", (Message("user", "안녕하세요"),))).text
        '안녕하세요! 무엇을 도와드릴까요?'
    """

    def __init__(self, seed: int = 0, *, clock: Callable[[], float] = time.time) -> None:
        self._seed = seed
        self._clock = clock

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer from tool results if there are any, else call tools, else talk."""
        if asked := instructed(request):
            text = answer_in_json(asked, request.messages[-1].text, self._calls(asked))
            return BrainReply(text=text, thinking=think(request) if request.effort != "none" else "")
        if (steps := planned(request, self._clock())) is not None:
            return BrainReply(text=steps, thinking=think(request) if request.effort != "none" else "")
        request = read_back(with_step_read(request))
        calls = () if request.schema is not None else self._calls(request)
        thinking = think(request) if request.effort != "none" else ""
        if calls:
            return BrainReply(thinking=thinking, tool_calls=calls)
        return BrainReply(text=self._text(request), thinking=thinking)

    def _calls(self, request: ChatRequest) -> tuple[ToolCall, ...]:
        answered = any(message.role == "tool" for message in request.current_turn)
        if answered or not request.offered:
            return ()
        if request.tool_choice == "auto" and small_talk(request.question):
            return ()
        return plan(request, self._clock(), _readable(request.question))

    def _text(self, request: ChatRequest) -> str:
        if wants_query(request):
            return dumps(write_query(request))
        if request.schema is not None:
            return dumps(fill_schema(request.schema, _readable(request.question), self._clock()))
        results = [message for message in request.current_turn if message.role == "tool"]
        if results:
            cited = _cited(request, results)
            return answer_from_results(request, results) if cited is None else cited
        return small_talk(request.question) or plain_answer(request, self._seed)


def _cited(request: ChatRequest, results: list[Message]) -> str | None:
    """Quote what a search has found, in the form that is asked for; None if the results are none of a search."""
    if request.api == "rag":
        return answer_from_search(request.question, results)
    told = any(_NO_ANSWER in message.text for message in request.messages if message.role == "system")
    return answer_from_passages(request.question, results, empty=_NO_ANSWER if told else "")


def _readable(question: str) -> str:
    """Return the part of a question that is looked at, with "몇 시" as the one word that it is."""
    return re.sub(r"몇\s+(?=[시개명번월일])", "몇", question[:_READ])
