"""The one place where a guarded fetch opens a connection: to addresses that were looked up once, and all checked.

HTTP, TLS and the Host header keep to the name; only the socket goes to the address. Nothing looks the name up again,
so a name server that answers differently the second time is not asked a second time.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpcore

from clovax_agents.client.bounded import BoundedBackend
from clovax_agents.errors import FetchError
from clovax_agents.guards.web.addresses import parse_address
from clovax_agents.guards.web.wording import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from clovax_agents.guards.web.policy import URLPolicy
    from clovax_agents.guards.web.urls import WebAddress

    Resolve: TypeAlias = Callable[[str, int], Sequence[str]]

__all__ = ["AsyncPinnedBackend", "Pin", "PinnedBackend", "system_resolve"]

_PATIENCE: Final = 4.0
"""Seconds for an address if there are more."""


def system_resolve(host: str, port: int) -> list[str]:
    """Return all addresses of a host, as the system knows them."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class Pin:
    """Where one request may connect to, and until when.

    Attributes:
        address: that is fetched.
        policy: that every address of its host has to pass.
        resolve: the lookup.
        ends: on ``time.monotonic()``'s clock.
    """

    address: WebAddress
    policy: URLPolicy
    resolve: Resolve
    ends: float

    @property
    def left(self) -> float:
        """Seconds; never less than none."""
        return max(self.ends - time.monotonic(), 0.0)

    def share(self, waiting: int) -> float:
        """Seconds for one of so many addresses that are still to be tried: the last one has all that is left."""
        return self.left if waiting == 1 else min(self.left / waiting, _PATIENCE)

    def look_up(self) -> Future[Sequence[str]]:
        """Look the host up, in a thread of its own: a lookup cannot be interrupted."""
        found: Future[Sequence[str]] = Future()
        found.set_running_or_notify_cancel()  # from here on nobody can cancel it while it is being answered
        host, port = self.address.host, self.address.port
        if parse_address(host) is not None:
            found.set_result([host])
            return found

        def work() -> None:
            try:
                found.set_result(self.resolve(host, port))
            except BaseException as error:  # noqa: BLE001  # whatever it is, who waits must hear of it
                found.set_exception(error)

        try:
            threading.Thread(target=work, name="clovax-lookup", daemon=True).start()
        except RuntimeError as error:  # the machine has no more threads
            found.set_exception(OSError(str(error)))
        return found

    def checked(self, addresses: Sequence[str]) -> list[str]:
        """Return the addresses, each of which may be connected to.

        Raises:
            ForbiddenURLError: one may not.
            FetchError: there is none.
        """
        if not addresses:
            raise self.unknown()
        self.policy.check_addresses(self.address, addresses)
        return list(dict.fromkeys(addresses))

    def unknown(self) -> FetchError:
        """The error for a name that nobody knows."""
        return FetchError(say("there is no host {host}", host=self.address.host))


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to where a pin allows, within the time that the calling thread has (`bounded`)."""

    def __init__(self, pin: Pin) -> None:
        self._pin = pin
        self._inner = BoundedBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002  # the pin knows it, in the form that was checked
        port: int,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002  # the pin knows the time, too
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Look up, check, and try the addresses in turn."""
        try:
            found = self._pin.look_up().result(self._pin.left)
        except (OSError, UnicodeError) as error:
            raise _lookup_error(error, self._pin) from None
        addresses = self._pin.checked(found)
        for number, address in enumerate(addresses):
            share = self._pin.share(len(addresses) - number)
            try:
                return self._inner.connect_tcp(address, self._pin.address.port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise AssertionError  # checked() returns at least one


class AsyncPinnedBackend(httpcore.AsyncNetworkBackend):
    """The same for asyncio."""

    def __init__(self, pin: Pin) -> None:
        self._pin = pin
        self._inner: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look up, check, and try the addresses in turn."""
        try:
            found = await asyncio.wrap_future(self._pin.look_up())
        except (OSError, UnicodeError) as error:
            raise _lookup_error(error, self._pin) from None
        addresses = self._pin.checked(found)
        for number, address in enumerate(addresses):
            share = self._pin.share(len(addresses) - number)
            try:
                stream: httpcore.AsyncNetworkStream = await self._inner.connect_tcp(
                    address, self._pin.address.port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
            else:
                return stream
        raise AssertionError  # checked() returns at least one


def _lookup_error(error: Exception, pin: Pin) -> Exception:
    return httpcore.ConnectTimeout("lookup") if isinstance(error, TimeoutError) else pin.unknown()
