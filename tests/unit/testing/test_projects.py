"""A project of a user's own, run as its user runs it: nothing of ours on the path but the installed package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

AGENT = '''
"""The agent."""

from clovax_agents import tool
from clovax_agents.prebuilt import react_agent


@tool
def find_order(order_id: str) -> str:
    """주문이 어디에 있는지 알려줍니다."""
    return f"{order_id}: 배송 중"


def build(model="HCX-005"):
    """Return the graph."""
    return react_agent(model=model, tools=[find_order]).compile()
'''
TESTS = '''
"""One graph, tested three ways, and a script that is not finished."""

import pytest
from agent import build
from clovax_agents.testing import ScriptedChatModel, check_cassettes

QUESTION = {"messages": [("user", "주문 A-1은 어디에 있나요?")]}
CALL = ("find_order", {"order_id": "A-1"})


@pytest.mark.parametrize("number", range(3))
def test_scripted(number):
    model = ScriptedChatModel([CALL, f"답 {number}"])
    assert build(model).invoke(QUESTION)["messages"][-1].text == f"답 {number}"


@pytest.mark.parametrize("number", range(2))
def test_simulated(clovax_simulator, number):
    assert "배송" in build().invoke(QUESTION)["messages"][-1].text
    assert [request.calls for request in clovax_simulator.requests] == [("find_order",), ()]


@pytest.mark.clovax_cassette
@pytest.mark.parametrize("number", range(2))
async def test_recorded(number):
    found = await build().ainvoke({"messages": [("user", f"주문 A-{number}은 어디에 있나요?")]})
    assert "배송" in found["messages"][-1].text


def test_cassettes(pytestconfig):
    check_cassettes(pytestconfig)
'''
CONFIGURATION = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\naddopts = ["--strict-markers"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the project."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "agent.py").write_text(AGENT, "utf-8")
    (tmp_path / "tests" / "test_agent.py").write_text(TESTS, "utf-8")
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION, "utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    """Run its tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "CLOVA"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=clean)  # noqa: S603  # ourselves
    return done.stdout + done.stderr


@pytest.mark.timeout(600)  # processes of pytest-xdist take long to start where others work
@pytest.mark.soak
def test_it_passes_in_several_processes(folder: Path) -> None:
    """With pytest-xdist: recorded side by side, and replayed."""
    assert "8 passed" in (said := run(folder, "-n", "2", "--clovax-record")), said
    recorded = sorted(path.name for path in (folder / "cassettes").rglob("*.yaml"))
    assert recorded == [f"test_recorded-{number}.yaml" for number in range(2)]
    assert "3 passed" in (said := run(folder, "-n", "2", "-k", "recorded or cassettes")), said
