"""ChatClovaX beside langchain-naver, the OpenAI SDK and bare httpx: ``make bench``.

All in one run, in turns: the server has one core, the clients the other. CPU time is what counts; ratios are medians
over the rounds. The table is printed, and saved with ``--save``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from machine import machine
from processes import ask, line, process
from rich.console import Console
from rich.progress import track
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES: Final = ("ours", "naver", "openai", "httpx")
_CHUNKS: Final = 1000
_PACKETS: Final = 100
_MICRO: Final = 1e6


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured.

    Attributes:
        name: in the table.
        key: the method of the contenders; ``@n`` for n calls at once.
        gate: the ratio to langchain-naver that has to hold.
        goal: the ratio that is aimed at.
        raw_gate: the same against bare httpx.
        per: how many units one run has.
    """

    name: str
    key: str
    gate: float | None = None
    goal: float | None = None
    raw_gate: float | None = None
    per: int = 1


TASKS: Final = (
    Task("construct", "construct", 0.05, 0.005),
    Task("ainvoke, observed", "ainvoke_observed", 0.50, 0.30, 0.70),
    Task("the same, its handler in a thread", "ainvoke_observed_from_a_thread"),
    Task("ainvoke", "ainvoke", 0.40, 0.18, 0.45),
    Task("invoke, observed", "invoke_observed", 0.45, 0.33),
    Task("invoke", "invoke", 0.35, 0.25),
    Task("100 ainvokes at once", "ainvoke@100", 0.25, 0.10),
    Task("1,000 ainvokes at once", "ainvoke@1000", 0.20, 0.07),
    Task("astream, a chunk of text", "astream_text", 0.25, 0.13, 2.5, _CHUNKS),
    Task("astream, a chunk of arguments", "astream_arguments", 0.25, 0.12, None, _CHUNKS),
    Task("16 astreams at once, a chunk in a packet", "astream_packets@16", 0.50, 0.20, None, _PACKETS),
    Task("astream, to the first chunk", "afirst", 0.60, 0.28),
    Task("agent, a turn with one tool", "aturn", raw_gate=2.5),
    Task("200 messages more", "invoke_history", 0.02, 0.005),
    Task("bind_tools, 1 tool, again", "bind_1"),
    Task("bind_tools, 10 tools, again", "bind_10"),
    Task("bind_tools, 100 tools, again", "bind_100", 0.10, 0.02),
)
_IMPORTS: Final = {
    "ours": "from clovax_agents import ChatClovaX",
    "lazy": "import clovax_agents",
    "naver": "from langchain_naver import ChatClovaX",
    "openai": "import openai",
    "httpx": "import httpx",
}
_PROBE: Final = (  # the memory is read as Linux shows it: ru_maxrss would count the process that started this one
    "import time; t = time.process_time(); {}; t = time.process_time() - t; import re; "
    "print(t, int(re.search('VmHWM:[^0-9]+([0-9]+)', open('/proc/self/status').read())[1]) / 1024)"
)


@dataclass(slots=True)
class Row:
    """One line of the table: medians in microseconds (imports: milliseconds, MiB), and ratios to ours."""

    name: str
    gate: float | None = None
    goal: float | None = None
    raw_gate: float | None = None
    values: dict[str, float] = field(default_factory=dict[str, float])
    to_naver: float | None = None
    to_httpx: float | None = None

    def holds(self) -> bool:
        """Tell whether the gates hold."""
        return _within(self.to_naver, self.gate) and _within(self.to_httpx, self.raw_gate)


def _within(ratio: float | None, gate: float | None) -> bool:
    return ratio is None or gate is None or ratio <= gate


def main() -> None:
    """Measure everything, print and save the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    rows = [*_imports(options.rounds), *_tasks(options.rounds)]
    Console(width=120).print(_table(rows))
    if options.save:
        about = {
            "date": datetime.now(UTC).date().isoformat(),
            "rounds": options.rounds,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "machine": machine(),
        }
        options.save.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")


def _imports(rounds: int) -> Iterable[Row]:
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in _IMPORTS}
    for round_ in track(range(rounds + 1), "imports"):
        for name, statement in _IMPORTS.items():
            found = _import(statement)
            if round_:  # the first one writes the bytecode that an installation would have
                runs[name].append(found)
    for place, (name, gate, goal) in enumerate((("import, ms", 0.55, 0.50), ("memory after it, MiB", 0.75, 0.72))):
        values = {who: [run[place] for run in found] for who, found in runs.items()}
        yield _row(name, {who: values[who] for who in _NAMES}, gate=gate, goal=goal)
        lazy = {"ours": values["lazy"], "naver": values["naver"]}
        if place == 0:
            yield _row("import clovax_agents alone, ms", lazy, gate=0.10, goal=0.05)


def _import(statement: str) -> tuple[float, float]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", _PROBE.format(statement)]
    seconds, memory = map(float, subprocess.check_output(command, env=environment, text=True).split())  # noqa: S603
    return seconds * 1000, memory


def _tasks(rounds: int) -> Iterable[Row]:
    with ExitStack() as stack:
        server = stack.enter_context(process("canned.py", core=1))
        url = f"http://127.0.0.1:{line(server).strip()}/v1/openai"
        workers = {
            (name, kind): stack.enter_context(process("contenders.py", name, url, core=0))
            for name in _NAMES
            for kind in {_kind(task) for task in TASKS}
        }
        for each in (server, *workers.values()):
            stack.callback(each.terminate)
        found: dict[str, dict[str, list[float]]] = {task.key: {} for task in TASKS}
        for _ in track(range(rounds), "calls"):
            for task in TASKS:
                for name in _NAMES:
                    if (seconds := ask(workers[name, _kind(task)], task.key)) is not None:
                        found[task.key].setdefault(name, []).append(seconds * _MICRO / task.per)
    for key in ("invoke", "ainvoke"):  # bare httpx has no handlers: it is compared as it is
        found[f"{key}_observed"]["httpx"] = found[key]["httpx"]
    for name, values in found["invoke_history"].items():
        found["invoke_history"][name] = [a - b for a, b in zip(values, found["invoke"][name], strict=True)]
    for task in TASKS:
        yield _row(task.name, found[task.key], gate=task.gate, goal=task.goal, raw_gate=task.raw_gate)


def _kind(task: Task) -> str:
    """Return what shares processes: what other kinds leave behind (connections, a large heap) costs nobody here."""
    method, _, width = task.key.partition("@")
    return f"{method.partition('_')[0]}@{width}"


def _row(
    name: str, values: dict[str, list[float]], *, gate: float | None, goal: float | None, raw_gate: float | None = None
) -> Row:
    medians = {who: round(statistics.median(found), 2) for who, found in values.items()}
    ours = values["ours"]

    def ratio(other: str) -> float | None:
        if other not in values:
            return None
        return round(statistics.median(a / b for a, b in zip(ours, values[other], strict=True)), 4)

    return Row(name, gate, goal, raw_gate, medians, ratio("naver"), ratio("httpx"))


def _table(rows: list[Row]) -> Table:
    table = Table("", *_NAMES, "/ naver", "gate", "goal", "/ httpx", "gate", title="CPU time, µs unless said otherwise")
    for row in rows:
        values = [f"{row.values[name]:,.1f}" if name in row.values else "" for name in _NAMES]
        figures = [row.to_naver, row.gate, row.goal, row.to_httpx, row.raw_gate]
        style = None if row.holds() else "red"
        table.add_row(
            row.name, *values, *["" if figure is None else f"{figure:.3f}" for figure in figures], style=style
        )
    return table


if __name__ == "__main__":
    main()
