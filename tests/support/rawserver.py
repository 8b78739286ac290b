"""A server that does on the wire exactly what a test says: any bytes, any silence, any way to hang up."""

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from clovax_agents import ChatClovaX


def answer(text: str = "네", **more: Any) -> bytes:
    """Return a whole answer of the OpenAI-compatible API as a body."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **more}, "finish_reason": "stop"}
    return json.dumps({"id": "a", "object": "chat.completion", "model": "HCX-005", "choices": [choice]}).encode()


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """Return one event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return (
        b"data: " + json.dumps({"id": "a", "object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"
    )


END = event({}, "stop") + b"data: [DONE]\n\n"


def http(body: bytes, status: int = 200, *headers: str, kind: str = "application/json") -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return data as one chunk of a body without a length."""
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


@dataclass
class Peer:
    """One connection of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes = b""
    body: bytes = b""

    async def send(self, data: bytes) -> None:
        """Send bytes at once."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Hang up without a word (RST)."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client has hung up."""
        while await self.reader.read(4096):
            pass

    @property
    def question(self) -> str:
        """What the user said last."""
        return str(json.loads(self.body)["messages"][-1]["content"])


Behaviour = Callable[[Peer], Awaitable[object]]


def says(*pieces: bytes) -> Behaviour:
    """Return the behaviour of sending these pieces, and being ready for the next request."""

    async def behave(peer: Peer) -> None:
        for piece in pieces:
            await peer.send(piece)

    return behave


def drips(piece: bytes, seconds: float, *first: bytes) -> Behaviour:
    """Return the behaviour of sending a piece again and again."""

    async def behave(peer: Peer) -> None:
        await says(*first)(peer)
        while True:
            await peer.send(piece)
            await asyncio.sleep(seconds)

    return behave


@dataclass
class RawServer:
    """Behaves as told: the first behaviour for the first request, and the last one for all that follow."""

    behaviours: list[Behaviour]
    requests: list[Peer] = field(default_factory=list)
    open: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        """Listen on loopback, in a thread with a loop of its own."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2000))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.connections += 1
        try:
            while True:
                peer = await _request(reader, writer)
                self.requests.append(peer)
                await self.behaviours[min(len(self.requests), len(self.behaviours)) - 1](peer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def close(self) -> None:
        """Stop, with everything that is still going on."""
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Peer:
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    return Peer(reader, writer, head, await reader.readexactly(size))


StartRaw = Callable[..., RawServer]


@contextmanager
def raw_servers() -> Iterator[StartRaw]:
    """Give what starts a raw server with its behaviours; in the end, all of them are closed."""
    with ExitStack() as stack:

        def start(*behaviours: Behaviour) -> RawServer:
            server = RawServer(list(behaviours))
            stack.callback(server.close)
            return server

        yield start


def model(server: RawServer, **settings: Any) -> ChatClovaX:
    """Return a model that talks to a server."""
    return ChatClovaX(api_key="nv-test", base_url=server.url + "/v1/openai", **settings)


@dataclass
class Way:
    """One of the four ways to ask."""

    name: str

    def ask(self, chat: Any, question: str = "안녕") -> str:
        """Ask, and return the text."""
        if self.name == "invoke":
            return str(chat.invoke(question).text)
        if self.name == "stream":
            return "".join(part.text for part in chat.stream(question))
        return asyncio.run(self.aask(chat, question))

    async def aask(self, chat: Any, question: str = "안녕") -> str:
        """Ask in an event loop that is running already."""
        if self.name == "ainvoke":
            return str((await chat.ainvoke(question)).text)
        return "".join([part.text async for part in chat.astream(question)])

    @property
    def streams(self) -> bool:
        """Whether the answer comes piece by piece."""
        return "stream" in self.name

    def answer(self, text: str = "네") -> bytes:
        """Return a whole answer, of the form that is asked for."""
        if self.streams:
            return http(event({"content": text}) + END, kind="text/event-stream")
        return http(answer(text))


async def asked(chat: Any, name: str, question: Any) -> Any:
    """Ask in one of the four ways and return the whole message."""
    if name == "invoke":
        return chat.invoke(question)
    if name == "ainvoke":
        return await chat.ainvoke(question)
    parts = list(chat.stream(question)) if name == "stream" else [part async for part in chat.astream(question)]
    merged = parts[0]
    for part in parts[1:]:
        merged += part
    return merged
