"""One request's connection: waiting that ends with the client, and endings that HTTP does not provide for."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import TYPE_CHECKING, Final

import anyio

from clovax_agents.simulator.faults.sockets import break_off, transport_of, unsent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message, Receive, Scope, Send

    from clovax_agents.simulator.faults.disturbance import Stop

__all__ = ["BrokenOffError", "Connection"]

_LOOK: Final = 0.001
"""Seconds between two looks whether everything has left."""

_FLUSH: Final = 0.0 if sys.platform == "linux" else 0.02
"""Seconds for what was written to leave the machine, where nobody can say whether it has."""

_PATIENCE: Final = 5.0
"""Seconds that a client may take to send the rest of its request, or to take what was sent, before an ending."""


class BrokenOffError(Exception):
    """The response has ended before the application was done with it."""


class Connection:
    """Both directions of one request, shared by the application and its faults.

    Whoever waits here hears of the client's end, and takes no message away from the others: what comes during a wait
    is kept for the application, and only one reader at a time asks the server.

    Attributes:
        over: whether the response has ended, one way or another, before its time.
        stranded: the ending that was asked for but could not be had, on a server that keeps its sockets to itself.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the three parts of an ASGI call."""
        self.over: bool = False
        self.stranded: Stop | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._kept: deque[Message] = deque()
        self._reading = asyncio.Lock()
        self._asking = True
        self._gone = False

    async def receive(self) -> Message:
        """Return the next message, first those that came during a wait."""
        async with self._reading:
            return self._kept.popleft() if self._kept else await self._next()

    async def send(self, message: Message) -> None:
        """Send a message, unless the response is over."""
        if self.over:
            raise BrokenOffError
        await self._send(message)

    async def wait(self, seconds: float | None) -> None:
        """Wait, for ever if None, but not longer than the client does.

        Others get their turn even if there is nothing to wait for.

        Raises:
            BrokenOffError: the client is gone.
        """
        with anyio.move_on_after(seconds):
            while not self._gone:
                await self._keep()
        if self._gone:
            raise self.ended()

    async def answer(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole response."""
        lines = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
        raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in lines.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def end(self) -> None:
        """End the body cleanly, whatever is missing."""
        await self.send({"type": "http.response.body", "body": b""})
        raise self.ended()

    async def break_off(self, stop: Stop) -> None:
        """End the connection in the middle, after everything that was sent so far, and wait until it has ended."""
        transport = transport_of(self._scope)
        if transport is None:
            self.stranded = stop
            raise self.ended()
        await self._hear_out()
        if stop == "reset":
            await self._flush(transport)
        break_off(transport, reset=stop == "reset")
        await self.wait(None)

    async def _flush(self, transport: asyncio.Transport) -> None:
        """Wait until the client has what was sent, since a reset throws away what is still on its way."""
        await self.wait(_FLUSH)
        with anyio.move_on_after(_PATIENCE):
            while unsent(transport):
                await self.wait(_LOOK)

    async def _hear_out(self) -> None:
        """Read the request to its end.

        Closing a socket with unread bytes resets it, and a client that is still writing when the reset comes may take
        it for an ordinary end.
        """
        with anyio.move_on_after(_PATIENCE):
            while self._asking and not self._gone:
                await self._keep()

    async def _keep(self) -> None:
        async with self._reading:
            self._kept.append(await self._next())

    async def _next(self) -> Message:
        """Ask the server; once gone is gone for all, also on servers that say it only once."""
        if self._gone:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._gone = message["type"] == "http.disconnect"
        self._asking = bool(message.get("more_body"))
        return message

    def ended(self) -> BrokenOffError:
        """Note that the response is over, and return what to raise."""
        self.over = True
        return BrokenOffError()
