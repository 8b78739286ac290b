"""Requests and tokens per minute, counted as the service counts them (docs/wire.md, section 5)."""

from clovax_agents.simulator.limits.headers import rate_limit_headers
from clovax_agents.simulator.limits.limiter import Limiter, Limits, Usage, WindowKind
from clovax_agents.simulator.limits.table import SERVICE_LIMITS, TEST_LIMITS, Limit
from clovax_agents.simulator.limits.windows import Verdict

__all__ = [
    "SERVICE_LIMITS",
    "TEST_LIMITS",
    "Limit",
    "Limiter",
    "Limits",
    "Usage",
    "Verdict",
    "WindowKind",
    "rate_limit_headers",
]
