"""A brain that follows a script: for tests that need a certain answer, or a certain failure."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.brains.protocol import BrainError, BrainReply, ChatRequest, ToolCall
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ScriptBrain", "ScriptMatch", "ScriptStep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptMatch:
    """When a step applies: all conditions that are given must hold.

    Attributes:
        last_role: role of the last message.
        contains: text in the last message.
        matches: regular expression found in the last message.
        tool: name of a declared tool.
        model: name of the model.
        turn: number of the user message, beginning with 1.
    """

    last_role: str | None = None
    contains: str | None = None
    matches: str | None = None
    tool: str | None = None
    model: str | None = None
    turn: int | None = None

    def holds(self, request: ChatRequest) -> bool:
        """Say whether the step applies to the request."""
        last = request.messages[-1]
        return all(
            (
                self.last_role in (None, last.role),
                self.contains is None or self.contains in last.text,
                self.matches is None or re.search(self.matches, last.text) is not None,
                self.tool is None or self.tool in {tool.name for tool in request.tools},
                self.model in (None, request.model),
                self.turn in (None, request.turn),
            )
        )


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One step: a reply, when it applies (default always), and whether it may serve more than once."""

    reply: BrainReply
    match: ScriptMatch = field(default_factory=ScriptMatch)
    repeat: bool = False


class ScriptBrain:
    """Answers each request with the first unused step that matches it.

    A request that no step matches gets a 500 that quotes it. Steps with ``repeat`` are never used up.

    Example:
        >>> brain = ScriptBrain([ScriptStep(BrainReply("안녕하세요"))])
        >>> brain.unused
        [0]
    """

    def __init__(self, steps: Iterable[ScriptStep] = ()) -> None:
        self._steps = list(steps)
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
        document = _load_yaml(source)
        steps = as_array((as_object(document) or {}).get("steps", document))
        if steps is None:
            raise ConfigurationError("a script is a list of steps, or an object with the key 'steps'")
        return cls(_read_step(step, f"steps[{i}]") for i, step in enumerate(steps))

    @property
    def unused(self) -> list[int]:
        """Numbers, beginning with 0, of the steps that no request has used."""
        return [number for number in range(len(self._steps)) if number not in self._used]

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer with the first step that applies."""
        with self._lock:
            for number, step in enumerate(self._steps):
                if (step.repeat or number not in self._used) and step.match.holds(request):
                    self._used.add(number)
                    return step.reply
        return BrainReply(error=BrainError(500, "50000", f"No step of the script matches: {_describe(request)}"))

    def assert_finished(self) -> None:
        """Raise an AssertionError that lists the steps which were never used."""
        if self.unused:
            lines = "\n".join(f"  steps[{number}]: {self._steps[number]}" for number in self.unused)
            raise AssertionError(f"{len(self.unused)} unused steps of the script:\n{lines}")


def _describe(request: ChatRequest) -> str:
    last = request.messages[-1]
    tools = ", ".join(tool.name for tool in request.tools) or "none"
    return f"model {request.model}, turn {request.turn}, last message {last.role} {last.text!r:.200}, tools {tools}"


def _load_yaml(source: str | Path) -> object:
    try:
        import yaml  # noqa: PLC0415  # only scripts in YAML need it
    except ModuleNotFoundError as error:
        raise ConfigurationError("scripts in YAML need PyYAML; install it with: pip install pyyaml") from error
    text = source if isinstance(source, str) and "\n" in source else _read_text(Path(source))
    try:
        return cast("object", yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the script is not YAML: {error}") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot read the script {path}: {error.strerror}") from error


_MATCH_FIELDS: Final[dict[str, type | tuple[type, ...]]] = {
    item.name: int if item.name == "turn" else str for item in fields(ScriptMatch)
}
_REPLY_FIELDS: Final[dict[str, type | tuple[type, ...]]] = {
    "text": str,
    "thinking": str,
    "finish_reason": str,
    "delay": (int, float),
    "event_delay": (int, float),
    "faults": list,
    "tool_calls": list,
    "error": dict,
}
_CALL_FIELDS: Final[dict[str, type | tuple[type, ...]]] = {"name": str, "arguments": (dict, str), "id": str}
_ERROR_FIELDS: Final[dict[str, type | tuple[type, ...]]] = {
    "status": int,
    "code": (str, int),
    "message": str,
    "headers": dict,
}


def _read_step(value: object, place: str) -> ScriptStep:
    step = _checked(value, {"match": dict, "reply": (dict, str), "repeat": bool}, place)
    if "reply" not in step:
        raise ConfigurationError(f"{place} has no reply")
    match = _checked(step.get("match", {}), _MATCH_FIELDS, f"{place}.match")
    _check_pattern(match.get("matches"), place)
    return ScriptStep(
        _read_reply(step["reply"], f"{place}.reply"),
        ScriptMatch(**match),  # type: ignore[arg-type]  # checked by name and type above
        repeat=step.get("repeat") is True,
    )


def _check_pattern(pattern: object, place: str) -> None:
    try:
        re.compile(str(pattern or ""))
    except re.error as error:
        raise ConfigurationError(f"{place}.match.matches is not a regular expression: {error}") from error


def _read_reply(value: object, place: str) -> BrainReply:
    reply = {"text": value} if isinstance(value, str) else _checked(value, _REPLY_FIELDS, place)
    calls = [
        _read_call(call, f"{place}.tool_calls[{i}]") for i, call in enumerate(as_array(reply.get("tool_calls")) or [])
    ]
    plain = {name: item for name, item in reply.items() if name not in ("tool_calls", "error")}
    error = _read_error(reply["error"], f"{place}.error") if "error" in reply else None
    return BrainReply(tool_calls=tuple(calls), error=error, **plain)  # type: ignore[arg-type]  # checked above


def _read_call(value: object, place: str) -> ToolCall:
    call = _checked(value, _CALL_FIELDS, place)
    if "name" not in call:
        raise ConfigurationError(f"{place} has no name")
    return ToolCall(**call)  # type: ignore[arg-type]  # checked by name and type above


def _read_error(value: object, place: str) -> BrainError:
    error = _checked(value, _ERROR_FIELDS, place)
    if not {"status", "code", "message"} <= error.keys():
        raise ConfigurationError(f"{place} needs status, code and message")
    headers = {str(name): str(item) for name, item in (as_object(error.get("headers")) or {}).items()}
    return BrainError(cast("int", error["status"]), str(error["code"]), str(error["message"]), headers)


def _checked(value: object, allowed: dict[str, type | tuple[type, ...]], place: str) -> JsonObject:
    """Return the value as an object with known keys and the right types, or say what is wrong where."""
    item = as_object(value)
    if item is None:
        raise ConfigurationError(f"{place} must be an object")
    for name, content in item.items():
        if name not in allowed:
            raise ConfigurationError(f"{place}.{name} is not a key here; known: {', '.join(sorted(allowed))}")
        if not isinstance(content, allowed[name]):
            raise ConfigurationError(f"{place}.{name} has the wrong type {type(content).__name__}")
    return item


def load_brain(source: str | Path) -> ScriptBrain:
    """Placeholder until the real function lands."""
    return ScriptBrain.from_yaml(source)
