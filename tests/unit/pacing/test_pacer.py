"""Who is let through, in which order, and who is woken for it: threads, tasks, priorities, cancellation, forks."""

import asyncio
import copy
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents import ChatClovaX
from clovax_agents.errors import ConfigurationError, ReservationTooLargeError
from clovax_agents.pacing import Limit, Pacer, Turn
from clovax_agents.pacing.line import Line
from clovax_agents.pacing.pacer import PERIOD
from clovax_agents.pacing.signals import Signal


class Time:
    """Seconds that are set by hand."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def _full(limit: Limit = Limit(1), **settings: object) -> tuple[Pacer, Time, Turn]:  # noqa: B008
    """Return a pacer that has no room left, its clock, and the turn that takes it."""
    time = Time()
    pacer = Pacer(limit, clock=time, **settings)  # type: ignore[arg-type]
    turn = pacer.enter(0)
    assert turn.poll() is None
    turn.answered()
    return pacer, time, turn


async def _through(turn: Turn) -> None:
    while (seconds := turn.poll()) is not None:
        await turn.bell().heard(seconds)


@given(st.lists(st.sampled_from(["high", "normal", "low"]), max_size=30))
def test_the_more_urgent_go_first_and_equals_in_order(priorities: list[str]) -> None:
    """Within a minute of waiting, the order is that of priorities, and of coming."""
    pacer, time, _ = _full()
    turns = [pacer.enter(0, priority=priority) for priority in priorities]  # type: ignore[arg-type]
    expected = sorted(turns, key=lambda turn: turn.priority)
    order: list[Turn] = []
    while pacer.waiting:
        waiting = [turn for turn in turns if turn not in order]
        time.now += 3.5  # far less than the patience, in which nobody is overtaken
        pacer._gate.window = type(pacer._gate.window)(60)
        order += [turn for turn in waiting if turn.poll() is None]
        if time.now > 50:
            break
    assert order == expected[: len(order)]


def test_nobody_is_overtaken_for_longer_than_a_minute() -> None:
    """After that, who has waited longest is first, however urgent the others are."""
    line = Line[str]()
    line.join("low", 2, 0.0)
    line.join("high", 0, 59.0)
    assert line.first(59.5) == "high"
    assert line.first(60.5) == "low"


def test_a_smaller_request_goes_into_a_gap_only_if_the_first_waits_no_longer() -> None:
    """What the first one needs at its time stays free for it."""
    time = Time()
    pacer = Pacer(Limit(10, 1000), clock=time)
    assert pacer.enter(600).poll() is None
    time.now = 10.0
    assert pacer.enter(300).poll() is None
    first, small, large = pacer.enter(650), pacer.enter(40), pacer.enter(90)
    wait = first.poll()
    assert small.entry is not None
    assert large.entry is None  # it would fit now, but the first one would have to wait for it at its time
    assert first.poll() == wait


def test_a_request_larger_than_the_limit_is_refused_at_once_if_the_limit_is_certain() -> None:
    """Else it goes when nothing else counts: the documented limit may not be the key's."""
    with pytest.raises(ReservationTooLargeError, match="1,500 tokens"):
        Pacer(Limit(10, 1000)).enter(1500)
    time = Time()
    pacer = Pacer(Limit(10, 1000), certain=False, clock=time)
    assert pacer.enter(1).poll() is None
    large = pacer.enter(1500)
    assert large.poll() == pytest.approx(63)
    time.now = 63.5
    assert large.poll() is None


def test_room_given_back_lets_the_next_one_go_at_once() -> None:
    """By a cancelled request, and by one that turned out to be smaller."""
    pacer, _, turn = _full(Limit(5, 100))
    turn.settle(90)
    waiting = pacer.enter(50)
    assert waiting.poll() is not None
    turn.settle(20)
    assert waiting.poll() is None
    last = pacer.enter(60)
    assert last.poll() is not None
    waiting.leave()
    assert last.poll() is None


async def test_a_cancelled_waiter_gives_its_place_to_the_next() -> None:
    """R10: and the next one is woken."""
    pacer, _, held = _full()
    first, second = pacer.enter(0), pacer.enter(0)
    jobs = [asyncio.ensure_future(_through(turn)) for turn in (first, second)]
    await asyncio.sleep(0)
    jobs[0].cancel()
    await asyncio.wait(jobs[:1])
    first.leave()
    held.leave()
    await asyncio.wait_for(jobs[1], 10)
    assert pacer.waiting == 0


def test_threads_and_event_loops_share_one_pacer() -> None:
    """Each is let through once, whoever gives the room back."""
    takers = 8
    pacer = Pacer(Limit(1))
    passed: list[int] = []

    def take(number: int) -> None:
        turn = pacer.enter(0)
        if number % 2:
            asyncio.run(_through(turn))
        else:
            while (seconds := turn.poll()) is not None:
                turn.bell().wait(seconds)
        passed.append(number)
        turn.leave()

    threads = [threading.Thread(target=take, args=(number,)) for number in range(takers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(passed) == list(range(takers))
    assert pacer.waiting == 0


def test_a_waiter_whose_loop_was_closed_holds_nobody_up() -> None:
    """Nobody will ever wake it, so the next one is woken in its place."""
    pacer, _, held = _full()
    loop = asyncio.new_event_loop()
    dead = pacer.enter(0)
    job = loop.create_task(_through(dead))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    alive = pacer.enter(0)
    assert alive.poll() is not None
    held.leave()
    assert alive.poll() is None
    assert pacer.waiting == 0
    job._log_destroy_pending = False  # type: ignore[attr-defined]  # it is left behind on purpose


def test_a_bell_that_rings_before_anybody_listens_is_heard_once() -> None:
    """It is not lost, and it does not ring for ever."""
    bell = Signal()
    assert bell.ring()
    bell.wait(30.0)
    bell.wait(0.01)
    threading.Timer(0.01, bell.ring).start()
    bell.wait(30.0)
    assert bell.ring()
    bell.wait(30.0)
    assert not bell._take()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_waits_for_nobody_of_its_parent() -> None:
    """Locks held and turns taken in the parent are none of its business; what was sent still counts."""
    pacer, _, _ = _full(Limit(2))
    pacer.enter(0)
    with pacer._lock:
        child = os.fork()
        if child == 0:
            try:
                fine = pacer.waiting == 0 and pacer.enter(0).poll() is None and pacer.enter(0).poll() is not None
            except BaseException:  # noqa: BLE001
                fine = False
            os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_smaller_limit_holds_for_all_with_what_was_learned() -> None:
    """A larger one changes nothing."""
    pacer, _, _ = _full(Limit(60, 1000))
    assert not pacer.restrict(Limit(90, 2000))
    assert pacer.restrict(Limit(30, 2000))
    assert pacer.limit == Limit(30, 1000)
    assert pacer.ceiling == (30, 1000)


@pytest.mark.parametrize("settings", [{"period": 0.0}, {"period": float("inf")}, {"margin": -1.0}])
def test_times_that_are_none_are_refused(settings: dict[str, float]) -> None:
    """With what is wrong."""
    with pytest.raises(ConfigurationError, match="period"):
        Pacer(Limit(1), **settings)  # type: ignore[arg-type]


def test_a_pacer_is_not_copied_with_its_model() -> None:
    """It is a thing of this process; a copy of a model shares it."""
    pacer = Pacer(Limit(1))
    chat = ChatClovaX(api_key="nv-x", rate_limit=pacer)
    assert copy.deepcopy(chat).rate_limit is pacer
    assert pacer._gate.window.period > PERIOD


@pytest.mark.parametrize("tokens", [-1, float("nan"), float("inf")])
def test_a_place_for_no_number_of_tokens_is_refused(tokens: float) -> None:
    """It would let everybody through, or nobody ever again."""
    with pytest.raises(ConfigurationError, match="number of tokens"):
        Pacer(Limit(1, 100)).enter(tokens)


def test_a_priority_that_does_not_exist_is_refused() -> None:
    """With those that do."""
    with pytest.raises(ConfigurationError, match="high or normal or low"):
        Pacer(Limit(1)).enter(1, priority="urgent")  # type: ignore[arg-type]


def test_a_limit_may_be_written_as_everywhere() -> None:
    """A text or a pair is read, and nonsense refused at once instead of at the first request."""
    assert Pacer("60/-").limit == Limit(60)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="no rate limit"):
        Pacer(60)  # type: ignore[arg-type]


def test_what_was_counted_below_nothing_makes_no_room() -> None:
    """A server's odd count is none: the limit holds for what others ask for."""
    pacer = Pacer(Limit(None, 1000), clock=Time())
    turn = pacer.enter(500)
    assert turn.poll() is None
    turn.settle(-100_000)
    assert pacer.usage() == (1, 0)


def test_who_is_refused_twice_stands_in_the_line_once() -> None:
    """And the line is empty when it has left."""
    pacer, _, turn = _full()
    turn.refuse()
    turn.refuse()
    assert pacer.waiting == 1
    turn.leave()
    assert pacer.waiting == 0
