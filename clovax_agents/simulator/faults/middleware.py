"""Faults as an ASGI middleware: asked for by a request's header, by a plan for the server, or by a script."""

from __future__ import annotations

import logging
from http.client import responses
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from starlette.datastructures import MutableHeaders

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator.envelopes import family_of, native_status
from clovax_agents.simulator.errors_table import DOCUMENTED_ERRORS
from clovax_agents.simulator.faults.connection import BrokenOffError, Connection
from clovax_agents.simulator.faults.disturbance import Disturbance
from clovax_agents.simulator.faults.spec import FAULT_HEADER, STATUSES, Fault, parse_faults
from clovax_agents.simulator.json_types import dumps
from clovax_agents.simulator.refusals import SimulatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clovax_agents.simulator.faults.plan import FaultPlan

__all__ = ["FAULTS", "FaultMiddleware", "InjectedDisconnectError"]

FAULTS: Final = "clovax.faults"
"""Where in the scope an application finds the faults of a request, and may add to them."""

_HTML: Final = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"
)
_LOG: Final = logging.getLogger("uvicorn.error")


class InjectedDisconnectError(ConnectionError):
    """A connection was to be broken, on a server that does not let go of its sockets: it ends as after any error."""


def _unintended(record: logging.LogRecord) -> bool:
    """Let pass everything but our own disconnects: they are no mistake that a log should report."""
    return not (record.exc_info and isinstance(record.exc_info[1], InjectedDisconnectError))


class FaultMiddleware:
    """Lets responses go wrong, exactly as asked.

    Args:
        app: the application.
        plan: faults for requests, besides those that they ask for in the header ``x-clovax-fault``.
        error_body: writes the body of an error from path, status, code and message.

    An application adds to the list ``scope["clovax.faults"]`` before it starts its response.
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
        connection = Connection(scope, receive, send)
        try:
            faults = self._asked(scope)
        except ConfigurationError as error:
            text = f"{FAULT_HEADER}: {error}"
            await connection.answer(400, self._error_body(scope["path"], 400, "40000", text), "application/json")
            return
        scope[FAULTS] = faults
        await self._respond(connection, scope, faults)

    def _asked(self, scope: Scope) -> list[Fault]:
        lines = [value for name, value in scope["headers"] if name.lower() == FAULT_HEADER.encode()]
        header = b",".join(lines).decode("utf-8", "replace")
        return [*parse_faults(header), *(self._plan.take(scope["path"]) if self._plan else ())]

    async def _respond(self, connection: Connection, scope: Scope, faults: list[Fault]) -> None:
        response = _Response(connection, scope, self._error_body)
        try:
            if not faults or not await response.instead(faults):
                await self._app(scope, connection.receive, response.send)
        except* BrokenOffError:  # alone, or in the group of an application's tasks
            pass
        if connection.stranded:
            _LOG.addFilter(_unintended)
            raise InjectedDisconnectError(f"a {connection.stranded} was asked for")


class _Response:
    """The way of one response through its faults."""

    def __init__(self, connection: Connection, scope: Scope, error_body: Callable[[str, int, str, str], bytes]) -> None:
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
        """Write an error as an event of a stream, natively as every event is framed (docs/wire.md, section 2.3)."""
        status, message = _documented(fault)
        path: str = self._scope["path"]
        if family_of(path) == "native":
            error = SimulatedError(status, fault.code, fault.message or message)
            return f"id:{uuid4()}\nevent:error\ndata:{dumps(native_status(error))}\n\n".encode()
        return b"data: %s\n\n" % self._error_body(path, status, fault.code, fault.message or message)

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        if self._plain or self._connection.over:
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
            raise self._connection.ended()
        headers = MutableHeaders(scope=message)
        events = headers.get("content-type", "").startswith("text/event-stream")
        for fault in faults:
            if fault.kind == "content_type":
                headers["content-type"] = fault.value
        self._body = Disturbance(faults, events=events, error_event=self._error_event)
        if not self._body.keeps_length:
            del headers["content-length"]
        await self._connection.send(message)

    async def _disturb(self, body: Disturbance, message: Message) -> None:
        more = bool(message.get("more_body"))
        for step in body.feed(message.get("body", b""), last=not more):
            if step.data:
                await self._connection.send({"type": message["type"], "body": step.data, "more_body": True})
            await self._connection.wait(step.wait)
            if step.stop == "end":
                await self._connection.end()
            elif step.stop:
                await self._connection.break_off(step.stop)
        if not more:
            await self._connection.send({"type": message["type"], "body": b""})


def _documented(fault: Fault) -> tuple[int, str]:
    """Return status and message of a fault's code; codes begin with their status, but not all (docs/wire.md, 4.1)."""
    status = int(fault.code[:3])
    return DOCUMENTED_ERRORS.get(fault.code, (status if status in STATUSES else 500, "Error"))
