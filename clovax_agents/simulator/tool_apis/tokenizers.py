"""Token calculators: what a chat or an embedding would be billed for (docs/wire.md, section 7.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.jobs import ToolJob
from clovax_agents.simulator.json_types import JsonObject, as_array, as_object, as_text
from clovax_agents.simulator.refusals import SimulatedError, too_long
from clovax_agents.simulator.tokens import IMAGE_TOKENS, count, pieces, prompt_tokens, schema_tokens, tool_tokens
from clovax_agents.simulator.validation.fields import read_string, refuse_foreign_fields
from clovax_agents.simulator.validation.images import ImageRules, check_native_image
from clovax_agents.simulator.validation.messages import NATIVE, V1, MessageReader
from clovax_agents.simulator.validation.models import native_model
from clovax_agents.simulator.validation.schemas import check_schema, read_native_format
from clovax_agents.simulator.validation.tools import read_tool_choice, read_tools

if TYPE_CHECKING:
    from clovax_agents.simulator.brains.protocol import Message
    from clovax_agents.simulator.jobs import Call, Rules

__all__ = ["read_tokenize_embedding", "read_tokenize_v1", "read_tokenize_v3"]

_CHAT: Final = "chat-tokenize"
_EMBEDDING: Final = "embedding-tokenize"
_MOST_CHARACTERS: Final = 10_000
_V1_FIELDS: Final = frozenset({"messages"})
_V3_FIELDS: Final = frozenset({"messages", "responseFormat", "toolChoice", "tools"})
_EMBEDDING_FIELDS: Final = frozenset({"text"})


def read_tokenize_v1(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v1/api-tools/chat-tokenize/{model}``, which counts for HCX-003 and HCX-DASH-001.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    native_model(call, rules, "v1")
    _check_fields(call, rules, _V1_FIELDS)
    reader = MessageReader(style=V1, tools=False, images=False, strict=rules.strict)
    messages = reader.read(call.body.get("messages"))
    counted: list[JsonObject] = [
        {"role": message.role, "content": message.text, "count": prompt_tokens([message])} for message in messages
    ]
    return ToolJob(_CHAT, prompt_tokens(messages), lambda: {"messages": counted})


def read_tokenize_v3(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v3/api-tools/chat-tokenize/{model}``: messages, tools and a schema, in any combination.

    The counts add up to the prompt tokens of the same chat request. Features that exclude each other there can be
    counted together here, and so can a conversation that is too long or breaks off after a tool call.

    Raises:
        SimulatedError: 400 with the documented code of the first check that fails.
    """
    card = native_model(call, rules, "v3").card
    body = call.body
    _check_fields(call, rules, _V3_FIELDS)
    tools = read_tools(body.get("tools"), strict=rules.strict, parameters_required=rules.strict)
    read_tool_choice(body.get("toolChoice"), tools, "toolChoice")
    schema = read_native_format(body.get("responseFormat"))
    reader = MessageReader(style=NATIVE, tools=card.tools, images=card.images, strict=rules.strict)
    messages = reader.read(body.get("messages"))
    _check_parts(reader, schema, rules)
    result: JsonObject = {"messages": _counted_messages(messages, as_array(body.get("messages")) or [])}
    tokens = prompt_tokens(messages)
    if tools:
        definitions = tool_tokens(as_array(body.get("tools")) or [])
        result["tools"] = {"count": definitions}
        tokens += definitions
    if schema is not None:
        result["responseFormat"] = {"count": schema_tokens(schema)}
        tokens += schema_tokens(schema)
    return ToolJob(_CHAT, tokens, lambda: result)


def read_tokenize_embedding(call: Call, rules: Rules) -> ToolJob:
    """Check a request to ``/v1/api-tools/embedding/v2/tokenize``, which counts a text of 1 to 10,000 characters.

    Raises:
        SimulatedError: 400 with 40001 (no text), 40004 (empty) or 40003 (too long; which code is not documented).
    """
    _check_fields(call, rules, _EMBEDDING_FIELDS)
    text = read_string(call.body, "text")
    if not text:
        raise SimulatedError(400, "40004", "Text empty")
    if len(text) > _MOST_CHARACTERS:
        raise too_long()
    tokens = count(text)
    return ToolJob(_EMBEDDING, tokens, lambda: {"numTokens": tokens})


def _check_fields(call: Call, rules: Rules, known: frozenset[str]) -> None:
    if rules.switches.unknown_native_fields == "refuse":
        refuse_foreign_fields(call.body, known)


def _check_parts(reader: MessageReader, schema: JsonObject | None, rules: Rules) -> None:
    """Check the schema and the images, as a chat would."""
    if schema is not None:
        check_schema(schema, strict=rules.strict, documented_only=rules.switches.documented_schema_only)
    image_rules = ImageRules(strict=rules.strict, known=rules.switches.images)
    for part, place in reader.found:
        check_native_image(part, place, rules=image_rules)


def _counted_messages(messages: tuple[Message, ...], sent: list[object]) -> list[JsonObject]:
    """Return the messages with a count for each part; a content that was a string becomes one part."""
    counted: list[JsonObject] = []
    for message, item in zip(messages, sent, strict=True):
        content = (as_object(item) or {}).get("content")
        parts = [as_object(part) or {} for part in as_array(content) or [{"type": "text", "text": content}]]
        counts = _part_counts(message, parts)
        counted.append({"role": message.role, "content": [*map(_counted_part, parts, counts)]})
    return counted


def _counted_part(part: JsonObject, tokens: int) -> JsonObject:
    """Return a part in the form in which it was sent."""
    kept = next(name for name in ("text", "imageUrl", "dataUri") if part.get(name) is not None)
    return {"type": part["type"], kept: part[kept], "count": tokens}


def _part_counts(message: Message, parts: list[JsonObject]) -> list[int]:
    """Return the tokens of each part; the message's markers and tool calls go with its first text."""
    places = [i for i, part in enumerate(parts) if part["type"] == "text"]
    counts = [IMAGE_TOKENS] * len(parts)
    for place, tokens in zip(places, _text_counts([as_text(parts[i]["text"]) for i in places]), strict=True):
        counts[place] = tokens
    counts[places[0] if places else 0] += prompt_tokens([replace(message, text="", images=0)])
    return counts


def _text_counts(texts: list[str]) -> list[int]:
    """Return the tokens of texts that a chat joins by line feeds; each token counts where it begins."""
    ends = [*accumulate(len(text) + 1 for text in texts)]
    counts = [0] * len(texts)
    position = part = 0
    for piece in pieces("\n".join(texts)):
        while position >= ends[part]:
            part += 1
        counts[part] += 1
        position += len(piece)
    return counts
