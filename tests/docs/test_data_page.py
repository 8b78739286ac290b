"""The page on files and databases, in both languages: its examples run, and its tables are what the code has."""

import inspect
import re
from pathlib import Path

import pytest

from clovax_agents.guards.paths import PathGuard
from clovax_agents.guards.sql import QueryLimits
from clovax_agents.toolkit import file_tools, sql_tools

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("data.md", "data.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed; what may not be read or written is not."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "('list_files', 'read_file', 'search_files')" in printed
    assert "today.md:1: 비가 온다" in printed
    assert "'../secrets.txt' leads upwards" in printed
    assert "'drafts/plan.md' was written" in printed
    assert "a person has to approve this call" in printed
    assert "비가 온다\n장을 본다" in printed
    assert "배 | 12000\n사과 | 9000" in printed
    assert "the table 'members' may not be read; there are: orders" in printed
    assert "only reading is allowed" in printed
    assert (tmp_path / "notes" / "today.md").read_text(encoding="utf-8").startswith("비가")


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_are_those_of_the_code(page: str, tmp_path: Path) -> None:
    """Tools and arguments are all named, and the limits are those."""
    rows = {line.split("|")[1].strip(" `") for line in _text(page).splitlines() if line.startswith("| `")}
    arguments = set(inspect.signature(sql_tools).parameters) - {"source"}
    assert rows == {*file_tools(tmp_path, write=True).names, *arguments}
    limits = QueryLimits()
    for number in (limits.rows, limits.columns, limits.cell_characters, limits.result_characters):
        assert f"{number:,}" in _text(page)
    guard = PathGuard(tmp_path)
    assert f"{guard.max_read >> 20} MiB" in _text(page)
    assert f"{guard.max_write >> 20} MiB" in _text(page)


def test_both_languages_have_the_same_structure() -> None:
    """Headings, code blocks and rows correspond."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\||- )", _text(page), re.MULTILINE)

    assert shape("data.md") == shape("data.ko.md")
    assert BLOCK.findall(_text("data.md")) == BLOCK.findall(_text("data.ko.md"))
