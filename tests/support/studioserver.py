"""``clovax studio`` in a process of its own, in a copy of the project's folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).parents[2]
START_SECONDS = 90


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def project_at(folder: Path) -> Path:
    """Copy what a server serves: the state that it keeps beside it is then nobody else's."""
    shutil.copy(ROOT / "langgraph.json", folder)
    for name in ("graphs", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


class StudioServer:
    """A server; entered, it answers.

    Args:
        folder: with a langgraph.json.
        *options: of the command.
        **environment: besides that of this process, in which no service and no key is named.
    """

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CLOVA", "LANG", "N_JOBS"))}
        ours = {"PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "CLOVASTUDIO_API_KEY": ""}
        self._environment = {**clean, **ours, **environment}
        self._folder = folder
        self._options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.printed = ""

    def __enter__(self) -> Self:
        """Start, and wait for its word."""
        command = [sys.executable, "-m", "clovax_agents.cli", "studio", "--port", str(self.port), *self._options]
        self._log = (self._folder / f"server-{self.port}.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603  # our own arguments
            command, cwd=self._folder, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/ok", timeout=2).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop(signal.SIGKILL)
        raise AssertionError(f"the server did not start:\n{self.printed[-3000:]}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop, if that has not happened yet."""
        if self._process.poll() is None:
            self.stop()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Send a signal to all of its processes, and wait for the end."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
        self._log.seek(0)
        self.printed = self._log.read()
        self._log.close()
