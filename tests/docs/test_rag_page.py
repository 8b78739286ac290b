"""The page on answers from documents, in both languages: its examples run, picture and figures are the code's own."""

import importlib.util
import inspect
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from clovax_agents.cli.graphs import load_graph
from clovax_agents.prebuilt import rag_agent
from clovax_agents.rag.grading import CLEAR, LEAST
from clovax_agents.rag.state import Outcome

ROOT = Path(__file__).parents[2]
PAGES = ("rag.md", "rag.ko.md")


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("clovax_simulator")
def test_the_examples_run_and_the_picture_is_theirs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From top to bottom as printed; the drawing is the one that the graph makes today."""
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "7일 안에 신청합니다. [1]\n\nSources:\n[1] 반품 기한, refund.md\nanswered ['r-1']\n" in printed
    assert "refund.md#기한 {'title': '반품 > 기한', 'source': 'refund.md'}" in printed
    assert _blocks(page, "mermaid") == [names["agent"].get_graph().draw_mermaid(with_styles=False)]
    assert {"hybrid", "by_meaning", "from_files", "wiki"} <= names.keys()


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_says_is_so(page: str, tmp_path: Path) -> None:
    """Options, defaults, outcomes, limits and the module of langgraph.json."""
    text = _text(page)
    options = inspect.signature(rag_agent).parameters
    assert {int(value) == options[name].default for name, value in re.findall(r"`(max_\w+)=(\d)`", text)} == {True}
    assert all(f"`{outcome}`" in text for outcome in get_args(Outcome))
    assert (str(CLEAR) in text, str(LEAST) in text) == (True, True)
    assert all(f"`{options[name].default}`" in text for name in ("model", "decider"))
    (written,) = _blocks(page, "json")
    (tmp_path / "langgraph.json").write_text(written, encoding="utf-8")
    assert load_graph(next(iter(json.loads(written)["graphs"])), tmp_path / "langgraph.json").name == "rules"


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_are_those_that_were_saved(page: str) -> None:
    """Writing them into the page again changes nothing."""
    spec = importlib.util.spec_from_file_location("benchmarks_page", ROOT / "benchmarks" / "page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    saved = json.loads((ROOT / "docs" / "policies.json").read_text(encoding="utf-8"))
    assert module.page_with(saved, _text(page)) == _text(page)
    assert f"{saved['questions'] - saved['unanswerable']}" in _text(page)


def test_both_languages_have_the_same_structure() -> None:
    """As many headings, rows, points and blocks, and the same code."""
    shapes = [re.findall(r"^(#+|```\w*|\||- )", _text(page), re.MULTILINE) for page in PAGES]
    assert shapes[0] == shapes[1]
    assert [_blocks(PAGES[0], kind) for kind in ("python", "mermaid", "json")] == [
        _blocks(PAGES[1], kind) for kind in ("python", "mermaid", "json")
    ]
