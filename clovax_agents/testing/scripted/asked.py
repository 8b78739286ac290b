"""What a scripted model was asked, and how an error shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents.execution.narrowing import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["ScriptedRequest", "named_by", "shortened"]

_MOST_MESSAGES: Final = 8
_LONGEST: Final = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedRequest:
    """One request to a `ScriptedChatModel`.

    Attributes:
        messages: what it was sent.
        tools: what it may call, as the service would be told of them.
        options: everything else that was set for the call or on the model: ``model``, ``tool_choice``, ``max_tokens``.
        stream: whether the answer was to come in pieces.
    """

    messages: Sequence[BaseMessage]
    tools: Sequence[Mapping[str, Any]] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    stream: bool = False

    @property
    def text(self) -> str:
        """Text of the last message."""
        return self.messages[-1].text if self.messages else ""

    @property
    def system(self) -> str:
        """Text of the system messages."""
        return "\n".join(message.text for message in self.messages if message.type == "system")

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Names of the tools."""
        return tuple(str(tool.get("function", tool).get("name")) for tool in self.tools)

    @property
    def tool_choice(self) -> str | None:
        """The tool that has to be called, or ``auto``, ``any``, ``none``; None if nothing was said."""
        return named_by(self.options.get("tool_choice"))

    def __str__(self) -> str:
        """Show it in a few lines."""
        return "\n".join(f"  {line}" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        if earlier := len(self.messages) - _MOST_MESSAGES:
            yield from [f"({earlier} earlier messages)"] if earlier > 0 else []
        yield from map(_line, self.messages[-_MOST_MESSAGES:])
        tools = f"with the tools {', '.join(self.tool_names)}" if self.tools else "without tools"
        yield f"({tools}{f', tool_choice {choice}' if (choice := self.tool_choice) else ''})"


def named_by(choice: object) -> str | None:
    """Return what a ``tool_choice`` of any form says, in a word."""
    if (given := as_dict(choice)) is not None:
        function = as_dict(given.get("function")) or given
        return str(function.get("name") or function.get("type"))
    if isinstance(choice, bool):
        return "any" if choice else "none"
    return {"required": "any"}.get(str(choice), str(choice)) if choice else None


def _line(message: BaseMessage) -> str:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    said = [shortened(message.text)] if message.text else []
    said += [f"calls {shortened('{name}({args})'.format_map(call))}" for call in calls]
    name = f"tool {message.name}" if isinstance(message, ToolMessage) and message.name else message.type
    return f"{name}: {'; '.join(said)}"


def shortened(text: str) -> str:
    """Return a text in one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
