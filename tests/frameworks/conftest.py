"""The agents of others run against the simulator."""

import pytest

from clovax_agents import ChatClovaX
from clovax_agents.testing import LoopbackSimulator


@pytest.fixture(params=["openai", "native"])
def chat(clovax_simulator: LoopbackSimulator, request: pytest.FixtureRequest) -> ChatClovaX:
    """Give a model for each API."""
    del clovax_simulator  # only has to run
    return ChatClovaX(api=request.param, max_retries=0)
