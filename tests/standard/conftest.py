"""LangChain's tests: the integration tests replay cassettes; what is not recorded or left out says why."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

CASSETTES = Path(__file__).parents[2] / "cassettes"
UNRECORDED = {
    "test_no_overrides_DO_NOT_OVERRIDE",  # sends nothing
    "test_stream_time",  # carries the mark of another plugin for cassettes
    "test_structured_few_shot_examples",  # draws the ids of its calls
}
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAAAwCAAAAACEICPDAAAAJUlEQVR4nO3MQREAAAwCIPuX"
    "1hD77SAA6VEEAoFAIBAIBALB12AxBfSmkXckOQAAAABJRU5ErkJggg=="
)
"""A whole PNG, all of it white."""
TEXT_OR_IMAGE: Final = "a part of a message is text or an image, nothing else (docs/wire.md, W2.2-18)"
LEFT_OUT = {
    "test_pdf_inputs": TEXT_OR_IMAGE,
    "test_audio_inputs": TEXT_OR_IMAGE,
    "test_image_tool_message": "the content of a tool message is a string only (docs/wire.md, W2.5-28)",
    "test_pdf_tool_message": "the content of a tool message is a string only (docs/wire.md, W2.5-28)",
    "test_serdes": "for classes that LangChain's load() may build, by default those of LangChain's own packages",
    "HCX-007 test_image_inputs": "HCX-007 reads no images (docs/wire.md, W2.1-02)",
    "HCX-005 test_json_mode": "only HCX-007 has structured outputs (docs/wire.md, W2.1-05)",
    "HCX-005 test_anthropic_inputs": "it sends an image and tools in one request (docs/wire.md, W2.1-08)",
}
"""Each test that a model cannot pass, with what the service says or what LangChain means by it."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each test its cassette; while recording, each that may send something."""
    if not (isinstance(item, pytest.Function) and item.cls):
        return
    name = item.originalname
    if reason := LEFT_OUT.get(name) or LEFT_OUT.get(f"{getattr(item.cls, 'name', '')} {name}"):
        item.add_marker(pytest.mark.skip(reason=reason))
    elif item.path.stem.endswith("_integration"):
        _replay(item, item.cls)


def _replay(item: pytest.Function, cls: type) -> None:
    file = f"{cls.__name__}.{item.name.replace('[', '-').replace(']', '')}.yaml"
    recorded = (CASSETTES / item.path.stem / file).exists()
    if item.originalname not in UNRECORDED and (recorded or item.config.getoption("clovax_record")):
        item.add_marker(pytest.mark.clovax_cassette)


@pytest.fixture(autouse=True)
def _answered(request: pytest.FixtureRequest) -> None:
    """Let the simulator answer where nothing is recorded."""
    if request.path.stem.endswith("_integration") and not request.node.get_closest_marker("clovax_cassette"):
        request.getfixturevalue("clovax_simulator")


@pytest.fixture
def benchmark(benchmark: BenchmarkFixture) -> BenchmarkFixture:
    """Do once what LangChain measures: timings never gate a test, and `make bench` takes them."""
    benchmark.disabled = True
    return benchmark


@pytest.fixture
def vcr() -> SimpleNamespace:
    """Stand in for the recording of LangChain's benchmark of streams: it is the simulator that answers."""
    return SimpleNamespace(responses=["there are some"])


@pytest.fixture(autouse=True)
def _picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the picture that LangChain's tests download before they ask about it."""

    def downloaded(url: str, **_: object) -> httpx.Response:
        assert url.endswith(".png"), f"no stand-in for {url}"
        return httpx.Response(200, content=PICTURE)

    monkeypatch.setattr(httpx, "get", downloaded)
