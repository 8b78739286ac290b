"""A guarded fetch as one flow without I/O: it says what to send and to read, and the drivers in `fetching` do it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from clovax_agents.errors import FetchError, ForbiddenURLError
from clovax_agents.guards.web.unpacking import ACCEPTED, unpacked
from clovax_agents.guards.web.urls import WebAddress, read_url
from clovax_agents.guards.web.wording import say

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from clovax_agents.guards.web.policy import URLPolicy

__all__ = ["Fetched", "Flow", "Head", "Limits", "Read", "Send", "fetch_flow"]

_DIGITS: Final = 18
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOR_EVERYBODY: Final = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that tell a stranger nothing; all others are for the origin that they were given for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a fetch there may be.

    Attributes:
        seconds: for all of it, with lookups, redirects and the last byte.
        size: bytes of the body, as it comes and unpacked.
        redirects: how often a page may lead on to another address.
    """

    seconds: float
    size: int
    redirects: int


@dataclass(frozen=True, slots=True)
class Send:
    """Ask an address, after whatever was open has been closed; answered with a `Head`."""

    address: WebAddress
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """Read on; answered with bytes, or with None at the end."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer, their names in lower case."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What has been fetched.

    Attributes:
        url: where it was found, after all redirects.
        status: of HTTP.
        headers: of the answer, their names in lower case.
        body: unpacked.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


Flow: TypeAlias = "Generator[Send | Read, Any, Fetched]"


def fetch_flow(url: str, policy: URLPolicy, limits: Limits, headers: Mapping[str, str]) -> Flow:
    """Fetch, and follow redirects; each address is read and checked anew.

    Args:
        url: where to begin.
        policy: what may be fetched.
        limits: of redirects and size.
        headers: to send; most of them to the first origin only.

    Raises:
        ForbiddenURLError: an address that may not be fetched, here or further on.
        FetchError: too many redirects, or too large a body.
    """
    address = read_url(url)
    for hop in range(limits.redirects + 1):
        with _further_on(hop > 0):
            policy.check(address)
            head: Head = yield Send(address, {**headers, "Accept-Encoding": ACCEPTED, "Connection": "close"})
        if head.status not in _REDIRECTS or not head.headers.get("location"):
            body = yield from _body(address, head, limits.size)
            return Fetched(str(address), head.status, head.headers, body)
        with _further_on(True):  # noqa: FBT003
            following = read_url(head.headers["location"], address)
        if following.origin != address.origin:
            headers = {name: value for name, value in headers.items() if name.lower() in _FOR_EVERYBODY}
        address = following
    sentence = "{host} leads on to other addresses more than {most} times"
    raise FetchError(say(sentence, host=address.host, most=limits.redirects))


@contextmanager
def _further_on(is_further: bool) -> Generator[None]:  # noqa: FBT001
    """Say of a refusal that it is of an address that the page itself named."""
    try:
        yield
    except ForbiddenURLError as error:
        if not is_further:
            raise
        text = "the page leads on to another address, which may not be fetched: {problem}"
        raise ForbiddenURLError(say(text, problem=error)) from None


def _body(address: WebAddress, head: Head, most: int) -> Generator[Read, Any, bytes]:
    body = bytearray()
    is_too_large = _announced(head) > most
    while not is_too_large and (part := (yield Read())) is not None:
        body += part
        is_too_large = len(body) > most
    if is_too_large:
        raise FetchError(say("the answer of {host} is larger than {most:,} bytes", host=address.host, most=most))
    return unpacked(bytes(body), head.headers.get("content-encoding", ""), address.host, most)


def _announced(head: Head) -> int:
    length = head.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) <= _DIGITS else 0
