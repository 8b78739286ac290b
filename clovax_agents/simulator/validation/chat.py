"""A chat request from parsed JSON to what a brain sees, checked in the documented order (docs/wire.md, section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clovax_agents.capabilities import EFFORTS, MODELS, TOOL_CAP_FLOOR, Effort, ModelCard, model_card
from clovax_agents.simulator.brains.protocol import ChatRequest, Message, ToolSpec
from clovax_agents.simulator.json_types import JsonObject, as_object
from clovax_agents.simulator.refusals import SimulatedError, invalid
from clovax_agents.simulator.tokens import prompt_tokens
from clovax_agents.simulator.validation.fields import (
    check_sampling,
    read_cap,
    read_flag,
    read_seed,
    read_stop,
    refuse_foreign_fields,
)
from clovax_agents.simulator.validation.images import check_image_counts
from clovax_agents.simulator.validation.messages import check_history, read_messages
from clovax_agents.simulator.validation.schemas import check_schema, read_response_format
from clovax_agents.simulator.validation.tools import read_tool_choice, read_tools

if TYPE_CHECKING:
    from clovax_agents.simulator.switches import Switches

__all__ = ["find_model", "read_chat_request"]

_DEFAULT_CAP: Final = 512
_EFFORT_CAPS: Final[dict[Effort, int]] = {"none": 512, "low": 5_120, "medium": 10_240, "high": 20_480}
_OTHER_APIS: Final = {"bge-m3", "clir-emb-dolphin", "clir-sts-dolphin"}


@dataclass(frozen=True, slots=True)
class _Parts:
    """The fields of a request after their own checks, before those of their combination."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    effort: Effort
    cap: int
    schema: JsonObject | None
    stop: tuple[str, ...]


def read_chat_request(body: JsonObject, *, strict: bool, switches: Switches) -> ChatRequest:
    """Check a request and return what the model sees of it.

    Args:
        body: the parsed JSON.
        strict: refuse what the service may refuse, not only what it is known to refuse.
        switches: stances on unconfirmed points.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    card = find_model(body.get("model"))
    if strict:
        refuse_foreign_fields(body, card.generation)
    check_sampling(body, card.generation)
    parts = _read_parts(body, card, strict=strict, switches=switches)
    choice = read_tool_choice(body.get("tool_choice"), parts.tools)
    stream, seed = read_flag(body, "stream"), read_seed(body)
    _check_exclusions(body, parts, card, strict=strict)
    schema = _checked_schema(parts.schema, card, strict=strict, switches=switches)
    check_history(parts.messages, strict=strict)
    if switches.history_tools_declared:
        _check_history_names(parts)
    check_image_counts(parts.messages)
    size = _check_context(body, parts, card)
    return ChatRequest(
        model=card.name,
        messages=parts.messages,
        tools=parts.tools,
        tool_choice=choice,
        effort=parts.effort,
        cap=parts.cap,
        schema=schema,
        stream=stream,
        stop=parts.stop,
        seed=seed,
        prompt_tokens=size,
    )


def find_model(name: object) -> ModelCard:
    """Return the row of a model that this API serves.

    Raises:
        SimulatedError: 40001 if the name is not a string, 40080 for an unknown model, 40084 for one of another API.
    """
    if not isinstance(name, str):
        raise invalid("model")
    if name in _OTHER_APIS:
        raise SimulatedError(400, "40084", "Unsupported API for model")
    if name not in MODELS and not (name.startswith("ft:") and name[3:].strip()):
        raise SimulatedError(400, "40080", "Model not found")
    return model_card(name)


def _read_parts(body: JsonObject, card: ModelCard, *, strict: bool, switches: Switches) -> _Parts:
    effort = _read_effort(body, card, strict=strict)
    default = _EFFORT_CAPS[effort] if switches.thinking_caps else _DEFAULT_CAP
    return _Parts(
        messages=read_messages(body.get("messages"), card, strict=strict),
        tools=read_tools(body.get("tools"), strict=strict),
        effort=effort,
        cap=read_cap(body, card, default),
        schema=read_response_format(body.get("response_format")),
        stop=read_stop(body),
    )


def _read_effort(body: JsonObject, card: ModelCard, *, strict: bool) -> Effort:
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


def _check_exclusions(body: JsonObject, parts: _Parts, card: ModelCard, *, strict: bool) -> None:
    """Refuse features that exclude each other, with the names of both (docs/wire.md, sections 2.1 and 12.4)."""
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise invalid("maxTokens", "maxCompletionTokens")
    thinking = parts.effort != "none"
    if parts.tools:
        _check_tool_exclusions(parts, card)
    if parts.schema is not None and thinking:
        raise invalid("responseFormat", "thinking")
    if parts.stop and thinking and strict:
        raise invalid("stop", "thinking")


def _check_tool_exclusions(parts: _Parts, card: ModelCard) -> None:
    if not card.tools:
        raise invalid("tools")
    if parts.cap < TOOL_CAP_FLOOR:
        raise invalid("tools", "maxTokens")
    if parts.effort != "none":
        raise invalid("tools", "thinking")
    if parts.schema is not None:
        raise invalid("tools", "responseFormat")
    if any(message.images for message in parts.messages):
        raise invalid("tools", "image_url")


def _checked_schema(
    schema: JsonObject | None, card: ModelCard, *, strict: bool, switches: Switches
) -> JsonObject | None:
    if schema is None:
        return None
    if not card.structured_output:
        if switches.schema_elsewhere == "ignore":
            return None
        raise invalid("model", "responseFormat")
    check_schema(schema, strict=strict, documented_only=switches.documented_schema_only)
    return schema


def _check_history_names(parts: _Parts) -> None:
    declared = {tool.name for tool in parts.tools}
    if any(call.name not in declared for message in parts.messages for call in message.tool_calls):
        raise invalid("messages", "tools")


def _check_context(body: JsonObject, parts: _Parts, card: ModelCard) -> int:
    """Return the tokens of the input, if they and the cap fit into the model."""
    schema = [parts.schema] if parts.schema is not None else []
    size = prompt_tokens(parts.messages, *([{"tools": body["tools"]}] if parts.tools else []), *schema)
    if size > card.max_input or size + parts.cap > card.context:
        raise SimulatedError(400, "40003", "Context length exceeded")
    return size
