"""What the drivers need of an HTTP library, in few words; `over_httpx` and `over_aiohttp` have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from clovax_agents.client.ops import Head, Send
    from clovax_agents.errors import ServiceError

__all__ = ["AsyncExchange", "AsyncTransport", "SyncExchange", "SyncTransport"]


class Transport(Protocol):
    """The part that sync and async share."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What sending and reading may raise."""
        ...

    def explain(self, error: Exception, op: Send) -> ServiceError:
        """Return the error of ours for one of these."""
        ...


class SyncExchange(Protocol):
    """A request that has been answered, as far as its head."""

    head: Head

    def read(self, seconds: float) -> bytes | None:
        """Return the next bytes of the body, None at its end."""
        ...

    def close(self) -> None:
        """Give the connection back; close it if the body has not been read to its end."""
        ...


class SyncTransport(Transport, Protocol):
    """Sends requests."""

    def send(self, op: Send) -> SyncExchange:
        """Send a request and wait for the head of its answer."""
        ...


class AsyncExchange(Protocol):
    """As `SyncExchange`."""

    head: Head

    async def read(self, seconds: float) -> bytes | None:
        """Return the next bytes of the body, None at its end."""
        ...

    async def close(self) -> None:
        """Give the connection back, or close it."""
        ...


class AsyncTransport(Transport, Protocol):
    """Sends requests."""

    async def send(self, op: Send) -> AsyncExchange:
        """Send a request and wait for the head of its answer."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...

    def abandon(self) -> None:
        """Forget what belongs to a loop that was closed without a shutdown."""
        ...
