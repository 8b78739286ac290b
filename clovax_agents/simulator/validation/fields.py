"""Readers of single fields; ``null`` counts as absent, everything out of range is 400/40001."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import JsonObject, as_array
from clovax_agents.simulator.refusals import invalid, unsupported

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "MAX_SEED",
    "Range",
    "check_numbers",
    "read_flag",
    "read_integer",
    "read_seed",
    "read_stop",
    "read_string",
    "refuse_foreign_fields",
]

MAX_SEED: Final = 4_294_967_295


@dataclass(frozen=True, slots=True)
class Range:
    """A range of numbers, closed above; ``above_low`` excludes the lower end, ``whole`` all fractions."""

    low: float
    high: float
    above_low: bool = False
    whole: bool = False

    def holds(self, value: float) -> bool:
        """Say whether the number is in the range."""
        return self.low <= value <= self.high and not (self.above_low and value == self.low)


def refuse_foreign_fields(body: JsonObject, known: Collection[str]) -> None:
    """Refuse the first field that an API does not know, with 400/40002."""
    for name, value in body.items():
        if name not in known and value is not None:
            raise unsupported(name)


def check_numbers(body: JsonObject, ranges: Mapping[str, Range]) -> None:
    """Check fields of which the simulator reads no value."""
    for name, allowed in ranges.items():
        value = body.get(name)
        if value is None:
            continue
        kinds = int if allowed.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not allowed.holds(value):
            raise invalid(name)


def read_integer(body: JsonObject, name: str, low: int, high: int, default: int = 0) -> int:
    """Return an integer field within ``low..high``."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise invalid(name)
    return value


def read_flag(body: JsonObject, name: str, *, default: bool = False) -> bool:
    """Return a boolean field."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise invalid(name)
    return value


def read_string(body: JsonObject, name: str) -> str:
    """Return a required string field."""
    value = body.get(name)
    if not isinstance(value, str):
        raise invalid(name)
    return value


def read_seed(body: JsonObject) -> int:
    """Return the seed; 0 means that the service draws one."""
    return read_integer(body, "seed", 0, MAX_SEED)


def read_stop(body: JsonObject, name: str = "stop", *, single: bool = False) -> tuple[str, ...]:
    """Return the stop sequences: a list of strings, none of them empty; ``single`` allows a string alone."""
    value = body.get(name)
    if value is None:
        return ()
    items = [value] if single and isinstance(value, str) else as_array(value)
    texts = tuple(item for item in items or () if isinstance(item, str) and item)
    if items is None or len(texts) != len(items):
        raise invalid(name)
    return texts
