"""The checks after those of single fields: features that exclude each other, history, images, context length.

The order is that of docs/wire.md, section 4.2; the pairs are those of section 12, item 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from clovax_agents.capabilities import TOOL_CAP_FLOOR, Effort
from clovax_agents.simulator.brains.protocol import Api, ChatRequest
from clovax_agents.simulator.json_types import JsonObject, as_array
from clovax_agents.simulator.refusals import invalid, too_long, unsupported_function
from clovax_agents.simulator.tokens import prompt_tokens, schema_tokens, tool_tokens
from clovax_agents.simulator.validation.images import ImageRules, check_image_counts
from clovax_agents.simulator.validation.messages import check_history
from clovax_agents.simulator.validation.schemas import check_schema

if TYPE_CHECKING:
    from clovax_agents.capabilities import ModelCard
    from clovax_agents.simulator.brains.protocol import Message, ToolSpec
    from clovax_agents.simulator.jobs import Rules
    from clovax_agents.simulator.validation.messages import MessageStyle

__all__ = ["EFFORT_CAPS", "Parts", "combine"]

EFFORT_CAPS: Final[dict[Effort, int]] = {"none": 512, "low": 5_120, "medium": 10_240, "high": 20_480}
"""Default caps of HCX-007 (docs/wire.md, section 2.4)."""

_GOV_TOOLS: Final = frozenset({"HCX-005", "HCX-DASH-002"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The fields of a request after their own checks.

    Attributes:
        card: of the model.
        api: that was asked.
        style: of the messages.
        messages: the conversation.
        images: the image parts, with their places.
        cap: most tokens of the answer; the default of the API where none was sent.
        tools: the declared tools.
        raw_tools: as they were sent, for counting.
        tool_choice: ``auto``, ``none`` or a name.
        effort: of thinking.
        schema: of a structured answer.
        stop: sequences that end the answer.
        seed: 0 if it is left open.
        stream: whether events were asked for.
        ai_filters: whether the filter was asked for.
        thinking_name: how a refusal names thinking.
    """

    card: ModelCard
    api: Api
    style: MessageStyle
    messages: tuple[Message, ...]
    cap: int
    images: list[tuple[JsonObject, str]] = field(default_factory=list[tuple[JsonObject, str]])
    tools: tuple[ToolSpec, ...] = ()
    raw_tools: object = None
    tool_choice: str = "auto"
    effort: Effort = "none"
    schema: JsonObject | None = None
    stop: tuple[str, ...] = ()
    seed: int = 0
    stream: bool = False
    ai_filters: bool = False
    thinking_name: Literal["thinking", "reasoning"] = "thinking"


def combine(parts: Parts, rules: Rules) -> ChatRequest:
    """Check what the fields mean together, and return what the model sees.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    _check_exclusions(parts, rules)
    if parts.schema is not None:
        check_schema(parts.schema, strict=rules.strict, documented_only=rules.switches.documented_schema_only)
    check_history(parts.messages, parts.style, strict=rules.strict)
    if rules.switches.history_tools_declared:
        _check_history_names(parts)
    _check_images(parts, rules)
    size = _size(parts)
    if size > parts.card.max_input or size + parts.cap > parts.card.context:
        raise too_long()
    return _request(parts, size)


def _request(parts: Parts, size: int) -> ChatRequest:
    return ChatRequest(
        model=parts.card.name,
        messages=parts.messages,
        tools=parts.tools,
        tool_choice=parts.tool_choice,
        effort=parts.effort,
        cap=parts.cap,
        schema=parts.schema,
        stream=parts.stream,
        stop=parts.stop,
        seed=parts.seed,
        prompt_tokens=size,
        api=parts.api,
        ai_filters=parts.ai_filters,
    )


def _check_exclusions(parts: Parts, rules: Rules) -> None:
    """Refuse features that exclude each other, with the names of both."""
    thinks = parts.effort != "none"
    if parts.tools:
        _check_tools(parts, rules)
    if parts.schema is not None and thinks:
        raise invalid("responseFormat", parts.thinking_name)
    if parts.stop and thinks and parts.api != "rag" and (rules.strict or parts.api == "native"):
        raise invalid("stop", parts.thinking_name)


def _check_tools(parts: Parts, rules: Rules) -> None:
    gov = rules.profile == "gov"
    if not parts.card.tools or (gov and parts.card.name not in _GOV_TOOLS):
        raise unsupported_function()
    if parts.cap < TOOL_CAP_FLOOR:
        raise invalid("tools", "maxTokens")
    if parts.effort != "none" and parts.api != "rag":
        raise invalid("tools", parts.thinking_name)
    if parts.schema is not None:
        raise invalid("tools", "responseFormat")
    if any(message.images for message in parts.messages):
        raise invalid("tools", "image_url")
    if gov and parts.stream:
        raise invalid("tools", "stream")


def _check_images(parts: Parts, rules: Rules) -> None:
    check_image_counts(parts.messages)
    image_rules = ImageRules(strict=rules.strict, known=rules.switches.images)
    for part, place in parts.images:
        parts.style.check_image(part, place, rules=image_rules)


def _check_history_names(parts: Parts) -> None:
    declared = {tool.name for tool in parts.tools}
    if any(call.name not in declared for message in parts.messages for call in message.tool_calls):
        raise invalid("messages", "tools")


def _size(parts: Parts) -> int:
    """Return the tokens of the input: messages, tools and schema."""
    tools = tool_tokens(as_array(parts.raw_tools) or [])
    schema = schema_tokens(parts.schema) if parts.schema is not None else 0
    return prompt_tokens(parts.messages) + tools + schema
