"""What must not be in a cassette: keys, request ids, headers that nobody needs, the host it was recorded at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit, urlunsplit

from clovax_agents.capabilities import DEFAULT_BASE_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["find_keys", "kept_request_headers", "kept_response_headers", "with_production_host"]

_REQUEST_HEADERS: Final = frozenset({"accept", "content-type"})
_RESPONSE_HEADERS: Final = frozenset({"content-type", "retry-after", "x-clovax-simulator"})
_KEYS: Final = (
    re.compile(r"(?<![A-Za-z0-9_-])nv-[A-Za-z0-9_-]{4,}"),
    re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/-]{8,}"),
    re.compile(r"(?im)^[\s-]*['\"]?(?:authorization|x-ncp-(?:clovastudio|apigw)-api-key)['\"]?\s*:"),
)


def kept_request_headers(headers: Mapping[str, object]) -> dict[str, str]:
    """Return the headers of a request that belong into a cassette: neither keys nor request ids."""
    return dict(_kept(headers, lambda name: name in _REQUEST_HEADERS))


def kept_response_headers(headers: Mapping[str, object]) -> dict[str, str]:
    """Return the headers of a response that belong into a cassette: its type, and everything about rate limits."""
    return dict(_kept(headers, lambda name: name in _RESPONSE_HEADERS or name.startswith("x-ratelimit-")))


def _kept(headers: Mapping[str, object], keep: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    for name, value in sorted((name.lower(), value) for name, value in headers.items()):
        if keep(name):
            values = cast("list[object]", value) if isinstance(value, list) else [value]
            yield name, ", ".join(map(str, values))


def with_production_host(uri: str, base_url: str) -> str:
    """Return the address with the production host, if its own is the one that is recorded against.

    Example:
        >>> with_production_host("http://127.0.0.1:8765/v1/openai/models", "http://127.0.0.1:8765/v1/openai")
        'https://clovastudio.stream.ntruss.com/v1/openai/models'
    """
    parts, recorded = urlsplit(uri), urlsplit(base_url)
    if (parts.scheme, parts.netloc) != (recorded.scheme, recorded.netloc):
        return uri
    production = urlsplit(DEFAULT_BASE_URL)
    return urlunsplit(parts._replace(scheme=production.scheme, netloc=production.netloc))


def find_keys(text: str, known: Iterable[str] = ()) -> list[str]:
    """Return what looks like an API key, shortened, so that telling about it does not spread it.

    Args:
        text: of a cassette.
        known: keys that are searched for literally, whatever they look like.

    Example:
        >>> find_keys("my key is nv-0123456789abcdef")
        ['nv-012…']
    """
    found = [match[0].strip() for pattern in _KEYS for match in pattern.finditer(text)]
    found += [key for key in known if key and key in text]
    return [f"{item[:6]}…" if not item.endswith(":") else item for item in dict.fromkeys(found)]
