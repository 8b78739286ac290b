"""``clovax doctor``: each finding says what is wrong and what to do, and the key is shown nowhere."""

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from clovax_agents.cli.examining import asking, project
from clovax_agents.cli.examining.advisories import ADVISORIES
from clovax_agents.cli.examining.blocking import blocking_calls
from clovax_agents.cli.examining.findings import Finding
from clovax_agents.cli.examining.versions import check_versions
from clovax_agents.simulator import Key
from clovax_agents.testing import LoopbackSimulator

ROOT = Path(__file__).parents[3]
SECRET = "nv-canary-5f2c9"


@pytest.fixture
def doctor(clovax: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what examines an empty folder: its exit code and, by the checks, what it found."""
    monkeypatch.chdir(tmp_path)
    for name in ("CLOVAX_RATE_LIMIT", "LANGSMITH_TRACING", "LANGSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def examine(*options: str) -> tuple[int, dict[str, Any]]:
        done = clovax("doctor", "--json", *options)
        assert SECRET not in done.output
        return done.exit_code, {finding["check"]: finding for finding in json.loads(done.stdout)}

    return examine


@pytest.mark.soak
def test_nothing_is_wrong_with_the_reference_application(clovax: Callable[..., Result]) -> None:
    """Without a key, which is a note; in either language."""
    done = clovax("doctor")
    assert done.exit_code == 0, done.output
    assert "CLOVASTUDIO_API_KEY is not set: everything runs on the simulator" in done.stdout
    assert "the graph react can be loaded" in done.stdout
    assert "0 errors, 0 warnings" in done.stdout
    assert "오류 0, 경고 0" in clovax("doctor", "--lang", "ko").stdout


@pytest.mark.parametrize(
    ("name", "value", "check", "level", "told"),
    [
        ("CLOVASTUDIO_API_KEY", SECRET, "key", "ok", "has the form"),
        ("CLOVASTUDIO_API_KEY", f'"{SECRET}"', "key", "error", "does not have the form"),
        ("CLOVASTUDIO_API_KEY", f"{SECRET}\n", "key", "error", "does not have the form"),
        ("CLOVASTUDIO_API_BASE_URL", "http://example.com/v1/openai", "endpoint", "error", "http"),
        ("CLOVASTUDIO_API_BASE_URL", "http://127.0.0.1:9/v1", "limits", "ok", "none are assumed"),
        ("CLOVAX_RATE_LIMIT", "60/60000", "limits", "ok", "60/60000"),
        ("CLOVAX_RATE_LIMIT", "many", "limits", "error", "no rate limit"),
        ("CLOVAX_JOURNAL", "memory", "journal", "warning", "after a crash"),
        ("CLOVAX_JOURNAL", "ftp://x", "journal", "error", "cannot be kept"),
        ("CLOVAX_JOURNAL", "postgresql://me:geheim@db/shop", "journal", "ok", "db/shop"),
        ("LANGSMITH_TRACING", "true", "tracing", "warning", "LANGSMITH_API_KEY"),
    ],
)
def test_settings_are_looked_at(  # a row of a table
    doctor: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    check: str,
    level: str,
    told: str,
) -> None:
    """What is wrong is said with a way out, and the exit code says how bad it is."""
    monkeypatch.setenv(name, value)
    code, found = doctor()
    assert found[check]["level"] == level
    assert told in found[check]["text"]
    assert "geheim" not in str(found)
    assert (found[check]["todo"] != "") == (level != "ok")
    assert code == {"ok": 0, "warning": 1, "error": 2}[level]


def test_a_key_that_others_can_read_is_told(doctor: Callable[..., Any], tmp_path: Path) -> None:
    """In .env, and by git."""
    (tmp_path / ".env").write_text(f"CLOVASTUDIO_API_KEY={SECRET}\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o644)
    code, found = doctor()
    assert (code, found["key-file"]["todo"]) == (1, "run: chmod 600 .env")
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / ".git").mkdir()
    assert doctor()[1]["key-file"]["text"] == ".env holds the key, and git does not ignore it"
    (tmp_path / ".gitignore").write_text(".env\n", encoding="utf-8")
    assert "key-file" not in doctor()[1]


def test_a_project_is_looked_at(doctor: Callable[..., Any], tmp_path: Path) -> None:
    """A graph that cannot be loaded, and a coroutine that blocks the server."""
    assert doctor()[1]["project"]["todo"] == "to make a project, run: clovax new NAME"
    graphs = {"good": "clovax_agents.prebuilt.react:graph", "bad": "./bad.py:graph"}
    (tmp_path / "langgraph.json").write_text(json.dumps({"graphs": graphs}), encoding="utf-8")
    (tmp_path / "bad.py").write_text("import time\n\nasync def node(state):\n    time.sleep(1)\n\n1 / 0\n", "utf-8")
    code, found = doctor()
    assert code == 2
    assert found["graph:good"]["level"] == "ok"
    assert "ZeroDivisionError" in found["graph:bad"]["text"]
    assert found["blocking"]["text"].startswith("bad.py:4 calls time.sleep in a coroutine")
    (tmp_path / "langgraph.json").write_text("{", encoding="utf-8")
    assert doctor()[1]["project"]["level"] == "error"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import time\nasync def a():\n    time.sleep(1)", ["time.sleep"]),
        ("from time import sleep as s\nasync def a():\n    s(1)", ["time.sleep"]),
        ("import requests\nasync def a():\n    x = [requests.get(u) for u in y]", ["requests.get"]),
        ("import urllib.request\nasync def a():\n    urllib.request.urlopen('x')", ["urllib.request.urlopen"]),
        ("import time\ndef a():\n    time.sleep(1)", []),
        ("import time\nasync def a():\n    def b():\n        time.sleep(1)\n    await to_thread(b)", []),
        ("import asyncio, time\nasync def a():\n    await asyncio.to_thread(time.sleep, 1)", []),
        ("async def a(time):\n    time.sleep(1)", []),
        ("this is no Python", []),
    ],
)
def test_blocking_calls_are_found_in_coroutines_alone(code: str, names: list[str], tmp_path: Path) -> None:
    """By whatever name they were imported."""
    path = tmp_path / "module.py"
    path.write_text(code, encoding="utf-8")
    assert [found.name for found in blocking_calls(path)] == names


def test_a_port_that_is_taken_is_told() -> None:
    """With another one to take."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert project._port(port).todo == f"run: clovax studio --port {port + 1}"
    assert project._port(port).level == "ok"


def _of(versions: dict[str, str]) -> list[Finding]:
    return [finding for finding in check_versions(versions.get) if finding.check != "python"]


def test_vulnerable_and_old_packages_are_told() -> None:
    """With the id of the advisory, and the command that helps."""
    (found,) = _of({"langgraph-checkpoint-sqlite": "3.0.0"})
    assert (found.level, "CVE-2025-67644" in found.text) == ("error", True)
    assert found.todo == 'run: pip install --upgrade "langgraph-checkpoint-sqlite>=3.0.1"'
    checks = {finding.check for finding in _of({"langgraph": "1.0.9", "langchain-core": "0.3.80"})}
    assert {"package:langgraph", "advisory:CVE-2026-28277", "advisory:CVE-2025-68664"} <= checks
    assert [finding.check for finding in _of({"langchain-core": "1.6.0"})] == ["packages"]


def test_every_advisory_is_on_the_page_of_faults() -> None:
    """Under its id, with the version that fixes it."""
    rows = {row for row in (ROOT / "docs/faults.md").read_text("utf-8").splitlines() if row.startswith("| ")}
    for one in ADVISORIES:
        (row,) = [row for row in rows if re.match(rf"\| {one.id}[ |]", row)]
        assert one.package in row or one.package.removeprefix("langchain") in row
        assert one.fixed in row or one.id == "PYSEC-2026-2"


def test_models_are_asked_only_online(
    doctor: Callable[..., Any], clovax_loopback: LoopbackSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request to each, and the clock; a key that is refused says what to do."""
    monkeypatch.setenv("CLOVASTUDIO_API_KEY", SECRET)
    monkeypatch.setenv("CLOVASTUDIO_API_BASE_URL", clovax_loopback.base_url)
    clovax_loopback.requests.clear()
    assert doctor()[0] == 0
    assert clovax_loopback.requests == []
    code, found = doctor("--online")
    assert code == 0, found
    asked = [one.model for one in clovax_loopback.requests if one.method == "POST"]
    assert asked == ["HCX-007", "HCX-005", "HCX-DASH-002"]
    assert found["model:HCX-007"]["level"] == found["clock"]["level"] == "ok"
    with clovax_loopback.using(keys=[Key(value="nv-other")]):
        code, found = doctor("--online")
    assert code == 2
    assert found["model:HCX-005"]["todo"] == "check the key, and that it may use this model"


def test_a_clock_that_is_wrong_is_told(
    doctor: Callable[..., Any], clovax_simulator: LoopbackSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By how much."""
    moment = asking._moment_at(clovax_simulator.base_url)
    assert moment is not None
    monkeypatch.setattr(asking, "_moment_at", lambda _: moment - 7_200)
    code, found = doctor("--online")
    assert code == 1
    assert re.search(r"by 72\d\d s$", found["clock"]["text"])
