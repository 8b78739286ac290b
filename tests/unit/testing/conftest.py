"""A small project with tests of its own, run by pytest inside of pytest."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# Pytester forgets what is imported during an inner run; importing it here saves a second for each of them.
for module in (
    "aiohttp",
    "langchain_core.language_models.chat_models",
    "uvicorn.protocols.http.auto",
    "vcr",
    "clovax_agents.chat_models",
    "clovax_agents.client.drivers",
    "clovax_agents.testing.cassettes.checks",
    "clovax_agents.testing.cassettes.fixture",
    "clovax_agents.testing.loopback",
):
    importlib.import_module(module)

GREETING = """
import pytest
from clovax_agents import ChatClovaX

@pytest.mark.clovax_cassette
def test_greeting():
    assert "안녕" in ChatClovaX(model="HCX-005", seed=1).invoke("안녕하세요").text
"""


class Project:
    """The small project."""

    greeting = GREETING
    """A test file with one test that has a cassette."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.root: Path = pytester.path
        pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")

    def write(self, source: str = GREETING, name: str = "test_it.py") -> None:
        """Write a test file."""
        (self.root / name).write_text(source, encoding="utf-8")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest."""
        # Hypothesis would be imported anew for each inner run, which takes a second.
        unused = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
        return self._pytester.runpytest_inprocess(*unused, *arguments)

    def record(self, *arguments: str) -> pytest.RunResult:
        """Run pytest and record."""
        return self.run("--clovax-record", *arguments)

    def cassette(self, name: str = "test_greeting", module: str = "test_it") -> Path:
        """Return where a cassette should be."""
        return self.root / "cassettes" / module / f"{name}.yaml"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give a small project, in an environment without a key."""
    monkeypatch.delenv("CLOVASTUDIO_API_KEY", raising=False)
    monkeypatch.delenv("CLOVASTUDIO_API_BASE_URL", raising=False)
    return Project(pytester)
