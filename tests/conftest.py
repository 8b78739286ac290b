"""What all tests share."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Two processes run the tests, so one may be slow for the other's sake.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


_COLLECTED = pytest.StashKey[list[str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the served tests last: the in-process server makes blocking calls in async code an error everywhere."""
    items.sort(key=lambda item: "served" in item.path.parts)
    config.stash[_COLLECTED] = [item.nodeid for item in items]


@pytest.fixture
def collected_tests(request: pytest.FixtureRequest) -> list[str]:
    """Return the ids of the tests of this run, of those too that are then left out by name."""
    return request.config.stash[_COLLECTED]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a server that all tests of this process share."""
    from postgres import a_server  # noqa: PLC0415  # looks for its program when it is imported

    with a_server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    from postgres import a_database  # noqa: PLC0415

    with a_database(postgres_server) as url:
        yield url
