"""The native API of v3 (docs/wire.md, sections 2.2 to 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clovax_agents.capabilities import model_card
from clovax_agents.errors import InvalidArgumentsError
from clovax_agents.wire.arguments import parse_arguments
from clovax_agents.wire.encoding import encoded, mended
from clovax_agents.wire.native_stream import NativeStream
from clovax_agents.wire.neutral import TUNED, CallFragment, Delta, RawCall, Reply, Usage
from clovax_agents.wire.payload import (
    entries,
    json_text,
    members,
    number,
    read_reply,
    text,
    usage_of,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.wire.neutral import Part, Request, ToolSpec, Turn

__all__ = ["StreamDecoder", "decode_reply", "encode", "messages_json", "path", "tools_json"]

Json = dict[str, Any]


def path(model: str) -> str:
    """Return where a model is asked: a tuned one (``ft:{task_id}``) is asked as a task."""
    if model.startswith(TUNED):
        return f"/v3/tasks/{quote(model.removeprefix(TUNED), safe='')}/chat-completions"
    return f"/v3/chat-completions/{quote(model, safe='')}"


def encode(request: Request) -> bytes:
    """Write the body of a call. What is not set is not sent; a stream is asked for by a header, not here."""
    card = model_card(request.model)
    body: Json = {
        "messages": messages_json(request.turns),
        "maxCompletionTokens" if card.thinking else "maxTokens": request.cap,
        "tools": tools_json(request.tools) or None,
        "toolChoice": _choice(request.tool_choice) if request.tools else None,
        "thinking": None if request.effort is None else {"effort": request.effort},
        "responseFormat": None
        if request.response_schema is None
        else {"type": "json", "schema": request.response_schema},
        "temperature": request.temperature,
        "topP": request.top_p,
        "topK": request.top_k,
        "repetitionPenalty": request.repetition_penalty,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        "includeAiFilters": request.ai_filters,
    }
    return encoded({key: value for key, value in body.items() if value is not None})


def messages_json(turns: Sequence[Turn]) -> list[Json]:
    """Return messages in the form of this API."""
    return [_turn(turn) for turn in turns]


def tools_json(tools: Sequence[ToolSpec]) -> list[Json]:
    """Return tools in the form of this API."""
    return [_tool(tool) for tool in tools]


def _turn(turn: Turn) -> Json:
    content = turn.content if isinstance(turn.content, str) else [_part(part) for part in turn.content]
    message: Json = {"role": turn.role, "content": content}
    if turn.calls:
        message["toolCalls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _arguments(call)}}
            for call in turn.calls
        ]
    if turn.call_id is not None:
        message["toolCallId"] = turn.call_id
    return message


def _arguments(call: RawCall) -> Json:
    """Return the object that this API insists on; what was no object is shown to the model as it was written."""
    try:
        return dict(parse_arguments(mended(call.arguments)))
    except InvalidArgumentsError:
        return {"invalid_arguments": call.arguments}


def _part(part: Part) -> Json:
    if part.image_url is None:
        return {"type": "text", "text": part.text}
    if part.image_url.startswith("data:"):
        # The whole data URI, prefix included (docs/wire.md, W2.2-22).
        return {"type": "image_url", "dataUri": {"data": part.image_url}}
    return {"type": "image_url", "imageUrl": {"url": part.image_url}}


def _tool(tool: ToolSpec) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _choice(choice: str | None) -> object:
    if choice is None or not choice.startswith("name:"):
        return choice
    return {"type": "function", "function": {"name": choice.removeprefix("name:")}}


def decode_reply(body: bytes) -> Reply:
    """Read a whole answer.

    Raises:
        InvalidResponseError: it is not what section 2.2 describes.
        ServiceError: its status is a failure, whatever the HTTP status says.
    """
    return read_reply(body, lambda payload: _reply(payload["result"]))


def _reply(result: Json) -> Reply:
    message: Json = result["message"]
    calls: list[Json] = message.get("toolCalls") or []
    return Reply(
        content=text(message.get("content")),
        thinking=text(message.get("thinkingContent")),
        calls=[_call(call) for call in calls],
        finish_reason=word(result.get("finishReason")),
        usage=_usage(result.get("usage")),
        seed=number(result.get("seed")),
        ai_filter=entries(result.get("aiFilter")),
    )


def _call(call: Json) -> RawCall:
    function: Json = call["function"]
    return RawCall(text(call.get("id")), text(function["name"]), json_text(function.get("arguments")))


def _usage(value: object) -> Usage | None:
    if not value or not (found := members(value)):
        return None
    thinking = members(found.get("completionTokensDetails")).get("thinkingTokens")
    return usage_of(found.get("promptTokens"), found.get("completionTokens"), found.get("totalTokens"), thinking)


class StreamDecoder(NativeStream):
    """Read a streamed answer (sections 2.3 to 2.5): bytes in, deltas out; see `NativeStream`."""

    def read_token(self, payload: Json) -> Delta:
        """Read what a ``token`` event adds."""
        message: Json = payload.get("message") or {}
        calls: list[Json] = message.get("toolCalls") or []
        return Delta(
            content=text(message.get("content")),
            thinking=text(message.get("thinkingContent")),
            fragments=[self._piece(call) for call in calls],
        )

    def _piece(self, call: Json) -> CallFragment:
        function: Json = call.get("function") or {}
        piece: object = function.get("partialJson")
        if piece is None:  # some are whole in one token; an empty object says no more than its absence
            piece = function.get("arguments") or None
        return self.fragment(call.get("id"), function.get("name"), piece)

    def read_result(self, payload: Json) -> Reply:
        """Read the ``result`` event, which holds the whole answer."""
        return _reply(payload)
