"""``clovax studio``: LangGraph's development server with the flags that matter, on the simulator if there is no key."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from rich.console import Console

from clovax_agents.cli.service import service
from clovax_agents.errors import ConfigurationError

__all__ = ["serve_studio"]

_OWN_SIGNAL_SECONDS: Final = 3.0
_STOP_SECONDS: Final = 10.0
_QUIET: Final = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGGRAPH_NO_VERSION_CHECK": "1"}


def serve_studio(port: int) -> int:
    """Serve ./langgraph.json until interrupted; return the server's exit code.

    Raises:
        ConfigurationError: no langgraph.json here, the extra is missing, or the port is taken (the server itself would
            silently take another one).
    """
    if not Path("langgraph.json").is_file():
        raise ConfigurationError("there is no langgraph.json here: run this in the folder of a LangGraph project")
    if find_spec("langgraph_api") is None:
        raise ConfigurationError('the server needs an extra: pip install "clovax-agents[studio]"')
    _check_free(port)
    console = Console(highlight=False)
    with service() as banner:
        console.print(f"[dim]{banner}[/]")
        console.print(f"[bold]Studio[/]  https://smith.langchain.com/studio/?baseUrl=http://127.0.0.1:{port}")
        console.print(f"[bold]API[/]     http://127.0.0.1:{port}/docs   (Ctrl-C stops)")
        return _serve(port)


def _serve(port: int) -> int:
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n-jobs-per-worker", "10"]
    with subprocess.Popen(command, env={**os.environ, **_QUIET}) as server:  # noqa: S603  # our own arguments
        try:
            return server.wait()
        except KeyboardInterrupt:
            _stop(server)
            return 0


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Let the server save its threads: at a terminal it got Ctrl-C itself, otherwise it is passed on."""
    for patience in (_OWN_SIGNAL_SECONDS, _STOP_SECONDS):
        try:
            server.wait(patience)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGINT)
        else:
            return
    server.kill()


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise ConfigurationError(f"port {port} is taken: stop what listens there, or choose another with --port")
