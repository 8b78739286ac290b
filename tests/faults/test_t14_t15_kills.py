"""T14, T15: a run that is killed -9 anywhere, and resumed, has done nothing twice and lost nothing."""

import os
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from killed import CALLS, Contender, Fault
from killing import Trial, Verdict, judge, killed_at_random, table

SOAK = bool(os.environ.get("CLOVAX_SOAK"))
KILLS = 100 if SOAK else 3
OURS: tuple[Contender, ...] = ("ToolExecutor", "react_agent")
PAIRS = [(who, kind) for who in OURS for kind in ("sqlite", "postgres")]
FEW = PAIRS if SOAK else [("ToolExecutor", "sqlite"), ("react_agent", "postgres")]
AFTER_ALL_ENDS = {"before_writes", "before_checkpoint", "during_checkpoint", "after_checkpoint"}


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where checkpoints and journal are kept."""
    return (
        str(tmp_path / "checkpoints.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )


def _shown(verdict: Verdict, contender: Contender, database: str, capsys: pytest.CaptureFixture[str]) -> Verdict:
    """Print a verdict as a table, and return it."""
    where = "Postgres" if database.startswith("postgresql://") else "SQLite"
    with capsys.disabled():
        print(f"\n{table({f'{contender}, {where}': verdict})}")  # noqa: T201
    return verdict


@pytest.mark.parametrize("fault", get_args(Fault))
@pytest.mark.parametrize(("contender", "database"), FEW, indirect=["database"])
@pytest.mark.soak(every=9)
def test_t15_killed_at_a_named_point(contender: Contender, database: str, tmp_path: Path, fault: Fault) -> None:
    """Nothing is done twice or lost; and once every call has ended, nothing is even unknown."""
    verdict = Trial(contender, database, tmp_path).at(fault)

    assert verdict.kills == 1
    assert verdict.clean, table({fault: verdict})
    if fault in AFTER_ALL_ENDS | {"before_claim"}:
        assert verdict.unknown == 0
    else:
        assert verdict.unknown >= 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("contender", ["ToolNode", "create_agent"])
@pytest.mark.soak
def test_t15_the_harness_sees_effects_that_are_done_twice(contender: Contender, database: str, tmp_path: Path) -> None:
    """With those who promise nothing, the same kill doubles effects, so a clean verdict means something."""
    verdict = Trial(contender, database, tmp_path).at("after_effect")

    assert verdict.kills == 1
    assert verdict.doubled >= 1


@pytest.mark.parametrize(("contender", "database"), FEW, indirect=["database"])
@pytest.mark.timeout(1800)
@pytest.mark.soak
def test_t14_killed_at_random(
    contender: Contender, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whenever it is killed, up to twice in a run: nothing is done twice, nothing is lost."""
    verdict = _shown(killed_at_random(contender, database, tmp_path, kills=KILLS), contender, database, capsys)

    assert verdict.kills >= KILLS
    assert verdict.clean


@pytest.mark.skipif(not SOAK, reason="for the table beside ours; part of make soak")
@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("contender", ["ToolNode", "create_agent"])
@pytest.mark.timeout(1800)
def test_t14_the_same_kills_double_effects_of_others(
    contender: Contender, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the promise is worth: as many kills of graphs that do not make it."""
    verdict = _shown(killed_at_random(contender, database, tmp_path, kills=KILLS), contender, database, capsys)

    assert verdict.kills >= KILLS
    assert verdict.doubled


@given(st.lists(st.integers(0, 3), min_size=CALLS, max_size=CALLS))
def test_t14_the_judge_counts_every_second_effect(times: list[int]) -> None:
    """Effects beyond the first are doubled ones; a result of something that never happened is invented."""
    effects = [f"{number} key" for number, count in enumerate(times) for _ in range(count)]
    answers = [f"{number} success {f'did {number}'!r}" for number in range(CALLS)]

    verdict = judge(effects, answers)

    assert verdict.doubled == sum(max(count - 1, 0) for count in times)
    assert verdict.invented == times.count(0)
    assert verdict.lost == 0
    assert verdict.unanswered == 0


def test_t14_the_judge_tells_lost_from_unknown() -> None:
    """An error in place of a result that there was is a loss; "unknown" is none; and every call has one answer."""
    answers = ["0 error 'Error: no'", "1 unknown 'Error: who knows'", "2 success 'did 2'", "2 success 'did 2'"]

    verdict = judge(["0 a", "1 b", "2 c", "3 d", "2 e"], answers)

    assert verdict.lost == 2
    assert (verdict.unknown, verdict.unsure) == (1, 1)
    assert verdict.unanswered == CALLS - 2
    assert verdict.keys == 1
    assert not verdict.clean
