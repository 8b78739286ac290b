"""Which IP addresses are the public internet's: pure, and the same in every version of Python.

The lists are those of IANA's registries of special-purpose addresses. Python's own ``is_global`` has changed between
patch releases, and knows nothing of addresses inside of addresses.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal, TypeAlias

__all__ = ["Address", "Kind", "innermost", "parse_address", "why_not_public"]

Address: TypeAlias = "IPv4Address | IPv6Address"
Kind: TypeAlias = Literal[
    "documentation", "link-local", "loopback", "metadata", "multicast", "private", "reserved", "tunnel", "unspecified"
]

_V4: Final[tuple[tuple[IPv4Network, Kind], ...]] = (
    (IPv4Network("0.0.0.0/8"), "unspecified"),
    (IPv4Network("10.0.0.0/8"), "private"),
    (IPv4Network("100.64.0.0/10"), "private"),  # carrier-grade NAT, and Alibaba's metadata
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("168.63.129.16/32"), "metadata"),  # Azure's, in the midst of public addresses
    (IPv4Network("169.254.0.0/16"), "link-local"),  # with most clouds' metadata
    (IPv4Network("172.16.0.0/12"), "private"),
    (IPv4Network("192.0.0.0/24"), "reserved"),  # with Oracle's metadata
    (IPv4Network("192.0.2.0/24"), "documentation"),
    (IPv4Network("192.88.99.0/24"), "tunnel"),  # the relays of 6to4
    (IPv4Network("192.168.0.0/16"), "private"),
    (IPv4Network("198.18.0.0/15"), "reserved"),
    (IPv4Network("198.51.100.0/24"), "documentation"),
    (IPv4Network("203.0.113.0/24"), "documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),
)
_V6: Final[tuple[tuple[IPv6Network, Kind], ...]] = (
    (IPv6Network("::1/128"), "loopback"),
    (IPv6Network("::/128"), "unspecified"),
    (IPv6Network("fe80::/10"), "link-local"),
    (IPv6Network("fc00::/7"), "private"),
    (IPv6Network("ff00::/8"), "multicast"),
    (IPv6Network("2001::/32"), "tunnel"),  # Teredo
    (IPv6Network("2002::/16"), "tunnel"),  # 6to4
    (IPv6Network("2001::/23"), "reserved"),
    (IPv6Network("2001:db8::/32"), "documentation"),
    (IPv6Network("3fff::/20"), "documentation"),
)
_UNICAST: Final = IPv6Network("2000::/3")
"""The only part of the IPv6 space that is handed out; what lies outside of it leads nowhere public."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
_LOW: Final = 0xFFFF_FFFF


def parse_address(text: str) -> Address | None:
    """Return the address that a text is, in the usual way of writing it; None for names and all other ways.

    Example:
        >>> parse_address("127.0.0.1"), parse_address("0x7f.1"), parse_address("fe80::1%eth0")
        (IPv4Address('127.0.0.1'), None, None)
    """
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def why_not_public(address: Address) -> Kind | None:
    """Return what kind of address it is that the public internet does not lead to; None for a public one.

    An IPv4 address inside of an IPv6 one (mapped, NAT64, ISATAP) counts as itself. Teredo and 6to4 are refused
    altogether: nobody serves pages there any more, and where such a tunnel ends is not to be told from outside.

    Example:
        >>> from ipaddress import ip_address
        >>> why_not_public(ip_address("::ffff:169.254.169.254"))
        'link-local'
        >>> why_not_public(ip_address("64:ff9b::8.8.8.8")) is None
        True
    """
    address = innermost(address)
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _V4 if address in network), None)
    if address.scope_id is not None:
        return "link-local"
    number = int(address)
    if (number >> 32) & _LOW in _ISATAP and (kind := why_not_public(IPv4Address(number & _LOW))):
        return kind
    for network, kind in _V6:
        if address in network:
            return kind
    return None if address in _UNICAST else "reserved"


def innermost(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one (mapped, NAT64) leads to, or else the address.

    Example:
        >>> from ipaddress import ip_address
        >>> innermost(ip_address("64:ff9b::10.0.0.1"))
        IPv4Address('10.0.0.1')
    """
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & _LOW)
    return address.ipv4_mapped or address
