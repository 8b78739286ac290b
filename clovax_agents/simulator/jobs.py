"""What the parts of the simulator hand to each other: a call, the rules it is read by, the work it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clovax_agents.simulator.keys import Key, KeyRing
from clovax_agents.simulator.switches import Profile, Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clovax_agents.simulator.brains.protocol import ChatRequest
    from clovax_agents.simulator.envelopes import Family
    from clovax_agents.simulator.generation import Answer
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["AnswerFormat", "Call", "ChatJob", "Endpoint", "Job", "Rules", "ToolJob"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request after authentication and JSON.

    Attributes:
        body: the JSON object.
        path: parameters of the path, such as ``model``.
        stream: whether the Accept header asks for events.
        key: who asks.
    """

    body: JsonObject
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    stream: bool = False
    key: Key = field(default_factory=lambda: Key(value="nv-simulated"))


@dataclass(frozen=True, slots=True)
class Rules:
    """How strictly a request is read, and by which stances."""

    strict: bool = True
    switches: Switches = field(default_factory=Switches)
    profile: Profile = "public"
    ring: KeyRing = field(default_factory=KeyRing)


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """How an API writes an answer: whole, and as events of a stream."""

    body: Callable[[Answer, Switches], JsonObject]
    events: Callable[[Answer, Switches], Iterator[str]]


@dataclass(frozen=True, slots=True)
class ChatJob:
    """Work for a brain.

    Attributes:
        request: what the model sees.
        format: of the answer.
        counted: the model that the limits count.
    """

    request: ChatRequest
    format: AnswerFormat
    counted: str

    @property
    def tokens(self) -> int:
        """What the tokens-per-minute limit counts: the input and the cap that was asked for."""
        return self.request.prompt_tokens + self.request.cap


@dataclass(frozen=True, slots=True)
class ToolJob:
    """Work that needs no brain: embeddings, token counts, citations.

    Attributes:
        counted: the model or tool that the limits count.
        tokens: what the tokens-per-minute limit counts.
        result: does the work and returns the body of the answer (natively without its envelope).
    """

    counted: str
    tokens: int
    result: Callable[[], JsonObject]


Job = ChatJob | ToolJob


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One API: where it is, which envelope it uses, and how a call of it is read."""

    path: str
    family: Family
    read: Callable[[Call, Rules], Job]
