"""The fixtures for users: a simulator to talk to, and a script for it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from clovax_agents import ChatClovaX
from clovax_agents.simulator import BrainReply, RuleBrain, ScriptStep

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

    from clovax_agents.testing import LoopbackSimulator, StartScript

pytest_plugins = ["pytester"]

BLOCKED = ("vcr", "yaml", "pytest_recording", "starlette", "uvicorn")
ONLY_PYTEST = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

    find_module = None

sys.meta_path.insert(0, Missing())
import importlib.util
known = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in {BLOCKED!r} else known(name, *rest)
import os
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
import pytest
sys.exit(pytest.main(["-p", "clovax_agents.testing.plugin", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


def test_the_model_finds_the_simulator(clovax_simulator: LoopbackSimulator) -> None:
    """A model that is told nothing talks to the simulator, over real HTTP."""
    model = ChatClovaX(model="HCX-005")
    assert model.base_url == clovax_simulator.base_url
    assert model.invoke("안녕하세요").text.startswith("안녕하세요!")


async def test_the_async_model_finds_the_simulator(clovax_simulator: LoopbackSimulator) -> None:
    """So does an async call, and the simulator says what it is."""
    async with httpx.AsyncClient() as client:
        banner = await client.get(clovax_simulator.base_url.removesuffix("/v1/openai"))
    assert banner.json()["simulator"] is True
    assert (await ChatClovaX(model="HCX-005").ainvoke("안녕하세요")).text


@pytest.mark.parametrize(
    "script",
    [
        ["맑음"],
        [BrainReply("맑음")],
        [ScriptStep(BrainReply("맑음"))],
        "- reply: 맑음\n",
    ],
    ids=["texts", "replies", "steps", "yaml"],
)
def test_a_script_says_what_the_model_answers(clovax_script: StartScript, script: str) -> None:
    """A script may be texts, replies, steps or YAML."""
    clovax_script(script)
    assert ChatClovaX(model="HCX-005").invoke("날씨는?").text == "맑음"


def test_a_brain_may_be_given_as_it_is(clovax_script: StartScript) -> None:
    """Any brain will do."""
    simulator = clovax_script(RuleBrain())
    assert isinstance(simulator.brain, RuleBrain)


def test_a_script_may_be_a_file_beside_the_test(project: Project) -> None:
    """A relative path starts at the folder of the test file."""
    (project.root / "tests").mkdir()
    (project.root / "tests" / "answers.yaml").write_text("- reply: 맑음\n", encoding="utf-8")
    project.write(
        """
from clovax_agents import ChatClovaX

def test_file(clovax_script):
    clovax_script("answers.yaml")
    assert ChatClovaX().invoke("날씨는?").text == "맑음"
""",
        "tests/test_it.py",
    )
    project.run().assert_outcomes(passed=1)


def test_unused_steps_fail_the_test(project: Project) -> None:
    """A script with steps that nobody asked for fails the test that passed."""
    project.write("def test_idle(clovax_script):\n    clovax_script(['맑음', '흐림'])\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*2 unused steps of the script*"])


def test_the_environment_is_put_back(project: Project) -> None:
    """After the test, nobody talks to the simulator any more."""
    project.write(
        """
import os

def test_inside(clovax_simulator):
    assert "127.0.0.1" in os.environ["CLOVASTUDIO_API_BASE_URL"]

def test_outside():
    assert "CLOVASTUDIO_API_BASE_URL" not in os.environ
"""
    )
    project.run().assert_outcomes(passed=2)


@pytest.fixture
def only_pytest(tmp_path: Path) -> list[str]:
    """Give the command that runs pytest as if none of the extras were installed."""
    starter = tmp_path / "only_pytest.py"
    starter.write_text(ONLY_PYTEST, encoding="utf-8")
    return [sys.executable, str(starter), str(tmp_path)]


def test_the_plugin_does_no_harm_without_the_extras(tmp_path: Path, only_pytest: list[str]) -> None:
    """With nothing but pytest installed, plain tests run, and tests with a cassette say what to install."""
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_plain(): ...\n\n@pytest.mark.clovax_cassette\ndef test_cassette(): ...\n\n"
        "def test_simulator(clovax_simulator): ...\n",
        encoding="utf-8",
    )
    # The lock of coverage and of pytest-xdist would be inherited otherwise.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(only_pytest, capture_output=True, text=True, check=False, env=clean, timeout=60)  # noqa: S603  # our own command
    assert "1 passed, 2 errors" in done.stdout, done.stdout + done.stderr
    assert 'vcr, yaml is missing; install it with: pip install "clovax-agents[testing]"' in done.stdout
    assert 'starlette, uvicorn is missing; install it with: pip install "clovax-agents[simulator]"' in done.stdout


def test_the_plugin_imports_little() -> None:
    """Everybody's pytest imports the plugin, so it brings nothing heavy along."""
    code = (
        "import sys, pytest; before = set(sys.modules); import clovax_agents.testing.plugin; "
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603  # our own command
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert imported.isdisjoint({"vcr", "yaml", "httpx", "pydantic", "langchain_core", "starlette", "aiohttp"})
