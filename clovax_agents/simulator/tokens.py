"""A deterministic token estimate, fit for Korean.

The service's tokenizer is not public. The first two syllables of a Korean word, each further one, four Latin letters
or three digits count as one token; with five tokens for each message this comes within two tokens of the documented
counts of sample messages (docs/wire.md, section 7.4). Pieces join to the text again, so the same split serves for
counting, cutting and streaming. The JSON of tools and schemas is cheaper: its words and brackets are few and common.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clovax_agents.simulator.brains.protocol import Message, ToolCall
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["IMAGE_TOKENS", "LONGEST", "count", "cut", "pieces", "prompt_tokens", "schema_tokens", "tool_tokens"]

IMAGE_TOKENS: Final = 1_478
"""Of one image, whatever its size (docs/wire.md, W6-15)."""

LONGEST: Final = 8
"""Characters of the longest token: a text of more characters than this allows need not be counted to be too long."""

_PIECE: Final = re.compile(
    r" [가-힣]{1,2}|(?<![가-힣])[가-힣]{1,2}|[가-힣]|"
    r" ?[A-Za-z]{1,4}| ?[0-9]{1,3}| ?[぀-ヿ一-鿿]| ?[!-/:-@\[-`{-~]{1,2}|\s{1,8}|.",
    re.DOTALL,
)
_JSON_PIECE: Final = re.compile(
    r" [가-힣]{1,2}|(?<![가-힣])[가-힣]{1,2}|[가-힣]|"
    r" ?[A-Za-z]{1,8}| ?[0-9]{1,3}| ?[!-/:-@\[-`{-~]{1,4}|\s{1,8}|.",
    re.DOTALL,
)
_PER_MESSAGE: Final = 5
_PER_CALL: Final = 4
_PER_TOOL: Final = 20


def pieces(text: str) -> list[str]:
    """Split a text into the pieces that count as one token each; they join to the text again.

    Example:
        >>> pieces("내일 서울 날씨 어때?")
        ['내일', ' 서울', ' 날씨', ' 어때', '?']
    """
    return _PIECE.findall(text)


def count(text: str) -> int:
    """Return the number of tokens of a text."""
    return len(pieces(text))


def cut(text: str, budget: int) -> tuple[str, int]:
    """Return as much of the text as fits into the budget, and the tokens that it takes."""
    parts = pieces(text)
    kept = parts[: max(budget, 0)]
    return ("".join(kept) if len(kept) < len(parts) else text), len(kept)


def prompt_tokens(messages: Iterable[Message]) -> int:
    """Return the tokens of a conversation: its messages with their markers, images and tool calls."""
    return sum(_message_tokens(message) for message in messages)


def tool_tokens(tools: Sequence[object]) -> int:
    """Return the tokens of tool definitions as they were sent; two of ordinary size are some 230 (W7.4-07)."""
    return sum(_PER_TOOL + _json_tokens(tool) for tool in tools)


def schema_tokens(schema: JsonObject) -> int:
    """Return the tokens of the schema of a structured answer.

    Example:
        >>> schema_tokens({"type": "object", "properties": {"rain": {"type": "boolean", "description": "비 여부"}}})
        20
    """
    return _json_tokens(schema)


def _json_tokens(value: object) -> int:
    return len(_JSON_PIECE.findall(dumps(value)))


def _message_tokens(message: Message) -> int:
    calls = sum(_call_tokens(call) for call in message.tool_calls)
    return _PER_MESSAGE + count(message.text) + calls + IMAGE_TOKENS * message.images


def _call_tokens(call: ToolCall) -> int:
    return _PER_CALL + count(call.name) + count(call.arguments_text())
