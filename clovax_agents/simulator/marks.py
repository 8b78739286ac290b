"""The outermost layer of the application: the header that says "simulator", and the request log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from clovax_agents.simulator.banner import simulator_version
from clovax_agents.simulator.faults import FAULTS
from clovax_agents.simulator.record import RequestRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from clovax_agents.simulator.limits import Limiter

__all__ = ["VERSION_HEADER", "SimulatorApp", "record_of"]

VERSION_HEADER: Final = "x-clovax-simulator"
_RECORD: Final = "clovax.record"


class SimulatorApp:
    """The simulator as an ASGI application, for any server.

    Attributes:
        limiter: what counts requests and tokens; None without limits.
    """

    def __init__(
        self, app: ASGIApp, *, limiter: Limiter | None = None, log: Callable[[RequestRecord], None] | None = None
    ) -> None:
        """Wrap the rest; ``log`` gets a record when a request has ended, however it ended."""
        self.limiter = limiter
        self._app = app
        self._log = log
        self._version = simulator_version()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and look at what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = scope[_RECORD] = RequestRecord(time.time(), scope["method"], scope["path"])
        ended = _Ending(record, scope, self._log)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                MutableHeaders(scope=message)[VERSION_HEADER] = self._version
            else:
                record.size += len(message.get("body", b""))
                if not message.get("more_body"):
                    # Before the last byte, so that a client that has its answer finds it in the log.
                    ended()
            await send(message)

        try:
            await self._app(scope, receive, marked)
        finally:
            ended()


class _Ending:
    """Tells the log about one request, once."""

    def __init__(self, record: RequestRecord, scope: Scope, log: Callable[[RequestRecord], None] | None) -> None:
        self._record = record
        self._scope = scope
        self._log = log
        self._begun = time.perf_counter()

    def __call__(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            self._record.seconds = time.perf_counter() - self._begun
            self._record.faults = ", ".join(fault.describe() for fault in self._scope.get(FAULTS, ()))
            log(self._record)


def record_of(scope: Scope) -> RequestRecord:
    """Return the record of a request."""
    record: RequestRecord = scope[_RECORD]
    return record
