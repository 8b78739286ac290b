"""The sockets behind ASGI: closing a connection in the middle of an answer needs them, and ASGI does not show them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["Watched", "WatchedProtocol", "break_off", "transport_of", "unsent"]

_NO_LINGER: Final = struct.pack("ii", 1, 0)
_COUNT: Final = struct.Struct("i")
_TRANSPORTS: Final[dict[tuple[object, ...], asyncio.Transport]] = {}


class Watched(asyncio.Protocol):
    """Makes a protocol of uvicorn's remember the socket of each open connection; to stand before it as a base."""

    _place: tuple[object, ...] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember a connection by the addresses of both ends, which no other open one has."""
        self._place = _place(transport.get_extra_info("peername"), transport.get_extra_info("sockname"))
        if self._place is not None:
            _TRANSPORTS[self._place] = cast("asyncio.Transport", transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self._place is not None:
            _TRANSPORTS.pop(self._place, None)
        super().connection_lost(exc)


# uvicorn chooses httptools or h11 by what is installed, and both are of one shape.
class WatchedProtocol(Watched, AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """uvicorn's HTTP protocol, watched."""


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """Return the socket of a request, if our protocol serves it."""
    place = _place(scope.get("client"), scope.get("server"))
    return _TRANSPORTS.get(place) if place is not None else None


def break_off(transport: asyncio.Transport, *, reset: bool) -> None:
    """End a connection: with a reset, or with an ordinary end in the middle of what was promised."""
    if not reset:
        transport.close()
        return
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def unsent(transport: asyncio.Transport) -> int:
    """Return how many of the bytes that were written the client's machine does not have yet, as far as that is known.

    Only Linux says what is on its way; elsewhere it is what has not left the process.
    """
    return transport.get_write_buffer_size() + _on_the_way(transport)


def _on_the_way(transport: asyncio.Transport) -> int:
    if sys.platform != "linux":
        return 0
    import fcntl  # noqa: PLC0415  # not on every platform
    import termios  # noqa: PLC0415  # the same

    with contextlib.suppress(OSError, ValueError):
        descriptor: int = transport.get_extra_info("socket").fileno()
        (waiting,) = cast("tuple[int]", _COUNT.unpack(fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(_COUNT.size))))
        return waiting
    return 0


def _place(client: object, server: object) -> tuple[object, ...] | None:
    """Return what names an open connection: both ends; Unix sockets have no such names."""
    if not isinstance(client, tuple | list) or not isinstance(server, tuple | list):
        return None
    # Of the server's end the port is enough, and the host may be written in two ways.
    return (*cast("tuple[object, ...]", client)[:2], cast("tuple[object, ...]", server)[1])
