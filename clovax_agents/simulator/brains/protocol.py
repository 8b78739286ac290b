"""What a brain sees and what it says: pure data, nothing of HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from clovax_agents.simulator.json_types import JsonObject, dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.capabilities import Effort
    from clovax_agents.simulator.faults.spec import Fault

__all__ = ["Api", "Brain", "BrainError", "BrainReply", "ChatRequest", "Message", "ToolCall", "ToolSpec"]

Api = Literal["openai", "native", "v1", "rag"]
"""The OpenAI-compatible API, the native one of v3, that of v1, and RAG reasoning."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool.

    Attributes:
        name: of the tool.
        arguments: as an object, or as the very text to be sent, for answers that are not valid JSON.
        id: None lets the simulator draw one.
    """

    name: str
    arguments: JsonObject | str = field(default_factory=dict[str, object])
    id: str | None = None

    def arguments_text(self) -> str:
        """Return the arguments as they go over the wire: a JSON string."""
        return self.arguments if isinstance(self.arguments, str) else dumps(self.arguments)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A declared tool; ``parameters`` is its JSON schema, ``{}`` if the request has none."""

    name: str
    description: str
    parameters: JsonObject = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the request; text parts are joined by line feeds, images only counted."""

    role: str
    text: str = ""
    images: int = 0
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A validated request, as a model would see it.

    Attributes:
        model: name as sent.
        messages: in order, at least one.
        tools: the declared tools.
        tool_choice: ``auto``, ``none`` or the name of the tool to be called.
        effort: of thinking; ``none`` on models that cannot think.
        cap: most tokens of the answer, thinking included.
        schema: JSON schema of a structured answer, else None.
        stream: whether the answer is streamed.
        stop: sequences that end the answer.
        seed: 1 to 4294967295; 0 if the request leaves it open.
        prompt_tokens: the estimate of the input.
        api: which API was asked; the tool calls of all look the same to a brain.
        ai_filters: whether the answer is to be annotated with the AI filter.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"
    effort: Effort = "none"
    cap: int = 512
    schema: JsonObject | None = None
    stream: bool = False
    stop: tuple[str, ...] = ()
    seed: int = 0
    prompt_tokens: int = 0
    api: Api = "openai"
    ai_filters: bool = False

    @property
    def turn(self) -> int:
        """Number of the current turn: how many user messages there are."""
        return sum(message.role == "user" for message in self.messages)

    @property
    def question(self) -> str:
        """Text of the last user message; empty if there is none."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def current_turn(self) -> tuple[Message, ...]:
        """Messages after the last user message: the calls and results of this turn."""
        last = max((i for i, message in enumerate(self.messages) if message.role == "user"), default=-1)
        return self.messages[last + 1 :]

    @property
    def offered(self) -> tuple[ToolSpec, ...]:
        """The tools that may be called: none with ``tool_choice: "none"``."""
        return () if self.tool_choice == "none" else self.tools


@dataclass(frozen=True, slots=True)
class BrainError:
    """An error answer instead of a reply.

    Attributes:
        status: HTTP status.
        code: CLOVA's code, five digits.
        message: text of the answer.
        headers: extra response headers, for instance ``{"x-ratelimit-reset-requests": "6s"}``.
    """

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class BrainReply:
    """What the model says; the simulator cuts it to the cap, counts it and frames it.

    Attributes:
        text: of the answer.
        thinking: sent only where the request allows thinking.
        tool_calls: in order; a name that was not offered turns the whole answer into 40009.
        finish_reason: overrides the one that follows from the answer.
        error: sent instead of everything else.
        delay: seconds before the first byte.
        event_delay: seconds between two events of a stream.
        faults: what goes wrong on the way to the client.
        quirk: name of the bad habit that the answer shows, for the request log.
    """

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    error: BrainError | None = None
    delay: float = 0.0
    event_delay: float = 0.0
    faults: tuple[Fault, ...] = ()
    quirk: str = ""


class Brain(Protocol):
    """Decides what the simulated model says.

    Called on the event loop of the server, so it must not block: ask for slowness with ``BrainReply.delay``.
    """

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer one request; an exception becomes a 500 that names it."""
        ...
