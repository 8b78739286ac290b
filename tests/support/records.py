"""What a simulator was asked, once it has noted it: a stream is noted a moment after its last event has arrived."""

import time

from clovax_agents.simulator import RequestRecord
from clovax_agents.testing import LoopbackSimulator

__all__ = ["noted"]


def noted(simulator: LoopbackSimulator, count: int, seconds: float = 5) -> list[RequestRecord]:
    """Wait until so many requests have been noted, and return all that have been."""
    until = time.monotonic() + seconds
    while len(simulator.requests) < count and time.monotonic() < until:
        time.sleep(0.005)
    return list(simulator.requests)
