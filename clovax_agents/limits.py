"""The caps and ranges of each model, checked before anything is sent (promise 2; docs/wire.md, sections 2 and 6)."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from clovax_agents.capabilities import MODELS, TOOL_CAP_FLOOR
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from clovax_agents.capabilities import Effort, ModelCard

__all__ = ["check_ranges", "settled_cap"]

DEFAULT_CAP: Final = 512
"""What the service assumes itself; we always state it (docs/wire.md, section 3.2)."""
_THINKING_CAPS: Final[dict[Effort | None, int]] = {"low": 5120, "medium": 10_240, "high": 20_480}


def settled_cap(card: ModelCard, asked: int | None, features: AbstractSet[str], effort: Effort | None) -> int:
    """Return the cap to send: with tools never under 1024, whichever door a lower one came through.

    Args:
        card: of the model.
        asked: by the user, in tokens.
        features: in use, as in `modes.EXCLUSIONS`.
        effort: of thinking.

    Raises:
        ConfigurationError: more than the model can write.
    """
    if asked is None:
        thinks = card.thinking and effort != "none"
        if features & {"tools", "structured output"}:
            return TOOL_CAP_FLOOR
        return _THINKING_CAPS.get(effort or "low", 5120) if thinks else DEFAULT_CAP
    if asked > card.max_output and card.name in MODELS:
        raise ConfigurationError(
            f"max_tokens={asked} is more than {card.name} can write: set {card.max_output} or less, or leave it out"
        )
    if "tools" in features and asked < TOOL_CAP_FLOOR:
        _warn_of_floor(asked)
        return TOOL_CAP_FLOOR
    return asked


@lru_cache
def _warn_of_floor(asked: int) -> None:
    """Warn once for each value; Python's own filter forgets what it has shown."""
    text = f"max_tokens={asked} was raised to {TOOL_CAP_FLOOR}: CLOVA Studio refuses tools below that"
    warnings.warn(text, stacklevel=2)


def check_ranges(
    card: ModelCard, temperature: float | None, repetition_penalty: float | None, repeat_penalty: float | None
) -> None:
    """Refuse what one generation of models takes and the other does not (docs/wire.md, sections 2.2 and 2.7).

    Raises:
        ConfigurationError: a temperature of 0 on the older one, or the penalty of the other one.
    """
    if card.generation == "v1" and temperature == 0:
        raise ConfigurationError(f"{card.name} takes no temperature of 0: set a small one, such as 0.01")
    penalties = {"repetition_penalty": repetition_penalty, "repeat_penalty": repeat_penalty}
    right = "repetition_penalty" if card.generation == "v3" else "repeat_penalty"
    for name, value in penalties.items():
        if value is not None and name != right:
            raise ConfigurationError(f"{card.name} does not know {name}: set {right}, which has another scale")
