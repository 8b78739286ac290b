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
STRING_ONLY: Final = "the content of a tool message is a string only (docs/wire.md, W2.5-28)"
LEFT_OUT = {
    "test_pdf_inputs": ("supports_pdf_inputs", TEXT_OR_IMAGE),
    "test_audio_inputs": ("supports_audio_inputs", TEXT_OR_IMAGE),
    "test_image_tool_message": ("supports_image_tool_message", STRING_ONLY),
    "test_pdf_tool_message": ("supports_pdf_tool_message", STRING_ONLY),
    "test_image_inputs": ("supports_image_inputs", "only HCX-005 reads images (docs/wire.md, W2.1-02)"),
    "test_json_mode": ("supports_json_mode", "only HCX-007 has structured outputs (docs/wire.md, W2.1-05)"),
    "test_anthropic_inputs": (
        "supports_anthropic_inputs",
        "an image and tools exclude each other in one request (docs/wire.md, W2.1-08)",
    ),
    "test_serdes": ("", "for classes that LangChain's load() may build, by default those of LangChain's own packages"),
}
"""The tests that some models cannot pass: what a suite says of them, and why, which LangChain's own reasons do not."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each test its cassette; while recording, each that may send something."""
    if not (isinstance(item, pytest.Function) and item.cls):
        return
    able, reason = LEFT_OUT.get(item.originalname, ("", ""))
    if reason and not getattr(item.cls(), able, False):
        item.add_marker(pytest.mark.skip(reason=reason))
    elif item.path.stem.endswith("_integration") and not getattr(item.cls, "live", False):
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
