"""Readers of single fields; ``null`` counts as absent, everything out of range is 400/40001."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.simulator.json_types import JsonObject, as_array
from clovax_agents.simulator.refusals import invalid, unsupported

if TYPE_CHECKING:
    from clovax_agents.capabilities import ModelCard

__all__ = ["check_sampling", "read_cap", "read_flag", "read_integer", "read_seed", "read_stop", "refuse_foreign_fields"]

_SUPPORTED: Final = frozenset(
    {
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "model",
        "n",
        "parallel_tool_calls",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "seed",
        "stop",
        "stream",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    }
)
_CLOVA_ONLY: Final = {"v3": frozenset({"top_k", "repetition_penalty"}), "v1": frozenset({"top_k", "repeat_penalty"})}
_MAX_SEED: Final = 4_294_967_295


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float
    above_low: bool = False

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.above_low and value == self.low)


_RANGES: Final = {
    "top_p": _Range(0, 1, above_low=True),
    "repetition_penalty": _Range(0, 2, above_low=True),
    "repeat_penalty": _Range(0, 10, above_low=True),
}
_TEMPERATURE: Final = {"v3": _Range(0, 1), "v1": _Range(0, 1, above_low=True)}


def refuse_foreign_fields(body: JsonObject, generation: Literal["v3", "v1"]) -> None:
    """Refuse the first field that the OpenAI-compatible API does not know, with 400/40002.

    Which unsupported fields the service refuses and which it ignores is unconfirmed (docs/wire.md, section 3.2).
    """
    known = _SUPPORTED | _CLOVA_ONLY[generation]
    for name, value in body.items():
        if name not in known and value is not None:
            raise unsupported(name)


def check_sampling(body: JsonObject, generation: Literal["v3", "v1"]) -> None:
    """Check the sampling fields, of which the simulator reads no value (docs/wire.md, section 2.2)."""
    for name, allowed in (_RANGES | {"temperature": _TEMPERATURE[generation]}).items():
        _check_number(body, name, allowed)
    read_integer(body, "top_k", 0, 128)
    read_integer(body, "n", 1, 1)
    if not read_flag(body, "parallel_tool_calls", default=True):
        raise invalid("parallel_tool_calls")


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


def read_cap(body: JsonObject, card: ModelCard, default: int) -> int:
    """Return the cap in tokens, whichever of its two names it has."""
    caps = [read_integer(body, name, 1, card.max_output, default) for name in ("max_tokens", "max_completion_tokens")]
    return caps[0] if body.get("max_completion_tokens") is None else caps[1]


def read_seed(body: JsonObject) -> int:
    """Return the seed; 0 means that the service draws one."""
    return read_integer(body, "seed", 0, _MAX_SEED)


def read_stop(body: JsonObject) -> tuple[str, ...]:
    """Return the stop sequences: a string or a list of strings, none of them empty."""
    value = body.get("stop")
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else as_array(value)
    texts = tuple(item for item in items or () if isinstance(item, str) and item)
    if items is None or len(texts) != len(items):
        raise invalid("stop")
    return texts


def _check_number(body: JsonObject, name: str, allowed: _Range) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not allowed.holds(value):
        raise invalid(name)
