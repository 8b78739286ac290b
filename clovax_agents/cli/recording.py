"""``clovax record``: a question through a graph, and what went over the wire as a cassette."""

from __future__ import annotations

import os
import shlex
import tomllib
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from clovax_agents.capabilities import DEFAULT_BASE_URL
from clovax_agents.cli.ask import ask_loaded
from clovax_agents.cli.graphs import default_graph, load_graph
from clovax_agents.cli.service import service
from clovax_agents.cli.wording import say
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.narrowing import as_dict

__all__ = ["record_question"]

_KEY: Final = "CLOVASTUDIO_API_KEY"
_FOLDER: Final = "cassettes"


def record_question(question: str, graph: str, *, to: str, test: str = "", simulator: bool | None = None) -> None:
    """Ask, and write what was sent and answered.

    Args:
        question: to ask.
        graph: its name; empty for the first of langgraph.json.
        to: file to write.
        test: node id of the test whose cassette it is to be; then that file is written.
        simulator: as for `service`.

    Raises:
        ConfigurationError: no such graph, or the extra is missing.
        CassetteError: nothing was sent, or a key would be stored.
    """
    if missing := [name for name in ("vcr", "yaml") if find_spec(name) is None]:
        text = '{modules} is missing; install it with: pip install "clovax-agents[testing]"'
        raise ConfigurationError(say(text, modules=", ".join(missing)))
    from clovax_agents.testing.cassettes.places import cassette_path  # noqa: PLC0415  # needs the extra
    from clovax_agents.testing.cassettes.recorder import Recorder  # noqa: PLC0415
    from clovax_agents.testing.cassettes.steady import KST, steady  # noqa: PLC0415

    console, name = Console(highlight=False), graph or default_graph()
    path = cassette_path(Path(_cassettes()), test) if test else Path(to).expanduser()
    label = test or f"clovax record {shlex.quote(question)} --graph {shlex.quote(name)} --to {shlex.quote(to)}"
    with service(simulator=simulator, options=steady(label)) as banner:
        base_url = (os.environ.get("CLOVASTUDIO_API_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
        console.print(f"[dim]clovax record · {escape(name)} · {escape(banner)}[/]", soft_wrap=True)
        today = datetime.now(tz=KST).date()
        recorder = Recorder(path, base_url=base_url, service="CLOVA Studio", test=label, today=today)
        loaded = load_graph(name)
        with recorder.running():
            ask_loaded(loaded, question, console)
        is_new = recorder.finish([os.environ.get(_KEY, "")])
    told = {"count": len(recorder.exchanges), "against": recorder.recorded_against, "path": path}
    said = say("{path}: {count} requests, recorded against {against}", **told)
    console.print(f"\n{escape(said)}", soft_wrap=True)
    if not is_new:
        console.print(f"[dim]{say('the file held the same already, and is as it was')}[/]")


def _cassettes() -> str:
    """Return the folder of the project's cassettes, as pytest is told."""
    path = Path("pyproject.toml")
    found: Any = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name in ("tool", "pytest", "ini_options"):
        found = (as_dict(found) or {}).get(name)
    return str((as_dict(found) or {}).get("clovax_cassette_dir", _FOLDER))
