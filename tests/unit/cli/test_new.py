"""``clovax new``: what it makes is whole, in both languages, and passes its own tests."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from clovax_agents.cli.making.origin import requirement, requirement_of

ROOT = Path(__file__).parents[3]
SOAK = bool(os.environ.get("CLOVAX_SOAK"))
LANGUAGES = ("en", "ko")


@pytest.fixture
def made(clovax: Callable[..., Result], tmp_path: Path) -> Callable[[str], Path]:
    """Return what makes a project and gives its folder."""

    def make(language: str) -> Path:
        done = clovax("new", str(tmp_path / f"shop-{language}"), "--lang", language)
        assert done.exit_code == 0, done.output
        return tmp_path / f"shop-{language}"

    return make


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_both_languages_have_the_same_files(made: Callable[[str], Path]) -> None:
    """Nothing is left to be filled in, and the Korean project speaks Korean."""
    english, korean = made("en"), made("ko")
    assert _files(english) == _files(korean)
    assert {".env.example", ".gitignore", "Makefile", "README.md", "langgraph.json", "pyproject.toml"} < set(
        _files(korean)
    )
    for folder in (english, korean):
        texts = {name: (folder / name).read_text(encoding="utf-8") for name in _files(folder)}
        assert [name for name, text in texts.items() if "{{" in text] == []
        assert {name for name in texts if name.startswith("tests/")} == {
            "tests/test_recorded.py",
            "tests/test_scripted.py",
            "tests/test_tools.py",
        }
        (cassette,) = [text for name, text in texts.items() if name.startswith("cassettes/")]
        assert "recorded_against: simulator" in cassette
        assert f"CLOVAX_AGENTS ?= {requirement()}" in texts["Makefile"]
        assert texts["pyproject.toml"].startswith(f'[project]\nname = "{folder.name}"')
    assert "주문 하나의 상품" in (korean / "tools/orders.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.timeout(300)
@pytest.mark.soak(every=2)
def test_its_tests_pass_and_its_graphs_are_found(made: Callable[[str], Path], language: str) -> None:
    """As they are, in a process of their own, without a key; each target of the README is in the Makefile."""
    folder = made(language)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOVA", "PYTEST"))}
    environment = {**clean, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    # what this project's own tests are run with, and a new one's are not
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
    graphs = json.loads((folder / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    assert [*graphs] == ["react", "extract"]
    assert all((folder / entry["path"].partition(":")[0]).is_file() for entry in graphs.values())
    makefile = (folder / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z]+)", (folder / "README.md").read_text(encoding="utf-8")))
    assert {"test", "run", "studio"} <= named
    assert {target for target in named if f"\n{target}:" not in makefile} == set()


@pytest.mark.skipif(not SOAK, reason="installs everything into an environment of its own")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.timeout(1_800)
def test_make_test_is_green_in_an_empty_folder(made: Callable[[str], Path], language: str) -> None:
    """With an environment of its own, in which the package comes from where this one does."""
    folder = made(language)
    kept = (
        "PATH",
        "HOME",
        "PIP_INDEX_URL",
        "PIP_CONFIG_FILE",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
    )
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {"CLOVAX_AGENTS": str(ROOT)}
    command = ["make", "test", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [("shop", "is there already: nothing was written"), ("가게", "cannot be the name"), ("-x y", "cannot be the name")],
)
def test_nothing_is_written_over_or_under_a_wrong_name(
    clovax: Callable[..., Result], tmp_path: Path, name: str, told: str
) -> None:
    """What is there stays as it is."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine", encoding="utf-8")
    done = clovax("new", str(tmp_path / name))
    assert done.exit_code == 1
    assert told in " ".join(done.stderr.split())
    assert _files(tmp_path) == ["shop/mine.txt"]


@pytest.mark.parametrize(
    ("direct_url", "expected"),
    [
        (None, "clovax-agents==2.0"),
        ({"url": "file:///home/me/my%20shop", "dir_info": {"editable": True}}, "/home/me/my shop"),
        (
            {"url": "https://example.com/clovax.whl", "archive_info": {}},
            "clovax-agents @ https://example.com/clovax.whl",
        ),
        (
            {"url": "https://example.com/c.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "clovax-agents @ git+https://example.com/c.git@abc",
        ),
    ],
)
def test_a_project_installs_what_it_was_made_with(direct_url: dict[str, Any] | None, expected: str) -> None:
    """A folder, a file or a commit, if it came from there; else the version."""
    assert requirement_of(direct_url, "2.0") == expected
