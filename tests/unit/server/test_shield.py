"""The shield around a server, without one: what it hands on, and what it answers itself."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.server import shield
from clovax_agents.server.settings import ServerSettings
from clovax_agents.server.shield import Shield

SETTINGS = ServerSettings(users=Path("users.json"), hosts=frozenset({"localhost"}), origins=(), max_body=10)
HOST = (b"host", b"localhost:2024")


class Server:
    """Remembers what reaches it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.types: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take one message, and answer."""
        message = await receive()
        self.types.append(message["type"])
        self.bodies.append(message.get("body", b""))
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})


async def _ask(messages: list[Any], *headers: tuple[bytes, bytes], kind: str = "http", path: str = "/threads") -> Any:
    """Send messages through a shield; return what reached the server, and what was answered."""
    server, sent = Server(), list[Any]()

    async def receive() -> Any:
        return messages.pop(0) if messages else await asyncio.Future[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": [HOST, *headers]}
    await Shield(server, SETTINGS)(scope, receive, send)
    return server, sent


def _part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_arrives_in_one_piece() -> None:
    """Up to the limit, to the byte."""
    server, sent = await _ask([_part(b"12345", more=True), _part(b"67890")])
    assert server.bodies == [b"1234567890"]
    assert sent[0]["status"] == 200


async def test_one_byte_more_is_too_many_and_nothing_reaches_the_server() -> None:
    """The connection is closed, so that nobody has to read the rest."""
    server, sent = await _ask([_part(b"1234567890", more=True), _part(b"1", more=True)])
    assert server.bodies == []
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_body_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends a byte now and then holds nothing up."""
    monkeypatch.setattr(shield, "_BODY_SECONDS", 0.05)
    server, sent = await _ask([_part(b"1", more=True)])
    assert server.bodies == []
    assert sent[0]["status"] == 408


async def test_a_client_that_leaves_gets_no_answer() -> None:
    """Half a request is none."""
    server, sent = await _ask([_part(b"1", more=True), {"type": "http.disconnect"}])
    assert (server.bodies, sent) == ([], [])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"host", b"localhost")], 403),
        ([(b"origin", b"https://evil.example")], 403),
        ([(b"content-length", b"11")], 413),
        ([(b"content-length", b"-1")], 413),
    ],
)
async def test_what_is_refused_is_refused_before_it_is_read(headers: list[Any], status: int) -> None:
    """Two hosts, a page of somebody else's, lengths that are too long or none."""
    server, sent = await _ask([_part(b"1")], *headers)
    assert server.types == []
    assert sent[0]["status"] == status


async def test_a_websocket_is_held_to_the_same() -> None:
    """Other pages are not let in, and a message that is too long ends it."""
    path = "/threads/1/stream/events"
    server, sent = await _ask([], (b"origin", b"https://evil.example"), kind="websocket", path=path)
    assert server.types == []
    assert (sent[0]["type"], sent[0]["code"]) == ("websocket.close", 1008)
    server, sent = await _ask([{"type": "websocket.receive", "text": "가" * 4}], kind="websocket", path=path)
    assert server.types == ["websocket.disconnect"]
    assert sent == [{"type": "websocket.close", "code": 1009}]
    server, sent = await _ask([{"type": "websocket.receive", "text": "가" * 3}], kind="websocket", path=path)
    assert (server.types, sent) == (["websocket.receive"], [])


async def test_the_servers_own_beginning_and_end_pass() -> None:
    """They have no host, and nobody has sent them."""
    server, _ = await _ask([{"type": "lifespan.startup"}], kind="lifespan")
    assert server.types == ["lifespan.startup"]
