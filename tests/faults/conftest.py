"""Servers that misbehave, and the four ways to ask."""

from collections.abc import Iterator

import pytest
from rawserver import StartRaw, Way, raw_servers


@pytest.fixture
def raw() -> Iterator[StartRaw]:
    """Give what starts a raw server with its behaviours."""
    with raw_servers() as start:
        yield start


@pytest.fixture(params=["invoke", "ainvoke", "stream", "astream"])
def way(request: pytest.FixtureRequest) -> Way:
    """Give each way to ask in turn."""
    return Way(request.param)
