"""What all tests share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Two processes run the tests, so one may be slow for the other's sake.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the served tests last: the in-process server makes blocking calls in async code an error everywhere."""
    items.sort(key=lambda item: "served" in item.path.parts)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a server that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    from postgres import a_server  # noqa: PLC0415  # looks for its program when it is imported

    with a_server(folder / "postgres") as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    from postgres import a_database  # noqa: PLC0415

    with a_database(postgres_server) as url:
        yield url
