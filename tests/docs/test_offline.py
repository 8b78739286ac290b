"""The page on testing offline, in both languages: what it shows runs, and what it lists is all there is."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from clovax_agents.simulator import Quirks, ScriptBrain
from clovax_agents.simulator.brains.script import ScriptMatch
from clovax_agents.simulator.faults.spec import KINDS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("offline.md", "offline.ko.md")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.soak
def test_the_examples_pass(tmp_path: Path) -> None:
    """The page's tests are collected by pytest and pass, in a folder that knows nothing of this project."""
    for number, block in enumerate(BLOCK.findall(_text("offline.md"))):
        (tmp_path / f"test_block_{number}.py").write_text(block, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")

    done = subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in done.stdout, done.stdout[-3000:]


def test_the_script_on_the_page_is_one() -> None:
    """The long script, which no test on the page follows to its end, is read without an error."""
    script = next(block for block in BLOCK.findall(_text("offline.md")) if "SCRIPT" in block)
    source = re.findall(r'SCRIPT = """\n(.*?)"""', script, re.DOTALL)[0]

    assert len(ScriptBrain.from_yaml(source).unused) == len(yaml.safe_load(source)["steps"])


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_are_complete(page: str) -> None:
    """Every fault, quirk and condition has its place on the page."""
    text = _text(page)
    wanted = {f"`{kind}" for kind in KINDS} | {f"`{item.name}`" for item in fields(Quirks)}
    wanted |= {f"`{item.name}`" for item in fields(ScriptMatch)}

    assert {name for name in wanted if name not in text} == set()


def test_both_languages_have_the_same_structure() -> None:
    """Headings, tables and code correspond."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\|[^|]*`[^|]*\||\|)", _text(page), re.MULTILINE)

    assert shape("offline.md") == shape("offline.ko.md")
    assert BLOCK.findall(_text("offline.md")) == BLOCK.findall(_text("offline.ko.md"))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """Relative links name files that are there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", _text(page)):
        assert (DOCS / target).exists(), target
