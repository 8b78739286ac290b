"""The page on computing, in both languages: its examples run, and its tables are what the code has."""

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from clovax_agents.guards.sandbox import SandboxLimits, protections
from clovax_agents.toolkit.arithmetic.functions import FUNCTIONS, KOREAN

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("compute.md", "compute.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
HELD = {protection.name for protection in protections() if protection.held}


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.skipif(
    sys.platform != "linux" or not {"files", "network"} <= HELD, reason="the sandbox does not hold on this machine"
)
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_run_from_top_to_bottom(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each block runs as printed, and prints what the page says."""
    names: dict[str, object] = {}
    for block in BLOCK.findall(_text(page)):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "{'result': '25920', 'korean': '2만 5,920'}" in printed
    assert "{'result': '15750000', 'korean': '1,575만'}" in printed
    assert "{'result': '20'}" in printed
    assert "'rounded': True" in printed
    assert "\nAmerica/New_York\n월요일\n" in printed
    assert "value: 7\nfiles written: total.txt (1 B)\n{'total.txt': b'7'}" in printed
    assert "files True Landlock" in printed


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_name_what_there_is(page: str) -> None:
    """Every function, protection and limit, with its default."""
    text = _text(page)
    assert [name for name in FUNCTIONS if not re.search(rf"`{name}[`(]", text)] == []
    assert [protection.name for protection in protections() if f"| `{protection.name}` |" not in text] == []
    assert [field.name for field in fields(SandboxLimits) if f"`{field.name}`" not in text] == []
    limits = SandboxLimits()
    shown = (
        f"{limits.seconds:g}",
        f"{limits.memory >> 20} MiB",
        f"{limits.output >> 10} KiB",
        f"{limits.disk >> 20} MiB",
    )
    assert all(f"| {value}" in text for value in shown)
    assert {"증감률", "복리", "반올림"} <= set(KOREAN) & set(re.findall(r"[가-힣]+", text))


def test_both_languages_have_the_same_structure() -> None:
    """Headings, tables and code."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\|)", _text(page), re.MULTILINE)

    assert shape(PAGES[0]) == shape(PAGES[1])
    assert BLOCK.findall(_text(PAGES[0])) == BLOCK.findall(_text(PAGES[1]))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """To a page beside it."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", _text(page)):
        assert (DOCS / target).exists(), target
