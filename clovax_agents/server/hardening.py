"""A ``langgraph.json`` with what makes its server a hardened one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["hardened"]

_APP: Final = "clovax_agents.server.app:app"
_AUTH: Final = "clovax_agents.server.auth:auth"
_HEADERS: Final = ["authorization", "content-type", "last-event-id", "x-api-key"]
_SHOWN: Final = ["content-location", "location", "x-pagination-next", "x-pagination-total"]


def hardened(config: Mapping[str, Any], origins: Sequence[str] = ()) -> dict[str, Any]:
    """Return a configuration with authentication, the shield, and nothing open that need not be.

    Args:
        config: of a server, as langgraph.json has it. An ``auth`` of its own stays, without the door that LangSmith's
            header opens; so do its ``webhooks``.
        origins: of web pages that may talk to the server.

    Raises:
        ConfigurationError: it has an ``http.app`` of its own, which would stand where the shield does.

    Example:
        >>> hardened({"graphs": {}})["auth"]["disable_studio_auth"]
        True
    """
    http: dict[str, Any] = dict(config.get("http") or {})
    if http.get("app", _APP) != _APP:
        raise ConfigurationError(
            f"http.app is {http['app']!r}: give that app Middleware(Shield, settings=ServerSettings.from_env()) of "
            "clovax_agents.server, write the other settings of docs/studio.md into langgraph.json, and leave "
            "--hardened out"
        )
    cors = {
        "allow_origins": list(origins),
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": _HEADERS,
        "expose_headers": _SHOWN,
    }
    shut = {"disable_meta": True, "disable_ui": True, "enable_custom_route_auth": True}
    webhooks = {"url": {"require_https": True, "disable_loopback": True, "disable_private_ips": True}}
    return {
        **config,
        "auth": {"path": _AUTH, **(config.get("auth") or {}), "disable_studio_auth": True},
        "http": {**http, "app": _APP, "cors": cors, **shut},
        "webhooks": config.get("webhooks") or webhooks,
    }
