"""A native chat request of v3, to a model or a tuned task (docs/wire.md, sections 2.2 to 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.capabilities import EFFORTS, TOOL_CAP_FLOOR, Effort, ModelCard
from clovax_agents.simulator.formats import native as native_format
from clovax_agents.simulator.jobs import AnswerFormat, ChatJob
from clovax_agents.simulator.json_types import JsonObject, as_object
from clovax_agents.simulator.refusals import invalid
from clovax_agents.simulator.validation.combination import EFFORT_CAPS, Parts, combine
from clovax_agents.simulator.validation.fields import (
    Range,
    check_numbers,
    read_flag,
    read_integer,
    read_seed,
    read_stop,
    refuse_foreign_fields,
)
from clovax_agents.simulator.validation.messages import NATIVE, MessageReader
from clovax_agents.simulator.validation.models import Target, native_model, tuned_model
from clovax_agents.simulator.validation.schemas import read_native_format
from clovax_agents.simulator.validation.tools import read_tool_choice, read_tools

if TYPE_CHECKING:
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["NATIVE_RANGES", "read_native", "read_task"]

_TEXT_CAP: Final = 100
_CAPS: Final = ("maxTokens", "maxCompletionTokens")
NATIVE_RANGES: Final = {
    "topP": Range(0, 1, above_low=True),
    "topK": Range(0, 128, whole=True),
    "temperature": Range(0, 1),
    "repetitionPenalty": Range(0, 2, above_low=True),
}
_FIELDS: Final = frozenset(
    {*NATIVE_RANGES, *_CAPS, "includeAiFilters", "messages", "responseFormat", "seed", "stop", "thinking"}
    | {"toolChoice", "tools"}
)
_FORMAT: Final = AnswerFormat(native_format.body, native_format.events)


def read_native(call: Call, rules: Rules) -> ChatJob:
    """Check a request to ``/v3/chat-completions/{model}``.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    return _read(call, rules, native_model(call, rules, "v3"))


def read_task(call: Call, rules: Rules) -> ChatJob:
    """Check a request to ``/v3/tasks/{task}/chat-completions``; a tuned model has none of the special features.

    Raises:
        SimulatedError: as `read_native`; 403/40301 or 404/40400 for a task that the key does not have.
    """
    return _read(call, rules, tuned_model(call, rules, "v3"))


def _read(call: Call, rules: Rules, target: Target) -> ChatJob:
    if rules.switches.unknown_native_fields == "refuse":
        refuse_foreign_fields(call.body, _FIELDS)
    check_numbers(call.body, NATIVE_RANGES)
    return ChatJob(combine(_parts(call, target.card, rules), rules), _FORMAT, target.base)


def _parts(call: Call, card: ModelCard, rules: Rules) -> Parts:
    body = call.body
    effort = _effort(body, card)
    tools = read_tools(body.get("tools"), strict=rules.strict)
    schema = _schema(body, card)
    reader = _reader(card, rules, tools=bool(tools), schema=schema is not None)
    parts = Parts(
        card=card,
        api="native",
        style=NATIVE,
        messages=reader.read(body.get("messages")),
        images=reader.found,
        cap=_cap(body, card, effort, tools=bool(tools)),
        tools=tools,
        raw_tools=body.get("tools"),
        tool_choice=read_tool_choice(body.get("toolChoice"), tools, "toolChoice"),
        effort=effort,
        schema=schema,
        stop=read_stop(body),
        seed=read_seed(body),
        stream=call.stream,
        ai_filters=read_flag(body, "includeAiFilters") or (schema is not None and rules.switches.schema_filter),
    )
    if all(body.get(name) is not None for name in _CAPS):
        raise invalid(*_CAPS)
    return parts


def _reader(card: ModelCard, rules: Rules, *, tools: bool, schema: bool) -> MessageReader:
    """Return a reader for the feature in use: a structured answer knows no calls, and neither it nor tools take parts.

    Calls and results may be there without tools: the page returns a result so (docs/wire.md, W2.5-35).
    """
    return MessageReader(
        style=NATIVE,
        tools=card.tools and (tools or not schema),
        images=card.images,
        text_only=tools or schema,
        strict=rules.strict,
    )


def _effort(body: JsonObject, card: ModelCard) -> Effort:
    """Return the effort of thinking; on HCX-007 thinking is on when the field is absent."""
    value = body.get("thinking")
    if value is None:
        return "low" if card.thinking else "none"
    effort = (as_object(value) or {}).get("effort", "low")
    if as_object(value) is None or effort not in EFFORTS or not card.thinking:
        raise invalid("thinking")
    return effort


def _cap(body: JsonObject, card: ModelCard, effort: Effort, *, tools: bool) -> int:
    """Return the cap in tokens; HCX-007 knows only one of its two names.

    Tools without a cap are accepted (docs/wire.md, W2.5-17), so their default cannot lie below the floor of tools.
    """
    if card.thinking and body.get("maxTokens") is not None and body.get("maxCompletionTokens") is None:
        raise invalid("maxTokens")
    default = EFFORT_CAPS[effort] if card.thinking else _TEXT_CAP
    default = max(default, TOOL_CAP_FLOOR) if tools else default
    caps = [read_integer(body, name, 1, card.max_output, default) for name in _CAPS]
    return caps[0] if body.get("maxCompletionTokens") is None else caps[1]


def _schema(body: JsonObject, card: ModelCard) -> JsonObject | None:
    schema = read_native_format(body.get("responseFormat"))
    if schema is not None and not card.structured_output:
        raise invalid("responseFormat")
    return schema
