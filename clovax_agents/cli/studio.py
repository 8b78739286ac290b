"""``clovax studio``: LangGraph's development server with the flags that matter, on the simulator if there is no key."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from clovax_agents.cli.service import service
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["LOOPBACK", "serve_studio"]

LOOPBACK: Final = "127.0.0.1"
"""Where a server listens that nobody else is to reach."""
_OWN_SIGNAL_SECONDS: Final = 3.0
_STOP_SECONDS: Final = 10.0
_QUIET: Final = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGGRAPH_NO_VERSION_CHECK": "1"}


def serve_studio(port: int, host: str = LOOPBACK, *, is_hardened: bool = False) -> int:
    """Serve ./langgraph.json until interrupted; return the server's exit code.

    Args:
        port: to listen at.
        host: to listen at; only a hardened server may be reached from elsewhere.
        is_hardened: whether it asks for tokens, and refuses whatever no client of ours sends.

    Raises:
        ConfigurationError: no langgraph.json here, the extra is missing, or the port is taken (the server itself would
            silently take another one).
    """
    if not Path("langgraph.json").is_file():
        text = "there is no {config} here: run this in the folder of a LangGraph project"
        raise ConfigurationError(say(text, config="langgraph.json"))
    if find_spec("langgraph_api") is None:
        raise ConfigurationError(say('the server needs an extra: pip install "clovax-agents[studio]"'))
    if host != LOOPBACK and not is_hardened:
        text = "--host {host} would let everybody in: add --hardened, or leave --host out"
        raise ConfigurationError(say(text, host=host))
    _check_free(port)
    console = Console(highlight=False)
    with _configured(is_hardened=is_hardened) as config, service() as banner:
        console.print(f"[dim]{banner}[/]")
        _tell(console, f"http://{host}:{port}", is_hardened=is_hardened)
        return _serve(config, host, port)


def _tell(console: Console, url: str, *, is_hardened: bool) -> None:
    if is_hardened:
        console.print(f"[bold]API[/]     {url}   ({say('hardened: tokens only; Ctrl-C stops')})")
        return
    console.print(f"[bold]Studio[/]  https://smith.langchain.com/studio/?baseUrl={url}")
    console.print(f"[bold]API[/]     {url}/docs   ({say('Ctrl-C stops')})")


@contextmanager
def _configured(*, is_hardened: bool) -> Generator[str, None, None]:
    """Yield the file that the server reads; paths in it count from here wherever it is."""
    if not is_hardened:
        yield "langgraph.json"
        return
    from clovax_agents.server.hardening import hardened  # noqa: PLC0415  # only where it is asked for
    from clovax_agents.server.settings import ServerSettings  # noqa: PLC0415
    from clovax_agents.server.users import Users  # noqa: PLC0415

    settings = ServerSettings.from_env()
    if not Users(settings.users).all():
        text = "{path} has no users: add one with `clovax add-user NAME`"
        raise ConfigurationError(say(text, path=settings.users))
    with tempfile.TemporaryDirectory(prefix="clovax-") as folder:
        path = Path(folder, "langgraph.json")
        given = json.loads(Path("langgraph.json").read_text(encoding="utf-8"))
        path.write_text(json.dumps(hardened(given, settings.origins)), encoding="utf-8")
        yield str(path)


def _serve(config: str, host: str, port: int) -> int:
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload", "--config", config]
    command += ["--host", host, "--port", str(port), "--n-jobs-per-worker", "10"]
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
            text = "port {port} is taken: stop what listens there, or choose another with --port"
            raise ConfigurationError(say(text, port=port))
