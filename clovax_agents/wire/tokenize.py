"""The token calculators of the service (docs/wire.md, section 7.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from clovax_agents.capabilities import model_card
from clovax_agents.errors import InvalidResponseError
from clovax_agents.wire.encoding import encoded
from clovax_agents.wire.native import messages_json, tools_json
from clovax_agents.wire.payload import object_of
from clovax_agents.wire.quoting import snippet

if TYPE_CHECKING:
    from clovax_agents.wire.neutral import Request

__all__ = ["decode", "encode", "path"]


def path(model: str) -> str:
    """Return where the tokens for a model are counted, behind the root of the native API."""
    return f"/{model_card(model).generation}/api-tools/chat-tokenize/{quote(model, safe='')}"


def encode(request: Request) -> bytes:
    """Write the body: the messages, and the tools if there are any."""
    body: dict[str, Any] = {"messages": messages_json(request.turns)}
    if request.tools:
        body["tools"] = tools_json(request.tools)
    return encoded(body)


def decode(body: bytes) -> int:
    """Read an answer, and add up what it counts.

    Raises:
        InvalidResponseError: it is not what section 7.4 describes.
        ServiceError: it describes a failure.
    """
    payload = object_of(body)
    try:
        result: dict[str, Any] = payload["result"]
        counted = sum(_tokens(message) for message in result["messages"])
        return counted + sum(int(result[name]["count"]) for name in ("tools", "responseFormat") if result.get(name))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidResponseError(f"not a count of tokens: {snippet(body)}") from None


def _tokens(message: dict[str, Any]) -> int:
    """Return the count of a message: its own, or those of its parts, of which a single one may stand alone."""
    if "count" in message:
        return int(message["count"])
    content = message["content"]
    parts = cast("list[dict[str, Any]]", content if isinstance(content, list) else [content])
    return sum(int(part["count"]) for part in parts)
