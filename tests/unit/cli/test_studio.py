"""``clovax studio``: LangGraph's development server in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/ok", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the server did not start")


def test_studio_serves_the_graphs_without_a_key_and_says_where(tmp_path: Path) -> None:
    """A run through the served graph is answered by the simulator; the printed address is Studio's."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOVA", "LANGSMITH"))}
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "clovax_agents.cli", "studio", "--port", str(port)], cwd=ROOT, text=True,
        env={**clean, "PYTHONUTF8": "1", "CLOVASTUDIO_API_KEY": "", "CLOVAX_SHOP_DB": str(tmp_path / "shop.sqlite3")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _ready(url, process)
        body = {"assistant_id": "react", "input": {"messages": [{"role": "user", "content": "(1+2)*3은 얼마야?"}]}}
        answer = httpx.post(f"{url}/runs/wait", json=body, timeout=60).json()
        assert "9" in answer["messages"][-1]["content"]
    finally:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    assert "SIMULATED" in printed
    assert f"https://smith.langchain.com/studio/?baseUrl={url}" in printed


def test_a_taken_port_is_one_message() -> None:
    """The server itself would silently take another port, and Studio would look in vain."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "clovax_agents.cli", "studio", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def _refused(folder: Path, *options: str, **environment: str) -> str:
    """Return the one message with which the command ends."""
    (folder / "langgraph.json").write_text('{"dependencies": ["."], "graphs": {}}', encoding="utf-8")
    command = [sys.executable, "-m", "clovax_agents.cli", "studio", "--port", str(_free_port()), *options]
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_an_open_server_stays_on_this_machine(tmp_path: Path) -> None:
    """Others can reach a hardened one only."""
    assert "--hardened" in _refused(tmp_path, "--host", "0.0.0.0")  # noqa: S104  # it is refused


def test_a_hardened_server_has_users(tmp_path: Path) -> None:
    """Without a file of them it does not start, and says how to make one."""
    assert "clovax add-user" in _refused(tmp_path, "--hardened")
    (tmp_path / "users.json").write_text("{}", encoding="utf-8")
    assert "has no users" in _refused(tmp_path, "--hardened")


def test_a_token_is_shown_once(tmp_path: Path) -> None:
    """On its own line, for scripts; the file does not hold it."""
    command = [sys.executable, "-m", "clovax_agents.cli", "add-user", "kim", "--scope", "orders:write"]
    done = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    token = done.stdout.strip()
    written = (tmp_path / "users.json").read_text(encoding="utf-8")
    assert len(token) > 40
    assert token not in written
    assert "orders:write" in written
