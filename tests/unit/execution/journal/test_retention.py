"""Results of finished calls are forgotten when they are old; that a "once" call has run never is."""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from journals import claim, ended, run_python, state_of, states
from langchain_core.messages import ToolMessage
from toolruns import call, calls, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.execution.journal.audit import head, verify
from clovax_agents.execution.journal.base import Journal
from clovax_agents.execution.journal.choosing import open_journal
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal

DAY = 86_400.0
PRUNER = """
import sys, time
from clovax_agents.execution.journal.postgres import PostgresJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal
kind = PostgresJournal if sys.argv[1].startswith("postgresql://") else SqliteJournal
journal = kind(sys.argv[1], clock=lambda: time.time() + 40 * 86400)  # for it, all that has ended is old
journal.prune()
print("ready", flush=True)
for line in sys.stdin:
    print(journal.prune(), flush=True)
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def journal(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Iterator[Journal]:
    """Give each journal in turn, by this clock."""
    made: Journal = MemoryJournal(clock=clock)
    if request.param == "sqlite":
        made = SqliteJournal(tmp_path / "j.sqlite", clock=clock)
    elif request.param == "postgres":
        made = PostgresJournal(request.getfixturevalue("postgres_url"), clock=clock)
    yield made
    made.close()


def test_only_what_has_ended_is_forgotten(journal: Journal, clock: Clock) -> None:
    """A "once" call is known for ever to have run; others may run again; what has not ended stays as it was."""
    once = [claim("done"), claim("failed"), claim("started"), claim("waiting"), claim("unknown")]
    others = [claim("read", "read"), claim("idempotent", "idempotent")]
    journal.begin([*once, *others])
    ends = {"failed": "failed", "waiting": "interrupted", "unknown": "unknown"}
    journal.end([ended(key, ends.get(key, "done")) for key in ("done", *ends, "read", "idempotent")])
    clock.now += 31 * DAY
    journal.renew()

    assert journal.prune(before=clock.now - 30 * DAY) == 4
    assert states(journal, *once) == ["forgotten", "forgotten", "wait", "interrupted", "unknown"]
    assert states(journal, *others) == ["run", "run"]
    assert journal.prune(before=clock.now) == 0


def test_what_is_forgotten_has_no_result_and_never_runs(journal: Journal, clock: Clock) -> None:
    """Whoever says "again", and however it is said to have ended."""
    journal.begin([claim()])
    journal.end([ended(result=b"paid" * 1000, consumed=2)])
    clock.now += 2 * DAY
    journal.prune(before=clock.now)
    journal.end([ended(how="interrupted"), ended(how="unknown"), ended(result=b"again")])

    for again in (False, True):
        (found,) = journal.begin([claim(again=again)])
        assert (found.state, found.result, found.consumed) == ("forgotten", b"", 2)


def test_age_counts_from_the_end(journal: Journal, clock: Clock) -> None:
    """A call that waited for a person for weeks is as new as its answer."""
    journal.begin([claim()])
    journal.end([ended(how="interrupted")])
    clock.now += 60 * DAY
    journal.begin([claim()])
    clock.now += DAY
    journal.end([ended()])
    clock.now += DAY

    assert journal.prune(before=clock.now - 2 * DAY) == 0
    assert journal.prune(before=clock.now - DAY / 2) == 1


def test_nothing_of_the_last_hour_is_forgotten(journal: Journal, clock: Clock) -> None:
    """A run may not have written down yet what its call returned."""
    journal.begin([claim()])
    journal.end([ended()])
    clock.now += 3_590

    assert journal.prune(before=clock.now + DAY) == 0
    assert state_of(journal) == "done"
    clock.now += 20
    assert journal.prune(before=clock.now + DAY) == 1


def test_the_audit_stays_whole_and_tells_of_it(journal: Journal, clock: Clock) -> None:
    """No record goes; one for each time that something was forgotten comes, in the same chain."""
    journal.begin([claim(), claim("r", "read")])
    journal.end([ended(), ended("r")])
    noted = head(journal.audit())
    clock.now += DAY
    journal.prune(before=clock.now)
    journal.prune(before=clock.now)
    records = list(journal.audit())

    assert [record.event for record in records] == ["started", "started", "done", "done", "pruned"]
    assert records[-1].previous == noted
    assert records[-1].facts == {"calls": 2, "before": clock.now - 3_600}
    assert verify(records) == 5
    state_of(journal)
    assert [record.event for record in journal.audit(thread_id="t")][-1] == "forgotten"
    assert verify(journal.audit()) == 6


@pytest.mark.soak(every=3)
def test_many_are_forgotten_in_pieces(journal: Journal, clock: Clock) -> None:
    """More than one transaction takes, or as many as are asked for, the oldest first."""
    keys = [str(number) for number in range(2_345)]
    journal.begin([claim(key) for key in keys])
    for key in keys[:10]:
        journal.end([ended(key)])
        clock.now += 1
    journal.end([ended(key) for key in keys[10:]])
    clock.now += DAY

    assert journal.prune(before=clock.now, limit=10) == 10
    assert set(states(journal, *map(claim, keys[:10]))) == {"forgotten"}
    assert state_of(journal, claim(keys[10])) == "done"
    assert journal.prune(before=clock.now, limit=0) == 0
    assert journal.prune(before=clock.now) == 2_335
    assert verify(journal.audit()) > 2_345


def test_by_itself_a_journal_goes_by_its_days(clock: Clock, tmp_path: Path, postgres_url: str) -> None:
    """Thirty of them if nothing is said; None keeps everything, as memory does, which counts instead."""
    makes: list[Callable[..., Any]] = [
        lambda **days: SqliteJournal(tmp_path / f"{days}.sqlite", clock=clock, **days),
        lambda **days: PostgresJournal(postgres_url, clock=clock, **days),
    ]
    for make in makes:
        for days, age, count in (({}, 29, 0), ({}, 31, 1), ({"keep_days": 0.5}, 0.6, 1), ({"keep_days": None}, 999, 0)):
            made = make(**days)
            made.begin([claim(str(age))])
            made.end([ended(str(age))])
            clock.now += age * DAY
            assert made.prune() == count
            made.prune(before=clock.now)
            made.close()
    memory = MemoryJournal(clock=clock)
    memory.begin([claim()])
    memory.end([ended()])
    clock.now += 999 * DAY
    assert memory.prune() == 0


@pytest.mark.parametrize("days", [-1, float("nan"), float("inf")])
def test_days_that_are_none(days: float, tmp_path: Path) -> None:
    """They are refused when the journal is made, with the way out."""
    with pytest.raises(ConfigurationError, match="or None for ever"):
        SqliteJournal(tmp_path / "j", keep_days=days)
    with pytest.raises(ConfigurationError, match="or None for ever"):
        PostgresJournal("postgresql://u@h/d", keep_days=days)


@pytest.mark.soak(every=2)
def test_nothing_runs_twice_while_others_prune(journal: Journal, clock: Clock) -> None:
    """Threads claim and end the same calls over and over, one prunes all the time: each call has run once."""
    ran: Counter[str] = Counter()
    met: Counter[str] = Counter()
    over = threading.Event()

    def work() -> None:
        turn = 0
        while turn < 60 or not met["forgotten"]:  # the others may have ended before the first pruning
            turn += 1
            keys = [f"k{(turn + step) % 40}" for step in range(3)]
            for key, found in zip(keys, journal.begin([claim(key) for key in keys]), strict=True):
                met[found.state] += 1
                if found.state == "run":
                    ran[key] += 1
                    journal.end([ended(key)])

    def prune() -> None:
        while not over.is_set():
            clock.now += DAY
            journal.prune(before=clock.now)

    with ThreadPoolExecutor(4) as pool:
        pruning = pool.submit(prune)
        try:
            for working in [pool.submit(work) for _ in range(3)]:
                working.result()
        finally:
            over.set()
        pruning.result()

    assert ran == Counter(f"k{number}" for number in range(40))
    assert met["forgotten"] > 0
    assert verify(journal.audit()) > 80


@pytest.mark.soak(every=2)
def test_nothing_runs_twice_while_another_process_prunes(place: str) -> None:
    """For the other one, whatever has ended is old; calls that run here are left alone by it."""
    process = run_python(PRUNER, place)
    mine = open_journal(place).journal
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    forgotten, ran = 0, Counter[str]()
    try:
        for turn in range(30):
            keys = [f"k{number}" for number in range(turn, turn + 10)]
            process.stdin.write("\n")  # it prunes while these are claimed, and while they end
            process.stdin.flush()
            found = dict(zip(keys, states(mine, *map(claim, keys)), strict=True))
            assert set(found.values()) <= {"run", "done", "forgotten"}
            ran.update(key for key, state in found.items() if state == "run")
            mine.end([ended(key) for key, state in found.items() if state == "run"])
            forgotten += int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()
        mine.close()
    assert ran == Counter(f"k{number}" for number in range(39))
    assert forgotten > 0
    assert verify(mine.audit()) > 78
    mine.close()


def test_tables_of_an_older_version_are_pruned_too(tmp_path: Path, postgres_url: str, clock: Clock) -> None:
    """The index by age is added to tables that are there."""
    old = [SqliteJournal(tmp_path / "j"), PostgresJournal(postgres_url)]
    for journal in old:
        journal.begin([claim()])
        journal.end([ended()])
        journal.close()
    with psycopg.connect(postgres_url) as postgres:
        postgres.execute("DROP INDEX clovax_ended")
    sqlite = sqlite3.connect(tmp_path / "j")
    sqlite.execute("DROP INDEX clovax_ended")
    sqlite.close()
    clock.now = time.time() + 31 * DAY

    assert SqliteJournal(tmp_path / "j", clock=clock).prune() == 1
    newer = PostgresJournal(postgres_url, clock=clock)
    assert newer.prune() == 1
    newer.close()
    with psycopg.connect(postgres_url) as postgres:
        assert postgres.execute("SELECT to_regclass('clovax_ended') IS NOT NULL").fetchone() == (True,)


@pytest.mark.parametrize(("language", "told"), [("en", "It was not run again"), ("ko", "다시 실행하지 않았습니다")])
def test_a_run_that_goes_on_too_late_is_told(
    language: str, told: str, journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model reads that the call has run, and that its result is gone; what only reads is read again."""
    monkeypatch.setenv("CLOVAX_LANG", language)
    ran: list[str] = []

    @tool
    def pay(amount: int) -> str:
        """Pay."""
        ran.append("pay")
        return f"paid {amount}"

    @tool(policy=ToolPolicy(effect="read"))
    def look() -> str:
        """Look."""
        ran.append("look")
        return "seen"

    made, config = calls(call("pay", "a", amount=1), call("look", "b")), {"configurable": {"thread_id": "t"}}
    first = ToolExecutor([pay, look], journal=journal).invoke(made, config)
    clock.now += 31 * DAY
    journal.prune(before=clock.now)
    again: list[ToolMessage] = ToolExecutor([pay, look], journal=journal).invoke(made, config)

    assert outcomes(first) == ["success", "success"]
    assert outcomes(again) == ["forgotten", "success"]
    assert told in again[0].text
    assert sorted(ran) == ["look", "look", "pay"]
