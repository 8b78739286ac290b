"""How long an answer asks to wait: whatever its headers say, in any form that was seen (docs/wire.md, section 1.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["retry_after"]

_RESET: Final = "x-ratelimit-reset"
_LONGEST: Final = 64
"""Characters of a header that is read; a longer one is no time."""
_UNITS: Final = {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_STEP: Final = re.compile(rf"({_NUMBER.pattern})({'|'.join(_UNITS)})")
_DURATION: Final = re.compile(rf"(?:{_NUMBER.pattern}(?:{'|'.join(_UNITS)}))+")
_EPOCH: Final = 1e9
_EPOCH_MILLISECONDS: Final = 1e12
"""From here on a number is a moment, not a duration of decades."""


def retry_after(headers: Mapping[str, str], *, resets: bool = True) -> float | None:
    """Return the seconds to wait that the headers ask for: the longest of all hints, None without one.

    Args:
        headers: of the answer, with names in any case.
        resets: whether ``x-ratelimit-reset-*`` counts. Some servers send it with every answer, so it says when to
            come back only where a limit was the reason.

    Example:
        >>> retry_after({"retry-after": "2", "x-ratelimit-reset-tokens": "1m30s"})
        90.0
    """
    found = {name.lower(): value.strip() for name, value in headers.items() if len(value) <= _LONGEST}
    now = _date(found.get("date", "")) or datetime.now(UTC)  # the server's own clock, where it shows one
    hints = [_seconds(value, now) for name, value in found.items() if resets and name.startswith(_RESET)]
    hints += [_seconds(found.get("retry-after", ""), now), _seconds(found.get("retry-after-ms", "") + "ms", now)]
    if date := _date(found.get("retry-after", "")):
        hints.append(max((date - now).total_seconds(), 0.0))
    return max((hint for hint in hints if hint is not None), default=None)


def _seconds(text: str, now: datetime) -> float | None:
    """Read ``6s``, ``2.5s``, ``250ms``, ``1m30s``, a bare number of seconds, or a moment as seconds of its epoch."""
    text = text.lower()
    if not _NUMBER.fullmatch(text):
        steps = _STEP.findall(text) if _DURATION.fullmatch(text) else []
        return sum(float(number) * _UNITS[unit] for number, unit in steps) if steps else None
    number = float(text)
    if number < _EPOCH:
        return number
    moment = number / 1000 if number >= _EPOCH_MILLISECONDS else number
    return max(moment - now.timestamp(), 0.0)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
