"""What all tests share."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the served tests last: the in-process server makes blocking calls in async code an error everywhere."""
    items.sort(key=lambda item: "served" in item.path.parts)
