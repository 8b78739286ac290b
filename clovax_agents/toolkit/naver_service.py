"""The two services through which NAVER Search is asked, and what their errors mean to a model."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlencode

from pydantic import SecretStr

from clovax_agents.errors import ConfigurationError, FetchError, ForbiddenURLError, ToolError, ToolFailed
from clovax_agents.guards.web import GuardedFetcher, URLPolicy, read_url
from clovax_agents.toolkit.web_wording import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovax_agents.guards.web import Fetched
    from clovax_agents.toolkit.naver_kinds import Kind

__all__ = ["NaverService", "ServiceName", "naver_service"]

ServiceName: TypeAlias = Literal["hub", "developers"]

_ADDRESSES: Final[Mapping[str, str]] = {
    "hub": "https://naverapihub.apigw.ntruss.com/search/v1",
    "developers": "https://openapi.naver.com/v1/search",
}
_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "hub": ("X-NCP-APIGW-API-KEY-ID", "X-NCP-APIGW-API-KEY"),
    "developers": ("X-Naver-Client-Id", "X-Naver-Client-Secret"),
}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_OK: Final = 200
_LONGEST: Final = 200
_ON_ITS_SIDE: Final = 500
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True)
class NaverService:
    """Where to ask, and with which key; the key shows itself nowhere.

    Attributes:
        name: ``hub`` or ``developers``.
        base_url: without a slash at its end.
        client_id: of the key.
        client_secret: of the key.
        fetcher: that reaches this one host.
    """

    name: ServiceName
    base_url: str
    client_id: SecretStr
    client_secret: SecretStr
    fetcher: GuardedFetcher = field(repr=False)

    async def ask(self, kind: Kind, parameters: Mapping[str, str | int]) -> dict[str, Any]:
        """Search.

        Raises:
            ToolFailed: the service refuses the key or the request; asking again does not help.
            FetchError: it does not answer, or failed on its own side.
        """
        path, more = (f"{kind.path}.json", {}) if self.name == "developers" else (kind.path, {"format": "json"})
        url = f"{self.base_url}/{path}?{urlencode({**parameters, **more}, errors='replace')}"
        names = _HEADERS[self.name]
        secrets = (self.client_id.get_secret_value(), self.client_secret.get_secret_value())
        fetched = await self.fetcher.aget(url, dict(zip(names, secrets, strict=True)))
        found = _json(fetched)
        if fetched.status != _OK:
            raise self._explained(fetched.status, found, kind)
        if not isinstance(found.get("items"), list):
            raise FetchError(say("NAVER Search answered with something that is no list of results"))
        return found

    def _explained(self, status: int, found: Mapping[str, Any], kind: Kind) -> ToolError:
        if status >= _ON_ITS_SIDE:
            return FetchError(
                say("NAVER Search failed on its own side (status {status}); try again later", status=status)
            )
        if status == _TOO_MANY:
            return FetchError(say("the number of searches that NAVER allows is used up"))
        if status == 401:  # noqa: PLR2004
            sentence = (
                "NAVER Search does not accept the key: the operator has to check NAVER_CLIENT_ID and "
                "NAVER_CLIENT_SECRET, and whether they are of the service {service}"
            )
            return ToolFailed(say(sentence, service=self.name))
        if status == 403:  # noqa: PLR2004
            sentence = (
                "NAVER Search does not let this key search: the operator has to add the search API to the application"
            )
            return ToolFailed(say(sentence))
        if status == 404:  # noqa: PLR2004
            return ToolFailed(say("NAVER Search has no search for {kind} any more", kind=kind.korean))
        code, message = self._said(found, status)
        return ToolFailed(say("NAVER Search refused the request ({code}): {message}", code=code, message=message))

    def _said(self, found: Mapping[str, Any], status: int) -> tuple[str, str]:
        """Return code and message of an error in either of the forms that are documented, without the key in them."""
        inner: Any = found.get("error")
        error = cast("Mapping[str, Any]", inner) if isinstance(inner, dict) else found
        code = str(error.get("errorCode", status))
        message = " ".join(str(error.get("errorMessage") or error.get("message") or "").split())
        for secret in (self.client_id, self.client_secret):
            message = message.replace(secret.get_secret_value(), "***")
        return code[:_LONGEST], message[:_LONGEST]


def _json(fetched: Fetched) -> dict[str, Any]:
    try:
        found = json.loads(fetched.body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def naver_service(
    name: ServiceName,
    client_id: str | SecretStr | None,
    client_secret: str | SecretStr | None,
    base_url: str | None,
    timeout: float,
) -> NaverService:
    """Return a service.

    Args:
        name: of it.
        client_id: None for the environment's ``NAVER_CLIENT_ID``.
        client_secret: None for the environment's ``NAVER_CLIENT_SECRET``.
        base_url: None for the service's own.
        timeout: seconds for one request.

    Raises:
        ConfigurationError: an unknown service, no key, or an address to which a key cannot be sent safely.
    """
    if name not in _ADDRESSES:
        raise ConfigurationError(
            f"service={name!r}: NAVER Search is asked through {' or '.join(map(repr, _ADDRESSES))}"
        )
    address = (base_url or _ADDRESSES[name]).rstrip("/")
    return NaverService(
        name,
        address,
        _credential("NAVER_CLIENT_ID", client_id),
        _credential("NAVER_CLIENT_SECRET", client_secret),
        _fetcher(address, timeout),
    )


def _credential(variable: str, given: str | SecretStr | None) -> SecretStr:
    value = given.get_secret_value() if isinstance(given, SecretStr) else given or os.environ.get(variable, "")
    if not value.strip():
        raise ConfigurationError(
            f"NAVER Search needs a key: set the environment variable {variable}, or pass {variable[6:].lower()}=..."
        )
    if not value.strip().isascii() or not value.strip().isprintable():
        raise ConfigurationError(f"{variable} has characters in it that no key has; copy it again")
    return SecretStr(value.strip())


def _fetcher(address: str, timeout: float) -> GuardedFetcher:
    """Return one for this host only; the operator has named it, so it need not be public."""
    try:
        url = read_url(address)
    except ForbiddenURLError as error:
        raise ConfigurationError(f"base_url={address!r}: {error}") from None
    if url.scheme != "https" and url.host not in _LOOPBACK:
        raise ConfigurationError(f"base_url={address!r}: a key is sent there, so it has to begin with https://")
    host = f"[{url.host}]" if ":" in url.host else url.host
    policy = URLPolicy(allow=[f"{host}:{url.port}"], only=[f"{host}:{url.port}"])
    return GuardedFetcher(policy=policy, timeout=timeout, redirects=0)
