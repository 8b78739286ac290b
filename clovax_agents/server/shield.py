"""What a request has to pass before the server looks at it: host, origin, path, size."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from clovax_agents.server.settings import ServerSettings

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

__all__ = ["Shield", "refusal"]

_SERVED: Final = re.compile(
    r"/ok|/info|/(?:assistants|threads|runs|store)(?:/.*)?|/mcp|/a2a/[^/]+(?:/.*)?|/\.well-known/agent-card\.json",
    re.DOTALL,
)
"""Routes that ask for a token, and ``/ok``. Others do not: some show, change or delete everything."""
_BODY_SECONDS: Final = 30.0
_TOO_LARGE: Final = 1009


class Shield:
    """Refuse what no client of ours sends, before anything else looks at it.

    Requests to other hosts come from pages that had this machine's address put under their name, and those of other
    origins from pages that a user happens to look at. A body is read to its end, but no further than its limit.

    Args:
        app: what is shielded.
        settings: of the server.
    """

    def __init__(self, app: App, settings: ServerSettings) -> None:
        """Take the parts."""
        self._app = app
        self._settings = settings

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] not in {"http", "websocket"} or str(scope.get("root_path", "")).startswith("/noauth"):
            await self._app(scope, receive, send)  # the server's start and end, and its calls of itself
            return
        refused = refusal(scope["path"], scope["headers"], self._settings)
        if refused is not None:
            await _answer(scope, send, *refused)
        elif scope["type"] == "websocket":
            await self._app(scope, _watched(receive, send, self._settings.max_body), send)
        else:
            await self._read(scope, receive, send)

    async def _read(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Read the body, and hand it on in one piece."""
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                while (message := await receive())["type"] == "http.request":
                    body += message.get("body", b"")
                    if len(body) > self._settings.max_body:
                        await _answer(scope, send, 413, f"a body has at most {self._settings.max_body} bytes here")
                        return
                    if not message.get("more_body"):
                        break
                else:
                    return  # nobody is there any more
        except TimeoutError:
            await _answer(scope, send, 408, f"a body has {_BODY_SECONDS:.0f} seconds to arrive")
            return
        waiting: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def given() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, given, send)


def refusal(path: str, headers: Iterable[tuple[bytes, bytes]], settings: ServerSettings) -> tuple[int, str] | None:
    """Return why a request is refused: a status and a text; None if it is not.

    Args:
        path: as the server reads it.
        headers: with names in lower case.
        settings: of the server.
    """
    found: dict[bytes, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value.decode("latin-1").strip().lower())
    hosts = found.get(b"host", [])
    if len(hosts) != 1 or re.sub(r":\d+$", "", hosts[0]) not in settings.hosts:
        return 403, "this server does not go by that name: CLOVAX_SERVER_HOSTS lists those it has"
    if not set(found.get(b"origin", [])) <= set(settings.origins):
        return 403, "pages of that origin may not talk to this server: CLOVAX_SERVER_ORIGINS lists those that may"
    if not _SERVED.fullmatch(path) or any(part in {".", ".."} for part in re.split(r"[/\\]", path)):
        return 404, "there is nothing here"
    length = found.get(b"content-length", ["0"])[0]
    if not length.isdecimal() or int(length) > settings.max_body:
        return 413, f"a body has at most {settings.max_body} bytes here"
    return None


def _watched(receive: Receive, send: Send, most: int) -> Receive:
    async def given() -> Message:
        message = await receive()
        size = len(message.get("bytes") or b"") + len((message.get("text") or "").encode())
        if message["type"] == "websocket.receive" and size > most:
            await send({"type": "websocket.close", "code": _TOO_LARGE})
            return {"type": "websocket.disconnect", "code": _TOO_LARGE}
        return message

    return given


async def _answer(scope: MutableMapping[str, Any], send: Send, status: int, detail: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": detail[:120]})
        return
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status in {408, 413}:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
