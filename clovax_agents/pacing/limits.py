"""How much a key may ask for in a minute: `Limit`, and the documented table of them (docs/wire.md, section 5)."""

from __future__ import annotations

import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TEST_LIMITS", "UNKNOWN", "UNLIMITED", "Limit", "limit_of", "settled_limit"]

_FORM: Final = re.compile(r"\s*(-|[0-9][0-9,_]{0,14})\s*/\s*(-|[0-9][0-9,_]{0,14})\s*")
UNKNOWN: Final = "unknown"
"""The setting for a key whose limit nobody knows: it is sought."""
_OFF: Final = frozenset({"off", "none", "-/-", UNKNOWN})


class Limit(NamedTuple):
    """How much is allowed in a minute.

    Attributes:
        requests: per minute (QPM); None for any number.
        tokens: of input and of the requested cap per minute (TPM); None for any number.
    """

    requests: int | None = None
    tokens: int | None = None

    @classmethod
    def of(cls, given: object) -> Limit:
        """Read a setting: a Limit, a pair, ``"REQUESTS/TOKENS"`` with ``-`` for any number, ``"off"``, ``"unknown"``.

        Raises:
            ConfigurationError: it is none of these, or not above 0.

        Example:
            >>> Limit.of("180/300,000"), Limit.of("60/-"), Limit.of("off")
            (Limit(requests=180, tokens=300000), Limit(requests=60, tokens=None), Limit(requests=None, tokens=None))
        """
        made = cls._read(given)
        if made is None or not all(part is None or (type(part) is int and part > 0) for part in made):
            raise ConfigurationError(
                f"{str(given)[:60]!r} is no rate limit: write REQUESTS/TOKENS a minute, such as '60/60000', with - for "
                "any number, or 'off', or 'unknown'"
            )
        return made

    @classmethod
    def _read(cls, given: object) -> Limit | None:
        if isinstance(given, tuple):
            parts = cast("tuple[int | None, ...]", given)
            return cls(*parts) if len(parts) == 2 else None  # noqa: PLR2004
        if not isinstance(given, str):
            return None
        if given.strip().lower() in _OFF:
            return UNLIMITED
        found = _FORM.fullmatch(given)
        return None if found is None else cls(_number(found[1]), _number(found[2]))

    def smaller(self, other: Limit) -> Limit:
        """Return what both allow."""
        return Limit(_least(self.requests, other.requests), _least(self.tokens, other.tokens))


def _number(part: str) -> int | None:
    return None if part == "-" else int(re.sub("[,_]", "", part))


def _least(one: int | None, other: int | None) -> int | None:
    known = [part for part in (one, other) if part is not None]
    return min(known) if known else None


UNLIMITED: Final = Limit()
"""Any number of requests and tokens."""

TEST_LIMITS: Final[Mapping[str, Limit]] = MappingProxyType(
    {
        "HCX-007": Limit(60, 60_000),
        "HCX-005": Limit(60, 60_000),
        "HCX-DASH-002": Limit(90, 80_000),
        "HCX-003": Limit(200, 30_000),
        "HCX-DASH-001": Limit(200, 30_000),
        "bge-m3": Limit(60, 40_000),
    }
)
"""Of test keys, by model."""

_OTHERS: Final = Limit(60, 60_000)


def limit_of(model: str) -> Limit:
    """Return the documented limit of a test key; for a model without a row, the most common one.

    Example:
        >>> limit_of("HCX-DASH-002"), limit_of("ft:a1b2c3d4")
        (Limit(requests=90, tokens=80000), Limit(requests=60, tokens=60000))
    """
    return TEST_LIMITS.get(model, _OTHERS)


def settled_limit(given: object, model: str, *, limited: bool) -> Limit:
    """Return the limit that holds: what is given, or ``CLOVAX_RATE_LIMIT``, or what is documented.

    Args:
        given: a setting; None for none.
        model: whose limit it is.
        limited: whether the documented limits hold where it runs.

    Raises:
        ConfigurationError: a setting that is no limit.
    """
    if given is not None:
        return Limit.of(given)
    if setting := os.environ.get("CLOVAX_RATE_LIMIT"):
        return Limit.of(setting)
    return limit_of(model) if limited else UNLIMITED
