"""Servers that misbehave, the four ways to ask, and a worker process for tools that misbehave."""

from collections.abc import Iterator

import pytest
from rawserver import StartRaw, Way, raw_servers

from clovax_agents.execution.places.processes import ProcessPlace


@pytest.fixture
def raw() -> Iterator[StartRaw]:
    """Give what starts a raw server with its behaviours."""
    with raw_servers() as start:
        yield start


@pytest.fixture(params=["invoke", "ainvoke", "stream", "astream"])
def way(request: pytest.FixtureRequest) -> Way:
    """Give each way to ask in turn."""
    return Way(request.param)


@pytest.fixture(scope="module")
def place() -> Iterator[ProcessPlace]:
    """Give a place with one worker process."""
    made = ProcessPlace(1)
    yield made
    made.close()
