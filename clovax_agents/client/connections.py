"""Over what a call is sent, where the user has a say in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

__all__ = ["Connections"]


@dataclass(frozen=True, slots=True)
class Connections:
    """Clients and proxy that the user brings along; by default none, and the package's own are used.

    Attributes:
        client: for sync calls.
        async_client: for async calls, all from the one event loop that it belongs to.
        proxy: address of a proxy for everything else, ``http://...`` or ``https://...``.
    """

    client: httpx.Client | None = field(default=None, repr=False)
    async_client: httpx.AsyncClient | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)  # may hold a password
