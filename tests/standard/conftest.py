"""LangChain's integration tests replay cassettes; those that send nothing, or never the same twice, need none."""

from pathlib import Path

import pytest

CASSETTES = Path(__file__).parents[2] / "cassettes"
UNRECORDED = {
    "test_no_overrides_DO_NOT_OVERRIDE",  # sends nothing
    "test_stream_time",  # a benchmark
    "test_structured_few_shot_examples",  # draws the ids of its calls
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each test its cassette; while recording, each that may send something."""
    if not (isinstance(item, pytest.Function) and item.cls and item.path.stem.endswith("_integration")):
        return
    name = item.name.replace("[", "-").replace("]", "")
    recorded = (CASSETTES / item.path.stem / f"{item.cls.__name__}.{name}.yaml").exists()
    if item.originalname not in UNRECORDED and (recorded or item.config.getoption("clovax_record")):
        item.add_marker(pytest.mark.clovax_cassette)


@pytest.fixture(autouse=True)
def _answered(request: pytest.FixtureRequest) -> None:
    """Let the simulator answer where nothing is recorded."""
    if request.path.stem.endswith("_integration") and not request.node.get_closest_marker("clovax_cassette"):
        request.getfixturevalue("clovax_simulator")
