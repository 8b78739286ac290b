"""A deterministic token estimate, fit for Korean.

The service's tokenizer is not public. The first two syllables of a Korean word, each further one, four Latin letters
or three digits count as one token; with five tokens for each message this comes within two tokens of the documented
counts of sample messages (docs/wire.md, section 7.4). Pieces join to the text again, so the same split serves for
counting, cutting and streaming.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.simulator.json_types import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.simulator.brains.protocol import Message, ToolCall
    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["count", "cut", "pieces", "prompt_tokens"]

_PIECE: Final = re.compile(
    r" [가-힣]{1,2}|(?<![가-힣])[가-힣]{1,2}|[가-힣]|"
    r" ?[A-Za-z]{1,4}| ?[0-9]{1,3}| ?[぀-ヿ一-鿿]| ?[!-/:-@\[-`{-~]{1,2}|\s{1,8}|.",
    re.DOTALL,
)
_PER_MESSAGE: Final = 5
_PER_CALL: Final = 4
_PER_IMAGE: Final = 1_478


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


def prompt_tokens(messages: Iterable[Message], *extras: JsonObject) -> int:
    """Return the tokens of the input: messages with their markers, and tool definitions or a schema as JSON."""
    return sum(_message_tokens(message) for message in messages) + sum(count(dumps(extra)) for extra in extras)


def _message_tokens(message: Message) -> int:
    calls = sum(_call_tokens(call) for call in message.tool_calls)
    return _PER_MESSAGE + count(message.text) + calls + _PER_IMAGE * message.images


def _call_tokens(call: ToolCall) -> int:
    return _PER_CALL + count(call.name) + count(call.arguments_text())
