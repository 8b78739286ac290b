"""A model with all the bad habits that users of HyperCLOVA X reported, at once."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator import QuirkBrain, Quirks, RuleBrain
from clovax_agents.simulator.brains.mistakes import repeated_call

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import BrainReply, ChatRequest

_ENOUGH: Final = 2048
"""Tokens of a cap with which nothing is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often each goes wrong: loops of all questions, resets of all connections, everything else of all answers."""

    invented_names: float = 0.05
    broken_json: float = 0.03
    truncated: float = 0.03
    empty: float = 0.02
    loops: float = 0.02
    resets: float = 0.01


class ChaosBrain:
    """Answers by rules, and makes mistakes by dice.

    The dice know what the model reads: the same request meets the same fate. What is cut off or empty is so until the
    cap is larger; a loop goes on for as long as there are tools.

    Args:
        rates: of the mistakes.
        seed: the same seed gives the same mistakes.
    """

    def __init__(self, rates: Rates, seed: int) -> None:
        """Set the mistakes up."""
        quirks = Quirks(invented_name=rates.invented_names, broken_arguments=rates.broken_json)
        self._brain = QuirkBrain(RuleBrain(), quirks, seed)
        self._rates = rates
        self._seed = seed

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer one request."""
        reply = self._brain.reply(request)
        asked = f"{request.question} {[tool.name for tool in request.tools]}"
        if self._throws("loop", self._rates.loops, asked):
            reply = repeated_call(request, reply, random.Random(0)) or reply  # noqa: S311  # mistakes, not secrets
        if request.cap >= _ENOUGH:
            return reply
        said = f"{asked} {len(request.messages)}"
        if self._throws("empty", self._rates.empty, said):
            return replace(reply, text="", tool_calls=(), finish_reason="length")
        return _halved(reply) if self._throws("truncated", self._rates.truncated, said) else reply

    def _throws(self, name: str, rate: float, said: str) -> bool:
        return random.Random(f"{self._seed} {name} {said}").random() < rate  # noqa: S311  # mistakes, not secrets


def _halved(reply: BrainReply) -> BrainReply:
    """Return the first half of a reply."""
    if not reply.tool_calls:
        return replace(reply, text=reply.text[: len(reply.text) // 2 or 1], finish_reason="length")
    *whole, last = reply.tool_calls
    text = last.arguments_text()
    half = replace(last, arguments=text[: len(text) // 2])
    return replace(reply, tool_calls=(*whole, half), finish_reason="length")
