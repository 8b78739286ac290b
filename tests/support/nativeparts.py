"""What tests of the native API share: its events and answers, and how they are read."""

import json
from collections.abc import Callable
from typing import Any

from clovax_agents.wire import native
from clovax_agents.wire.neutral import Delta


def event(name: str, data: object) -> bytes:
    """Return one event."""
    return f"id:1\nevent:{name}\ndata:{json.dumps(data, ensure_ascii=False)}\n\n".encode()


def token(**message: Any) -> bytes:
    """Return a token with the fields of its message."""
    return event("token", {"message": {"role": "assistant", **message}, "finishReason": None, "usage": None})


def result(reason: str = "stop", **message: Any) -> bytes:
    """Return the last event, with the fields of its message."""
    usage = {"promptTokens": 9, "completionTokens": 5, "totalTokens": 14}
    said = {"role": "assistant", "content": "", **message}
    return event("result", {"message": said, "finishReason": reason, "seed": 3, "usage": usage})


def opening(call_id: str, name: str) -> bytes:
    """Return the token that opens a call."""
    return token(content="", toolCalls=[{"id": call_id, "type": "function", "function": {"name": name}}])


def piece(text: str) -> bytes:
    """Return a token with a piece of arguments."""
    return token(content="", toolCalls=[{"type": "function", "function": {"partialJson": text}}])


def call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    """Return a whole call."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


SIGNAL = b'event:signal\ndata:{"data":"[DONE]"}\n\n'


def read(*parts: bytes, decoder: Callable[[], Any] = native.StreamDecoder) -> list[Delta]:
    """Read a whole stream."""
    reader = decoder()
    deltas = [delta for part in parts for delta in reader.feed(part)]
    return deltas + list(reader.close())


def text(deltas: list[Delta]) -> str:
    """Return the text that was read."""
    return "".join(delta.content for delta in deltas)


def calls(deltas: list[Delta]) -> dict[int, tuple[str | None, str | None, str]]:
    """Join fragments as everything above the codec does: by their index."""
    found: dict[int, tuple[str | None, str | None, str]] = {}
    for fragment in (fragment for delta in deltas for fragment in delta.fragments):
        call_id, name, arguments = found.get(fragment.index, (None, None, ""))
        found[fragment.index] = (call_id or fragment.id, name or fragment.name, arguments + fragment.arguments)
    return found


def answer(result: dict[str, Any], code: str = "20000") -> bytes:
    """Return a whole answer."""
    return json.dumps({"status": {"code": code, "message": "OK"}, "result": result}).encode()
