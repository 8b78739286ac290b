"""The page on the command line, in both languages: its commands run, and what it names is there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from clovax_agents.cli.app import app
from clovax_agents.cli.chatting.slash import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = ("cli.md", "cli.ko.md")
FLAGS = {"--journal", "--db", "--svg", "--to", "--out", "new"}
"""What stands before a file or folder that an example writes or reads: it is kept in a folder of the test's own."""


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def _lines(page: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def _known() -> set[str]:
    commands = get_command(app)
    return set(getattr(commands, "commands", {}))


@pytest.mark.soak
def test_the_commands_run_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed, in the folder of the reference application; each ends with 0 and says something."""
    monkeypatch.chdir(ROOT)
    for name in ("CLOVASTUDIO_API_KEY", "CLOVASTUDIO_API_BASE_URL", "CLOVAX_JOURNAL", "CLOVAX_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOVAX_SHOP_DB", str(tmp_path / "shop.sqlite3"))
    lines = _lines(PAGES[0])
    assert len(lines) > 10
    for line in lines:
        typed, _, command = line.rpartition("| ") if line.startswith("printf") else ("", "", line)
        words = shlex.split(command)
        if words[0] == "printf":
            _, text, _, name = words
            (tmp_path / name).write_text(text.replace("\\n", "\n"), encoding="utf-8")
            continue
        words = [
            str(tmp_path / word) if before in FLAGS or (tmp_path / word).is_file() else word
            for before, word in zip(["", *words], words, strict=False)
        ]
        text = shlex.split(typed)[1].replace("\\n", "\n") if typed else ""
        done = CliRunner().invoke(app, words[1:], input=text)
        assert done.exit_code == 0, (line, done.output)
        assert done.stdout.strip(), line
    assert (tmp_path / "support.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (tmp_path / "answers.jsonl").read_text(encoding="utf-8").count('"status": "answered"') == 2
    assert (tmp_path / "shop" / "Makefile").is_file()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_every_line_of_a_chat_is_told(page: str) -> None:
    """None is missing, and none is made up; each tells an example and how it ends."""
    text = _text(page)
    assert set(re.findall(r"^\| `clovax ([a-z-]+)` \|", text, re.MULTILINE)) == _known()
    assert re.findall(r"^\| `/(\w+)", text, re.MULTILINE) == list(COMMANDS)
    groups: dict[str, object] = dict(getattr(get_command(app), "commands", {}))
    group = groups.pop("journal")
    inner: dict[str, object] = dict(getattr(group, "commands", {}))
    assert set(re.findall(r"^\| `(list|show|unknown|resolve|prune|verify)[ A-Z]*` \|", text, re.MULTILINE)) == set(
        inner
    )
    for name, command in {**groups, **inner}.items():
        told = str(getattr(command, "help", ""))
        assert "Example: clovax " in told, name
        assert "Ends " in told, name


def test_both_pages_have_the_same_parts() -> None:
    """As many headings, rows and blocks, and the same commands."""
    shapes = [re.findall(r"^(#+|```\w*|\|)", _text(page), re.MULTILINE) for page in PAGES]
    assert shapes[0] == shapes[1]
    assert _lines(PAGES[0]) == _lines(PAGES[1])
