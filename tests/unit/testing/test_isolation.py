"""Tests of agents reach this machine only; suites that are about something else notice nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project

pytest_plugins = ["pytester"]

AWAY = "import socket\n\nimport clovax_agents.chat_models\n\n"
CONNECT = "socket.getaddrinfo('192.0.2.1', 9)"
TEST = f"{AWAY}def test_away():\n    {CONNECT}\n"


def test_an_attempt_to_connect_fails_with_what_to_do(project: Project) -> None:
    """The text names the ways to test without a network, and the ways out."""
    project.write(TEST)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*NetworkBlockedError: the network is blocked, but '192.0.2.1' was about to be reached.*"]
    )
    for way in ("ScriptedChatModel", "clovax_simulator", "clovax_cassette", "clovax_network", "clovax_allowed_hosts"):
        result.stdout.fnmatch_lines([f"*{way}*"])


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.getaddrinfo('clovastudio.stream.ntruss.com', 443)",
        "ChatClovaX(api_key='nv-fake', base_url='https://192.0.2.1/v1/openai', timeout=5).invoke('안녕')",
        "asyncio.run(ChatClovaX(api_key='nv-fake', timeout=5).ainvoke('안녕'))",
        "ClovaXEmbeddings(api_key='nv-fake', timeout=5).embed_query('안녕')",
    ],
)
def test_whatever_is_used_to_connect(project: Project, attempt: str) -> None:
    """Models and embeddings, sync and async: with a key in the environment they would cost money."""
    project.write(
        f"import asyncio, socket\nfrom clovax_agents import ChatClovaX, ClovaXEmbeddings\n\n"
        f"def test_away():\n    {attempt}\n"
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NetworkBlockedError*about to be reached*ScriptedChatModel*"])


def test_fixtures_are_kept_in_as_well(project: Project) -> None:
    """Those of the whole session, too, while a test waits for them."""
    project.write(
        f"{AWAY}import pytest\n\n@pytest.fixture(scope='session')\ndef away():\n    {CONNECT}\n\n"
        "def test_it(away): ...\n"
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*NetworkBlockedError*"])


def test_this_machine_can_be_reached(project: Project) -> None:
    """Servers of the test's own, by any of this machine's names."""
    project.write(
        f"{AWAY}import pytest\n\n"
        "@pytest.mark.parametrize('name', ['127.0.0.1', 'localhost', '127.0.0.2'])\n"
        "def test_here(name):\n"
        "    with socket.create_server(('0.0.0.0', 0)) as server:\n"
        "        socket.create_connection((name, server.getsockname()[1]), timeout=5).close()\n"
        "    socket.getaddrinfo(socket.gethostname(), 80)\n"
    )
    project.run().assert_outcomes(passed=3)


@pytest.mark.clovax_network  # or this test itself would be in the way
def test_a_marked_test_may_go_out(project: Project) -> None:
    """Whatever it looks for: here, an address that nobody has."""
    project.write(TEST.replace("def test_away", "import pytest\n@pytest.mark.clovax_network\ndef test_away"))
    project.run("--strict-markers").assert_outcomes(passed=1)


@pytest.mark.clovax_network
@pytest.mark.parametrize(("hosts", "is_blocked"), [("*", False), ("db.test 192.0.2.1", False), ("192.0.2.2", True)])
def test_hosts_may_be_named(project: Project, hosts: str, is_blocked: bool) -> None:  # noqa: FBT001
    """In the project's settings: some, or all."""
    project.write(TEST)
    result = project.run("-o", f"clovax_allowed_hosts={hosts}")
    assert ("NetworkBlockedError" in result.stdout.str()) is is_blocked


def test_the_addresses_of_a_named_host_are_its_own(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that may be looked up may be connected to."""
    import socket  # noqa: PLC0415  # patched here

    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any) -> Any:
        sys.audit("socket.getaddrinfo", host, *rest)
        return [(0, 0, 0, "", ("192.0.2.1", 9))] if host == "db.test" else real(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    project.write(
        f"{AWAY}import pytest\nfrom clovax_agents.testing import NetworkBlockedError\n\ndef test_db():\n"
        f"    with pytest.raises(NetworkBlockedError):\n        {CONNECT}\n"
        f"    socket.getaddrinfo('db.test', 9)\n    {CONNECT}\n"
    )
    project.run("-o", "clovax_allowed_hosts=db.test").assert_outcomes(passed=1)


def run_anew(folder: Path) -> str:
    """Run pytest in a process of its own, and return what it says."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    clean["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "clovax_agents.testing.plugin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=clean, timeout=60)  # noqa: S603  # ourselves
    return done.stdout + done.stderr


def test_a_test_that_imports_the_package_itself_is_kept_in(tmp_path: Path) -> None:
    """From that moment on, in a process in which nobody has imported it before."""
    body = TEST.replace("import clovax_agents.chat_models\n", "").replace(
        "    socket", "    from clovax_agents import ChatClovaX\n    socket"
    )
    (tmp_path / "test_it.py").write_text(body, "utf-8")
    assert "NetworkBlockedError" in run_anew(tmp_path)


def test_suites_about_something_else_are_left_alone(tmp_path: Path) -> None:
    """Where nobody imports the package, nothing is blocked, hooked or imported."""
    (tmp_path / "test_it.py").write_text(
        "import socket, sys\n\n"
        "def test_away():\n"
        f"    {CONNECT}\n\n"
        "def test_imports():\n"
        "    assert 'clovax_agents.testing.plugin' in sys.modules\n"
        "    heavy = {'httpx', 'aiohttp', 'langchain_core', 'pydantic', 'yaml', 'starlette', 'vcr'}\n"
        "    assert heavy & sys.modules.keys() == set()\n",
        "utf-8",
    )
    assert "2 passed" in run_anew(tmp_path)
