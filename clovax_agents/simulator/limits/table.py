"""The limits of a model, and the documented table of them (docs/wire.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SERVICE_LIMITS", "TEST_LIMITS", "UNLIMITED", "Limit"]

_NONE: Final = ("-", "off", "")


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is allowed in a minute.

    Attributes:
        requests: per minute (QPM); None for any number.
        tokens: of input and requested cap per minute (TPM); None for any number.

    Example:
        >>> Limit.parse("60/60000")
        Limit(requests=60, tokens=60000)
    """

    requests: int | None = None
    tokens: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``REQUESTS/TOKENS``, where ``-`` stands for no limit.

        Raises:
            ConfigurationError: the text is not of that form.
        """
        parts = [part.strip().replace(",", "").replace("_", "") for part in text.split("/")]
        if len(parts) != 2 or not all(part in _NONE or part.isdecimal() for part in parts):  # noqa: PLR2004
            example = "REQUESTS/TOKENS a minute, such as 60/60000, with - for no limit"
            raise ConfigurationError(f"{text!r} is not a limit: write {example}")
        requests, tokens = (None if part in _NONE else int(part) for part in parts)
        return cls(requests, tokens)


UNLIMITED: Final = Limit()
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
