"""The check of the whole folder: orphans and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovax_agents.testing.cassettes.checks import cassette_problems

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

pytest_plugins = ["pytester"]

CHECK = """
from clovax_agents.testing import check_cassettes

def test_folder(pytestconfig):
    check_cassettes(pytestconfig)
"""
CLASS = """
import pytest
from clovax_agents import ChatClovaX

@pytest.mark.clovax_cassette
class TestGreeting:
    @pytest.mark.parametrize("text", ["안녕하세요", "고마워요"], ids=["hello", "thanks"])
    def test_answer(self, text):
        assert ChatClovaX(model="HCX-005", seed=1).invoke(text).text
"""


def problems(root: Path) -> list[str]:
    """Check the folder without a pytest run."""
    return cassette_problems(root, root / "cassettes")


def test_a_folder_in_order_passes(project: Project) -> None:
    """Cassettes of functions, classes and parameters are all found to have their tests."""
    project.write()
    project.write(CLASS, "test_class.py")
    project.write(CHECK, "test_cassettes.py")
    project.record().assert_outcomes(passed=4)
    project.run().assert_outcomes(passed=4)
    project.run("-k", "folder").assert_outcomes(passed=1, deselected=3)
    project.run("test_cassettes.py").assert_outcomes(passed=1)


def test_a_cassette_whose_test_is_gone_is_an_orphan(project: Project) -> None:
    """Renaming a test leaves its cassette behind, which fails whichever tests are run."""
    project.write()
    project.write(CHECK, "test_cassettes.py")
    project.record()
    project.write("def test_renamed(): ...\n")
    result = project.run("test_cassettes.py", "-k", "folder")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*cassettes/test_it/test_greeting.yaml: is orphaned: test_it.py has no test_greeting; delete it"]
    )


def test_a_cassette_whose_file_is_gone_is_an_orphan(project: Project) -> None:
    """The same holds for a test file that was moved."""
    project.write()
    project.record()
    (project.root / "test_it.py").unlink()
    assert problems(project.root) == [
        "cassettes/test_it/test_greeting.yaml: is orphaned: there is no test_it.py; delete it"
    ]


def test_a_renamed_cassette_is_an_orphan(project: Project) -> None:
    """A file that no test would look for is not kept."""
    project.write()
    project.record()
    project.cassette().rename(project.cassette("test_other"))
    assert "has another name" in problems(project.root)[0]


def test_a_cassette_of_a_parameter_that_is_gone_is_an_orphan(project: Project) -> None:
    """Where all variants of a test were collected, one that is missing has left an orphan."""
    project.write(CLASS)
    project.write(CHECK, "test_cassettes.py")
    project.record().assert_outcomes(passed=3)
    project.write(CLASS.replace('["안녕하세요", "고마워요"], ids=["hello", "thanks"]', '["안녕하세요"], ids=["hello"]'))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*there is no test_it.py::TestGreeting::test_answer[[]thanks[]] any more*"])


def test_a_test_that_uses_no_cassette_any_more_leaves_an_orphan(project: Project) -> None:
    """Taking the marker away orphans the cassette."""
    project.write()
    project.write(CHECK, "test_cassettes.py")
    project.record()
    project.write("def test_greeting(): ...\n")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*test_it.py::test_greeting uses no cassette*"])


@pytest.mark.parametrize(
    "secret",
    [
        "nv-0123456789abcdef",
        "Bearer abcdefgh12345678",
        "\n      authorization: hidden",
        "\n- X-NCP-CLOVASTUDIO-API-KEY: x",
    ],
)
def test_a_key_in_a_cassette_is_found(project: Project, secret: str) -> None:
    """A key that somebody wrote into a cassette by hand fails, and is not printed."""
    project.write()
    project.record()
    text = project.cassette().read_text("utf-8")
    project.cassette().write_text(f"{text}# {secret}\n", encoding="utf-8")
    (problem,) = problems(project.root)
    assert "looks like it holds an API key" in problem
    assert "0123456789abcdef" not in problem


def test_cassettes_of_pytest_recording_are_checked_by_their_names(tmp_path: Path) -> None:
    """A plain vcr cassette names no test inside: its folder and its name do."""
    folder = tmp_path / "cassettes" / "test_plain"
    folder.mkdir(parents=True)
    (folder / "test_a.yaml").write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    assert problems(tmp_path) == ["cassettes/test_plain/test_a.yaml: is orphaned: no test_plain.py has a test for it"]
    (tmp_path / "test_plain.py").write_text("async def test_a(): ...\n", encoding="utf-8")
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        "from helpers import *\n",
        "from helpers import test_a\n",
        "import sys\nif sys:\n    def test_a(): ...\n",
        "test_a = make_test()\n",
        "def test_a(:\n",
    ],
)
def test_what_cannot_be_known_is_no_orphan(tmp_path: Path, source: str) -> None:
    """Tests that are imported, assigned or defined under conditions count as there."""
    folder = tmp_path / "cassettes" / "test_plain"
    folder.mkdir(parents=True)
    (folder / "test_a.yaml").write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    (tmp_path / "test_plain.py").write_text(source, encoding="utf-8")
    assert problems(tmp_path) == []


def test_a_file_that_is_no_cassette_is_reported(tmp_path: Path) -> None:
    """Whatever else lies in the folder as YAML is reported."""
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "notes.yaml").write_text("shopping: [milk]\n", encoding="utf-8")
    assert "not a cassette of clovax-agents" in problems(tmp_path)[0]
