"""What all tests share."""

import os
from collections import defaultdict
from collections.abc import Iterator
from math import ceil
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

SOAK = bool(os.environ.get("CLOVAX_SOAK"))

# Several processes run the tests, so one may be slow for another's sake.
settings.register_profile(
    "shared", max_examples=200 if SOAK else 25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared")

_COLLECTED = pytest.StashKey[list[str]]()


class _Selection:
    """Which tests run, and in which order."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Run the served tests last: the in-process server makes blocking calls in async code an error everywhere."""
        items.sort(key=lambda item: "served" in item.path.parts)
        config.stash[_COLLECTED] = [item.nodeid for item in items]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless told otherwise; after all others, who may want to know of every test."""
    if not SOAK and not any("::" in argument for argument in config.args):
        left_out = _left_out(items)
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def pytest_configure(config: pytest.Config) -> None:
    """Order the tests."""
    config.pluginmanager.register(_Selection())


def _left_out(items: list[pytest.Item]) -> set[pytest.Item]:
    """Find the tests marked with ``soak``, except for some cases of each family: the same ones in every run."""
    families: dict[tuple[str, float], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if marker := item.get_closest_marker("soak"):
            every = marker.kwargs.get("every", float("inf"))
            families[item.nodeid.partition("[")[0], every].append(item)
    left_out: set[pytest.Item] = set()
    for (_, every), family in families.items():
        kept = 0 if every == float("inf") else ceil(len(family) / every)
        left_out.update(sorted(family, key=lambda item: crc32(item.nodeid.encode()))[kept:])
    return left_out


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
