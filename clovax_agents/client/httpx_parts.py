"""What requests over httpx have in common, with a client or without: requests, heads, and errors in our own words."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

import httpx

from clovax_agents.client.ops import Head
from clovax_agents.errors import (
    CallFacts,
    CallTimeoutError,
    CertificateError,
    ConnectionFailedError,
    InvalidResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovax_agents.client.ops import Send
    from clovax_agents.errors import ServiceError

__all__ = ["ERRORS", "explain", "head_of"]

_REFUSED_BY_PROXY: Final = "407"
ERRORS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError)
_MAPPING: Final[Sequence[tuple[type[Exception], type[ServiceError], str]]] = (
    (httpx.ProxyError, ConnectionFailedError, "the proxy did not let the request to {host} through: {error}"),
    (httpx.ConnectError, ConnectionFailedError, "cannot connect to {host}: {error}. Is base_url right?"),
    (httpx.DecodingError, InvalidResponseError, "the answer of {host} cannot be decoded: {error}"),
)


def explain(error: Exception, op: Send, *, proxied: bool = False) -> ServiceError:
    """Return the error of ours for one of httpx's; what cannot be reached may be the proxy in between."""
    host = f"{'the proxy to ' if proxied else ''}{httpx.URL(op.url).netloc.decode()}"
    if isinstance(error, httpx.ConnectTimeout):
        return CallTimeoutError(
            f"no connection to {host} within {op.connect:.1f} s", CallFacts(deadline="connect", arrived=False)
        )
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return CallTimeoutError("a wait took too long")  # the flow knows which, and says so
    if _untrusted(error):
        return CertificateError(f"the certificate of {host} is not trusted: {error}", CallFacts(arrived=False))
    if isinstance(error, httpx.ProxyError) and _REFUSED_BY_PROXY in str(error):
        return ConnectionFailedError(
            f"{host} wants a user name and password: {error}", CallFacts(retries=0, arrived=False)
        )
    found = ((kind, text) for source, kind, text in _MAPPING if isinstance(error, source))
    kind, text = next(found, (ConnectionFailedError, "the connection to {host} broke: {error}"))
    facts = CallFacts(arrived=not isinstance(error, httpx.ProxyError | httpx.ConnectError))
    return kind(text.format(host=host, error=str(error) or type(error).__name__), facts)


def _untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def head_of(response: httpx.Response, *, unpacked: bool = False) -> Head:
    """Return status and headers of an answer; of one that is unpacked already, without its compression."""
    fields = {key.lower().decode("latin-1"): value.decode("latin-1") for key, value in response.headers.raw}
    if unpacked:
        fields.pop("content-encoding", None)
    return Head(response.status_code, fields)
