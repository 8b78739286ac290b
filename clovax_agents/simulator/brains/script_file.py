"""Scripts as YAML: read strictly, with errors that name the file, the place and the nearest known key."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast, get_args

from clovax_agents.capabilities import EFFORTS
from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.brains.protocol import Api, BrainError, BrainReply, ToolCall
from clovax_agents.simulator.brains.quirks import QuirkBrain, Quirks
from clovax_agents.simulator.brains.rules import RuleBrain
from clovax_agents.simulator.brains.script import ScriptBrain, ScriptMatch, ScriptStep
from clovax_agents.simulator.faults.spec import Fault, parse_faults
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object, dumps

if TYPE_CHECKING:
    from collections.abc import Iterable

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
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "last_role": ("system", "user", "assistant", "tool"),
    "effort": EFFORTS,
    "api": get_args(Api),
    "else": ("rules",),
}
"""The values of keys that have only a few."""
_SECONDS: Final = ("delay", "event_delay")
_FORMS: Final[dict[type, str]] = {
    str: "a text (put it into quotes)",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\t -~]*")
_STATUSES: Final = range(200, 600)
# PyYAML lets these through where a tag does not fit its value: !!int "", !!bool x, !!timestamp x.
_NOT_YAML: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


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

    def otherwise(self) -> RuleBrain | None:
        """Return the brain that answers what no step matches, if there is one."""
        return RuleBrain(self.seed) if self.rules else None


def load_brain(source: str | Path) -> Brain:
    r"""Return the brain that a script in YAML describes, with its rules and bad habits.

    Args:
        source: a path, or the text itself (a string with a line feed in it).

    Raises:
        ConfigurationError: PyYAML is missing, the file cannot be read, or the script is not what it should be.

    Example:
        >>> type(load_brain("else: rules\nquirks: {invented_name: 0.04}\n")).__name__
        'QuirkBrain'
    """
    script = read_script(source)
    brain = ScriptBrain(script.steps, otherwise=script.otherwise())
    return QuirkBrain(brain, script.quirks, script.seed) if script.quirks else brain


def read_script(source: str | Path) -> Script:
    """Read a script.

    Raises:
        ConfigurationError: as `load_brain`.
    """
    if isinstance(source, str) and "\n" in source:
        return _script(_load_yaml(source))
    text = _read_text(Path(source))
    try:
        return _script(_load_yaml(text))
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error}") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot read the script {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"cannot read the script {path}: it is not UTF-8") from error
    except ValueError as error:
        raise ConfigurationError(f"{str(path)!r} is not a path: {error}") from error


def _load_yaml(text: str) -> object:
    try:
        import yaml  # noqa: PLC0415  # only scripts in YAML need it
    except ModuleNotFoundError as error:
        raise ConfigurationError("scripts in YAML need PyYAML; install it with: pip install pyyaml") from error
    try:
        return cast("object", yaml.safe_load(text))
    except (yaml.YAMLError, *_NOT_YAML) as error:
        raise ConfigurationError(f"the script is not YAML: {error}") from error


def _script(document: object) -> Script:
    listed = as_array(document)
    top = as_object(document) if listed is None else {"steps": listed}
    if top is None:
        raise ConfigurationError("a script is a list of steps, or an object with the key 'steps'")
    _checked(top, _TOP, "the script")
    if not {"steps", "else"} & top.keys():
        raise ConfigurationError("the script has neither 'steps' nor 'else', so it answers nothing")
    quirks = as_object(top.get("quirks"))
    return Script(
        tuple(_step(step, f"steps[{i}]") for i, step in enumerate(as_array(top.get("steps")) or [])),
        rules="else" in top,
        quirks=_quirks(quirks) if quirks is not None else None,
        seed=cast("int", top.get("seed", 0)),
    )


def _quirks(source: JsonObject) -> Quirks:
    try:
        return Quirks.from_mapping(source)
    except ConfigurationError as error:
        raise ConfigurationError(f"the script.quirks: {error}") from error


def _step(value: object, place: str) -> ScriptStep:
    step = _checked(value, _STEP, place)
    if "reply" not in step:
        raise ConfigurationError(f"{place} has no reply")
    match = _match(step.get("match", {}), f"{place}.match")
    return ScriptStep(_reply(step["reply"], f"{place}.reply"), match, repeat=step.get("repeat") is True)


def _match(value: object, place: str) -> ScriptMatch:
    match = _checked(value, _MATCH, place)
    if cast("int", match.get("turn", 1)) < 1:
        raise ConfigurationError(f"{place}.turn is {match['turn']}; turns are counted from 1")
    try:
        return ScriptMatch(**match)  # type: ignore[arg-type]  # checked by name and type above
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}.{error}") from error


def _reply(value: object, place: str) -> BrainReply:
    reply = _checked({"text": value} if isinstance(value, str) else value, _REPLY, place)
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
        raise ConfigurationError(f"{place} cannot be written as JSON: {error}") from error


def _faults(value: object, place: str) -> tuple[Fault, ...]:
    try:
        if isinstance(value, str):
            return parse_faults(value)
        return tuple(fault for item in as_array(value) or [] for fault in _fault(item))
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error}") from error


def _fault(item: object) -> tuple[Fault, ...]:
    if isinstance(item, str):
        return parse_faults(item)
    return (Fault.from_mapping(as_object(item) or {"kind": item}),)


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
    if status not in _STATUSES:
        raise ConfigurationError(f"{place}.status {status} is not an HTTP status")
    headers = {str(name): str(item) for name, item in (as_object(error.get("headers")) or {}).items()}
    for name, item in headers.items():
        if not _HEADER.fullmatch(name) or not _HEADER_VALUE.fullmatch(item):
            raise ConfigurationError(f"{place}.headers: {name!r}: {item!r} is not a header; it may hold ASCII only")
    return BrainError(status, str(error["code"]), str(error["message"]), headers)


def _checked(value: object, allowed: _Allowed, place: str) -> JsonObject:
    """Return the value as an object with known keys and the right values, or say what is wrong where."""
    item = as_object(value)
    if item is None:
        raise ConfigurationError(f"{place} must be an object")
    for name, content in item.items():
        if name not in allowed:
            known = f"known: {', '.join(sorted(allowed))}"
            raise ConfigurationError(f"{place}.{name} is not a key here{_hint(str(name), allowed)}; {known}")
        _check_type(content, allowed[name], f"{place}.{name}")
        _check_value(name, content, f"{place}.{name}")
    return item


def _check_type(content: object, allowed: type | tuple[type, ...], place: str) -> None:
    flag = isinstance(content, bool) and allowed is not bool
    if flag or not isinstance(content, allowed):
        kinds = allowed if isinstance(allowed, tuple) else (allowed,)
        wanted = " or ".join(_FORMS[kind] for kind in kinds)
        raise ConfigurationError(f"{place} has the wrong type {type(content).__name__}; it should be {wanted}")


def _check_value(name: str, content: object, place: str) -> None:
    if isinstance(content, str):
        known = _VALUES.get(name)
        if known is not None and content not in known:
            hint = _hint(content, known)
            raise ConfigurationError(f"{place} is {content!r}, which it cannot be{hint}; known: {', '.join(known)}")
        if not _is_unicode(content):
            raise ConfigurationError(f"{place} has half of a surrogate pair, which cannot be sent")
    if name in _SECONDS and not 0 <= cast("float", content) < math.inf:
        raise ConfigurationError(f"{place} is {content}, not a number of seconds from 0")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
