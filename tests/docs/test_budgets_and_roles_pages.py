"""The pages on budgets and on roles, in both languages: their examples run and print what they should."""

import re
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.simulator import SimulatorServer

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PRINTED = {
    "budgets": [
        "2",
        "I stopped before I was done, because this run has reached its limit of model calls (1).",
        "{'name': 'model_calls', 'scope': 'run', 'limit': 1, 'used': 1}",
        "2",
        "1 True 0",
    ],
    "roles": [
        "['human', 'ai', 'tool', 'ai']",
        "{'tools': 'HCX-007', 'answer': 'HCX-005', 'vision': 'HCX-005'}",
        "['__end__', '__start__', 'answer', 'model', 'reasoning', 'tools', 'vision']",
    ],
}


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PRINTED)
@pytest.mark.parametrize("language", ["", ".ko"])
def test_the_examples_run_from_top_to_bottom(
    page: str, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed."""
    names: dict[str, Any] = {}
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        for block in BLOCK.findall(_text(f"{page}{language}.md")):
            exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    assert capsys.readouterr().out.splitlines() == PRINTED[page]


@pytest.mark.parametrize("page", PRINTED)
def test_both_languages_have_the_same_structure(page: str) -> None:
    """Headings, code blocks and table rows correspond."""
    texts = _text(f"{page}.md"), _text(f"{page}.ko.md")
    shapes = [re.findall(r"^(#+|```\w*|\||- )", text, re.MULTILINE) for text in texts]
    assert shapes[0] == shapes[1]
    assert BLOCK.findall(texts[0]) == BLOCK.findall(texts[1])
