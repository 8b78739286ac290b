"""The page on trust, in both languages: its examples run, and what it says about the options is what the code has."""

import re
from pathlib import Path
from typing import get_args

import pytest

from clovax_agents.execution.taint import Untrusted
from clovax_agents.simulator import SimulatorServer
from clovax_agents.tooling.labels import LABELS_KEY
from clovax_agents.tooling.policy import Label

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("trust.md", "trust.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed, and what is not to go out does not."""
    names: dict[str, object] = {}
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        for block in BLOCK.findall(_text(page)):
            exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    lines = capsys.readouterr().out.splitlines()
    assert "strangers may have written" in lines[0]
    assert lines[1:] == ["error", "ai"]


def test_both_languages_show_the_same_code_under_as_many_headings() -> None:
    """None of the two pages knows more than the other."""
    english, korean = map(_text, PAGES)
    assert BLOCK.findall(english) == BLOCK.findall(korean)
    assert english.count("\n## ") == korean.count("\n## ")
    assert english.count("\n- ") == korean.count("\n- ")


@pytest.mark.parametrize("page", PAGES)
def test_every_label_and_every_option_is_in_a_table(page: str) -> None:
    """The tables name what there is, and the key of marks is the real one."""
    rows = re.findall(r'^\| `"?(\w+)"?`', _text(page), re.MULTILINE)
    assert sorted(rows) == sorted([*get_args(Label), *get_args(Untrusted)])
    assert f'"{LABELS_KEY}"' in _text(page)
