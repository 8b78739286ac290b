"""The project here: its langgraph.json and graphs, and whether LangGraph Studio can open them."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clovax_agents.cli.errors import describe
from clovax_agents.cli.examining.blocking import blocking_calls
from clovax_agents.cli.examining.findings import Finding
from clovax_agents.cli.examining.wording import say
from clovax_agents.cli.graphs import listed_graphs, load_graph
from clovax_agents.errors import ClovaXError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_project"]

_CONFIG: Final = Path("langgraph.json")
_PORT: Final = 2024
_SKIPPED: Final = frozenset({"node_modules", "site-packages", "tests", "benchmarks"})
_MOST_FILES: Final = 2_000


def check_project() -> Iterator[Finding]:
    """Look at the graphs, at calls in them that block, and at the server of Studio."""
    if not _CONFIG.is_file():
        told = say("there is no langgraph.json here: no project was looked at")
        yield Finding("project", "note", told, say("to make a project, run: clovax new NAME"))
    else:
        yield from _graphs()
        yield from _blocking()
    yield _server()
    yield _port(_PORT)


def _graphs() -> Iterator[Finding]:
    try:
        names = [one.name for one in listed_graphs() if not one.name.startswith("prebuilt:")]
    except (ClovaXError, OSError) as error:
        yield Finding("project", "error", describe(error), say("correct langgraph.json"))
        return
    for name in names:
        try:
            load_graph(name)
        except Exception as error:  # noqa: BLE001  # whatever a file does when it is imported
            told = say(
                "the graph {name} cannot be loaded: {error}", name=name, error=describe(error).partition("\n")[0]
            )
            yield Finding(f"graph:{name}", "error", told, say("run: clovax draw {name} --debug", name=name))
        else:
            yield Finding(f"graph:{name}", "ok", say("the graph {name} can be loaded", name=name))


def _blocking() -> Iterator[Finding]:
    for path in _sources(Path()):
        for call in blocking_calls(path):
            told = say("{path}:{line} calls {name} in a coroutine: Studio's server refuses it", path=path,
                       line=call.line, name=call.name)  # fmt: skip
            todo = say("make the function a plain def, or call it with await asyncio.to_thread(...)")
            yield Finding("blocking", "warning", told, todo)


def _sources(root: Path) -> list[Path]:
    """Return the project's own files."""
    found: list[Path] = []
    waiting = [root]
    while waiting and len(found) < _MOST_FILES:
        for path in sorted(waiting.pop().iterdir()):
            if path.name.startswith((".", "_")) and path.is_dir():
                continue
            if path.is_dir() and path.name not in _SKIPPED and not (path / "pyvenv.cfg").exists():
                waiting.append(path)
            elif path.suffix == ".py":
                found.append(path)
    return found


def _server() -> Finding:
    if find_spec("langgraph_api") is None:
        told = say("LangGraph's development server is not installed")
        return Finding(
            "studio", "note", told, say("for Studio, run: pip install {what}", what='"clovax-agents[studio]"')
        )
    return Finding("studio", "ok", say("LangGraph's development server is installed: clovax studio"))


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if taken:
        told = say("port {port} is taken, perhaps by a server that runs already", port=port)
        return Finding("port", "note", told, say("run: clovax studio --port {port}", port=port + 1))
    return Finding("port", "ok", say("port {port} is free for clovax studio", port=port))
