"""The page on checkpoints, in both languages: its examples run, and it says what the code does."""

import re
from pathlib import Path

import pytest

from clovax_agents import checkpoints

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("checkpoints.md", "checkpoints.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each block runs as printed, and prints what the page says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, object] = {"__name__": "example"}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "2"
    assert "a example.Order cannot be stored" in printed[1]
    assert "MessageSerializer(allow=[Order])" in printed[1]
    assert printed[2:] == ["{'order': Order(number=7)}", "clovax/1/signed clovax/1", "2"]


@pytest.mark.parametrize("page", PAGES)
def test_every_public_name_is_on_the_page(page: str) -> None:
    """Of the package that it is about."""
    assert all(f"`{name}" in _text(page) or f"{name}(" in _text(page) for name in checkpoints.__all__)


def test_both_languages_have_the_same_structure() -> None:
    """Headings, tables, lists and code correspond."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\||- )", _text(page), re.MULTILINE)

    assert shape("checkpoints.md") == shape("checkpoints.ko.md")
    assert BLOCK.findall(_text("checkpoints.md")) == BLOCK.findall(_text("checkpoints.ko.md"))
