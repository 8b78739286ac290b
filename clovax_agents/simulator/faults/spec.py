"""What a fault is, and how it is written: ``reset; at_byte=120`` in a header, an object in a script."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Self

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["FAULT_HEADER", "KINDS", "STATUSES", "Fault", "parse_faults", "read_parameters"]

FAULT_HEADER: Final = "x-clovax-fault"
_PLACE: Final = frozenset({"at_byte", "at_event"})
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "delay": frozenset({"seconds"}),
    "black_hole": frozenset({"seconds"}),
    "hang": frozenset[str](),
    "html": frozenset({"status"}),
    "error": frozenset({"status", "code", "message", "retry_after", "reset"}),
    "error_event": frozenset({"code", "message", "at_event"}),
    "content_type": frozenset({"value"}),
    "huge": frozenset({"size"}),
    "drip": frozenset({"size", "seconds"}),
    "pings": frozenset({"seconds", "count", "at_event"}),
    "reset": _PLACE,
    "close": _PLACE,
    "end": _PLACE,
    "truncate": frozenset({"at_event", "at_byte"}),
    "duplicate": frozenset({"at_event"}),
    "drop": frozenset({"at_event"}),
}
"""The kinds of faults, each with the parameters that it takes."""

_DEFAULTS: Final[dict[str, dict[str, object]]] = {
    "delay": {"seconds": 1.0},
    "drip": {"seconds": 0.01, "size": 1},
    "pings": {"seconds": 0.05, "at_event": 0},
    "huge": {"size": 10_000_000},
    "html": {"status": 502},
    "error": {"code": "50000"},
    "error_event": {"code": "50000", "at_event": 0},
    "content_type": {"value": "text/html"},
    "truncate": {"at_event": 0},
    "duplicate": {"at_event": 0},
    "drop": {"at_event": 0},
    "end": {"at_event": 0},
}
_MOST: Final = 1_000_000_000
_CODE: Final = re.compile(r"[2-9][0-9]{4}")
STATUSES: Final = frozenset(range(200, 600)) - {204, 205, 304}
"""The statuses of HTTP whose answers have a body."""

_NUMBERS: Final = ("seconds", "reset")
_TEXTS: Final = ("code", "message", "retry_after", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one response.

    Attributes:
        kind: one of `KINDS`, which also says which of the others it takes; what is left out has the kind's default.
        seconds: of a delay, between two pieces, or until a black hole closes (never, if None).
        at_byte: of the body, after which it happens; of the event, for ``truncate``.
        at_event: number of events that come before it, or of the event that it happens to (from 0).
        size: bytes of a drip, or of a huge body.
        count: of pings; None for ever.
        status: of HTTP; None for the documented one of the code.
        code, message: of an error; an empty message stands for the documented one.
        retry_after, reset: for that header, and seconds for the headers ``x-ratelimit-reset-*``.
        value: a content type.

    Example:
        >>> Fault(kind="reset", at_byte=120).describe()
        'reset; at_byte=120'
    """

    kind: str
    seconds: float | None = None
    at_byte: int | None = None
    at_event: int | None = None
    size: int | None = None
    count: int | None = None
    status: int | None = None
    code: str = ""
    message: str = ""
    retry_after: str = ""
    reset: float | None = None
    value: str = ""

    def __post_init__(self) -> None:
        """Check every parameter, and fill in the kind's defaults.

        Raises:
            ConfigurationError: an unknown kind, a parameter that the kind does not take, or a value out of range.
        """
        given = {item.name: getattr(self, item.name) for item in fields(self)[1:]}
        given = {name: value for name, value in given.items() if value not in (None, "")}
        _check_names(self.kind, given)
        read = {name: _value(self.kind, name, value) for name, value in given.items()}
        for name, value in {**_DEFAULTS.get(self.kind, {}), **read}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_mapping(cls, source: Mapping[str, object]) -> Self:
        """Read a fault from an object such as ``{"kind": "reset", "at_byte": 120}``; numbers may be texts.

        Raises:
            ConfigurationError: an unknown kind or parameter, or a value out of range.
        """
        kind = str(source.get("kind", "")).strip()
        given = {str(name): value for name, value in source.items() if name != "kind"}
        _check_names(kind, given)
        return cls(kind=kind, **given)  # type: ignore[arg-type]  # each value is read by the type of its field

    def describe(self) -> str:
        """Write the fault as a header does."""
        defaults = {item.name: item.default for item in fields(self)} | _DEFAULTS.get(self.kind, {})
        values = {item.name: getattr(self, item.name) for item in fields(self)[1:]}
        return "; ".join([self.kind, *(f"{name}={value}" for name, value in values.items() if value != defaults[name])])


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read faults: a comma between two of them, semicolons before their parameters.

    Raises:
        ConfigurationError: a text of another form.

    Example:
        >>> [fault.kind for fault in parse_faults("delay; seconds=0.5, reset; at_event=3")]
        ['delay', 'reset']
    """
    return tuple(Fault.from_mapping(read_parameters(part)) for part in text.split(",") if part.strip())


def read_parameters(text: str) -> dict[str, object]:
    """Read ``kind; name=value; name=value`` as an object; values stay texts.

    Raises:
        ConfigurationError: a parameter without ``=``, or one that is given twice.
    """
    kind, *parameters = (part.strip() for part in text.split(";"))
    read: dict[str, object] = {"kind": kind}
    for parameter in filter(None, parameters):
        name, equals, value = parameter.partition("=")
        if not equals:
            raise ConfigurationError(f"{parameter!r} is no parameter: write it as name=value")
        if name.strip() in read:
            raise ConfigurationError(f"the parameter {name.strip()} is given twice in {text.strip()!r}")
        read[name.strip()] = value.strip()
    return read


def _check_names(kind: str, names: Iterable[str]) -> None:
    if kind not in KINDS:
        raise ConfigurationError(f"{kind!r} is no fault{_hint(kind, KINDS)}; known: {', '.join(sorted(KINDS))}")
    for name in names:
        if name not in KINDS[kind]:
            known = ", ".join(sorted(KINDS[kind])) or "none"
            raise ConfigurationError(f"the fault {kind} has no parameter {name!r}; known: {known}")


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _value(kind: str, name: str, value: object) -> object:
    """Return the value of a parameter as its type, or say what it should be."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ConfigurationError(f"{name}={value!r} of the fault {kind} is neither a number nor a text")
    return _text(kind, name, str(value)) if name in _TEXTS else _number(kind, name, str(value))


def _text(kind: str, name: str, text: str) -> str:
    if not text.isprintable() or (name != "message" and not text.isascii()):
        raise ConfigurationError(f"{name} of the fault {kind} may hold printable characters only")
    if name == "code" and not _CODE.fullmatch(text):
        raise ConfigurationError(f"code={text} of the fault {kind} is not a code of five digits, such as 42901")
    return text


def _number(kind: str, name: str, text: str) -> float:
    real = name in _NUMBERS
    try:
        number = (float if real else int)(text)
    except ValueError:
        number = -1
    if number not in STATUSES if name == "status" else not 0 <= number <= _MOST:
        whole = "a number of 0 or more" if real else "a whole number of 0 or more"
        form = "an HTTP status whose answers have a body" if name == "status" else f"{whole}, at most {_MOST}"
        raise ConfigurationError(f"{name}={text} of the fault {kind} is not {form}")
    return number
