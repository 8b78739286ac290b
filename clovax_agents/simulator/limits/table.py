"""The limits of a model, and the documented table of them (docs/wire.md, section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SERVICE_LIMITS", "TEST_LIMITS", "UNLIMITED", "Limit"]

_FORM: Final = re.compile(r"\s*(-|off|[0-9][0-9,_]{0,14})\s*/\s*(-|off|[0-9][0-9,_]{0,14})\s*", re.IGNORECASE)
_MOST_QUOTED: Final = 40


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is allowed in a minute.

    Attributes:
        requests: per minute (QPM), 0 or more; None for any number.
        tokens: of input and requested cap per minute (TPM), 0 or more; None for any number.

    Raises:
        ConfigurationError: a number below 0.

    Example:
        >>> Limit.parse("60/60000"), Limit.parse("3/-")
        (Limit(requests=60, tokens=60000), Limit(requests=3, tokens=None))
    """

    requests: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        if min(self.requests or 0, self.tokens or 0) < 0:
            raise ConfigurationError(f"{self} is below 0: use 0 to admit nothing, or None for any number")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``REQUESTS/TOKENS``, where ``-`` or ``off`` stands for any number; ``60,000`` and ``60_000`` are 60000.

        Raises:
            ConfigurationError: the text is not of that form.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            example = "REQUESTS/TOKENS a minute, such as 60/60000, with - for any number"
            raise ConfigurationError(f"{_short(text)} is not a limit: write {example}")
        return cls(_number(found[1]), _number(found[2]))


def _number(part: str) -> int | None:
    return int(re.sub("[,_]", "", part)) if part[0].isdigit() else None


def _short(text: str) -> str:
    return repr(text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}…")


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
"""Of test keys."""

SERVICE_LIMITS: Final[Mapping[str, Limit]] = MappingProxyType(
    {"HCX-007": Limit(180, 300_000), "HCX-005": Limit(300, 180_000), "bge-m3": Limit(540, 960_000)}
)
"""Of service apps, as far as a source gives them; the others are not limited."""
