"""Workers that several tests share: to start one takes a second."""

from collections.abc import Iterator

import pytest

from clovax_agents.execution.places.processes import ProcessPlace


@pytest.fixture(scope="module")
def place() -> Iterator[ProcessPlace]:
    """Give a place with one worker."""
    made = ProcessPlace(1)
    yield made
    made.close()
