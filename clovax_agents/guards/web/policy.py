"""`URLPolicy`: which hosts, ports and addresses may be fetched from. Pure; who connects asks it again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError, ForbiddenURLError
from clovax_agents.guards.web.addresses import Address, innermost, parse_address, why_not_public
from clovax_agents.guards.web.urls import read_host
from clovax_agents.guards.web.wording import say

if TYPE_CHECKING:
    from clovax_agents.guards.web.urls import WebAddress

__all__ = ["URLPolicy"]

_MOST_PORTS: Final = 65_535
_ENTRY: Final = re.compile(r"(\*\.)?(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class URLPolicy:
    """What may be fetched; by default the public internet, on the usual ports.

    An entry of a list is a host (``"example.com"``), all hosts beneath one (``"*.example.com"``), an IP address or a
    network (``"10.1.0.0/16"``); a port may follow (``"localhost:8000"``, ``"[::1]:8000"``).

    Attributes:
        allow: hosts that may be fetched from although they are not public; an entry with a port allows that port, too.
        deny: hosts that may never be fetched from, whatever the other lists say.
        only: the only hosts that may be fetched from; None for all. They still have to be public or in ``allow``.
        ports: that may be connected to.

    Example:
        >>> from clovax_agents.guards.web import read_url
        >>> URLPolicy(only=["*.naver.com"]).check(read_url("https://news.naver.com/"))
        >>> URLPolicy().check_addresses(read_url("https://intranet.example.com/"), ["93.184.216.34", "10.0.0.7"])
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ForbiddenURLError: intranet.example.com is not on the public internet (private address)
    """

    allow: Iterable[str] = ()
    deny: Iterable[str] = ()
    only: Iterable[str] | None = None
    ports: Iterable[int] = (80, 443)
    _allow: tuple[_Entry, ...] = field(init=False, repr=False)
    _deny: tuple[_Entry, ...] = field(init=False, repr=False)
    _only: tuple[_Entry, ...] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the lists; a mistake in them is a ConfigurationError that names the entry."""
        ports = tuple(self.ports)
        if bad := [port for port in ports if type(port) is not int or not 0 < port <= _MOST_PORTS]:
            raise ConfigurationError(f"URLPolicy(ports={ports!r}): {bad[0]!r} is no port; ports are 1 to {_MOST_PORTS}")
        object.__setattr__(self, "ports", ports)
        for name in ("allow", "deny", "only"):
            given = getattr(self, name)
            object.__setattr__(self, name, None if given is None else _listed(name, given))
            entries = None if given is None else tuple(_entry(name, text) for text in getattr(self, name))
            object.__setattr__(self, f"_{name}", entries)

    def check(self, url: WebAddress) -> None:
        """Check what the URL says by itself, before anything is looked up.

        Raises:
            ForbiddenURLError: its host is on ``deny`` or not on ``only``, its port is not open, or it is an IP address
                that is not public.
        """
        address = parse_address(url.host)
        if any(entry.covers(url, address) for entry in self._deny):
            raise ForbiddenURLError(say("{host} is on the list of hosts that are not fetched from", host=url.host))
        if self._only is not None and not any(entry.covers(url, address) for entry in self._only):
            raise ForbiddenURLError(say("{host} is not on the list of hosts that may be fetched from", host=url.host))
        if url.port not in self.ports and not any(entry.port == url.port for entry in self._allow):
            self._refuse_port(url)
        if address is not None:
            self._check_address(url, address)

    def check_addresses(self, url: WebAddress, addresses: Iterable[str]) -> None:
        """Check all addresses that the host has.

        Raises:
            ForbiddenURLError: one of them is on ``deny``, or neither public nor in ``allow``. Which one is not said:
                a stranger's page could make a model ask for the addresses of a house.
        """
        for text in addresses:
            address = parse_address(text)
            if address is None:  # with a zone, which only local addresses have
                self._refuse(url, "link-local")
            else:
                self._check_address(url, address)

    def _check_address(self, url: WebAddress, address: Address) -> None:
        if any(entry.covers(url, address) for entry in self._deny):
            raise ForbiddenURLError(say("{host} is on the list of hosts that are not fetched from", host=url.host))
        covering = [entry for entry in self._allow if entry.covers(url, address)]
        if not covering and (kind := why_not_public(address)):
            self._refuse(url, kind)
        if url.port not in self.ports and not any(entry.port == url.port for entry in covering):
            self._refuse_port(url)

    def _refuse(self, url: WebAddress, kind: str) -> None:
        raise ForbiddenURLError(say("{host} is not on the public internet ({kind} address)", host=url.host, kind=kind))

    def _refuse_port(self, url: WebAddress) -> None:
        ports = ", ".join(map(str, self.ports))
        raise ForbiddenURLError(say("port {port} is not fetched from, only {ports}", port=url.port, ports=ports))


@dataclass(frozen=True, slots=True)
class _Entry:
    host: str | None
    is_beneath: bool
    network: IPv4Network | IPv6Network | None
    port: int | None

    def covers(self, url: WebAddress, address: Address | None) -> bool:
        if self.port is not None and self.port != url.port:
            return False
        if self.network is not None:
            return address is not None and innermost(address) in self.network
        return url.host.endswith(f".{self.host}") if self.is_beneath else url.host == self.host


def _listed(name: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigurationError(
            f"URLPolicy({name}={given!r}): {name} is a list of hosts, for instance ['example.com']"
        )
    return tuple(cast("Iterable[str]", given))


def _entry(name: str, text: object) -> _Entry:
    found = _read_entry(text) if isinstance(text, str) else None
    if found is None:
        raise ConfigurationError(
            f"URLPolicy({name}=...): {text!r} is no entry; write a host ('example.com', '*.example.com', "
            "'localhost:8000'), an IP address or a network ('10.1.0.0/16'), without http:// and without a path"
        )
    return found


def _read_entry(text: str) -> _Entry | None:
    if (network := _network(text)) is not None:
        return _Entry(None, is_beneath=False, network=network, port=None)
    parts = _ENTRY.fullmatch(text)
    host = read_host(parts[2]) if parts else None
    if parts is None or host is None:
        return None
    port = int(parts[3]) if parts[3] else None
    network = _network(host)
    if (port is not None and not 0 < port <= _MOST_PORTS) or (parts[1] and network):
        return None
    return _Entry(None if network else host, bool(parts[1]), network, port)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return None if "%" in text else ip_network(text)
    except ValueError:
        return None
