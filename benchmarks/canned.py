"""A server that answers at once with answers made beforehand, so that what is measured is the client."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any, ClassVar, Final

CHUNKS: Final = 1000
PACKETS: Final = 100
_PAUSE: Final = 0.005
_AGENTS: Final = re.compile(rb"calls=(\d+) wait=(\d+)")
"""What agents ask for: so many calls, answered after so many milliseconds; the last question counts."""
HELD: Final = b"how many are held?"
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
    return _json({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE})


def _json(answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer).encode()
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


_STREAM_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


def _stream(events: list[bytes]) -> bytes:
    """Return a stream in which every event is a chunk of HTTP, as proxies in front of the service send it."""
    return _STREAM_HEAD + b"".join(map(_chunk, [*events, b"data: [DONE]\n\n"])) + _chunk(b"")


def _calls(*, name: str = "tool_0", count: int = 1) -> bytes:
    function = {"name": name, "arguments": '{"text": "가"}'}
    calls = [{"id": f"call_{n}", "type": "function", "function": function} for n in range(1, count + 1)]
    choice = _choice(message={"role": "assistant", "content": "", "tool_calls": calls}, finish_reason="tool_calls")
    return _json({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE})


_WHOLE: Final = _whole()
_CALL: Final = _calls()
_FIRST: Final = _stream([_event({"role": "assistant", "content": "가나다 "}), _event({}, "stop")])
_TEXT: Final = _stream(_text())
_ARGUMENTS: Final = _stream(_arguments())


class _Connection(asyncio.Protocol):
    held: ClassVar[int] = 0

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
            self._answer(body[:size])

    def _answer(self, body: bytes) -> None:
        if agents := _AGENTS.findall(body):
            self._answer_agent(body, *map(int, agents[-1]))
        elif HELD in body:
            self._transport.write(_json({"held": _Connection.held}))
        elif b'"stream":true' not in body.replace(b'"stream": true', b'"stream":true'):
            calls = b'"tools"' in body and b"tool_call_id" not in body
            self._transport.write(_CALL if calls else _WHOLE)
        elif b"packets" in body:
            asyncio.get_running_loop().create_task(self._drip())  # kept by its timer
        elif b"first" in body:
            self._transport.write(_FIRST)
        else:
            self._transport.write(_ARGUMENTS if b'"tools"' in body else _TEXT)

    def _answer_agent(self, body: bytes, count: int, milliseconds: int) -> None:
        answered = json.loads(body)["messages"][-1]["role"] == "tool"
        answer = _WHOLE if answered else _calls(name="look", count=count)
        _Connection.held += 1
        asyncio.get_running_loop().call_later(milliseconds / 1000, self._release, answer)

    def _release(self, answer: bytes) -> None:
        _Connection.held -= 1
        self._transport.write(answer)

    async def _drip(self) -> None:
        """Send every event as a packet of its own."""
        self._transport.write(_STREAM_HEAD)
        for event in [*[_event({"content": "가나다 "})] * PACKETS, _event({}, "stop"), b"data: [DONE]\n\n"]:
            self._transport.write(_chunk(event))
            await asyncio.sleep(_PAUSE)
        self._transport.write(_chunk(b""))


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
