"""``clovax lint-tools`` as a person and as a CI meet it: what it prints and how it ends."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from clovax_agents.cli.app import app

ROOT = Path(__file__).parents[3]
BAD = '''"""Tools."""
from clovax_agents import Toolbox, ToolPolicy, tool


@tool(policy=ToolPolicy(effect="read"))
def search(q: str) -> str:
    """데이터를 조회합니다."""
    return q


@tool(policy=ToolPolicy(effect="read"))
def cancel_order(order_id: str) -> str:
    """주문을 취소합니다.

    Args:
        order_id: 주문 번호. 예: ORD-1
    """
    return order_id


box = Toolbox(search)
tools = [search]
nothing = 5
'''


Lint = Callable[..., Result]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Lint:
    """Return what runs the command in the folder, in this process, which is quicker than one of its own."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("CLOVAX_LANG", raising=False)

    def lint(*arguments: str, **env: str) -> Result:
        sys.modules.pop("badtools", None)
        return CliRunner().invoke(app, ["lint-tools", *arguments], env=env)

    return lint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of tools that are not good."""
    (tmp_path / "badtools.py").write_text(BAD, encoding="utf-8")
    return tmp_path


def test_the_application_s_tools_pass() -> None:
    """Nothing but hints, so a strict check passes, and says how many tools it looked at. A process, as a CI has it."""
    command = [sys.executable, "-m", "clovax_agents.cli", "lint-tools", "tools", "--strict", "--lang", "en"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13 tools: 0 errors, 0 warnings" in done.stdout


def test_errors_end_with_1(run: Lint) -> None:
    """A table with the place, the rule, and what to do."""
    done = run("badtools.py")
    assert done.exit_code == 1
    assert "cancel_order" in done.stdout
    assert "L52 error" in done.stdout
    assert "search.q" in done.stdout
    assert "say 'once' or 'idempotent'" in " ".join(done.stdout.split())
    assert "2 tools: 1 errors, 3 warnings, 1 hints" in done.stdout


@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict",), 1)])
def test_warnings_end_with_1_only_where_they_count(run: Lint, strict: tuple[str, ...], code: int) -> None:
    """With --strict, as in a CI, warnings fail."""
    assert run("badtools.py:search", *strict).exit_code == code


def test_json_is_json_in_either_language(run: Lint) -> None:
    """A program reads rule, severity, place and message."""
    done = run("badtools.py", "--json", CLOVAX_LANG="ko")
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.exit_code, found["tools"]) == (1, 2)
    assert {finding["rule"] for finding in found["findings"]} == {"L05", "L12", "L20", "L22", "L52"}
    assert "두 번 실행될 수 있습니다" in done.stdout
    assert "may run twice" in run("badtools.py", "--json", "--lang", "en", CLOVAX_LANG="ko").stdout


@pytest.mark.parametrize(
    "what",
    [
        ".",
        "badtools.py",
        "badtools.py:search",
        "badtools.py:box",
        "badtools.py:tools",
        ".:box",
        "badtools",
        "badtools:box",
        "badtools:tools",
    ],
)
def test_tools_are_found_wherever_they_are(run: Lint, what: str) -> None:
    """A folder, a file, a module, and a name inside of them."""
    done = run(what, "--json")
    assert "L12" in done.stdout, done.stderr
    assert ("L52" in done.stdout) == (":" not in what)


@pytest.mark.parametrize("what", ["boxed.py", "boxed"])
def test_tools_that_are_only_in_a_box_are_looked_at(run: Lint, folder: Path, what: str) -> None:
    """With the policy of the box: what makers return, such as those of the toolkit, is a box."""
    text = BAD.replace('@tool(policy=ToolPolicy(effect="read"))', "").partition("box =")[0]
    box = "box = Toolbox().add(cancel_order, policy=ToolPolicy(effect='read'))\n"
    (folder / "boxed.py").write_text(text + box, encoding="utf-8")
    sys.modules.pop("boxed", None)
    done = run(what, "--json")
    assert "L52" in done.stdout, done.stderr
    assert json.loads(done.stdout)["tools"] == 1


def test_what_is_ignored(run: Lint, folder: Path) -> None:
    """By the project, and by the command line."""
    (folder / "pyproject.toml").write_text('[tool.clovax.lint]\nignore = ["L52", "search:L12"]\n', encoding="utf-8")
    done = run("badtools.py", "--ignore", "L05", "--ignore", "search.q:L20", "--ignore", "L22", "--strict")
    assert (done.exit_code, done.stdout.strip()) == (0, "2 tools: nothing to say")
    (folder / "pyproject.toml").write_text('[tool.clovax.lint]\nignore = "L52"\n', encoding="utf-8")
    assert "a list of texts" in run("badtools.py").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.py",), "there is no file or folder"),
        (("no.module",), "there is no file, folder or module no.module"),
        (("badtools.py:gone",), "badtools.py:gone is no Toolbox"),
        (("badtools:nothing",), "badtools:nothing is no Toolbox"),
        (("json",), "json has no tools of its own"),
        (("badtools.py", "--ignore", "L99"), "there is no rule 'L99'"),
        (("badtools.py", "--lang", "jp"), "none of en, ko"),
    ],
)
def test_bad_input_ends_with_2_and_one_message(run: Lint, arguments: tuple[str, ...], words: str) -> None:
    """Bad input: what is wrong is said, and a CI tells it from a finding."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr
