"""A server that answers at once with answers made beforehand, so that what is measured is the client."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Final

CHUNKS: Final = 1000
_HEAD: Final = {"id": "b", "created": 1, "model": "HCX-005"}
_USAGE: Final = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}


def _choice(**fields: Any) -> dict[str, Any]:
    return {"index": 0, "logprobs": None, "finish_reason": None, **fields}


def _event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = _choice(delta=delta, finish_reason=finish)
    return b"data: " + json.dumps({**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


def _whole() -> bytes:
    message = {"role": "assistant", "content": "네, 알겠습니다."}
    choice = _choice(message=message, finish_reason="stop")
    body = json.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _text() -> list[bytes]:
    return [
        _event({"role": "assistant", "content": ""}),
        *[_event({"content": "가나다 "})] * CHUNKS,
        _event({}, "stop"),
    ]


def _arguments() -> list[bytes]:
    head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "tool_0", "arguments": '{"text": "'}}
    piece = {"index": 0, "function": {"arguments": "가나다 "}}
    last = {"index": 0, "function": {"arguments": '"}'}}
    pieces = [_event({"tool_calls": [part]}) for part in (head, *[piece] * CHUNKS, last)]
    return [*pieces, _event({}, "tool_calls")]


def _stream(events: list[bytes]) -> bytes:
    body = b"".join(events) + b"data: [DONE]\n\n"
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


_WHOLE: Final = _whole()
_TEXT: Final = _stream(_text())
_ARGUMENTS: Final = _stream(_arguments())


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._data = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) >= size:
            self._data = body[size:]
            self._transport.write(self._answer(body[:size]))

    @staticmethod
    def _answer(body: bytes) -> bytes:
        if b'"stream":true' not in body.replace(b'"stream": true', b'"stream":true'):
            return _WHOLE
        return _ARGUMENTS if b'"tools"' in body else _TEXT


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
