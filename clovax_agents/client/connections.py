"""Over what a call is sent, where the user has a say in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx
    from pydantic import SecretStr

__all__ = ["Connections", "check_proxy"]


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


def check_proxy(proxy: SecretStr, name: str = "proxy") -> None:
    """Refuse what is no address of a proxy; what is wrong is said without showing it, or its password.

    Raises:
        ConfigurationError: it is no such address, or needs a package that is not installed.
    """
    scheme = _scheme(proxy)
    if scheme is None:
        raise ConfigurationError(f"{name} is not an address of a proxy: it looks like http://host:3128")
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(f"{name} is a SOCKS proxy, which needs a package more: pip install 'httpx[socks]'")


def _scheme(proxy: SecretStr) -> str | None:
    try:
        parts = urlsplit(proxy.get_secret_value())
        known = bool(parts.hostname) and parts.scheme in {"http", "https", "socks5", "socks5h"} and parts.port != 0
    except ValueError:
        return None
    return parts.scheme if known else None
