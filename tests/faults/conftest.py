"""Servers that misbehave, and the four ways to ask."""

from collections.abc import Iterator

import pytest
from rawserver import Behaviour, RawServer, StartRaw, Way


@pytest.fixture
def raw() -> Iterator[StartRaw]:
    """Give what starts a raw server with its behaviours."""
    started: list[RawServer] = []

    def start(*behaviours: Behaviour) -> RawServer:
        started.append(RawServer(list(behaviours)))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(params=["invoke", "ainvoke", "stream", "astream"])
def way(request: pytest.FixtureRequest) -> Way:
    """Give each way to ask in turn."""
    return Way(request.param)
