"""Responses: JSON, and streams that notice at once when the client is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
from starlette.responses import Response

from clovax_agents.simulator.json_types import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Receive, Scope, Send

    from clovax_agents.simulator.json_types import JsonObject

__all__ = ["CLIENT_CLOSED", "EventResponse", "gone_within", "json_response"]

CLIENT_CLOSED: Final = 499
_STREAM_TYPE: Final = "text/event-stream;charset=UTF-8"
_TURN: Final = 32
"""Events after which other requests get their turn."""


def json_response(body: JsonObject, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a compact JSON response."""
    return Response(dumps(body), status, headers, media_type="application/json")


class EventResponse(Response):
    """Sends event by event, each as a piece of its own, with an optional pause between two."""

    def __init__(self, events: Iterable[str], *, pause: float = 0.0, headers: Mapping[str, str] | None = None) -> None:
        """Keep the events; nothing is computed before it is sent.

        Args:
            events: of the stream.
            pause: seconds between two events.
            headers: extra ones.
        """
        super().__init__(None, 200, {"content-type": _STREAM_TYPE, **(headers or {})})
        del self.headers["content-length"]
        self._events = events
        self._pause = pause

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; stop without a word when the client hangs up."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for number, event in enumerate(self._events):
            if number and self._pause and await gone_within(self._pause, receive):
                return
            if number % _TURN == 0:
                await anyio.lowlevel.checkpoint()
            await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def gone_within(seconds: float, receive: Receive) -> bool:
    """Wait; return True, at once, if the client hangs up meanwhile."""
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        return True
    return False
