"""The OpenAI-compatible API of CLOVA Studio (docs/wire.md, section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError
from clovax_agents.wire.encoding import encoded
from clovax_agents.wire.fragments import CallPieces
from clovax_agents.wire.neutral import CallFragment, Delta, RawCall, Reply, Usage
from clovax_agents.wire.payload import json_text, members, number, object_of, read_reply, text, usage_of, word
from clovax_agents.wire.stream import EventStream

if TYPE_CHECKING:
    from clovax_agents.wire.neutral import Request, ToolSpec, Turn
    from clovax_agents.wire.sse import Event

__all__ = ["PATH", "StreamDecoder", "body", "decode_reply", "encode"]

PATH: Final = "/chat/completions"
Json = dict[str, Any]


def encode(request: Request) -> bytes:
    """Write the body of a call."""
    return encoded(body(request))


def body(request: Request) -> Json:
    """Return the body of a call. What is not set is not sent; no parameter that the service refuses is ever sent.

    Raises:
        ConfigurationError: a parameter that only the native API has.
    """
    if request.ai_filters is not None:
        raise ConfigurationError("include_ai_filters is a parameter of the native API: set api='native'")
    fields: Json = {
        "model": request.model,
        "messages": [_turn(turn) for turn in request.turns],
        "max_completion_tokens": request.cap,
        "stream": request.stream or None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _choice(request.tool_choice) if request.tools else None,
        "reasoning_effort": request.effort,
        "response_format": _format(request),
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "repetition_penalty": request.repetition_penalty,
        "repeat_penalty": request.repeat_penalty,
        "stop": list(request.stop) or None,
        "seed": request.seed,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _turn(turn: Turn) -> Json:
    message: Json = {"role": turn.role, "content": turn.content if isinstance(turn.content, str) else _parts(turn)}
    if turn.name:
        message["name"] = turn.name
    if turn.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in turn.calls
        ]
    if turn.call_id is not None:
        message["tool_call_id"] = turn.call_id
    return message


def _parts(turn: Turn) -> list[Json]:
    return [
        {"type": "image_url", "image_url": {"url": part.image_url}}
        if part.image_url
        else {"type": "text", "text": part.text}
        for part in turn.content
        if not isinstance(part, str)
    ]


def _tool(tool: ToolSpec) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _choice(choice: str | None) -> object:
    if choice is None or not choice.startswith("name:"):
        return choice
    return {"type": "function", "function": {"name": choice.removeprefix("name:")}}


def _format(request: Request) -> Json | None:
    if request.response_schema is None:
        return None
    name, schema = request.response_name, request.response_schema
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}


def decode_reply(body: bytes) -> Reply:
    """Read a whole answer.

    Raises:
        InvalidResponseError: it is not what section 3.3 describes.
        ServiceError: it is an error body in spite of status 200.
    """
    return read_reply(body, _reply)


def _reply(payload: Json) -> Reply:
    choice: Json = payload["choices"][0]
    message: Json = choice["message"]
    calls: list[Json] = message.get("tool_calls") or []
    return Reply(
        content=text(message.get("content")),
        thinking=_thinking(message),
        calls=[_call(call) for call in calls],
        finish_reason=word(choice.get("finish_reason")),
        usage=_usage(payload.get("usage")),
        id=word(payload.get("id")),
        model=word(payload.get("model")),
        seed=number(payload.get("seed")),
    )


def _call(call: Json) -> RawCall:
    function: Json = call["function"]
    return RawCall(text(call.get("id")), text(function["name"]), json_text(function.get("arguments")))


def _thinking(message: Json) -> str:
    return text(message.get("reasoning_content") or message.get("reasoning") or message.get("thinking_content"))


def _usage(value: object) -> Usage | None:
    if not value or not (found := members(value)):
        return None
    thinking = members(found.get("completion_tokens_details")).get("reasoning_tokens")
    return usage_of(found.get("prompt_tokens"), found.get("completion_tokens"), found.get("total_tokens"), thinking)


class StreamDecoder(EventStream):
    """Read a streamed answer (section 3.4): bytes in, deltas out.

    Tolerates what is UNCONFIRMED there: usage on any chunk or none, a role on every delta, tool calls without index,
    a whole call in one delta, a missing ``[DONE]`` behind a finish reason.
    """

    end = "a finish reason"

    def __init__(self) -> None:
        super().__init__()
        self._pieces = CallPieces()

    def read(self, event: Event) -> Delta | None:
        """Read a chunk, or the terminator."""
        if event.data.strip() == "[DONE]":
            self.done = True
            return None
        payload = object_of(event.data)
        return self._read(payload) if payload.get("choices") or payload.get("usage") else None

    def _read(self, payload: Json) -> Delta:
        choices: list[Json] = payload.get("choices") or [{}]
        added: Json = choices[0].get("delta") or {}
        calls: list[Json] = added.get("tool_calls") or []
        reason = word(choices[0].get("finish_reason"))
        delta = Delta(
            content=text(added.get("content")),
            thinking=_thinking(added),
            fragments=[self._fragment(call) for call in calls],
            finish_reason=reason,
            usage=_usage(payload.get("usage")),
            id=word(payload.get("id")),
            model=word(payload.get("model")),
        )
        self.finished: bool = self.finished or reason is not None
        return delta

    def _fragment(self, call: Json) -> CallFragment:
        function: Json = call.get("function") or {}
        index: object = call.get("index")
        if index is not None and number(index) is None:
            raise TypeError
        return self._pieces.add(
            number(index), text(call.get("id")), text(function.get("name")), json_text(function.get("arguments"))
        )
