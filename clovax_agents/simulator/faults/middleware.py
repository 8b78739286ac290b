"""Faults as an ASGI middleware: asked for by a request's header, by a plan for the server, or by a script."""

from __future__ import annotations

from collections import deque
from http.client import responses
from typing import TYPE_CHECKING, Final

import anyio
from starlette.datastructures import Headers, MutableHeaders

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.envelopes import family_of
from clovax_agents.simulator.errors_table import DOCUMENTED_ERRORS
from clovax_agents.simulator.faults.disturbance import Disturbance
from clovax_agents.simulator.faults.sockets import break_off, transport_of
from clovax_agents.simulator.faults.spec import FAULT_HEADER, Fault, parse_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clovax_agents.simulator.faults.disturbance import Stop
    from clovax_agents.simulator.faults.plan import FaultPlan

__all__ = ["FAULTS", "FaultMiddleware", "InjectedDisconnectError"]

FAULTS: Final = "clovax.faults"
"""Where in the scope an application finds the faults of a request, and may add to them."""

_HTML: Final = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"
)
_FLUSH: Final = 0.02
"""Seconds for what was written to leave the machine before a reset overtakes it."""


class InjectedDisconnectError(ConnectionError):
    """A connection was to be broken, on a server that does not let go of its sockets."""


class FaultMiddleware:
    """Lets responses go wrong, exactly as asked.

    Args:
        app: the application.
        plan: faults for requests that do not ask for any.
        error_body: writes the body of an error from path, status, code and message.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        plan: FaultPlan | None = None,
        error_body: Callable[[str, int, str, str], bytes],
    ) -> None:
        self._app = app
        self._plan = plan
        self._error_body = error_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response through the faults."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = _Connection(scope, receive, send)
        try:
            faults = self._asked(scope)
        except ConfigurationError as error:
            text = f"{FAULT_HEADER}: {error}"
            await connection.answer(400, self._error_body(scope["path"], 400, "40000", text), "application/json")
            return
        scope[FAULTS] = faults
        response = _Response(connection, scope, self._error_body)
        try:
            if not faults or not await response.instead(faults):
                await self._app(scope, connection.receive, response.send)
        except _BrokenOffError:
            pass

    def _asked(self, scope: Scope) -> list[Fault]:
        header = Headers(scope=scope).get(FAULT_HEADER, "")
        return [*parse_faults(header), *(self._plan.take(scope["path"]) if self._plan else ())]


class _BrokenOffError(Exception):
    """The response has ended before the application was done with it."""


class _Connection:
    """Both directions of one request; whoever waits here hears of the client's end and swallows nothing."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._kept: deque[Message] = deque()
        self.send = send

    async def receive(self) -> Message:
        """Return the next message, first those that came during a wait."""
        return self._kept.popleft() if self._kept else await self._receive()

    async def wait(self, seconds: float | None) -> None:
        """Wait, for ever if None; the request breaks off as soon as the client is gone."""
        with anyio.move_on_after(seconds):
            while True:
                message = await self._receive()
                self._kept.append(message)
                if message["type"] == "http.disconnect":
                    raise _BrokenOffError
        if any(message["type"] == "http.disconnect" for message in self._kept):
            raise _BrokenOffError

    async def answer(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole response."""
        lines = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
        raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in lines.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def break_off(self, stop: Stop) -> None:
        """End the connection in the middle, and wait until the server has noticed."""
        transport = transport_of(self._scope)
        if transport is None:
            raise InjectedDisconnectError(f"the connection was to end with a {stop}, as a fault asked for")
        await anyio.sleep(_FLUSH)
        break_off(transport, reset=stop == "reset")
        await self.wait(1.0)
        raise _BrokenOffError


class _Response:
    """The way of one response through its faults."""

    def __init__(
        self, connection: _Connection, scope: Scope, error_body: Callable[[str, int, str, str], bytes]
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._error_body = error_body
        self._early = 0
        self._plain = False
        self._body: Disturbance | None = None

    async def instead(self, faults: Sequence[Fault]) -> bool:
        """Do what happens before an answer or in place of one; return whether that was all."""
        self._early = len(faults)
        for fault in faults:
            if fault.kind == "delay":
                await self._connection.wait(fault.seconds)
            elif fault.kind == "black_hole":
                await self._connection.wait(fault.seconds)
                await self._connection.break_off("close")
            elif fault.kind in ("reset", "close") and fault.at_byte is None and fault.at_event is None:
                await self._connection.break_off("reset" if fault.kind == "reset" else "close")
            elif fault.kind == "html":
                await self._html(fault.status or 502)
                return True
            elif fault.kind == "error":
                await self._error(fault)
                return True
        return False

    async def _html(self, status: int) -> None:
        title = f"{status} {responses.get(status, 'Error')}"
        await self._connection.answer(status, _HTML.format(title).encode(), "text/html")

    async def _error(self, fault: Fault) -> None:
        status, message = _documented(fault)
        body = self._error_body(self._scope["path"], fault.status or status, fault.code, fault.message or message)
        headers = {"retry-after": fault.retry_after} if fault.retry_after else {}
        if fault.reset is not None:
            headers |= {f"x-ratelimit-reset-{name}": f"{fault.reset:g}s" for name in ("requests", "tokens")}
        await self._connection.answer(fault.status or status, body, "application/json", headers)

    def _error_event(self, fault: Fault) -> bytes:
        """Write an error as an event of a stream, natively with the event's name (docs/wire.md, W2.3-08)."""
        status, message = _documented(fault)
        path: str = self._scope["path"]
        body = self._error_body(path, status, fault.code, fault.message or message)
        return b"event:error\ndata:%s\n\n" % body if family_of(path) == "native" else b"data: %s\n\n" % body

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        if self._plain:
            await self._connection.send(message)
        elif self._body is None:
            await self._start(message)
        else:
            await self._disturb(self._body, message)

    async def _start(self, message: Message) -> None:
        faults: list[Fault] = self._scope[FAULTS]
        if not faults:
            self._plain = True
            await self._connection.send(message)
            return
        if await self.instead(faults[self._early :]):
            raise _BrokenOffError
        headers = MutableHeaders(scope=message)
        events = headers.get("content-type", "").startswith("text/event-stream")
        for fault in faults:
            if fault.kind == "content_type":
                headers["content-type"] = fault.value
        if not any(fault.kind in ("reset", "close") for fault in faults) and "content-length" in headers:
            del headers["content-length"]
        self._body = Disturbance(faults, events=events, error_event=self._error_event)
        await self._connection.send(message)

    async def _disturb(self, body: Disturbance, message: Message) -> None:
        more = bool(message.get("more_body"))
        for step in body.feed(message.get("body", b""), last=not more):
            if step.data:
                await self._connection.send({"type": message["type"], "body": step.data, "more_body": True})
            if step.wait:
                await self._connection.wait(step.wait)
            if step.stop == "end":
                await self._connection.send({"type": message["type"], "body": b""})
                raise _BrokenOffError
            if step.stop:
                await self._connection.break_off(step.stop)
        if not more:
            await self._connection.send({"type": message["type"], "body": b""})


def _documented(fault: Fault) -> tuple[int, str]:
    """Return status and message of a fault's code."""
    return DOCUMENTED_ERRORS.get(fault.code, (int(fault.code[:3]), "Error"))
