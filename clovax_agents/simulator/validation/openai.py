"""A chat request over the OpenAI-compatible API (docs/wire.md, section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clovax_agents.capabilities import EFFORTS, Effort, ModelCard
from clovax_agents.simulator.formats import openai as openai_format
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
from clovax_agents.simulator.validation.messages import OPENAI, MessageReader
from clovax_agents.simulator.validation.models import chat_model
from clovax_agents.simulator.validation.schemas import read_response_format
from clovax_agents.simulator.validation.tools import read_tool_choice, read_tools

if TYPE_CHECKING:
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["read_chat"]

_DEFAULT_CAP: Final = 512
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
_CLOVA_ONLY: Final = {"v3": {"top_k", "repetition_penalty"}, "v1": {"top_k", "repeat_penalty"}}
_RANGES: Final = {
    "top_p": Range(0, 1, above_low=True),
    "repetition_penalty": Range(0, 2, above_low=True),
    "repeat_penalty": Range(0, 10, above_low=True),
    "top_k": Range(0, 128, whole=True),
    "n": Range(1, 1, whole=True),
}
_TEMPERATURE: Final = {"v3": Range(0, 1), "v1": Range(0, 1, above_low=True)}
_FORMAT: Final = AnswerFormat(openai_format.body, openai_format.events)


def read_chat(call: Call, rules: Rules) -> ChatJob:
    """Check a request and return the work for a brain.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    target = chat_model(call, rules)
    body, card = call.body, target.card
    if rules.strict:
        refuse_foreign_fields(body, _SUPPORTED | _CLOVA_ONLY[card.generation])
    check_numbers(body, _RANGES | {"temperature": _TEMPERATURE[card.generation]})
    if not read_flag(body, "parallel_tool_calls", default=True):
        raise invalid("parallel_tool_calls")
    return ChatJob(combine(_parts(body, card, rules), rules), _FORMAT, target.base)


def _parts(body: JsonObject, card: ModelCard, rules: Rules) -> Parts:
    effort = _effort(body, card, strict=rules.strict)
    reader = MessageReader(style=OPENAI, tools=card.tools, images=card.images, strict=rules.strict)
    tools = read_tools(body.get("tools"), strict=rules.strict)
    parts = Parts(
        card=card,
        api="openai",
        style=OPENAI,
        messages=reader.read(body.get("messages")),
        images=reader.found,
        cap=_cap(body, card, EFFORT_CAPS[effort] if rules.switches.thinking_caps else _DEFAULT_CAP),
        tools=tools,
        raw_tools=body.get("tools"),
        effort=effort,
        schema=_schema(body, card, rules),
        stop=read_stop(body, single=True),
        tool_choice=read_tool_choice(body.get("tool_choice"), tools),
        seed=read_seed(body),
        stream=read_flag(body, "stream"),
        thinking_name="reasoning",
    )
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise invalid("maxTokens", "maxCompletionTokens")
    return parts


def _effort(body: JsonObject, card: ModelCard, *, strict: bool) -> Effort:
    """Return the effort of thinking; on HCX-007 thinking is on when nothing is said."""
    reasoning = as_object(body.get("reasoning"))
    if body.get("reasoning") is not None and (reasoning is None or body.get("reasoning_effort") is not None):
        raise invalid("thinking")
    value = body.get("reasoning_effort") if reasoning is None else reasoning.get("effort")
    if value is None and reasoning is None:
        return "low" if card.thinking else "none"
    # One report calls `none` harmless on models that cannot think (docs/wire.md, section 2.5).
    if value not in EFFORTS or (not card.thinking and (strict or value != "none")):
        raise invalid("thinking")
    return value


def _cap(body: JsonObject, card: ModelCard, default: int) -> int:
    """Return the cap in tokens, whichever of its two names it has."""
    caps = [read_integer(body, name, 1, card.max_output, default) for name in ("max_tokens", "max_completion_tokens")]
    return caps[0] if body.get("max_completion_tokens") is None else caps[1]


def _schema(body: JsonObject, card: ModelCard, rules: Rules) -> JsonObject | None:
    schema = read_response_format(body.get("response_format"))
    if schema is None or card.structured_output:
        return schema
    if rules.switches.schema_elsewhere == "ignore":
        return None
    raise invalid("response_format.type")
