"""A pacer that shares its window by a store: threads, tasks, stores that die and come back."""

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.errors import RateLimitStoreError
from clovax_agents.pacing import Limit, Turn
from clovax_agents.pacing.shared import SharedPacer
from clovax_agents.pacing.stores import Answer, Exchange, Store, open_store
from clovax_agents.pacing.stores.sqlite import SqliteStore

SECONDS = 30.0


class Breakable:
    """A store that can be taken away.

    Attributes:
        broken: what it raises now; None if it works.
        asked: all that it was asked.
    """

    def __init__(self, inner: Store) -> None:
        """Stand before another one."""
        self._inner = inner
        self.broken: Exception | None = None
        self.asked: list[Exchange] = []
        self.place = "the test's store"

    def exchange(self, asked: Exchange) -> Answer:
        """Pass it on, unless it is broken."""
        self.asked.append(asked)
        if self.broken is not None:
            raise self.broken
        return self._inner.exchange(asked)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Breakable]:
    """Give a store in a file of this test."""
    inner = open_store(f"sqlite:///{tmp_path}/limits.sqlite")
    yield Breakable(inner)
    inner.close()  # type: ignore[attr-defined]


def _pacer(store: Any, requests: int = 2, period: float = 60.0) -> SharedPacer:
    return SharedPacer(Limit(requests, 1000), store=store, window="w", period=period)


def _goes(turn: Turn, seconds: float = SECONDS) -> bool:
    """Tell whether a turn comes within some seconds."""
    ends = time.monotonic() + seconds
    while turn.poll() is not None:
        left = ends - time.monotonic()
        if left <= 0:
            return False
        turn.bell().wait(left)
    return True


def _until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    for _ in range(1500):
        if holds():
            return
        threading.Event().wait(0.02)


def test_two_pacers_share_one_window(store: Breakable) -> None:
    """What one has reserved the other has not, and what one gives back the other gets."""
    one, other = _pacer(store, period=12), _pacer(store, period=12)
    first, second, third = one.enter(10), other.enter(10), other.enter(10)
    assert _goes(first)
    assert _goes(second)
    assert not _goes(third, 0.2)
    first.leave()
    assert _goes(third)


def test_all_that_wait_are_asked_for_at_once(store: Breakable) -> None:
    """Twenty threads need fewer round trips than turns."""
    pacer = _pacer(store, 100)
    turns = [pacer.enter(1) for _ in range(20)]
    threads = [threading.Thread(target=_goes, args=(turn,)) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert all(turn.entry is not None for turn in turns)
    assert len(store.asked) < 10
    assert max(len(asked.asks) for asked in store.asked) > 5


async def test_no_event_loop_waits_for_the_store(store: Breakable) -> None:
    """While a slow store is asked, the loop goes on; the turn comes all the same."""
    working, pacer = threading.Event(), _pacer(store)
    exchange = store.exchange

    def slow(asked: Exchange) -> Answer:
        working.wait(SECONDS)
        return exchange(asked)

    store.exchange = slow  # type: ignore[method-assign]
    turn = pacer.enter(10)

    async def through() -> None:
        while (seconds := turn.poll()) is not None:
            await turn.bell().heard(seconds)

    job = asyncio.ensure_future(through())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not job.done()
    working.set()
    await asyncio.wait_for(job, SECONDS)


def test_who_leaves_before_the_answer_gives_the_room_back(store: Breakable) -> None:
    """The store hears that what it granted was not taken."""
    pacer, other = _pacer(store, 1, period=12), _pacer(store, 1, period=12)
    asked, go_on = threading.Event(), threading.Event()
    exchange = store.exchange

    def held(what: Exchange) -> Answer:
        answer = exchange(what)
        if what.process == pacer._process and not asked.is_set():
            asked.set()
            go_on.wait(SECONDS)
        return answer

    store.exchange = held  # type: ignore[method-assign]
    turn = pacer.enter(10)
    assert turn.poll() is not None
    assert asked.wait(SECONDS)
    turn.leave()
    go_on.set()
    assert _goes(other.enter(10))


@pytest.mark.parametrize(
    "error", [RateLimitStoreError("gone"), RuntimeError("a bug")], ids=["away", "a-store-with-a-bug"]
)
@pytest.mark.soak(every=2)
def test_a_store_that_dies_means_a_part_of_the_limit_and_one_warning(
    store: Breakable, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """R11: nobody hangs, the part is that of the processes that were seen, and what was taken is told in the end."""
    caplog.set_level(logging.WARNING)
    one, other = _pacer(store, 8), _pacer(store, 8)
    assert _goes(one.enter(1))
    assert _goes(other.enter(1))
    assert _goes(one.enter(1))  # now it knows of the other one
    store.broken = error
    assert all(_goes(one.enter(1)) for _ in range(2))
    assert not _goes(one.enter(1), 0.1)  # four is its half of eight
    assert len([record for record in caplog.records if "cannot be reached" in record.message]) == 1
    store.broken = None
    assert _goes(one.enter(1))
    assert any("is back" in record.message for record in caplog.records)
    assert store.asked[-1].made or any(asked.made for asked in store.asked)


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_store_whose_file_is_taken_away_is_shared_again(tmp_path: Path, how: str) -> None:
    """R11: whoever has the old file open finds the new one, tells what it has taken, and nobody gets more than all."""
    place = tmp_path / "limits.sqlite"
    stores = [SqliteStore(place), SqliteStore(place)]
    one, other = _pacer(stores[0], 8), _pacer(stores[1], 8)
    assert all(_goes(one.enter(1)) for _ in range(4))
    for file in tmp_path.iterdir():
        file.rename(tmp_path / f"old-{file.name}") if how == "replaced" else file.unlink()
    assert _goes(other.enter(1))  # in a new file, of which the first one knows nothing yet
    assert _goes(one.enter(1))
    _until(lambda: not one._away)
    assert all(_goes(other.enter(1)) for _ in range(2))
    assert not any([_goes(one.enter(1), 0.3), _goes(other.enter(1), 0.3)])
    assert one.usage()[0] + other.usage()[0] == 8
    for store in stores:
        store.close()


def test_refusals_teach_all_processes(store: Breakable) -> None:
    """The ceiling that one has found is tried by the others, without a refusal of their own."""
    one, other = _pacer(store, 10, period=900), _pacer(store, 10, period=900)
    turns = [one.enter(1) for _ in range(4)]
    assert all(_goes(turn) for turn in turns)
    for turn in turns:
        turn.answered()
    turns[-1].refuse(again=False)
    _until(lambda: not one._news)
    waits = other.enter(1)
    assert waits.poll() is not None
    _until(lambda: other.ceiling[0] < 10)
    assert other.ceiling[0] == one.ceiling[0] == 3
    assert waits.poll() is not None  # three count, and no more are tried


def test_a_pause_is_kept_by_all_processes_and_grows_with_them(store: Breakable) -> None:
    """The other one is told at once, waits as long, goes when it is over, and pauses for longer itself next time."""
    one, other = _pacer(store, 10, period=30), _pacer(store, 10, period=30)
    turn = one.enter(1)
    assert _goes(turn)
    turn.refuse(again=False, retry_after=1.0)
    _until(lambda: any(asked.quiet for asked in store.asked))
    waits, begins = other.enter(1), time.monotonic()
    assert _goes(waits)
    assert time.monotonic() - begins > 0.8
    assert other._gate.learned[1] == 1
    waits.refuse(again=False, retry_after=0.1)
    _until(lambda: store.asked[-1].process == other._process and store.asked[-1].quiet is not None)
    told = store.asked[-1].quiet
    assert told is not None
    assert told.refusals == 2


def test_a_store_that_keeps_no_pauses_works_on(store: Breakable) -> None:
    """One of somebody's own: each process keeps its own pause then."""
    exchange = store.exchange

    def older(asked: Exchange) -> Answer:
        return exchange(replace(asked, quiet=None, spacing=0.0))._replace(quiet=None, passed=(math.inf, math.inf))

    store.exchange = older  # type: ignore[method-assign]
    one, other = _pacer(store, 10, period=30), _pacer(store, 10, period=30)
    turn = one.enter(1)
    assert _goes(turn)
    turn.refuse(again=False, retry_after=5.0)
    assert not _goes(one.enter(1), 0.3)
    assert _goes(other.enter(1), 3)
    assert len(store.asked) < 30


def test_a_machine_without_more_threads_is_as_a_store_that_is_away(
    store: Breakable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The call goes all the same, and the store is asked when a thread can be had again."""
    start = threading.Thread.start

    def none_left(thread: threading.Thread) -> None:
        if thread.name == "clovax-pacer":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", none_left)
    pacer = _pacer(store, 5)
    assert _goes(pacer.enter(1), 5)
    assert "can't start new thread" in caplog.text
    monkeypatch.undo()
    _until(lambda: pacer.enter(1).poll() is not None and bool(store.asked))
    assert store.asked[0].made
