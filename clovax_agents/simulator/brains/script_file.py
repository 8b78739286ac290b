"""Scripts as YAML: read strictly, with errors that name the place and the nearest known key."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.brains.protocol import BrainError, BrainReply, ToolCall
from clovax_agents.simulator.brains.quirks import QuirkBrain, Quirks
from clovax_agents.simulator.brains.rules import RuleBrain
from clovax_agents.simulator.brains.script import ScriptBrain, ScriptMatch, ScriptStep
from clovax_agents.simulator.faults.spec import Fault, parse_faults
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object, dumps

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import Brain

__all__ = ["Script", "load_brain", "read_script"]

_Allowed = dict[str, type | tuple[type, ...]]
_NUMBERS: Final = {"turn"}
_FLAGS: Final = {"schema", "stream"}
_TOP: Final[_Allowed] = {"steps": list, "else": str, "quirks": dict, "seed": int}
_STEP: Final[_Allowed] = {"match": dict, "reply": (dict, str), "repeat": bool}
_MATCH: Final[_Allowed] = {
    item.name: int if item.name in _NUMBERS else bool if item.name in _FLAGS else str for item in fields(ScriptMatch)
}
_REPLY: Final[_Allowed] = {
    "text": str,
    "json": (dict, list),
    "thinking": str,
    "finish_reason": str,
    "delay": (int, float),
    "event_delay": (int, float),
    "faults": (str, list),
    "tool_calls": list,
    "error": dict,
}
_READ_APART: Final = ("tool_calls", "error", "faults", "json")
_CALL: Final[_Allowed] = {"name": str, "arguments": (dict, str), "id": str}
_ERROR: Final[_Allowed] = {"status": int, "code": (str, int), "message": str, "headers": dict}


@dataclass(frozen=True, slots=True)
class Script:
    """A script as it was read.

    Attributes:
        steps: in order.
        rules: whether what no step matches goes to the rules.
        quirks: bad habits on top; None for none.
        seed: of rules and quirks.
    """

    steps: tuple[ScriptStep, ...]
    rules: bool = False
    quirks: Quirks | None = None
    seed: int = 0


def load_brain(source: str | Path) -> Brain:
    """Return the brain that a script in YAML describes, with its rules and bad habits.

    Args:
        source: a path, or the text itself (a string with a line feed in it).

    Raises:
        ConfigurationError: PyYAML is missing, the file cannot be read, or the script is not what it should be.
    """
    script = read_script(source)
    brain = ScriptBrain(script.steps, otherwise=RuleBrain(script.seed) if script.rules else None)
    return QuirkBrain(brain, script.quirks, script.seed) if script.quirks else brain


def read_script(source: str | Path) -> Script:
    """Read a script.

    Raises:
        ConfigurationError: as `load_brain`.
    """
    document = _load_yaml(source)
    if isinstance(document, list):
        document = {"steps": cast("object", document)}
    if as_object(document) is None:
        raise ConfigurationError("a script is a list of steps, or an object with the key 'steps'")
    top = _checked(document, _TOP, "the script")
    if top.get("else", "rules") != "rules":
        raise ConfigurationError(f"the script's 'else' is 'rules' or absent, not {top['else']!r}")
    quirks = as_object(top.get("quirks"))
    return Script(
        tuple(_step(step, f"steps[{i}]") for i, step in enumerate(as_array(top.get("steps")) or [])),
        rules="else" in top,
        quirks=Quirks.from_mapping(quirks) if quirks is not None else None,
        seed=cast("int", top.get("seed", 0)),
    )


def _load_yaml(source: str | Path) -> object:
    try:
        import yaml  # noqa: PLC0415  # only scripts in YAML need it
    except ModuleNotFoundError as error:
        raise ConfigurationError("scripts in YAML need PyYAML; install it with: pip install pyyaml") from error
    text = source if isinstance(source, str) and "\n" in source else _read_text(Path(source))
    try:
        return cast("object", yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the script is not YAML: {error}") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigurationError(f"cannot read the script {path}: {error}") from error


def _step(value: object, place: str) -> ScriptStep:
    step = _checked(value, _STEP, place)
    if "reply" not in step:
        raise ConfigurationError(f"{place} has no reply")
    match = _checked(step.get("match", {}), _MATCH, f"{place}.match")
    try:
        re.compile(str(match.get("matches") or ""))
    except re.error as error:
        raise ConfigurationError(f"{place}.match.matches is not a regular expression: {error}") from error
    return ScriptStep(
        _reply(step["reply"], f"{place}.reply"),
        ScriptMatch(**match),  # type: ignore[arg-type]  # checked by name and type above
        repeat=step.get("repeat") is True,
    )


def _reply(value: object, place: str) -> BrainReply:
    reply = {"text": value} if isinstance(value, str) else _checked(value, _REPLY, place)
    if "json" in reply and "text" in reply:
        raise ConfigurationError(f"{place} has text and json; one of them is the answer")
    plain = {name: item for name, item in reply.items() if name not in _READ_APART}
    if "json" in reply:
        plain["text"] = _json_text(reply["json"], f"{place}.json")
    return BrainReply(
        tool_calls=tuple(
            _call(call, f"{place}.tool_calls[{i}]") for i, call in enumerate(as_array(reply.get("tool_calls")) or [])
        ),
        error=_error(reply["error"], f"{place}.error") if "error" in reply else None,
        faults=_faults(reply.get("faults", ""), f"{place}.faults"),
        **plain,  # type: ignore[arg-type]  # checked by name and type above
    )


def _json_text(value: object, place: str) -> str:
    try:
        return dumps(value)
    except TypeError as error:
        raise ConfigurationError(f"{place} cannot be written as JSON: {error}; put dates into quotes") from error


def _faults(value: object, place: str) -> tuple[Fault, ...]:
    try:
        if isinstance(value, str):
            return parse_faults(value)
        return tuple(Fault.from_mapping(as_object(item) or {"kind": item}) for item in as_array(value) or [])
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error}") from error


def _call(value: object, place: str) -> ToolCall:
    call = _checked(value, _CALL, place)
    if "name" not in call:
        raise ConfigurationError(f"{place} has no name")
    _json_text(call.get("arguments", {}), f"{place}.arguments")
    return ToolCall(**call)  # type: ignore[arg-type]  # checked by name and type above


def _error(value: object, place: str) -> BrainError:
    error = _checked(value, _ERROR, place)
    if not {"status", "code", "message"} <= error.keys():
        raise ConfigurationError(f"{place} needs status, code and message")
    status = cast("int", error["status"])
    if not 200 <= status <= 599:  # noqa: PLR2004  # what HTTP has
        raise ConfigurationError(f"{place}.status {status} is not an HTTP status")
    headers = {str(name): str(item) for name, item in (as_object(error.get("headers")) or {}).items()}
    return BrainError(status, str(error["code"]), str(error["message"]), headers)


def _checked(value: object, allowed: _Allowed, place: str) -> JsonObject:
    """Return the value as an object with known keys and the right types, or say what is wrong where."""
    item = as_object(value)
    if item is None:
        raise ConfigurationError(f"{place} must be an object")
    for name, content in item.items():
        if name not in allowed:
            near = get_close_matches(str(name), allowed, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ConfigurationError(f"{place}.{name} is not a key here{hint}; known: {', '.join(sorted(allowed))}")
        flag = isinstance(content, bool) and allowed[name] is not bool
        if flag or not isinstance(content, allowed[name]):
            raise ConfigurationError(f"{place}.{name} has the wrong type {type(content).__name__}")
    return item
