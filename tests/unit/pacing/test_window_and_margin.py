"""What counts within a minute, and for how long."""

import math

from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.pacing.margin import Margin
from clovax_agents.pacing.window import Window

STEPS = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 400)), min_size=1, max_size=60)


@given(STEPS)
def test_who_waits_as_long_as_told_fits_and_not_before(steps: list[tuple[float, int]]) -> None:
    """The wait is exact: at its end there is room, and just before it there was none."""
    window, now = Window(60), 0.0
    for gap, tokens in steps:
        now += gap
        wait = window.wait(now, tokens, 5, 1000)
        if wait:
            assert window.wait(math.nextafter(now + wait, 0) - 1e-6, tokens, 5, 1000) > 0
            now += wait + 1e-9
        window.add(now, tokens)
        requests, held = window.used(now)
        assert requests <= 5
        assert held <= 1000


@given(STEPS, st.data())
def test_what_is_changed_and_removed_adds_up(steps: list[tuple[float, int]], data: st.DataObject) -> None:
    """The sums are those of the entries, whatever becomes of them, and nothing is left when all are gone."""
    window, now = Window(60), 0.0
    kept = []
    for gap, tokens in steps:
        now += gap
        kept.append(window.add(now, tokens))
        other = data.draw(st.sampled_from(kept))
        if data.draw(st.booleans()):
            window.change(other, data.draw(st.integers(0, 500)))
        elif data.draw(st.booleans()):
            window.remove(other)
        entries = window.entries(now)
        assert window.used(now) == (len(entries), sum(entry.tokens for entry in entries))
    assert window.used(now + 61) == (0, 0)
    assert window.all_tokens == sum(entry.tokens for entry in kept)
    assert window.all_requests == sum(entry.requests for entry in kept)


@given(STEPS, st.integers(0, 1000))
def test_what_goes_into_a_gap_makes_nobody_wait_longer(steps: list[tuple[float, int]], tokens: int) -> None:
    """Whatever is let through within what is spare, the first one's wait stays what it was."""
    window, now = Window(60), 0.0
    for gap, held in steps:
        now += gap
        if window.wait(now, held, 9, 1000) == 0:
            window.add(now, held)
    before = window.wait(now, tokens, 9, 1000)
    spare = window.spare(now, tokens, 9, 1000)
    if before > 0 and spare >= 1:
        window.add(now, spare)
        assert window.wait(now, tokens, 9, 1000) == before


def test_a_margin_grows_when_requests_come_too_early_and_shrinks_again() -> None:
    """It doubles up to its end, says when it cannot be the reason, and is taken back over time."""
    margin = Margin(0.25, 3.0, 60.0)
    assert margin.at(0.0) == 3.0  # nothing was answered yet
    margin.cold = False
    assert margin.at(0.0) == 0.25
    widths = [margin.at(0.0) for _ in range(9) if margin.widen(0.0)]
    assert widths == sorted(widths)
    assert 2.4 <= widths[-1] <= 3.0
    assert len(widths) < 9
    assert 0.25 <= margin.at(60.0 * 100) < 0.3
