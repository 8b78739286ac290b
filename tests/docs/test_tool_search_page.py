"""The page on tool search and documents, in both languages: its examples run, its figures are those that were saved."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.simulator import SimulatorServer

ROOT = Path(__file__).parents[2]
PAGES = ("tool-search.md", "tool-search.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def _page_module() -> Any:
    spec = importlib.util.spec_from_file_location("benchmarks_page", ROOT / "benchmarks" / "page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed: the tool is found, given and called; the passage is found."""
    names: dict[str, Any] = {}
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        for block in BLOCK.findall(_text(page)):
            exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert printed.startswith("get_04\n")
    assert "[1] id: faq-1 (환불 규정, faq.md)" in printed
    assert "['finish_with_sources', 'search_documents']" in printed
    calls = [call["name"] for message in names["state"]["messages"] for call in getattr(message, "tool_calls", [])]
    assert "get_05" in calls


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_are_those_that_were_saved(page: str) -> None:
    """Writing them into the page again changes nothing."""
    saved = json.loads((ROOT / "docs" / "tool_search.json").read_text(encoding="utf-8"))
    assert _page_module().page_with(saved, _text(page)) == _text(page)
    assert "| Toolbox.search, kiwipiepy | " in _text(page)


def test_both_languages_have_the_same_structure() -> None:
    """Headings, code blocks and table rows correspond."""
    shapes = [re.findall(r"^(#+|```\w*|\||- )", _text(page), re.MULTILINE) for page in PAGES]
    assert shapes[0] == shapes[1]
    assert BLOCK.findall(_text(PAGES[0])) == BLOCK.findall(_text(PAGES[1]))
