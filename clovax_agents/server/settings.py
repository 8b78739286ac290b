"""What a hardened server is told by its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_BODY", "ServerSettings"]

MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes of a request's body, if nothing else is said: a long conversation with an image."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Who may talk to the server, and how much at once.

    Attributes:
        users: the file of users, see `Users`; ``CLOVAX_SERVER_USERS``.
        hosts: names under which the server may be addressed; ``CLOVAX_SERVER_HOSTS`` adds some to those of loopback.
        origins: of web pages that may talk to it; ``CLOVAX_SERVER_ORIGINS``, none by default.
        max_body: bytes of a request; ``CLOVAX_SERVER_MAX_BODY``.
    """

    users: Path
    hosts: frozenset[str]
    origins: tuple[str, ...]
    max_body: int

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> ServerSettings:
        """Read the settings.

        Raises:
            ConfigurationError: one of them cannot be meant.

        Example:
            >>> ServerSettings.from_env({"CLOVAX_SERVER_ORIGINS": "https://desk.example"}).origins
            ('https://desk.example',)
        """
        return cls(
            users=Path(environment.get("CLOVAX_SERVER_USERS") or "users.json"),
            hosts=frozenset(name.lower() for name in (*_LOOPBACK, *_list(environment, "CLOVAX_SERVER_HOSTS"))),
            origins=tuple(_origin(text) for text in _list(environment, "CLOVAX_SERVER_ORIGINS")),
            max_body=_bytes(environment.get("CLOVAX_SERVER_MAX_BODY")),
        )


def _list(environment: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in environment.get(name, "").split(",") if part.strip()]


def _origin(text: str) -> str:
    scheme, found, host = text.partition("://")
    if not found or scheme not in {"http", "https"} or not host or "/" in host or "*" in host:
        raise ConfigurationError(
            f"CLOVAX_SERVER_ORIGINS: {text!r} is no origin; write it as https://desk.example, without a path, and name "
            "each one: * would let every page in"
        )
    return text.lower()


def _bytes(text: str | None) -> int:
    if not text:
        return MAX_BODY
    if not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(
            f"CLOVAX_SERVER_MAX_BODY={text!r} is no number of bytes: write one, for instance {MAX_BODY}"
        )
    return int(text)
