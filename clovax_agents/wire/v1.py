"""The native API of v1, for HCX-003 and HCX-DASH-001 (docs/wire.md, section 2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from clovax_agents.wire.encoding import encoded
from clovax_agents.wire.native_stream import NativeStream
from clovax_agents.wire.neutral import TUNED, Delta, Reply
from clovax_agents.wire.payload import entries, number, read_reply, text, usage_of

if TYPE_CHECKING:
    from clovax_agents.wire.neutral import Request

__all__ = ["StreamDecoder", "decode_reply", "encode", "path"]

Json = dict[str, Any]
_REASONS: Final = {"length": "length", "end_token": "stop", "stop_before": "stop"}


def path(model: str) -> str:
    """Return where a model is asked: a tuned one (``ft:{task_id}``) is asked as a task."""
    if model.startswith(TUNED):
        return f"/v1/tasks/{quote(model.removeprefix(TUNED), safe='')}/chat-completions"
    return f"/v1/chat-completions/{quote(model, safe='')}"


def encode(request: Request) -> bytes:
    """Write the body of a call; this API knows text only."""
    body: Json = {
        "messages": [{"role": turn.role, "content": turn.content} for turn in request.turns],
        "maxTokens": request.cap,
        "temperature": request.temperature,
        "topP": request.top_p,
        "topK": request.top_k,
        "repeatPenalty": request.repeat_penalty,
        "stopBefore": list(request.stop) or None,
        "seed": request.seed,
        "includeAiFilters": request.ai_filters,
    }
    return encoded({key: value for key, value in body.items() if value is not None})


def decode_reply(body: bytes) -> Reply:
    """Read a whole answer.

    Raises:
        InvalidResponseError: it is not what section 2.7 describes.
        ServiceError: its status is a failure, whatever the HTTP status says.
    """
    return read_reply(body, lambda payload: _reply(payload["result"]))


def _reply(result: Json) -> Reply:
    reason = text(result.get("stopReason")).lower()
    read, written = result.get("inputLength"), result.get("outputLength")
    return Reply(
        content=text(result["message"].get("content")),
        finish_reason=_REASONS.get(reason, reason or None),
        usage=usage_of(read, written, None, None) if read or written else None,
        seed=number(result.get("seed")),
        ai_filter=entries(result.get("aiFilter")),
    )


class StreamDecoder(NativeStream):
    """Read a streamed answer: bytes in, deltas out; see `NativeStream`."""

    def read_token(self, payload: Json) -> Delta:
        """Read what a ``token`` event adds."""
        message: Json = payload.get("message") or {}
        return Delta(content=text(message.get("content")))

    def read_result(self, payload: Json) -> Reply:
        """Read the ``result`` event, which holds the whole answer."""
        return _reply(payload)
