"""Headers that do not show what is in them: one of them is the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

__all__ = ["Secret", "SecretHeaders", "check_headers", "without_secrets"]

_FIXED: Final = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
    | {"x-ncp-clovastudio-request-id"}
)
_SHOWN: Final = "**********"
_OF_SECRETS: Final = re.compile(r"auth|cookie|key|pass|secret|token", re.IGNORECASE)
_SHORTEST: Final = 8
"""Characters that a secret has; shorter parts of a header are words such as ``Bearer``."""
_LONG: Final = 16
"""Characters from which a part of any header may be a secret."""
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class SecretHeaders(dict[str, str]):
    """Headers of a request; in logs, and among the local variables of a traceback, only their names are seen.

    Example:
        >>> SecretHeaders(Authorization="Bearer nv-...")
        <headers Authorization>
    """

    def __repr__(self) -> str:
        """Show the names alone."""
        return f"<headers {', '.join(self)}>"


class Secret(str):
    """A value of a header: sent as it is, and not shown where HTTP libraries copy headers.

    Example:
        >>> Secret("Bearer nv-...")
        '**********'
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Show nothing."""
        return repr(_SHOWN)


def check_headers(headers: Mapping[str, SecretStr]) -> None:
    """Refuse headers of the user's that cannot be sent; what is wrong is said without showing a value.

    Raises:
        ConfigurationError: a header that depends on the request, or a name or value that HTTP does not allow.
    """
    for name, value in headers.items():
        if name.lower() in _FIXED:
            raise ConfigurationError(f"default_headers cannot set {name}, which depends on the request: leave it out")
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"default_headers has a name that HTTP does not allow: {name!r}")
        if not _sendable(value):
            raise ConfigurationError(
                f"the value of {name} in default_headers has a line break, a space around it or a letter beyond ASCII"
            )


def _sendable(value: SecretStr) -> bool:
    text = value.get_secret_value()
    return text.isascii() and text.isprintable() and text == text.strip()


def without_secrets(text: str, headers: Mapping[str, str]) -> str:
    """Return a text without the secrets of some headers: a failure may repeat a key.

    Example:
        >>> without_secrets("no such key: nv-12345678", {"Authorization": Secret("Bearer nv-12345678")})
        'no such key: **********'
    """
    for name, value in headers.items():
        shortest = _SHORTEST if _OF_SECRETS.search(name) else _LONG
        for part in value.split() if isinstance(value, Secret) else ():
            text = text.replace(part, _SHOWN) if len(part) >= shortest else text
    return text
