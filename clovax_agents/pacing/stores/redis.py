"""A store in a Redis server, for processes of several hosts."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from clovax_agents.errors import ConfigurationError, RateLimitStoreError
from clovax_agents.pacing.quiet import Quiet
from clovax_agents.pacing.stores.deciding import SHORT
from clovax_agents.pacing.stores.protocol import Answer
from clovax_agents.pacing.stores.redis_script import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovax_agents.pacing.stores.protocol import Exchange, Reservation

__all__ = ["RedisStore"]

_SECONDS: Final = 2.0
"""For a connection, and for an answer."""
_SEEN_FOR: Final = 0.25
_INFINITE: Final = 1e300
"""JSON has no infinity."""
_MISSING: Final = 'a rate limit store in Redis needs redis; install it with: pip install "clovax-agents[redis]"'


class RedisStore:
    """Keeps reservations in Redis 5 or newer, each exchange being one atomic script; its time is the server's.

    All keys of a window have one hash tag, so a cluster keeps them together. They go when nobody asks any more.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://``, as the redis package reads it.

    Raises:
        ConfigurationError: the extra is not installed, or the URL cannot be read.
    """

    def __init__(self, url: str) -> None:
        try:
            import redis  # noqa: PLC0415  # an extra
        except ModuleNotFoundError as error:
            raise ConfigurationError(_MISSING) from error
        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError, ValueError, TypeError)
        try:
            made: Any = cast("Any", redis.Redis).from_url(
                url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, decode_responses=True
            )
        except ValueError as error:
            raise ConfigurationError("the rate limit store's URL is not one of Redis: redis://host:port/0") from error
        self._script: Any = made.register_script(SCRIPT)
        self.place: str = _without_password(url)

    def exchange(self, asked: Exchange) -> Answer:
        """Do everything in one script."""
        names = ("held", "tokens", "waiting", "waiters", "most", "quiet", "passed")
        keys = [f"clovax:{{{asked.window}}}:{name}" for name in names]
        try:
            found: Any = json.loads(self._script(keys=keys, args=[_written(asked)]))
            granted, wait, used, most, processes, quiet, passed = found
        except self._errors as error:
            raise RateLimitStoreError(f"{type(error).__name__}: {error}") from error
        return Answer(
            int(granted),
            _finite(wait),
            (used[0], used[1]),
            (_finite(most[0]), _finite(most[1])),
            processes,
            Quiet(quiet[0], int(quiet[1]), _finite(quiet[2]), quiet[3]),
            (passed[0], passed[1]),
        )


def _written(asked: Exchange) -> str:
    return json.dumps(
        {
            "process": asked.process,
            "holds": asked.holds,
            "limit": [min(each, _INFINITE) for each in asked.limit],
            "most": [min(each, _INFINITE) for each in asked.most],
            "tell": asked.tell,
            "asks": _rows(asked.asks),
            "patience": asked.patience,
            "made": _rows(asked.made),
            "changed": _rows(asked.changed),
            "removed": asked.removed,
            "quiet": asked.quiet and [min(each, _INFINITE) for each in asked.quiet],
            "spacing": asked.spacing,
            "seen_for": asked.holds * _SEEN_FOR,
            "short": SHORT,
        }
    )


def _rows(reservations: Iterable[Reservation]) -> list[list[Any]]:
    return [list(each) for each in reservations]


def _finite(number: float) -> float:
    return math.inf if number >= _INFINITE else number


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
