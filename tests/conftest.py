"""What all tests share."""

import pytest
from hypothesis import HealthCheck, settings

# Two processes run the tests, so one may be slow for the other's sake.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the served tests last: the in-process server makes blocking calls in async code an error everywhere."""
    items.sort(key=lambda item: "served" in item.path.parts)
