"""The guide's pages without a subject of their own, in both languages: examples run, tables are what the code has."""

from __future__ import annotations

import inspect
import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import langchain.agents.middleware as theirs
import pytest
from langchain.agents import create_agent
from langgraph.prebuilt import create_react_agent

from clovax_agents import errors, prebuilt
from clovax_agents.budgets import Budget
from clovax_agents.cli.graphs import load_graph
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator.errors_table import DOCUMENTED_ERRORS
from clovax_agents.testing import LoopbackSimulator
from clovax_agents.wire.failures import http_error

ROOT = Path(__file__).parents[2]
LANGUAGES = pytest.mark.parametrize("ending", [".md", ".ko.md"])


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _text(page), re.DOTALL | re.MULTILINE)


def _run(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in _blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102  # running it is the test
    return names


@LANGUAGES
@pytest.mark.usefixtures("clovax_simulator")
@pytest.mark.parametrize(
    ("page", "printed"), [("index", "34개"), ("graphs", "결제완료"), ("errors", "안녕하세요")], ids=lambda value: value
)
def test_the_examples_run(page: str, printed: str, ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From top to bottom as printed."""
    _run(page + ending)
    assert printed in capsys.readouterr().out


@LANGUAGES
@pytest.mark.usefixtures("clovax_simulator")
@pytest.mark.filterwarnings("ignore:create_react_agent has been moved")
def test_before_and_after_print_the_same(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For all three that one may come from."""
    _run(f"moving{ending}")
    printed = re.split(r"\n(?=확인한|cancel_order\n)", "\n" + capsys.readouterr().out.strip())[1:]
    react, react_after, asked, done, asked_after, done_after, node, node_after = printed
    assert react == react_after
    assert (asked, done) == (asked_after, done_after)
    assert node == node_after
    assert "결제완료" in react
    assert "취소됨" in done


@LANGUAGES
def test_what_is_told_of_other_agents_is_theirs(ending: str) -> None:
    """Each argument and middleware exists there, and what takes its place exists here."""
    text = _text(f"moving{ending}")
    rows = [row.split("|")[1:-1] for row in re.findall(r"^\| `.*$", text, re.MULTILINE)]
    there = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    arguments = {*inspect.signature(create_react_agent).parameters, *inspect.signature(create_agent).parameters}
    assert {name for name in there if not hasattr(theirs, name)} <= arguments
    assert {name for name in vars(theirs) if name.endswith("Middleware")} - there == {
        *("AgentMiddleware", "ProviderToolSearchMiddleware", "ShellToolMiddleware")
    }
    options = inspect.signature(react_agent).parameters
    assert {"redact", "tool_search", "final_tool", "prompt"} <= {name for name in options if name in text}
    assert Budget(model_calls=1, tool_calls=1)


@LANGUAGES
def test_every_graph_has_a_row_a_picture_and_a_module(ending: str) -> None:
    """Under its own name, and the module that is named loads."""
    text = _text(f"graphs{ending}")
    assert set(re.findall(r"^\| \[`(\w+)`\]", text, re.MULTILINE)) == set(prebuilt.__all__)
    assert set(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == set(prebuilt.__all__)
    assert len(_blocks(f"graphs{ending}", "mermaid")) == len(prebuilt.__all__)


def test_the_modules_of_the_graphs_load(tmp_path: Path) -> None:
    """From a langgraph.json that names them as the page does."""
    named = re.findall(r"`(clovax_agents\.prebuilt\.\w+:graph)`", _text("graphs.md"))
    assert len(named) == len(prebuilt.__all__)
    settings = tmp_path / "langgraph.json"
    settings.write_text(json.dumps({"dependencies": ["."], "graphs": {name: name for name in named}}), encoding="utf-8")
    assert [load_graph(name, settings).get_graph().nodes for name in named]


@LANGUAGES
def test_every_error_has_a_row_with_what_to_do(ending: str) -> None:
    """All classes but the root, each once; no cell is empty."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", _text(f"errors{ending}"), re.MULTILINE)
    assert sorted(name for name, *_ in rows) == sorted(set(errors.__all__) - {"ClovaXError", "CallFacts"})
    assert all(when.strip() and what.strip() for _, when, what in rows)


@LANGUAGES
def test_every_code_of_the_service_has_a_row_that_is_so(ending: str) -> None:
    """Status, class, and whether it is tried again are what the client makes of it; the codes are those of wire.md."""
    rows = re.findall(r"^\| (\d{5}) \| (\d{3}) \| `(\w+)` \| (\S+) \|", _text(f"errors{ending}"), re.MULTILINE)
    documented = set(re.findall(r"^\| `W4\.1-(\d{5})\w?` \|", _text("wire.md"), re.MULTILINE)) - {"20000", "20400"}
    assert {code for code, *_ in rows} == documented == set(DOCUMENTED_ERRORS)
    for code, status, kind, again in rows:
        message = DOCUMENTED_ERRORS[code][1]
        error = http_error(int(status), {}, json.dumps({"error": {"code": code, "message": message}}).encode())
        assert (DOCUMENTED_ERRORS[code][0], type(error).__name__) == (int(status), kind)
        assert error.is_retryable == (again in {"yes", "예"}), code


@LANGUAGES
@pytest.mark.soak(every=2)
def test_the_example_for_production_runs_on_postgres(
    ending: str,
    postgres_url: str,
    clovax_simulator: LoopbackSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Conversation, journal and audit are in the database; pruning and signing work as printed."""
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("CLOVAX_RATE_LIMIT_STORE", f"sqlite:///{tmp_path}/limits.sqlite")
    monkeypatch.setenv("CHECKPOINT_KEY", secrets.token_hex(32))
    _run(f"production{ending}")
    printed = capsys.readouterr().out
    assert "결제완료" in printed
    assert "PostgresSaver" in printed
    assert "0 forgotten\n" in printed
    assert re.search(r"^[1-9]\d* events$", printed, re.MULTILINE)
    assert len(clovax_simulator.requests) == 2


@LANGUAGES
def test_settings_for_production_are_there(ending: str) -> None:
    """The variables and commands that the page names."""
    text = _text(f"production{ending}")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "clovax_agents").rglob("*.py"))
    for setting in set(re.findall(r"`(CLOVA\w+)", text)):
        assert f'"{setting}"' in sources, setting
    assert set(re.findall(r"`clovax (\w+ \w+)`", text)) == {"journal unknown", "journal resolve"}


@pytest.mark.timeout(400)
@pytest.mark.soak
def test_the_quickstart_can_be_copied(tmp_path: Path) -> None:
    """Typed into a shell from top to bottom; only what installs and what serves for ever is left out."""
    lines = "".join(_blocks("quickstart.md", "sh")).splitlines()
    left_out = [line for line in lines if line.startswith(("make ", "pip ", ". .venv", "cd .. &&"))]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)", "\n".join(left_out)):
        assert f"\n{target}:" in makefile
    for name in ("langgraph.json", "graphs", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    typed = [line for line in lines if line not in left_out]
    command = tmp_path / "bin" / "clovax"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nexec python -m clovax_agents.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    done = subprocess.run(  # noqa: S603  # what the page says
        ["/bin/bash", "-c", "\n".join(["set -e", *typed])],
        cwd=tmp_path,
        env={
            "PATH": f"{command.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "CLOVAX_SHOP_DB": str(tmp_path / "shop.sqlite3"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "graph TD;" in done.stdout
    assert "1391.5" in done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.soak
def test_the_command_of_the_promises_finds_its_test() -> None:
    """It names a test of this project."""
    for ending in (".md", ".ko.md"):
        ((command,),) = (block.splitlines() for block in _blocks(f"promises{ending}", "sh"))
        done = subprocess.run(  # noqa: S603  # what the page says
            [sys.executable, *command.split()[1:], "--collect-only", "-q", "tests/unit/test_chat_model.py"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "test_the_floor_holds_at_every_door" in done.stdout, done.stdout
