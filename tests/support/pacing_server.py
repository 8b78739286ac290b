"""A simulator with a rate limit whose minute is short, and real processes that ask it as fast as it lets them."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from clovax_agents import ChatClovaX
from clovax_agents.errors import ClovaXError
from clovax_agents.pacing import Limit, Pacer
from clovax_agents.pacing.shared import SharedPacer
from clovax_agents.pacing.stores import open_store
from clovax_agents.simulator import Limit as ServerLimit
from clovax_agents.simulator import Limits, RequestRecord, SimulatorServer, Switches, create_app

MODEL = "HCX-005"
CAP = 100
_START_SECONDS = 60.0


@dataclass
class Limited:
    """A server, and what it was asked.

    Attributes:
        server: the simulator.
        limit: a period.
        period: seconds of its minute.
        records: of all requests.
    """

    server: SimulatorServer
    limit: ServerLimit
    period: float
    records: list[RequestRecord] = field(default_factory=list)

    def figures(self, since: float, until: float) -> tuple[float, float]:
        """Return the share of the allowed requests that was used, the edges counting by degrees, and that of 429s."""

        def weight(at: float) -> float:
            return min(max(min(at - since, until - at) / self.period, 0.0), 1.0)

        answered = [record for record in self.records if record.status == 200]
        refused = sum(record.status == 429 for record in self.records)
        allowed = (self.limit.requests or 0) * (until - since - self.period) / self.period
        return sum(weight(record.at) for record in answered) / allowed, refused / max(len(self.records), 1)


@contextmanager
def limited(limit: ServerLimit, period: float, **settings: Any) -> Iterator[Limited]:
    """Serve with a limit for each of these periods."""
    records: list[RequestRecord] = []
    scale, began = 60 / period, time.time()
    app = create_app(
        limits=Limits.of({"*": limit}, **settings),
        clock=lambda: began + (time.time() - began) * scale,
        switches=Switches(limit_headers="none"),  # their seconds would be those of the clock
        log=records.append,
    )
    with SimulatorServer(app=app, log_level="critical") as server:
        yield Limited(server, limit, period, records)


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one process does.

    Attributes:
        url: of the server.
        limit: that its pacer keeps to.
        period: seconds of the limit's minute.
        margin: of the pacer.
        seconds: to work for.
        workers: that ask one thing after the other.
        store: that processes share; none if empty.
        warm_url: of a server without limits, for a first request.
    """

    url: str
    limit: Limit
    period: float
    margin: float
    seconds: float
    workers: int
    store: str = ""
    warm_url: str = ""

    def pacer(self) -> Pacer:
        """Return the pacer of this process."""
        settings: dict[str, Any] = {"period": self.period, "margin": self.margin}
        if self.store:
            return SharedPacer(self.limit, store=open_store(self.store), window="shared", **settings)
        return Pacer(self.limit, **settings)


def run(share: Share, begins: float) -> tuple[int, list[str]]:
    """Ask until the time is over; return how many answers there were, and what went wrong."""
    return asyncio.run(_run(share, begins))


async def _run(share: Share, begins: float) -> tuple[int, list[str]]:
    chat = ChatClovaX(model=MODEL, api_key="nv-test", base_url=share.url, max_tokens=CAP, rate_limit=share.pacer())
    errors: list[str] = []
    answers = 0
    await chat.model_copy(update={"rate_limit": "off", "base_url": share.warm_url}).ainvoke("안녕하세요")

    async def work() -> None:
        nonlocal answers
        while True:
            try:
                await chat.ainvoke("안녕하세요")
                answers += 1
            except ClovaXError as error:
                errors.append(repr(error))

    await asyncio.sleep(max(begins - time.time(), 0))
    _, pending = await asyncio.wait(
        [asyncio.ensure_future(work()) for _ in range(share.workers)], timeout=share.seconds
    )
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return answers, errors


def in_processes(shares: list[Share], wait: float = 1.0) -> tuple[float, list[tuple[int, list[str]]]]:
    """Let each process do its share, all beginning at one moment; return that, and what came of each."""
    with context().Pool(len(shares)) as pool:
        pool.map(_ready, range(len(shares)), chunksize=1)
        begins = time.time() + wait
        found = pool.starmap_async(run, [(share, begins) for share in shares], chunksize=1)
        return begins, found.get(max(share.seconds for share in shares) + _START_SECONDS)


def _ready(_number: int) -> None:
    time.sleep(0.05)  # so that no process takes the place of two


@cache
def context() -> Any:
    """Return processes that start in a few milliseconds: forked off one in which everything is imported."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["pytest", "pacing_server"])
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[2])]
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*([before] if before else []), *paths])
    try:
        found.Process(target=_ready, args=(0,)).start()
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    return found
