"""The page on recovery, in both languages: its examples run, and its tables are what the code has."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from clovax_agents.recovering import Recovery
from clovax_agents.recovering.judging import Flaw

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("recovery.md", "recovery.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each block runs as printed, on loopback alone."""
    names: dict[str, object] = {}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "unknown_tool hint\nunknown_tool emulated\n서울: sunny, 21 degrees" in printed
    assert "{'type': 'recovery', 'kind': 'unknown_tool', 'step': 'emulated'}" in printed
    assert "{'color': 'red'} “Red”" in printed


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_are_the_code_s(page: str) -> None:
    """Every flaw and every setting, and no others."""
    rows = [line.split("|")[1] for line in _text(page).splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)} - {"kind"}
    settings = {field.name for field in fields(Recovery)}
    assert named == {*get_args(Flaw), "loop", *settings}


@pytest.mark.parametrize("page", PAGES)
def test_the_defaults_are_the_code_s(page: str) -> None:
    """As far as they are numbers."""
    numbers = {
        row[1].strip(" `"): int(row[2]) for row in (line.split("|") for line in _text(page).splitlines())
        if len(row) > 3 and row[2].strip().isdigit()
    }  # fmt: skip
    assert numbers == {"truncated": Recovery().truncated, "most": Recovery().most}


def test_both_languages_have_the_same_structure() -> None:
    """Headings, tables, lists and code correspond."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\||- )", _text(page), re.MULTILINE)

    assert shape("recovery.md") == shape("recovery.ko.md")
    assert BLOCK.findall(_text("recovery.md")) == BLOCK.findall(_text("recovery.ko.md"))
