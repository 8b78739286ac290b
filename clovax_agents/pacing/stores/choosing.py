"""A store by its URL; one of each for a process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from clovax_agents.errors import ConfigurationError
from clovax_agents.pacing.stores.redis import RedisStore
from clovax_agents.pacing.stores.sqlite import SqliteStore

if TYPE_CHECKING:
    from clovax_agents.pacing.stores.protocol import Store

__all__ = ["open_store"]

_SQLITE: Final = "sqlite:///"
_REDIS: Final = ("redis://", "rediss://", "unix://")
_stores: dict[str, Store] = {}
_lock: threading.Lock = threading.Lock()
_parents: list[dict[str, Store]] = []
"""In a forked child: what must not be closed there, because the parent uses it."""


def open_store(url: str) -> Store:
    """Return the store at a URL, which is not looked for before it is used.

    Args:
        url: ``sqlite:///path`` (from where the process is when it is first named; ``~`` is your home) or ``redis://user:password@host:port/0``.

    Raises:
        ConfigurationError: it is neither, or an extra is missing.

    Example:
        >>> open_store("sqlite:////tmp/limits.sqlite").place
        '/tmp/limits.sqlite'
    """
    with _lock:
        if url not in _stores:
            _stores[url] = _made(url)
        return _stores[url]


def _made(url: str) -> Store:
    if url.startswith(_REDIS):
        return RedisStore(url)
    path = unquote(url.removeprefix(_SQLITE)).partition("?")[0]
    if not url.startswith(_SQLITE) or not path or path == ":memory:":
        raise ConfigurationError(
            f"{url.partition('://')[0][:20]!r}: a rate limit store is 'sqlite:///path' for the processes of one host, "
            "or 'redis://user:password@host:port/0' for those of several"
        )
    return SqliteStore(Path(path).expanduser().absolute())


def _after_fork() -> None:
    global _lock  # noqa: PLW0603  # the parent's may be held by a thread that the child does not have
    _lock = threading.Lock()
    _parents.append(dict(_stores))
    _stores.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
