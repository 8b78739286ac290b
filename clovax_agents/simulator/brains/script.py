"""A brain that follows a script: for tests that need a certain answer, or a certain failure."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Self, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.brains.protocol import BrainError, BrainReply, ChatRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from clovax_agents.simulator.brains.protocol import Brain

__all__ = ["ScriptBrain", "ScriptMatch", "ScriptStep"]

_REASONS: Final = 20
"""Steps that an error explains, the nearest miss first."""
_QUOTED: Final = 80
"""Characters of a text that an error quotes."""


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

    Raises:
        ConfigurationError: ``matches`` is not a regular expression.
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

    def __post_init__(self) -> None:
        """Refuse a pattern that is none."""
        try:
            re.compile(self.matches or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise ConfigurationError(f"matches is not a regular expression: {error}") from error

    def holds(self, request: ChatRequest) -> bool:
        """Say whether the step applies to the request."""
        return not any(True for _ in self.misses(request))

    def misses(self, request: ChatRequest) -> Iterator[str]:
        """Yield the conditions that do not hold, with what the request has instead."""
        for item in fields(self):
            wanted = getattr(self, item.name)
            found = _FOUND[item.name](request) if item.name in _FOUND else getattr(request, item.name)
            if wanted is not None and not _holds(item.name, wanted, found):
                yield f"{item.name} {_short(wanted)} (it is {_short(found)})"


def _holds(name: str, wanted: object, found: object) -> bool:
    """Say whether one condition holds."""
    if name == "matches":
        return re.search(str(wanted), str(found)) is not None
    if name in ("contains", "system", "tool"):
        return str(wanted) in cast("str | list[str]", found)
    return wanted == found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def _result_of(request: ChatRequest) -> str | None:
    """Return the name of the tool whose result is the last message."""
    last = request.messages[-1]
    calls = [call for message in request.messages for call in message.tool_calls]
    return next((call.name for call in reversed(calls) if last.role == "tool" and call.id == last.tool_call_id), None)


_FOUND: Final[Mapping[str, Callable[[ChatRequest], object]]] = {
    "last_role": lambda request: request.messages[-1].role,
    "contains": lambda request: request.messages[-1].text,
    "matches": lambda request: request.messages[-1].text,
    "system": lambda request: "".join(message.text for message in request.messages if message.role == "system"),
    "result_of": _result_of,
    "tool": lambda request: [tool.name for tool in request.tools],
    "schema": lambda request: request.schema is not None,
}
"""Where conditions look that are not just a field of the request."""


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
            ConfigurationError: PyYAML is missing, the file cannot be read, a step is not what a step should be, or
                the script has quirks, which only `load_brain` can add.
        """
        from clovax_agents.simulator.brains.script_file import read_script  # noqa: PLC0415  # it builds our steps

        script = read_script(source)
        if script.quirks is not None:
            raise ConfigurationError("the script has quirks, which a ScriptBrain cannot add: read it with load_brain")
        return cls(script.steps, otherwise=script.otherwise())

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
        missed = [(number, [*step.match.misses(request)]) for number, step in self._open()]
        nearest = sorted(missed, key=lambda item: len(item[1]))
        told = [f"steps[{number}] wants {' and '.join(conditions)}" for number, conditions in nearest[:_REASONS]]
        more = [f"and {len(nearest) - _REASONS} more"] if len(nearest) > _REASONS else []
        return "; ".join(told + more) or "Every step is used up."


def _describe(request: ChatRequest) -> str:
    last = request.messages[-1]
    tools = ", ".join(tool.name for tool in request.tools) or "none"
    return f"model {request.model}, turn {request.turn}, last message {last.role} {last.text!r:.200}, tools {tools}"
