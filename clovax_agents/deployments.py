"""Where HyperCLOVA X runs, and which rules hold there: CLOVA Studio, its government cloud, or a server of one's own.

Source: docs/wire.md, section 1.1, and for servers of one's own the model cards of HyperCLOVA X SEED Think on vLLM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, cast, get_args
from urllib.parse import SplitResult, urlsplit

from clovax_agents.capabilities import DEFAULT_BASE_URL, ModelCard, model_card
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEPLOYMENTS", "Deployment", "Profile", "checked_url", "deployment_of"]

Profile = Literal["public", "gov", "self-hosted"]
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_GOV_HOST: Final = "clovastudio.stream.gov-ntruss.com"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The rules of one place.

    Attributes:
        profile: its name.
        base_url: used where none is given; None if one must be.
        limited: whether CLOVA Studio's caps, floors and exclusions hold.
        tool_models: the models that can call tools there; None for all that can anywhere.
        streams_tools: whether answers are streamed with tools bound; where not, they come in one piece.
        native_prefix: whether native paths need ``/testapp`` or ``/serviceapp`` before them.
        key_needed: whether there must be an API key.
        paced: whether the documented limits a minute hold.
    """

    profile: Profile
    base_url: str | None
    limited: bool = True
    tool_models: frozenset[str] | None = None
    streams_tools: bool = True
    native_prefix: bool = False
    key_needed: bool = True
    paced: bool = False

    def card(self, model: str) -> ModelCard:
        """Return what a model can do there."""
        if not self.limited:
            return ModelCard(
                model, "v3", 128_000, 128_000, 32_768, tools=True, thinking=True, structured_output=True, images=True
            )
        card = model_card(model)
        if self.tool_models is not None and model not in self.tool_models:
            card = replace(card, tools=False)
        return card


DEPLOYMENTS: Final[Mapping[Profile, Deployment]] = {
    "public": Deployment("public", DEFAULT_BASE_URL, paced=True),
    "gov": Deployment(
        "gov",
        f"https://{_GOV_HOST}/v1/openai",
        tool_models=frozenset({"HCX-005", "HCX-DASH-002"}),
        streams_tools=False,
        native_prefix=True,
    ),
    "self-hosted": Deployment("self-hosted", None, limited=False, key_needed=False),
}


def deployment_of(profile: str | None, base_url: str | None) -> Deployment:
    """Return the deployment that is named, or that a base URL shows.

    The government cloud is known by its host, an OpenAI-compatible server of one's own by a path that ends in ``/v1``.

    Raises:
        ConfigurationError: an unknown profile.

    Example:
        >>> deployment_of(None, "http://127.0.0.1:8000/v1").profile
        'self-hosted'
    """
    if profile is not None:
        if profile not in get_args(Profile):
            raise ConfigurationError(f"profile {profile!r} does not exist: use one of {', '.join(get_args(Profile))}")
        return DEPLOYMENTS[cast("Profile", profile)]
    parts = _split(base_url or "")
    if parts.hostname == _GOV_HOST:
        return DEPLOYMENTS["gov"]
    return DEPLOYMENTS["self-hosted" if parts.path.rstrip("/") == "/v1" else "public"]


def checked_url(url: str | None, deployment: Deployment, *, allow_http: bool) -> str:
    """Return the address of the API without a slash at its end.

    Plain http would send the key in the clear: it is for loopback, and, if allowed, for a server of one's own.

    Raises:
        ConfigurationError: it is missing, no web address, or not safe.
    """
    url = url or deployment.base_url
    if not url:
        raise ConfigurationError(
            "a server of your own needs its address: set base_url, such as http://localhost:8000/v1"
        )
    parts = _split(url)
    if parts.username or parts.password:
        raise ConfigurationError(
            "base_url has a user name or a password in it, which logs would show: give them by default_headers"
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"base_url {url!r} is not a web address: it looks like {DEFAULT_BASE_URL}")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        if deployment.limited:
            raise ConfigurationError(f"base_url {url!r} would send the key in the clear: use https")
        if not allow_http:
            raise ConfigurationError(f"base_url {url!r} is not encrypted: use https, or set allow_http=True")
    if parts.query or parts.fragment:
        raise ConfigurationError(
            f"base_url {url!r} has a query or a fragment, behind which no path can stand: cut it off"
        )
    return url.rstrip("/")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is looked at only now
    except ValueError as error:
        raise ConfigurationError(f"base_url {url!r} is not a web address: {error}") from None
    return parts
