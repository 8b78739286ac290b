"""A journal beside an event loop: never waited for by it, written in groups, and nothing lost when writing fails."""

import asyncio
import gc
import itertools
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from journals import claim, ended

from clovax_agents.errors import JournalError
from clovax_agents.execution.journal import writer as module
from clovax_agents.execution.journal.audit import verify
from clovax_agents.execution.journal.base import AuditRecord, Claim, Ended, Journal, Standing
from clovax_agents.execution.journal.memory import MemoryJournal
from clovax_agents.execution.journal.sqlite import SqliteJournal
from clovax_agents.execution.journal.writer import JournalWriter


class Slow(MemoryJournal):
    """A journal that says it outlives the process, is slow when told to, and fails when told to."""

    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.transactions: list[tuple[str, int]] = []
        self.failing = 0
        self.fails_after = False
        self.renewed = 0

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim, when it may."""
        self.transact("begin", len(claims))
        found = super().begin(claims)
        if self.fails_after:
            raise JournalError("the commit was not confirmed")
        return found

    def end(self, calls: Sequence[Ended]) -> None:
        """Note, when it may."""
        self.transact("end", len(calls))
        super().end(calls)

    def renew(self) -> None:
        """Count."""
        self.renewed += 1

    def transact(self, kind: str, count: int) -> None:
        """Wait until it may go on; fail if it is to."""
        assert threading.current_thread().name == "clovax-journal"
        assert self.go.wait(10)
        self.transactions.append((kind, count))
        if self.failing:
            self.failing -= 1
            raise JournalError("the disk is full: make room")


@pytest.fixture
def slow() -> Slow:
    """Give a slow journal."""
    return Slow()


@pytest.fixture
def writer(slow: Slow) -> Iterator[JournalWriter]:
    """Give its writer."""
    made = JournalWriter(slow)
    yield made
    slow.go.set()
    made.close()


async def test_what_waits_goes_into_one_transaction(slow: Slow, writer: JournalWriter) -> None:
    """While one is under way, the others gather; each caller gets its own standings."""
    slow.go.clear()
    first = asyncio.ensure_future(writer.begin([claim("first")]))
    await asyncio.sleep(0.1)
    others = [asyncio.ensure_future(writer.begin([claim(str(n)), claim(f"{n}+")])) for n in range(20)]
    await asyncio.sleep(0)
    slow.go.set()
    await first
    found = await asyncio.gather(*others)
    assert slow.transactions == [("begin", 1), ("begin", 40)]
    assert [[one.state for one in pair] for pair in found] == [["run", "run"]] * 20
    keys = [one.idempotency_key for pair in found for one in pair]
    assert len(set(keys)) == 40


async def test_the_loop_does_not_wait(slow: Slow, writer: JournalWriter) -> None:
    """However long the disk takes, other tasks go on."""
    slow.go.clear()
    waiting = asyncio.ensure_future(writer.begin([claim()]))
    turns = 0
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
    assert not waiting.done()
    slow.go.set()
    assert (await waiting)[0].state == "run"


async def test_order_is_kept(slow: Slow, writer: JournalWriter) -> None:
    """What was asked for first is written first, ends and claims among each other."""
    slow.go.clear()
    begun = asyncio.ensure_future(writer.begin([claim()]))
    await asyncio.sleep(0.05)
    written = writer.end([ended()])
    again = asyncio.ensure_future(writer.begin([claim()]))
    await asyncio.sleep(0)
    slow.go.set()
    await asyncio.gather(begun, written, again)
    assert again.result()[0].state == "done"
    assert slow.transactions == [("begin", 1), ("end", 1), ("begin", 1)]


async def test_an_error_reaches_everybody_in_the_group(slow: Slow, writer: JournalWriter) -> None:
    """None of them may run; the next claim is another try."""
    slow.go.clear()
    first = asyncio.ensure_future(writer.begin([claim("first")]))
    await asyncio.sleep(0.05)
    others = [asyncio.ensure_future(writer.begin([claim(str(n))])) for n in range(3)]
    await asyncio.sleep(0)
    slow.failing = 2
    slow.go.set()
    found = await asyncio.gather(first, *others, return_exceptions=True)
    assert [str(error) for error in found] == ["the disk is full: make room"] * 4
    assert (await writer.begin([claim("first")]))[0].state == "run"


async def test_a_result_that_could_not_be_written_is_not_lost(slow: Slow, writer: JournalWriter) -> None:
    """Who waits for it is told; before the next claim it is tried again, so that the call does not run twice."""
    await writer.begin([claim()])
    slow.failing = 1
    with pytest.raises(JournalError, match="make room"):
        await writer.end([ended(result=b"paid")])
    (found,) = await writer.begin([claim()])
    assert (found.state, found.result) == ("done", b"paid")
    assert verify(slow.audit()) == 3


async def test_while_a_result_cannot_be_written_nothing_begins(slow: Slow, writer: JournalWriter) -> None:
    """A claim would meet what is not true any more."""
    await writer.begin([claim()])
    slow.failing = 2
    with pytest.raises(JournalError):
        await writer.end([ended()])
    with pytest.raises(JournalError):
        await writer.begin([claim("other")])
    assert slow.transactions == [("begin", 1), ("end", 1), ("end", 1)]


async def test_an_unconfirmed_claim_may_run_later(slow: Slow, writer: JournalWriter) -> None:
    """It stands there as running, and nobody runs it: that is put right, and calls that do run are left alone."""
    await writer.begin([claim("running")])
    slow.fails_after = True
    with pytest.raises(JournalError, match="not confirmed"):
        await writer.begin([claim(), claim("running")])
    slow.fails_after = False
    found = await writer.begin([claim(), claim("running")])
    assert [one.state for one in found] == ["interrupted", "wait"]


async def test_a_caller_that_goes_away_gives_its_claim_back(slow: Slow, writer: JournalWriter) -> None:
    """A cancelled run leaves no call behind that looks as if it ran."""
    slow.go.clear()
    waiting = asyncio.ensure_future(writer.begin([claim()]))
    await asyncio.sleep(0.05)
    waiting.cancel()
    slow.go.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.1)
    assert (await writer.begin([claim()]))[0].state == "interrupted"


def test_a_loop_that_is_closed_gives_its_claims_back(slow: Slow, writer: JournalWriter) -> None:
    """Also when there is nobody left to be told."""
    slow.go.clear()

    async def leave() -> None:
        task = asyncio.ensure_future(writer.begin([claim()]))
        await asyncio.sleep(0.05)
        task.cancel()

    asyncio.run(leave())
    slow.go.set()

    async def look() -> str:
        return (await writer.begin([claim("other")]) + await writer.begin([claim()]))[1].state

    assert asyncio.run(look()) == "interrupted"


async def test_running_calls_are_renewed_however_busy_it_is(
    slow: Slow, writer: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other hosts are told in time; when nothing runs, nothing is told."""
    monkeypatch.setattr(module, "_RENEW_EVERY", 0.05)
    await writer.begin([claim("long")])
    for number in range(15):
        await writer.begin([claim(str(number))])
        await writer.end([ended(str(number)), ended("never", "refused")])
        await asyncio.sleep(0.02)
    assert slow.renewed >= 3
    busy = slow.renewed
    await asyncio.sleep(0.3)
    assert slow.renewed > busy
    await writer.end([ended("long")])
    idle = slow.renewed
    await asyncio.sleep(0.2)
    assert slow.renewed <= idle + 1


async def test_an_idle_writer_keeps_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And goes with its journal, when nobody has it any more."""
    monkeypatch.setattr(module, "_IDLE", 0.05)
    before = threading.active_count()
    writer = JournalWriter(SqliteJournal(tmp_path / "j"))
    await writer.begin([claim()])
    await writer.end([ended()])
    for _ in range(100):
        if threading.active_count() <= before:
            break
        await asyncio.sleep(0.05)
    assert threading.active_count() <= before
    assert (await writer.begin([claim()]))[0].state == "done"
    await asyncio.sleep(0.2)
    gone = weakref.ref(writer)
    del writer
    gc.collect()
    assert gone() is None


async def test_an_end_from_any_thread(slow: Slow, writer: JournalWriter) -> None:
    """A body that was given up tells, from its own thread, how it ended after all."""
    await writer.begin([claim()])
    thread = threading.Thread(target=writer.end_later, args=(ended(),))
    thread.start()
    thread.join()
    assert (await writer.begin([claim()]))[0].state == "done"
    assert slow.transactions[1] == ("end", 1)


async def test_memory_is_written_at_once() -> None:
    """Without a thread; an error is told in the same way."""
    before = threading.active_count()
    journal = MemoryJournal()
    writer = JournalWriter(journal)
    assert (await writer.begin([claim()]))[0].state == "run"
    written = writer.end([ended()])
    assert written.done()
    writer.end_later(ended("late", "refused"))
    assert [record.event for record in journal.audit()] == ["started", "done", "refused"]
    assert threading.active_count() == before


async def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """What was handed over is there, also at the exit of the program; afterwards it goes on."""
    journal = SqliteJournal(tmp_path / "j")
    writer = JournalWriter(journal)
    await writer.begin([claim()])
    for number in range(50):
        writer.end_later(ended(str(number), "refused"))
    await asyncio.to_thread(writer.close)
    assert journal._desks.get().connection is None
    assert verify(SqliteJournal(tmp_path / "j").audit()) == 51
    assert (await writer.begin([claim()]))[0].state == "wait"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # what it warns of is what is tested
async def test_a_forked_child_has_a_thread_of_its_own(tmp_path: Path) -> None:
    """The parent's does not exist there."""
    writer = JournalWriter(SqliteJournal(tmp_path / "j"))
    await writer.begin([claim()])
    pid = await asyncio.to_thread(fork_and_claim, writer)
    status = await asyncio.to_thread(os.waitpid, pid, 0)
    assert os.waitstatus_to_exitcode(status[1]) == 0


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # what it warns of is what is tested
def test_children_that_begin_while_a_thread_writes_can_write(tmp_path: Path) -> None:
    """The fork waits for the transaction: a child would inherit SQLite's locks, and wait for ever."""
    journal, done = SqliteJournal(tmp_path / "j"), threading.Event()
    thread = threading.Thread(target=write_until, args=(journal, done))
    thread.start()
    try:
        children = [fork_and_write(journal, f"child {number}") for number in range(20)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    finally:
        done.set()
        thread.join()
    assert codes == [0] * 20


def write_until(journal: SqliteJournal, done: threading.Event) -> None:
    """Write without a pause."""
    for number in itertools.count():
        journal.begin([claim(str(number))])
        if done.is_set():
            return


def fork_and_write(journal: SqliteJournal, key: str) -> int:
    """Fork, and claim in the child, which is ended if that takes too long."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        found = journal.begin([claim(key)])
        os._exit(0 if [one.state for one in found] == ["run"] else 1)
    return pid


def fork_and_claim(writer: JournalWriter) -> int:
    """Fork, and claim in the child."""
    pid = os.fork()
    if pid == 0:
        found = asyncio.run(writer.begin([claim(), claim("child")]))
        os._exit(0 if [one.state for one in found] == ["wait", "run"] else 1)
    return pid


class Own:
    """A journal of a user's own, of nothing but what the contract asks for."""

    durable = True

    def begin(self, claims: Sequence[Claim]) -> list[Standing]:
        """Claim."""
        return [Standing(state="run", attempts=1, idempotency_key=one.key, started_at=0) for one in claims]

    def end(self, calls: Sequence[Ended]) -> None:
        """Stumble over what it does not like."""
        if any(call.key == "odd" for call in calls):
            raise TypeError("odd")

    def renew(self) -> None:
        """Do nothing."""

    def audit(self, *, thread_id: str | None = None) -> Iterator[AuditRecord]:  # noqa: ARG002
        """Give nothing."""
        return iter(())

    def close(self) -> None:
        """Do nothing."""


async def test_one_bad_end_does_not_stop_a_journal_for_good() -> None:
    """What a journal cannot take at all is told to its caller, and not tried for ever."""
    own: Journal = Own()
    writer = JournalWriter(own)
    await writer.begin([claim("odd")])
    with pytest.raises(TypeError, match="odd"):
        await writer.end([ended("odd")])
    assert (await writer.begin([claim()]))[0].state == "run"
    await writer.end([ended()])
    await asyncio.to_thread(writer.close)


class Growing(Slow):
    """A journal with old results, more than one transaction takes."""

    keep_days = 30.0

    def __init__(self) -> None:
        super().__init__()
        self.old = 2_500
        self.pruned: list[int] = []
        self.locked = False
        self.stops_at = -1
        self.busy, self.resume = threading.Event(), threading.Event()

    def prune(self, *, before: float | None = None, limit: int | None = None) -> int:
        """Forget as many as it is told to."""
        assert before is None
        assert limit is not None
        self.transact("prune", 0)
        if len(self.pruned) == self.stops_at:
            self.busy.set()
            assert self.resume.wait(10)
        if self.locked:
            raise JournalError("another program has been writing to it for too long")
        count = min(limit, self.old)
        self.old -= count
        self.pruned.append(count)
        return count


async def test_old_results_are_forgotten_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Soon after a program has begun, in pieces, and after that once in an hour."""
    growing = Growing()
    writer = JournalWriter(growing)
    for number in range(10):
        await writer.begin([claim(str(number))])
    assert growing.pruned == [1000, 1000, 500]
    monkeypatch.setattr(module, "time", Later())
    for number in range(10):
        await writer.begin([claim(str(number))])
    await asyncio.to_thread(writer.close)
    assert growing.pruned == [1000, 1000, 500, 0]


class Later:
    """The module ``time``, an hour ahead."""

    def monotonic(self) -> float:
        """Tell the time."""
        return time.monotonic() + 3_700


async def test_whoever_waits_comes_before_old_results() -> None:
    """Between two pieces the claims that have come meanwhile are served."""
    growing = Growing()
    growing.stops_at = 0
    writer = JournalWriter(growing)
    await writer.begin([claim("first")])
    assert await asyncio.to_thread(growing.busy.wait, 10)
    others = [asyncio.ensure_future(writer.begin([claim(str(number))])) for number in range(3)]
    await asyncio.sleep(0)
    growing.resume.set()
    await asyncio.gather(*others)
    await asyncio.to_thread(writer.close)
    kinds = [kind for kind, _ in growing.transactions]
    assert kinds == ["begin", "prune", "begin", "prune", "prune"]


async def test_a_pruning_that_fails_stops_nothing() -> None:
    """Nobody waits for it: calls go on, and it is tried again later."""
    growing = Growing()
    growing.locked = True
    writer = JournalWriter(growing)
    for number in range(10):
        assert (await writer.begin([claim(str(number))]))[0].state == "run"
    await asyncio.to_thread(writer.close)
    assert [kind for kind, _ in growing.transactions].count("prune") == 1


async def test_who_keeps_everything_is_never_pruned(tmp_path: Path) -> None:
    """Not a journal that keeps for ever, nor one of a user's own that knows of no days."""
    old = SqliteJournal(tmp_path / "j", clock=lambda: 1_000.0, keep_days=None)
    old.begin([claim()])
    old.end([ended()])
    old.close()
    for keep_days, state in ((None, "done"), (30, "forgotten")):
        writer = JournalWriter(SqliteJournal(tmp_path / "j", keep_days=keep_days))
        await writer.begin([claim("other")])
        await asyncio.to_thread(writer.close)
        writer = JournalWriter(SqliteJournal(tmp_path / "j", keep_days=None))
        assert (await writer.begin([claim()]))[0].state == state
        await asyncio.to_thread(writer.close)
    own = JournalWriter(Own())
    await own.begin([claim()])
    await asyncio.to_thread(own.close)
