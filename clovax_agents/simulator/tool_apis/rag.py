"""RAG reasoning: a model that searches with tools and cites what it found (docs/wire.md, section 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.capabilities import TOOL_CAP_FLOOR, ModelCard
from clovax_agents.simulator.formats import native as native_format
from clovax_agents.simulator.formats import rag as rag_format
from clovax_agents.simulator.jobs import AnswerFormat, ChatJob
from clovax_agents.simulator.refusals import invalid
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
from clovax_agents.simulator.validation.messages import NATIVE, MessageReader
from clovax_agents.simulator.validation.native import NATIVE_RANGES
from clovax_agents.simulator.validation.tools import read_tool_choice, read_tools

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import ToolSpec
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["read_rag"]

_MAX_INPUT: Final = 128_000
_MAX_OUTPUT: Final = 4_096
# Input and output have limits of their own here, and none together.
_CARD: Final = ModelCard(
    "rag-reasoning", "v3", _MAX_INPUT + _MAX_OUTPUT, _MAX_INPUT, _MAX_OUTPUT, tools=True, thinking=True
)
_RANGES: Final = {**NATIVE_RANGES, "temperature": Range(0, 1, above_low=True)}
_FIELDS: Final = frozenset({*_RANGES, "includeAiFilters", "maxTokens", "messages", "seed", "stop"}) | {
    "toolChoice",
    "tools",
}
# There are no events: an answer comes as a whole, whatever the Accept header says.
_FORMAT: Final = AnswerFormat(rag_format.body, native_format.events)


def read_rag(call: Call, rules: Rules) -> ChatJob:
    """Check a request to ``/v1/api-tools/rag-reasoning``; it always thinks, and it is never streamed.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    body = call.body
    if rules.switches.unknown_native_fields == "refuse":
        refuse_foreign_fields(body, _FIELDS)
    check_numbers(body, _RANGES)
    tools = _read_tools(body.get("tools"), rules)
    reader = MessageReader(style=NATIVE, tools=True, images=False, text_only=True, strict=rules.strict)
    parts = Parts(
        card=_CARD,
        api="rag",
        style=NATIVE,
        messages=reader.read(body.get("messages")),
        cap=read_integer(body, "maxTokens", TOOL_CAP_FLOOR, _MAX_OUTPUT - 1, TOOL_CAP_FLOOR),
        tools=tools,
        raw_tools=body.get("tools"),
        tool_choice=read_tool_choice(body.get("toolChoice"), tools, "toolChoice"),
        effort="low",
        stop=read_stop(body),
        seed=read_seed(body),
        ai_filters=read_flag(body, "includeAiFilters", default=True),
    )
    return ChatJob(combine(parts, rules), _FORMAT, _CARD.name)


def _read_tools(value: object, rules: Rules) -> tuple[ToolSpec, ...]:
    tools = read_tools(value, strict=rules.strict, parameters_required=True)
    if not tools:
        raise invalid("tools")
    return tools
