"""A simulator on loopback for other people's clients, none of which knows that it is one."""

from collections.abc import Iterator

import pytest

from clovax_agents.simulator import SimulatorServer


@pytest.fixture(scope="session")
def server() -> Iterator[SimulatorServer]:
    """Serve the strict simulator with the rule brain."""
    with SimulatorServer() as running:
        yield running


@pytest.fixture(autouse=True)
def clova(server: SimulatorServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point the environment at the simulator, as a user would; return the base URL."""
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-foreign")
    monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
    return server.base_url
