"""Over what a call is sent, where the user has a say in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

__all__ = ["Connections", "checked_proxy"]


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


def checked_proxy(proxy: str, name: str = "proxy") -> str:
    """Return the address of a proxy that can be used; what is wrong is said without showing it, or its password.

    Raises:
        ConfigurationError: it is no such address, or needs a package that is not installed.
    """
    try:
        parts = urlsplit(proxy)
        known = bool(parts.hostname) and parts.scheme in {"http", "https", "socks5", "socks5h"} and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ConfigurationError(f"{name} is not an address of a proxy: it looks like http://host:3128")
    if proxy.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(f"{name} is a SOCKS proxy, which needs a package more: pip install 'httpx[socks]'")
    return proxy
