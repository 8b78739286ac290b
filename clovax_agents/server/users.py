"""Users of a hardened server: names, what they may do, and digests of their tokens, in one JSON file."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

__all__ = ["User", "Users", "add_user"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class User:
    """Who may talk to the server.

    Attributes:
        name: letters, digits, ``_`` and ``-``.
        digest: SHA-256 of the token, which is nowhere kept.
        scopes: what the user's runs may be granted, see `ToolPolicy.scopes`.
    """

    name: str
    digest: str
    scopes: tuple[str, ...] = ()


class Users:
    """The users of a file; a change of the file counts from the next request on.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: tuple[User, ...] = ()

    def find(self, token: str) -> User | None:
        """Return whose token it is; takes as long for one that is almost right.

        Raises:
            ConfigurationError: the file is not there, or cannot be read.
        """
        digest = sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        found = None
        for user in self.all():
            if hmac.compare_digest(user.digest, digest):
                found = user
        return found

    def all(self) -> tuple[User, ...]:
        """Return the users.

        Raises:
            ConfigurationError: the file is not there, or cannot be read.
        """
        try:
            found = os.stat(self._path)  # noqa: PTH116  # which a server's loop allows
        except OSError as error:
            raise ConfigurationError(
                f"there is no file of users at {self._path}: make one with `clovax add-user NAME`, or set "
                "CLOVAX_SERVER_USERS to where it is"
            ) from error
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp != self._stamp:
            self._users, self._stamp = _read(self._path), stamp
        return self._users


def add_user(path: Path, name: str, scopes: Collection[str] = ()) -> str:
    """Add a user to a file, or give one a new token; return the token, which is nowhere kept.

    Args:
        path: of the file, which is made if it is not there, for its owner's eyes only.
        name: of the user.
        scopes: what the user's runs may be granted.

    Raises:
        ConfigurationError: a name that cannot be one, or a file that cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} cannot be a user's name: use letters, digits, _ and -, 64 at most")
    known = [user for user in (_read(path) if path.exists() else ()) if user.name != name]
    token = secrets.token_urlsafe(32)
    users = [*known, User(name, sha256(token.encode()).hexdigest(), tuple(scopes))]
    written = {user.name: {"token_sha256": user.digest, "scopes": list(user.scopes)} for user in users}
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(written, file, ensure_ascii=False, indent=2)
    new.replace(path)
    return token


def _read(path: Path) -> tuple[User, ...]:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        users = tuple(_user(name, entry) for name, entry in cast("dict[str, Any]", given).items())
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ConfigurationError(
            f'{path} is no file of users: it holds {{"name": {{"token_sha256": "...", "scopes": [...]}}}}; '
            "`clovax add-user NAME` writes it"
        ) from error
    return users


def _user(name: str, entry: Any) -> User:
    digest, scopes = entry["token_sha256"], entry.get("scopes", [])
    is_right = _NAME.fullmatch(name) and isinstance(digest, str) and _DIGEST.fullmatch(digest)
    if not is_right or not isinstance(scopes, list):
        raise ValueError(name)
    return User(name, digest, tuple(str(scope) for scope in cast("Iterable[object]", scopes)))
