"""What each HyperCLOVA X model can do: the model table, as data.

Source: docs/wire.md, sections 2.1 and 6. The table decides which features go together (promise 1), which caps are
legal (promise 2) and what a call costs. Add or replace a row with `register_model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DEFAULT_BASE_URL",
    "EFFORTS",
    "MODELS",
    "TOOL_CAP_FLOOR",
    "Effort",
    "ModelCard",
    "model_card",
    "register_model",
]

DEFAULT_BASE_URL: Final = "https://clovastudio.stream.ntruss.com/v1/openai"
TOOL_CAP_FLOOR: Final = 1024
"""With tools, a lower cap is refused by the service (docs/wire.md, section 2.5)."""

Effort = Literal["none", "low", "medium", "high"]
EFFORTS: Final[tuple[Effort, ...]] = ("none", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One row of the model table.

    Attributes:
        name: as it is sent to the service.
        generation: ``"v3"`` or ``"v1"``, the native API that serves the model.
        context: most tokens of input and output together.
        max_input: most tokens of input.
        max_output: most tokens of output, thinking included.
        tools: can call tools.
        thinking: can think before it answers; it does so by default.
        structured_output: can be held to a JSON schema.
        images: can read images.
        tuning: can be fine-tuned.
        price: KRW per 1,000 tokens of input and of output, VAT excluded; None where it is not known.
    """

    name: str
    generation: Literal["v3", "v1"]
    context: int
    max_input: int
    max_output: int
    tools: bool = False
    thinking: bool = False
    structured_output: bool = False
    images: bool = False
    tuning: bool = False
    price: tuple[float, float] | None = None


_CARDS: Final[dict[str, ModelCard]] = {
    card.name: card
    for card in (
        ModelCard(
            "HCX-007",
            "v3",
            128_000,
            128_000,
            32_768,
            tools=True,
            thinking=True,
            structured_output=True,
            price=(1.25, 5),
        ),
        ModelCard("HCX-005", "v3", 128_000, 128_000, 4_096, tools=True, images=True, tuning=True, price=(1.25, 5)),
        ModelCard("HCX-DASH-002", "v3", 32_000, 32_000, 4_096, tools=True, tuning=True, price=(0.25, 1)),
        ModelCard("HCX-003", "v1", 8_192, 7_600, 4_096, tuning=True, price=(5, 5)),
        ModelCard("HCX-DASH-001", "v1", 4_096, 3_500, 4_096, tuning=True, price=(1, 1)),
    )
}
MODELS: Final[Mapping[str, ModelCard]] = MappingProxyType(_CARDS)
"""Every model by name: a live, read-only view."""


def register_model(card: ModelCard) -> None:
    """Add a model to the table, or replace its row, for the whole process.

    Example:
        >>> register_model(ModelCard("HCX-TEST", "v3", 32_000, 32_000, 4_096, tools=True))
        >>> MODELS["HCX-TEST"].max_output
        4096
    """
    _CARDS[card.name] = card


def model_card(name: str) -> ModelCard:
    """Return the row of a model.

    A fine-tuned model (``ft:{task_id}``) has none of the special features. A name that is not in the table gets a
    permissive row, so that a model younger than this package works and the service has the last word.

    Example:
        >>> model_card("HCX-007").thinking, model_card("ft:a1b2c3d4").tools
        (True, False)
    """
    if (card := _CARDS.get(name)) is not None:
        return card
    able = not name.startswith("ft:")
    return ModelCard(name, "v3", 128_000, 128_000, 4_096, tools=able, structured_output=able, images=able)
