"""The page on testing, in both languages: its project passes, and its messages are those that pytest shows."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from clovax_agents.testing import ScriptedReply

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("testing.md", "testing.ko.md")
FILE = re.compile(r'^```\w+ title="([\w.]+)"\n(.*?)^```', re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
TEXT = re.compile(r"^```text\n(.*?)^```", re.DOTALL | re.MULTILINE)
ONE_TOO_FEW = """
from desk import build
from test_scripted import QUESTION
from clovax_agents.testing import ScriptedChatModel


def test_it():
    build(ScriptedChatModel([("find_order", {"order_id": "A-1"})])).invoke(QUESTION)
"""


def _text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _pytest(folder: Path, *arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "CLOVA"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=clean)  # noqa: S603  # ourselves
    return done.stdout + done.stderr


@pytest.mark.timeout(600)  # three processes of pytest, where others work
def test_the_project_passes_and_fails_as_the_page_says(tmp_path: Path) -> None:
    """Recorded, replayed, then with one reply too few and another question: the two messages are the page's."""
    for name, source in FILE.findall(_text("testing.md")):
        (tmp_path / name).write_text(source, encoding="utf-8")
    assert "9 passed" in (said := _pytest(tmp_path, "--clovax-record")), said
    recorded = tmp_path / "test_recorded.py"
    recorded.write_text(recorded.read_text("utf-8").replace("A-1은", "A-2는"), encoding="utf-8")
    (tmp_path / "test_few.py").write_text(ONE_TOO_FEW, encoding="utf-8")
    said = _pytest(tmp_path, "test_recorded.py", "test_few.py")
    assert "2 failed, 1 passed" in said, said
    for message in TEXT.findall(_text("testing.md")):
        for line in message.splitlines():
            assert line.strip().removesuffix("...") in said, line


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_replies_is_complete(page: str) -> None:
    """Every part of a reply is named."""
    assert [item.name for item in fields(ScriptedReply) if item.name not in _text(page)] == ["repeat"]


def test_both_languages_have_the_same_structure() -> None:
    """Headings and tables correspond, and the code is the same."""

    def shape(page: str) -> list[str]:
        return re.findall(r"^(#+|```\w+|\|[^|]*`[^|]*\||\|)", _text(page), re.MULTILINE)

    assert [item[:2] for item in shape("testing.md")] == [item[:2] for item in shape("testing.ko.md")]
    assert BLOCK.findall(_text("testing.md")) == BLOCK.findall(_text("testing.ko.md"))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """Relative links name files that are there, and headings of the page."""
    headings = {line.lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", _text(page), re.MULTILINE)}
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", _text(page)):
        assert target[1:] in headings if target.startswith("#") else (DOCS / target).exists(), target
