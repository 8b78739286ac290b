"""The headers that tell about limits (docs/wire.md, section 1.4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from clovax_agents.simulator.limits.windows import Verdict

__all__ = ["rate_limit_headers"]


def rate_limit_headers(
    verdict: Verdict, *, style: Literal["observed", "full", "none"], refused: bool
) -> dict[str, str]:
    """Return the headers of one answer; a counter without a limit has none.

    Args:
        verdict: on the request.
        style: what was observed (the reset, on refusals), OpenAI's whole family on every answer, or nothing.
        refused: whether the answer is a 429.

    Example:
        >>> from clovax_agents.simulator.limits import Limit, Verdict
        >>> verdict = Verdict(False, Limit(60, None), 60, 0, 2.41, 0.0)
        >>> rate_limit_headers(verdict, style="observed", refused=True)
        {'x-ratelimit-reset-requests': '2.5s'}
    """
    if style == "none" or (style == "observed" and not refused):
        return {}
    headers = _counter("requests", verdict.limit.requests, verdict.remaining_requests, verdict.reset_requests)
    headers |= _counter("tokens", verdict.limit.tokens, verdict.remaining_tokens, verdict.reset_tokens)
    if style == "full":
        return headers
    return {name: value for name, value in headers.items() if "-reset-" in name}


def _counter(name: str, limit: int | None, remaining: int | None, reset: float) -> dict[str, str]:
    if limit is None:
        return {}
    return {
        f"x-ratelimit-limit-{name}": str(limit),
        f"x-ratelimit-remaining-{name}": str(remaining),
        f"x-ratelimit-reset-{name}": _duration(reset),
    }


def _duration(seconds: float) -> str:
    """Write seconds with Go's unit, rounded up to a tenth, so that who waits that long has waited long enough."""
    tenths = math.ceil(round(seconds * 10, 5))  # windows count microseconds; what is below is floating point
    return f"{tenths // 10}s" if tenths % 10 == 0 else f"{tenths / 10:.1f}s"
