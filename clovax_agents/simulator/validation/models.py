"""Which model a request names, and whether the API serves it (docs/wire.md, sections 4.1 and 6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.capabilities import MODELS, ModelCard, model_card
from clovax_agents.simulator.refusals import SimulatedError, invalid

if TYPE_CHECKING:
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["EMBEDDING_MODELS", "Target", "chat_model", "embedding_model", "native_model", "tuned_model"]

EMBEDDING_MODELS: Final = {"bge-m3": 8_192, "clir-emb-dolphin": 500, "clir-sts-dolphin": 500}
"""Most tokens of input by model (docs/wire.md, section 7.1)."""

_RETIRED: Final = frozenset({"LK-B", "LK-D2", "HCX-002"})
_BASES: Final = {"v3": "HCX-005", "v1": "HCX-003"}


@dataclass(frozen=True, slots=True)
class Target:
    """The model of a call, and the base model that the limits count and that replies name."""

    card: ModelCard
    base: str


def chat_model(call: Call, rules: Rules) -> Target:
    """Return the model of a call over the OpenAI-compatible API, which names it in the body."""
    name = call.body.get("model")
    if not isinstance(name, str):
        raise invalid("model")
    if name.startswith("ft:") and name[3:].strip():
        return _tuned(name[3:].strip(), call, rules, "v3")
    if name in EMBEDDING_MODELS:
        raise _other_api()
    return Target(_served(name, rules), name)


def native_model(call: Call, rules: Rules, generation: Literal["v3", "v1"]) -> Target:
    """Return the model of a native call, which names it in the path."""
    name = call.path.get("model", "")
    if name in EMBEDDING_MODELS:
        raise _other_api()
    card = _served(name, rules)
    if card.generation != generation:
        raise _other_api()
    return Target(card, name)


def tuned_model(call: Call, rules: Rules, generation: Literal["v3", "v1"]) -> Target:
    """Return the model of a tuned task, which has none of the special features.

    Raises:
        SimulatedError: 403/40301 or 404/40400 for a task that the key does not have.
    """
    return _tuned(call.path.get("task", ""), call, rules, generation)


def embedding_model(name: object, rules: Rules) -> str:
    """Return the name of an embedding model, the same over both APIs."""
    if not isinstance(name, str):
        raise invalid("model")
    if name in MODELS:
        raise _other_api()
    if name not in EMBEDDING_MODELS:
        raise _unknown()
    _check_contract(name, rules)
    return name


def _tuned(task: str, call: Call, rules: Rules, generation: Literal["v3", "v1"]) -> Target:
    base = model_card(call.key.base_of(task, rules.ring.keys, _BASES[generation]))
    if base.generation != generation:
        raise _other_api()
    card = replace(base, tools=False, thinking=False, structured_output=False, images=False, name=f"ft:{task}")
    return Target(card, base.name)


def _served(name: str, rules: Rules) -> ModelCard:
    if name in _RETIRED:
        raise SimulatedError(400, "40082", "Model fade out")
    if name not in MODELS:
        raise _unknown()
    _check_contract(name, rules)
    return model_card(name)


def _check_contract(name: str, rules: Rules) -> None:
    if name in rules.switches.ended_models:
        raise SimulatedError(400, "40083", "Model no resource")


def _unknown() -> SimulatedError:
    return SimulatedError(400, "40080", "Model not found")


def _other_api() -> SimulatedError:
    return SimulatedError(400, "40084", "Unsupported API for model")
