"""What is learned from refusals, and what is let through."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.pacing import Limit
from clovax_agents.pacing.ceiling import Ceiling
from clovax_agents.pacing.gate import Gate


def _refused(ceiling: Ceiling, now: float, passed: float, *, again: bool = False) -> float:
    ceiling.lower(now, passed, requests=passed, total=now, again=again)
    return ceiling.most


def test_a_refusal_brings_the_ceiling_down_to_what_passed_and_it_rises_by_more_each_time() -> None:
    """From there it is raised by one request, then by twice as many, up to the limit and not beyond."""
    ceiling = Ceiling(60)
    assert _refused(ceiling, 0.0, 30) == 30
    assert not ceiling.raised(1.0, 1)
    steps = []
    while ceiling.next_raise() < math.inf:
        before = ceiling.most
        assert ceiling.raised(ceiling.next_raise() + 1e-6, 1)
        steps.append(ceiling.most - before)
    assert steps[:4] == [1, 2, 4, 8]
    assert ceiling.most == 60


def test_a_raise_that_is_refused_is_not_tried_again_for_long() -> None:
    """One refusal is worth many requests that pass, and more where nothing is known of the limit."""
    pauses = []
    for unknown in (False, True):
        ceiling = Ceiling(60, unknown=unknown)
        _refused(ceiling, 0.0, 30)
        now = ceiling.next_raise() + 1
        ceiling.raised(now, 1)
        _refused(ceiling, now + 1, 30)
        pauses.append(ceiling.next_raise() - now)
    assert pauses[1] > 2 * pauses[0] > 80


def test_a_burst_of_refusals_is_one_piece_of_news() -> None:
    """Those that were on their way already only correct what has passed."""
    ceiling = Ceiling(60)
    _refused(ceiling, 0.0, 40)
    due = ceiling.next_raise()
    assert _refused(ceiling, 0.1, 35, again=True) == 35
    assert ceiling.next_raise() == due


def test_nobody_comes_down_to_nothing() -> None:
    """Where others have taken all, some of the limit is tried all the same."""
    assert _refused(Ceiling(300), 0.0, 0) == 6
    assert _refused(Ceiling(None), 0.0, 0) == 1


def test_what_was_saved_up_is_not_taken_for_what_passes() -> None:
    """Refused again soon after, although the ceiling was kept, it comes down to what passed on the average."""
    ceiling = Ceiling(None, unknown=True)
    ceiling.lower(0.0, 60, requests=60, total=60)
    ceiling.lower(300.0, 60, requests=60, total=60 + 5 * 50)
    ceiling.lower(301.0, 60, requests=60, total=60 + 5 * 50)
    assert 45 <= ceiling.most <= 51


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 600), st.booleans()), max_size=80))
def test_a_gate_never_lets_more_through_than_the_limit_within_any_minute(
    steps: list[tuple[float, int, bool]],
) -> None:
    """Whatever is sent, answered and refused, no minute has more than the limit of what the service let in."""
    gate, now = Gate(Limit(7, 2000), period=60, margin=0.25), 0.0
    sent: list[tuple[float, int]] = []
    for gap, tokens, well in steps:
        now += gap
        while (wait := gate.wait(now, tokens)) > 0:
            now += wait
        entry = gate.take(now, tokens)
        if well:
            gate.went_well()
            sent.append((now, tokens))
        else:
            gate.window.remove(entry)
            gate.refused(now, tokens, now, None)
            gate.pause(now, now, None)
        minute = [held for at, held in sent if at > now - 60]
        assert len(minute) <= 7
        assert sum(minute) <= 2000


def test_what_comes_too_early_does_not_cost_the_ceiling() -> None:
    """A refusal right after many have left here: they still count there, so the margin grows and the limit stands."""
    gate = Gate(Limit(10), period=60, margin=0.25)
    gate.went_well()
    for _ in range(10):
        gate.take(0.0, 1)
    assert gate.wait(60.3, 1) == 0
    gate.window.remove(gate.take(60.3, 1))
    gate.refused(60.35, 1, 60.3, None)
    gate.pause(60.35, 60.3, None)
    assert gate.most == (10, math.inf)
    assert gate.take(62.0, 1).until - 62.0 > 60.5


@pytest.mark.parametrize(("asked", "least", "most"), [(None, 0.5, 1.0), (6.0, 6.0, 6.6), (9999.0, 60.0, 70.0)])
def test_a_pause_is_what_the_service_asks_for_or_a_short_one(asked: float | None, least: float, most: float) -> None:
    """A hint is kept to, up to a minute, and a little longer so that processes come apart."""
    gate = Gate(Limit(10), period=60, margin=0)
    gate.pause(0.0, 0.0, asked)
    assert least <= gate.closed(0.0) <= most


def test_pauses_grow_until_something_goes_well() -> None:
    """Up to half a minute; one answer begins anew."""
    gate = Gate(Limit(10), period=60, margin=0)
    for now in range(0, 1000, 100):
        gate.pause(float(now), float(now), None)
    assert 15 <= gate.closed(900.0) <= 30
    gate.went_well()
    gate.pause(2000.0, 2000.0, None)
    assert gate.closed(2000.0) <= 1
