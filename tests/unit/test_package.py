"""The package as a user gets it: names, weight, version, promises in the README."""

import ast
import importlib
import json
import re
import subprocess
import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import clovax_agents

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "clovax_agents").rglob("*.py"))
LOADED = "import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"


def _modules_after(statement: str) -> set[str]:
    command = [sys.executable, "-c", LOADED.format(statement=statement)]
    return set(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))  # noqa: S603


def test_importing_the_package_loads_nothing_else() -> None:
    """No LangChain, no LangGraph, no httpx until a name is used."""
    loaded = _modules_after("import clovax_agents")
    heavy = {"langchain_core", "langgraph", "httpx", "aiohttp", "pydantic", "typer", "starlette", "orjson"}
    assert not heavy & loaded


def test_importing_the_model_does_not_load_graphs_servers_or_peers() -> None:
    """ChatClovaX alone costs what langchain-core's own chat model costs."""
    before = _modules_after("import langchain_core.language_models.chat_models")
    added = {name.partition(".")[0] for name in _modules_after("from clovax_agents import ChatClovaX") - before}
    assert added <= {"clovax_agents", "orjson", "secrets", "hmac", "_clovax_agents"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    "name", ["clovax_agents", "clovax_agents.prebuilt", "clovax_agents.tooling", "clovax_agents.execution"]
)
def test_public_names_are_sorted_and_exist(name: str) -> None:
    """Everything in __all__ can be imported, and nothing is listed twice."""
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(set(module.__all__))
    assert all(getattr(module, public) is not None for public in module.__all__)
    assert set(module.__all__) <= set(dir(module))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    """The lazy names do not swallow typing errors."""
    with pytest.raises(AttributeError, match="ChatClovax"):
        clovax_agents.ChatClovax  # noqa: B018


def test_changelog_and_installed_package_name_the_same_version() -> None:
    """Changes of a version in the making stand under Unreleased; a released one is the first in the changelog."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", changelog, re.MULTILINE)
    assert clovax_agents.__version__ == version("clovax-agents")
    if ".dev" in clovax_agents.__version__:
        assert heads[0] == "[Unreleased]"
    else:
        assert re.fullmatch(rf"\[{re.escape(clovax_agents.__version__)}\] - \d{{4}}-\d\d-\d\d", heads[0])


def test_lower_bounds_carry_the_fixes_of_known_holes() -> None:
    """S13: no version that our bounds allow lacks a fix that docs/faults.md names."""
    faults = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    line = next(line for line in faults.splitlines() if line.startswith("The project's lower bounds carry these fixes"))
    floors = {name: Version(floor) for name, floor in re.findall(r"([a-z-]+) (\d+(?:\.\d+)+)", line)}
    asked = [Requirement(line) for line in requires("clovax-agents") or ()]
    bounds = {each.name: Version(part.version) for each in asked for part in each.specifier if part.operator == ">="}
    assert len(floors) >= 6
    assert {name: floor for name, floor in floors.items() if bounds[name] < floor} == {}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    """At most 400 lines a module and 40 a function, docstrings not counted."""
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{node.name} has {length} lines"


def test_every_environment_variable_is_in_the_example_file() -> None:
    """What can be set is shown in .env.example."""
    names = {name for path in SOURCES for name in re.findall(r'"(CLOVA[A-Z_]+)"', path.read_text(encoding="utf-8"))}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert names
    assert {name for name in names if name not in example} == set()


def _compared(tree: ast.AST) -> set[str]:
    """Return the names and texts that a module compares with something."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    sides = [side for node in found for side in (node.left, *node.comparators)]
    names = {side.attr for side in sides if isinstance(side, ast.Attribute)}
    return names | {side.value for side in sides if isinstance(side, ast.Constant) and isinstance(side.value, str)}


def test_nothing_above_the_wire_asks_which_api_is_spoken() -> None:
    """Whoever writes for one API has written for both."""
    root = Path(clovax_agents.__file__).parent
    above = [path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in {"simulator", "wire"}]
    compared = {path.name: _compared(ast.parse(path.read_text(encoding="utf-8"))) for path in above}
    assert len(compared) > 60
    assert [name for name, found in compared.items() if found & {"api", "openai", "native"}] == []
