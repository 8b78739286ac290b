"""The rate pacer: requests and tokens a minute, respected before the service has to say so (promise 9)."""

from __future__ import annotations

from clovax_agents.pacing.limits import Limit
from clovax_agents.pacing.pacer import Pacer
from clovax_agents.pacing.turns import Turn

__all__ = ["Limit", "Pacer", "Turn"]
