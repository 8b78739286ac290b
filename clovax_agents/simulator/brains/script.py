"""A brain that follows a script: for tests that need a certain answer, or a certain failure."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Self

from clovax_agents.simulator.brains.protocol import BrainError, BrainReply, ChatRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from clovax_agents.simulator.brains.protocol import Brain

__all__ = ["ScriptBrain", "ScriptMatch", "ScriptStep"]

_REASONS = 3
"""Steps that an error explains; more would hide the one that was meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptMatch:
    """When a step applies: all conditions that are given must hold.

    Attributes:
        last_role: role of the last message.
        contains: text in the last message.
        matches: regular expression found in the last message.
        system: text in the system message.
        result_of: name of the tool whose result is the last message.
        tool: name of a declared tool.
        tool_choice: ``auto``, ``none`` or the name of a tool.
        model: name of the model.
        turn: number of the user message, beginning with 1.
        effort: of thinking.
        schema: whether a structured answer is asked for.
        stream: whether the answer is to be streamed.
        api: ``openai``, ``native``, ``v1`` or ``rag``.
    """

    last_role: str | None = None
    contains: str | None = None
    matches: str | None = None
    system: str | None = None
    result_of: str | None = None
    tool: str | None = None
    tool_choice: str | None = None
    model: str | None = None
    turn: int | None = None
    effort: str | None = None
    schema: bool | None = None
    stream: bool | None = None
    api: str | None = None

    def holds(self, request: ChatRequest) -> bool:
        """Say whether the step applies to the request."""
        return not any(True for _ in self.misses(request))

    def misses(self, request: ChatRequest) -> Iterator[str]:
        """Yield the names of the conditions that do not hold."""
        for item in fields(self):
            wanted = getattr(self, item.name)
            if wanted is not None and not _holds(item.name, wanted, request):
                yield f"{item.name} {wanted!r}"


def _holds(name: str, wanted: object, request: ChatRequest) -> bool:
    """Say whether one condition holds."""
    read = _CONDITIONS.get(name)
    return read(request, str(wanted)) if read is not None else bool(wanted == getattr(request, name))


def _result_of(request: ChatRequest) -> str | None:
    """Return the name of the tool whose result is the last message."""
    answered = request.messages[-1].tool_call_id
    calls = [call for message in request.messages for call in message.tool_calls]
    return next((call.name for call in reversed(calls) if call.id == answered), None)


_CONDITIONS: Final[Mapping[str, Callable[[ChatRequest, str], bool]]] = {
    "last_role": lambda request, role: request.messages[-1].role == role,
    "contains": lambda request, text: text in request.messages[-1].text,
    "matches": lambda request, pattern: re.search(pattern, request.messages[-1].text) is not None,
    "system": lambda request, text: any(text in item.text for item in request.messages if item.role == "system"),
    "result_of": lambda request, name: request.messages[-1].role == "tool" and _result_of(request) == name,
    "tool": lambda request, name: name in {tool.name for tool in request.tools},
    "schema": lambda request, asked: str(request.schema is not None) == asked,
}
"""Conditions that are not just a field of the request."""


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One step: a reply, when it applies (default always), and whether it may serve more than once."""

    reply: BrainReply
    match: ScriptMatch = field(default_factory=ScriptMatch)
    repeat: bool = False


class ScriptBrain:
    """Answers each request with the first unused step that matches it.

    A request that no step matches gets a 500 that says why, or goes to another brain. Steps with ``repeat`` are never
    used up.

    Args:
        steps: of the script.
        otherwise: answers what no step matches; None answers 500.

    Example:
        >>> brain = ScriptBrain([ScriptStep(BrainReply("안녕하세요"))])
        >>> brain.unused
        [0]
    """

    def __init__(self, steps: Iterable[ScriptStep] = (), *, otherwise: Brain | None = None) -> None:
        self._steps = list(steps)
        self._otherwise = otherwise
        self._used: set[int] = set()
        # One brain may serve several servers, each of which has a thread of its own.
        self._lock = threading.Lock()

    @classmethod
    def from_yaml(cls, source: str | Path) -> Self:
        """Read a script from YAML: a list of steps, or an object with the key ``steps``.

        Args:
            source: a path, or the text itself (a string with a line feed in it).

        Raises:
            ConfigurationError: PyYAML is missing, the file cannot be read, or a step is not what a step should be.
        """
        from clovax_agents.simulator.brains.script_file import read_script  # noqa: PLC0415  # it builds our steps

        return cls(read_script(source).steps)

    @property
    def unused(self) -> list[int]:
        """Numbers, beginning with 0, of the steps that no request has used."""
        return [number for number in range(len(self._steps)) if number not in self._used]

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer with the first step that applies."""
        with self._lock:
            for number, step in self._open():
                if step.match.holds(request):
                    self._used.add(number)
                    return step.reply
            reasons = self._reasons(request)
        if self._otherwise is not None:
            return self._otherwise.reply(request)
        text = f"No step of the script matches: {_describe(request)}. {reasons}"
        return BrainReply(error=BrainError(500, "50000", text))

    def assert_finished(self) -> None:
        """Raise an AssertionError that lists the steps which were never used."""
        if self.unused:
            lines = "\n".join(f"  steps[{number}]: {self._steps[number]}" for number in self.unused)
            raise AssertionError(f"{len(self.unused)} unused steps of the script:\n{lines}")

    def _open(self) -> Iterator[tuple[int, ScriptStep]]:
        return ((n, step) for n, step in enumerate(self._steps) if step.repeat or n not in self._used)

    def _reasons(self, request: ChatRequest) -> str:
        """Say of the steps that are left what did not hold, the nearest miss first."""
        missed = sorted(([*step.match.misses(request)], number) for number, step in self._open())
        nearest = sorted(missed, key=lambda item: len(item[0]))[:_REASONS]
        told = "; ".join(f"steps[{number}] wants {' and '.join(conditions)}" for conditions, number in nearest)
        return told or "Every step is used up."


def _describe(request: ChatRequest) -> str:
    last = request.messages[-1]
    tools = ", ".join(tool.name for tool in request.tools) or "none"
    return f"model {request.model}, turn {request.turn}, last message {last.role} {last.text!r:.200}, tools {tools}"
