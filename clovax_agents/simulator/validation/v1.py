"""A native chat request of v1, to a model or a tuned task (docs/wire.md, section 2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.formats import v1 as v1_format
from clovax_agents.simulator.jobs import AnswerFormat, ChatJob
from clovax_agents.simulator.refusals import unsupported_function
from clovax_agents.simulator.validation.combination import Parts, combine
from clovax_agents.simulator.validation.fields import (
    Range,
    check_numbers,
    read_flag,
    read_integer,
    read_seed,
    read_stop,
    refuse_foreign_fields,
)
from clovax_agents.simulator.validation.messages import V1, MessageReader
from clovax_agents.simulator.validation.models import Target, native_model, tuned_model

if TYPE_CHECKING:
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["read_v1", "read_v1_task"]

_DEFAULT_CAP: Final = 100
_RANGES: Final = {
    "temperature": Range(0, 1, above_low=True),
    "topK": Range(0, 128, whole=True),
    "topP": Range(0, 1, above_low=True),
    "repeatPenalty": Range(0, 10, above_low=True),
}
_FIELDS: Final = frozenset({*_RANGES, "includeAiFilters", "maxTokens", "messages", "seed", "stopBefore"})
_FORMAT: Final = AnswerFormat(v1_format.body, v1_format.events)


def read_v1(call: Call, rules: Rules) -> ChatJob:
    """Check a request to ``/v1/chat-completions/{model}``, which serves HCX-003 and HCX-DASH-001.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    return _read(call, rules, native_model(call, rules, "v1"))


def read_v1_task(call: Call, rules: Rules) -> ChatJob:
    """Check a request to a tuned task, ``/v1/tasks/{task}/chat-completions`` or ``/v2/tasks/...``.

    Raises:
        SimulatedError: as `read_v1`; 403/40301 or 404/40400 for a task that the key does not have.
    """
    return _read(call, rules, tuned_model(call, rules, "v1"))


def _read(call: Call, rules: Rules, target: Target) -> ChatJob:
    body, card = call.body, target.card
    if rules.switches.unknown_native_fields == "refuse":
        refuse_foreign_fields(body, _FIELDS)
    if body.get("tools"):
        raise unsupported_function()
    check_numbers(body, _RANGES)
    reader = MessageReader(style=V1, tools=False, images=False, strict=rules.strict)
    parts = Parts(
        card=card,
        api="v1",
        style=V1,
        messages=reader.read(body.get("messages")),
        cap=read_integer(body, "maxTokens", 1, card.max_output, _DEFAULT_CAP),
        stop=read_stop(body, "stopBefore"),
        seed=read_seed(body),
        stream=call.stream,
        ai_filters=read_flag(body, "includeAiFilters"),
    )
    return ChatJob(combine(parts, rules), _FORMAT, target.base)
