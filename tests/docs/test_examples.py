"""The examples in README and docstrings run."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import clovax_agents
from clovax_agents.simulator import SimulatorServer

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "README.ko.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(clovax_agents.__path__, "clovax_agents.")
    if not module.name.endswith("__main__")
)


def _blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [block for found, block in BLOCK.findall(text) if found == language]


@pytest.mark.parametrize("page", PAGES)
def test_every_python_example_runs(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block runs as printed, and prints something a user expects."""
    with SimulatorServer() as server:
        monkeypatch.setenv("CLOVASTUDIO_API_KEY", "nv-test")
        monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", server.base_url)
        for block in _blocks(page, "python"):
            exec(compile(block, page, "exec"), {})  # noqa: S102  # running it is the test
    printed = capsys.readouterr().out
    assert "1391.5" in printed
    assert "안녕하세요" in printed


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists(page: str) -> None:
    """Make targets and clovax commands that a page names are there."""
    text = (ROOT / page).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make ([a-z][a-z-]+)", text)) - {"its"}
    assert {"run", "test"} <= targets
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()
    app = importlib.import_module("clovax_agents.cli.app").app
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    assert set(re.findall(r"`clovax ([a-z-]+)", text)) <= known


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """Relative links name files that are in the repository, and named tests exist."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", text):
        assert f"def {name}(" in sources, name
    for path in re.findall(r"`(tests/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path


def test_both_languages_have_the_same_structure() -> None:
    """Headings, code blocks and table rows of the two READMEs correspond."""

    def shape(page: str) -> list[str]:
        text = (ROOT / page).read_text(encoding="utf-8")
        return re.findall(r"^(#+|```\w+|\|)", text, re.MULTILINE)

    assert shape("README.md") == shape("README.ko.md")
    assert _blocks("README.md", "python") == _blocks("README.ko.md", "python")
    assert _blocks("README.md", "sh") == _blocks("README.ko.md", "sh")


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_hold(name: str) -> None:
    """What a docstring shows is what happens."""
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
