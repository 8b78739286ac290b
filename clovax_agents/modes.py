"""The mode matrix: which features a model has and which exclude each other (promise 1; docs/wire.md, section 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clovax_agents.capabilities import EFFORTS
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from clovax_agents.capabilities import Effort, ModelCard

__all__ = ["EXCLUSIONS", "asked_effort", "check_features", "settled_effort"]

_LACKING: Final[Mapping[str, tuple[str, str]]] = {
    "tools": (
        "cannot call tools",
        "use HCX-005, HCX-007 or HCX-DASH-002, or set tool_calling='emulated'",
    ),
    "thinking": ("cannot think", "leave thinking away, or use HCX-007"),
    "structured output": (
        "cannot be held to a JSON schema",
        "use HCX-007, or with_structured_output(..., method='function_calling')",
    ),
    "images": ("cannot read images", "use HCX-005"),
}
"""Feature -> what a model without it cannot do, and the way out."""

_PROMPTED: Final = "tool_calling='emulated'"
_FORM_BY_PROMPT: Final = f"use with_structured_output(..., method='function_calling') and {_PROMPTED}"
"""The way out where nothing of the service's own is one: for images, and on models without tools."""

EXCLUSIONS: Final[Mapping[tuple[str, str], str]] = {
    ("tools", "thinking"): (
        "either leave the tools away for this call, or set thinking={'effort': 'none'}, or set "
        "tool_calling='emulated'; or let one model object think and another one call tools"
    ),
    ("structured output", "thinking"): (
        "set thinking={'effort': 'none'}, or use method='function_calling' with tool_calling='emulated', or think in a "
        "call of its own"
    ),
    ("stop sequences", "thinking"): "set thinking={'effort': 'none'}, or leave stop away",
    ("tools", "structured output"): (
        "let the answer be a tool of its own, as ToolStrategy and method='function_calling' do, or ask for the "
        "structured answer in a call without tools"
    ),
    ("tools", "images"): "have the image described by a call of its own, or set tool_calling='emulated'",
}
"""Two features that no model of the service has together -> the way out."""


_UNTHINKING: Final = frozenset(one for one, other in EXCLUSIONS if other == "thinking")


def settled_effort(card: ModelCard, thinking: Mapping[str, Any] | None, features: AbstractSet[str]) -> Effort | None:
    """Return the effort to send; None sends none.

    HCX-007 thinks unless it is told not to, and then refuses much: where nobody asked for thinking, it is told.

    Raises:
        ConfigurationError: an effort that does not exist, or a model that cannot think.
    """
    effort = asked_effort(thinking)
    if not card.thinking:
        if effort not in {None, "none"}:
            raise ConfigurationError(_lacks(card, "thinking"))
        return None
    if effort is None and features & _UNTHINKING:
        return "none"
    return effort


def asked_effort(thinking: Mapping[str, Any] | None) -> Effort | None:
    """Return the effort that a user set, None without one.

    Raises:
        ConfigurationError: an effort that does not exist, or something else than an effort.
    """
    given = thinking or {}
    if unknown := [name for name in given if name != "effort"]:
        raise ConfigurationError(
            f"thinking does not take {unknown[0]!r}: set thinking={{'effort': 'none'}}, or 'low', 'medium' or 'high'"
        )
    effort = given.get("effort")
    if effort is not None and effort not in EFFORTS:
        raise ConfigurationError(f"thinking effort {effort!r} does not exist: use one of {', '.join(EFFORTS)}")
    return effort


def check_features(card: ModelCard, features: AbstractSet[str]) -> None:
    """Refuse what the model does not have, and what it does not have together.

    Args:
        card: of the model.
        features: in use: names as in `EXCLUSIONS`.

    Raises:
        ConfigurationError: naming the features and the way out.

    Example:
        >>> from clovax_agents.capabilities import model_card
        >>> check_features(model_card("HCX-005"), {"tools", "stop sequences"})
    """
    if not features:
        return
    has = {
        "tools": card.tools,
        "thinking": card.thinking,
        "structured output": card.structured_output,
        "images": card.images,
    }
    for feature in _LACKING:
        if feature in features and not has[feature]:
            raise ConfigurationError(_lacks(card, feature, features))
    for pair, way_out in EXCLUSIONS.items():
        if features >= set(pair):
            raise ConfigurationError(f"{pair[0]} and {pair[1]} exclude each other on {card.name}: {way_out}")


def _lacks(card: ModelCard, feature: str, features: AbstractSet[str] = frozenset()) -> str:
    """Return the refusal of a feature; a way out must not lead to the refusal of another one that is in use."""
    what, way_out = _LACKING[feature]
    if feature == "structured output" and ("images" in features or not card.tools):
        way_out = _FORM_BY_PROMPT
    if feature == "images" and features & {"tools", "structured output"}:
        way_out = f"{way_out}, with {_PROMPTED if 'tools' in features else _FORM_BY_PROMPT.removeprefix('use ')}"
    return f"{card.name} {what}: {way_out}"
