"""The neutral objects between LangChain messages and an API of the service; nothing above `wire` sees the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovax_agents.capabilities import Effort

__all__ = [
    "TUNED", "WHOLE", "CallFragment", "Delta", "Part", "RawCall", "Reply", "Request", "ToolSpec", "Turn", "Usage",
]  # fmt: skip

Role = Literal["system", "user", "assistant", "tool"]
TUNED: Final = "ft:"
"""What the name of a tuned model begins with; behind it stands the id of its task."""
WHOLE: Final = frozenset({"stop", "tool_calls"})
"""The finish reasons of an answer that is all there."""


@dataclass(slots=True)
class Part:
    """One part of a message's content: text, or the URL (or data URI) of an image."""

    text: str | None = None
    image_url: str | None = None


@dataclass(slots=True)
class RawCall:
    """A tool call as it was written: ``arguments`` is the raw string, never repaired."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class Turn:
    """One message of the history."""

    role: Role
    content: str | list[Part]
    calls: Sequence[RawCall] = ()
    call_id: str | None = None
    name: str | None = None


@dataclass(slots=True)
class ToolSpec:
    """A tool as the model is told of it."""

    name: str
    description: str
    parameters: Mapping[str, object]
    """In the keywords that the service knows."""
    original: Mapping[str, object] = field(default_factory=dict[str, object])
    """As they were written; never sent, and what arguments are held to here."""


@dataclass(slots=True, kw_only=True)
class Request:
    """One call, with nothing left to default but what the service decides itself."""

    model: str
    turns: Sequence[Turn]
    cap: int | None
    """Most tokens of output; None, which only a server of one's own takes, for as many as there is room for."""
    stream: bool = False
    tools: Sequence[ToolSpec] = ()
    tool_choice: str | None = None
    """``"auto"``, ``"none"``, the name of a tool behind ``"name:"``, or, on a server of one's own, ``"required"``."""
    effort: Effort | None = None
    response_schema: Mapping[str, object] | None = None
    response_name: str = "answer"
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    repeat_penalty: float | None = None
    """Of HCX-003 and HCX-DASH-001, on a scale of its own."""
    stop: Sequence[str] = ()
    seed: int | None = None
    ai_filters: bool | None = None


@dataclass(slots=True)
class Usage:
    """Tokens of a call; ``output`` includes ``thinking``."""

    input: int
    output: int
    total: int
    thinking: int | None = None

    def __add__(self, other: Usage) -> Usage:
        """Add up what two calls cost."""
        known = [usage.thinking for usage in (self, other) if usage.thinking is not None]
        thinking = sum(known) if known else None
        return Usage(self.input + other.input, self.output + other.output, self.total + other.total, thinking)


@dataclass(slots=True)
class CallFragment:
    """A piece of a tool call in a stream; ``index`` tells the calls of one answer apart."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(slots=True)
class Delta:
    """What one event of a stream adds."""

    content: str = ""
    thinking: str = ""
    fragments: Sequence[CallFragment] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    seed: int | None = None
    ai_filter: Sequence[Mapping[str, object]] = ()

    @property
    def has_content(self) -> bool:
        """Whether it adds to what the model says: text, thinking or a piece of a call, not a mere role or an id."""
        return bool(self.content or self.thinking or self.fragments)


@dataclass(slots=True)
class Reply:
    """A whole answer. Without ``finish_reason`` it is not known to be whole, and none of its calls may run."""

    content: str = ""
    thinking: str = ""
    calls: list[RawCall] = field(default_factory=list[RawCall])
    finish_reason: str | None = None
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    seed: int | None = None
    ai_filter: Sequence[Mapping[str, object]] = ()
    """The AI filter's annotation, as the service sent it."""

    def as_delta(self) -> Delta:
        """Return the answer as a stream of one event."""
        calls = [CallFragment(index, call.id, call.name, call.arguments) for index, call in enumerate(self.calls)]
        return Delta(
            self.content, self.thinking, calls, self.finish_reason, self.usage, self.id, self.model, self.seed,
            self.ai_filter,
        )  # fmt: skip
