"""URLs read in one way only: what two readers could take for two hosts is refused. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin

from clovax_agents.errors import ForbiddenURLError
from clovax_agents.guards.web.addresses import parse_address
from clovax_agents.guards.web.wording import say

__all__ = ["WebAddress", "read_host", "read_url"]

_LONGEST: Final = 8_192
_SHOWN: Final = 80
_LONGEST_NAME: Final = 253
_MOST_PORTS: Final = 65_535
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\ud800-\udfff]")
_PARTS: Final = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(//)?([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE: Final = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A URL that has been read.

    Attributes:
        scheme: ``http`` or ``https``.
        host: a name in lower-case ASCII, without a dot at its end, or an IP address without brackets.
        port: never left out.
        target: path and query, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom credentials are for."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def read_url(text: str, base: WebAddress | None = None) -> WebAddress:
    """Read a URL.

    Args:
        text: as a person or a model wrote it, or as a page's ``Location`` says.
        base: that it may be relative to; None if it has to be whole.

    Raises:
        ForbiddenURLError: it is not http(s), carries a user name, or can be read in more than one way.

    Example:
        >>> str(read_url(" HTTPS://뉴스.한국:443/오늘?q=1#top"))
        'https://xn--vg1b002a.xn--3e0b707e/%EC%98%A4%EB%8A%98?q=1'
        >>> read_url("http://0x7f.1/")
        Traceback (most recent call last):
            ...
        clovax_agents.errors.ForbiddenURLError: the host 0x7f.1 is neither a name nor an IP address ...
    """
    text = text.strip(" \t\r\n")
    if len(text) > _LONGEST:
        raise ForbiddenURLError(say("the address is longer than {most} characters", most=_LONGEST))
    if _UNREADABLE.search(text):
        raise ForbiddenURLError(say("the address contains a backslash, a line break or another control character"))
    if base is not None:
        text = _joined(base, text)
    parts = _PARTS.fullmatch(text)
    scheme, slashes, authority, path, query = parts.groups() if parts else (None, None, "", "", None)
    if scheme is not None and scheme.lower() not in _DEFAULT_PORTS:
        sentence = "{scheme}: is not fetched from; write an address that begins with https:// or http://"
        raise ForbiddenURLError(say(sentence, scheme=scheme[:_SHOWN]))
    if scheme is None or slashes is None or not authority:
        raise ForbiddenURLError(say("write the whole address, beginning with https:// or http://"))
    host, port = _read_authority(authority)
    target = quote(path or "/", safe=_SAFE) + ("?" + quote(query[1:], safe=_SAFE + "?") if query else "")
    scheme = scheme.lower()
    return WebAddress(scheme, host, _DEFAULT_PORTS[scheme] if port is None else port, target)


def _joined(base: WebAddress, text: str) -> str:
    try:
        return urljoin(str(base), text)
    except ValueError:  # brackets that do not fit together
        return text


def _read_authority(authority: str) -> tuple[str, int | None]:
    if "@" in unicodedata.normalize("NFKC", authority):
        raise ForbiddenURLError(
            say("the address carries a user name or a password; leave out what stands before the @")
        )
    parts = _AUTHORITY.fullmatch(authority)
    host = read_host(parts[1]) if parts else None
    port = int(parts[2]) if parts and parts[2] else None
    if host is None or (port is not None and not 0 < port <= _MOST_PORTS):
        text = "the host {host} is neither a name nor an IP address as it is usually written"
        raise ForbiddenURLError(say(text, host=authority[:_SHOWN]))
    return host, port


def read_host(text: str) -> str | None:
    """Return a host in the one form in which hosts are compared; None if it is none.

    Example:
        >>> read_host("Example.COM."), read_host("[::FFFF:7F00:1]"), read_host("127.1"), read_host("%6c")
        ('example.com', '::ffff:7f00:1', None, None)
    """
    if text.startswith("["):
        address = parse_address(text[1:-1]) if text.endswith("]") else None
        return str(address) if address is not None and address.version > 4 else None  # noqa: PLR2004
    if len(text) > _LONGEST_NAME + 1:
        return None
    name = text.lower() if text.isascii() else _to_ascii(text)
    if name is None:
        return None
    name = name.removesuffix(".")
    labels = name.split(".")
    if not 0 < len(name) <= _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    # What ends in a number is an IP address to some readers, octal to others: only the plain notation is clear.
    return name if not _NUMBER.fullmatch(labels[-1]) or parse_address(name) is not None else None


def _to_ascii(text: str) -> str | None:
    """Return an international name as DNS knows it."""
    import idna  # noqa: PLC0415  # large tables, for few addresses

    plain = unicodedata.normalize("NFKC", text).replace("\u3002", ".").lower()
    if plain.isascii():
        return plain
    try:
        return idna.encode(plain).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None
