"""Limits of requests and tokens a minute (docs/wire.md, sections 1.4, 5 and 12)."""

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from starlette.testclient import TestClient

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import FaultPlan, Key, Switches, VirtualClock
from clovax_agents.simulator.limits import (
    SERVICE_LIMITS,
    TEST_LIMITS,
    Limit,
    Limiter,
    Limits,
    Usage,
    Verdict,
    WindowKind,
    rate_limit_headers,
)
from clovax_agents.simulator.limits.windows import FixedWindow, SlidingWindow, TokenBucket, Window

START = Callable[..., TestClient]
CHAT = "/v1/openai/chat/completions"
NATIVE = "/v3/chat-completions/HCX-005"
USER = {"role": "user", "content": "안녕"}

WINDOWS: dict[WindowKind, Callable[[Limit], Window]] = {
    "sliding": SlidingWindow,
    "fixed": FixedWindow,
    "bucket": TokenBucket,
}
MINUTE_MS = 60_000
EPOCH_MS = 1_795_000_020_000
"""The beginning of a minute of the clock."""

every_window = pytest.mark.parametrize("kind", list(WINDOWS))


def _ask(limiter: Limiter, tokens: int = 1, **names: Any) -> Verdict:
    return limiter.admit(**{"account": "a", "kind": "test", "model": "HCX-007", "tokens": tokens, **names})


def _limiter(limits: Limits | Mapping[str, Limit], clock: VirtualClock | None = None) -> Limiter:
    return Limiter(limits if isinstance(limits, Limits) else Limits.of(limits), clock or VirtualClock())


# What a limit is


DOCUMENTED = {
    "w5_10_test": (TEST_LIMITS, "HCX-007", Limit(60, 60_000)),
    "w5_10_service": (SERVICE_LIMITS, "HCX-007", Limit(180, 300_000)),
    "w5_11_test": (TEST_LIMITS, "HCX-005", Limit(60, 60_000)),
    "w5_11_service": (SERVICE_LIMITS, "HCX-005", Limit(300, 180_000)),
    "w5_12_test": (TEST_LIMITS, "HCX-DASH-002", Limit(90, 80_000)),
    "w5_12_service_is_unconfirmed": (SERVICE_LIMITS, "HCX-DASH-002", None),
    "w5_13_test": (TEST_LIMITS, "HCX-003", Limit(200, 30_000)),
    "w5_13_service_is_unconfirmed": (SERVICE_LIMITS, "HCX-003", None),
    "w5_14_test": (TEST_LIMITS, "HCX-DASH-001", Limit(200, 30_000)),
    "w5_14_service_is_unconfirmed": (SERVICE_LIMITS, "HCX-DASH-001", None),
    "w5_15_test": (TEST_LIMITS, "bge-m3", Limit(60, 40_000)),
    "w5_15_service": (SERVICE_LIMITS, "bge-m3", Limit(540, 960_000)),
}


@pytest.mark.parametrize(("table", "model", "limit"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_documented_limits(table: Mapping[str, Limit], model: str, limit: Limit | None) -> None:
    """The default limits are the documented ones, and a limiter applies them to the last request and token."""
    assert table.get(model) == limit
    limiter, kind = _limiter(Limits()), "test" if table is TEST_LIMITS else "service"
    most = limit or Limit(1_000, 10_000_000)
    assert all(_ask(limiter, 0, model=model, kind=kind).admitted for _ in range(most.requests or 0))
    assert _ask(limiter, 0, model=model, kind=kind).admitted is (limit is None)
    assert _ask(limiter, most.tokens or 0, model=model, kind=kind, account="b").admitted
    assert _ask(limiter, 1, model=model, kind=kind, account="b").admitted is (limit is None)


READ = {
    "both": ("60/60000", Limit(60, 60_000)),
    "no_limit_of_tokens": ("3/-", Limit(3, None)),
    "no_limit_of_requests": ("off/500", Limit(None, 500)),
    "no_limit": ("-/OFF", Limit(None, None)),
    "grouped": (" 60 / 60,000 ", Limit(60, 60_000)),
    "grouped_as_in_python": ("1_000/1_000_000", Limit(1_000, 1_000_000)),
    "nothing": ("0/0", Limit(0, 0)),
}


@pytest.mark.parametrize(("text", "limit"), READ.values(), ids=READ)
def test_parse(text: str, limit: Limit) -> None:
    """A limit is written REQUESTS/TOKENS."""
    assert Limit.parse(text) == limit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "60",
        "60/",
        "/60",
        "60/60/60",
        "-1/5",
        "1.5/5",
        "a/b",
        "60;60",
        "٣/٣",
        "²/1",
        ",/1",
        "9" * 16 + "/1",
        "9" * 5_000 + "/1",
    ],
)
def test_parse_refuses(text: str) -> None:
    """Anything else is refused with a sentence that says what to write, and that stays short."""
    with pytest.raises(ConfigurationError, match="is not a limit: write REQUESTS/TOKENS a minute") as caught:
        Limit.parse(text)
    assert len(str(caught.value)) < 200


@settings(deadline=None)
@given(st.text(alphabet="0123456789,_-/of ²٣\n", max_size=30) | st.text(max_size=12))
def test_parse_any_text(text: str) -> None:
    """Every text is a limit or a ConfigurationError, and a limit reads back."""
    try:
        limit = Limit.parse(text)
    except ConfigurationError:
        return
    parts = ["-" if part is None else str(part) for part in (limit.requests, limit.tokens)]
    assert Limit.parse("/".join(parts)) == limit


@pytest.mark.parametrize("parts", [(-1, None), (None, -1), (5, -1)])
def test_negative_limits(parts: tuple[int | None, int | None]) -> None:
    """A limit below 0 is a mistake, and the text says what to use instead."""
    with pytest.raises(ConfigurationError, match="below 0: use 0"):
        Limit(*parts)


def test_unknown_window() -> None:
    """A window that does not exist is refused when it is configured, not at the first request."""
    kind: Any = "rolling"
    with pytest.raises(ConfigurationError, match="use sliding, fixed, bucket"):
        Limits(window=kind)


# What is counted together


APART = {
    "w5_01_w12_23_another_account": ({"account": "a"}, {"account": "b"}, True),
    "w5_01_keys_of_one_account": ({"account": "a"}, {"account": "a"}, False),
    "w5_02_w12_23_another_model": ({"model": "HCX-007"}, {"model": "HCX-005"}, True),
    "w5_02_w12_23_the_same_model": ({"model": "HCX-005"}, {"model": "HCX-005"}, False),
    "w5_02_a_tool": ({"model": "HCX-005"}, {"model": "reranker"}, True),
    "w5_03_test_and_service": ({"kind": "test"}, {"kind": "service"}, True),
    "w5_03_service_and_test": ({"kind": "service"}, {"kind": "test"}, True),
}


@pytest.mark.parametrize(("first", "second", "apart"), APART.values(), ids=APART)
@every_window
def test_counters(kind: WindowKind, first: dict[str, Any], second: dict[str, Any], *, apart: bool) -> None:
    """Counters are one for each account, kind of key and model."""
    limiter = _limiter(Limits.of({"*": Limit(1, None)}, window=kind))
    assert _ask(limiter, **first).admitted
    assert _ask(limiter, **second).admitted is apart


def test_w5_03_tables() -> None:
    """Test and service keys have tables of their own."""
    limiter = _limiter(Limits(test={"*": Limit(1, None)}, service={"*": Limit(2, None)}))
    assert [_ask(limiter, kind="test").admitted for _ in range(3)] == [True, False, False]
    assert [_ask(limiter, kind="service").admitted for _ in range(3)] == [True, True, False]


WINNER = {
    "row_before_star": ({"HCX-007": Limit(1, None), "*": Limit(2, None)}, None, Limit(1, None)),
    "star": ({"HCX-005": Limit(1, None), "*": Limit(2, None)}, None, Limit(2, None)),
    "no_row": ({"HCX-005": Limit(1, None)}, None, Limit(None, None)),
    "own_before_table": ({"HCX-007": Limit(1, None)}, {"HCX-007": Limit(9, 9)}, Limit(9, 9)),
    "own_star_before_table": ({"HCX-007": Limit(1, None)}, {"*": Limit(9, 9)}, Limit(9, 9)),
    "own_says_nothing": ({"HCX-007": Limit(1, None)}, {"HCX-005": Limit(9, 9)}, Limit(1, None)),
    "own_without_limit": ({"HCX-007": Limit(1, None)}, {"HCX-007": Limit()}, Limit(None, None)),
}


@pytest.mark.parametrize(("table", "own", "limit"), WINNER.values(), ids=WINNER)
def test_which_limit(table: dict[str, Limit], own: dict[str, Limit] | None, limit: Limit) -> None:
    """The key's own limits win over the table, and a model's row over the one for all models."""
    assert _ask(_limiter(table), own=own).limit == limit


@pytest.mark.parametrize("own_first", [True, False])
def test_own_limits_beside_those_of_the_account(*, own_first: bool) -> None:
    """A key's own limits hold, whichever key of the account was used first."""
    limiter, own = _limiter({"*": Limit(3, None)}), {"*": Limit(1, None)}
    order = [own, None] if own_first else [None, own]
    admitted = {mine is not None: [_ask(limiter, own=mine).admitted for _ in range(4)] for mine in order}
    assert admitted == {True: [True, False, False, False], False: [True, True, True, False]}


# What a window admits


Asked = list[tuple[float, int]]
ADMITTED: dict[str, tuple[WindowKind, Limit, Asked, list[bool]]] = {
    "w5_06_requests_first": ("sliding", Limit(2, 100), [(0, 1), (0, 1), (0, 1)], [True, True, False]),
    "w5_06_tokens_first": ("sliding", Limit(9, 100), [(0, 60), (0, 60), (0, 40), (0, 1)], [True, False, True, False]),
    "w5_06_fixed": ("fixed", Limit(2, 100), [(0, 60), (0, 60), (0, 40), (0, 0)], [True, False, True, False]),
    "w5_06_bucket": ("bucket", Limit(2, 100), [(0, 60), (0, 60), (0, 40), (0, 0)], [True, False, True, False]),
    "a_refused_request_is_not_counted": ("sliding", Limit(None, 10), [(0, 9), (1, 9), (2, 1)], [True, False, True]),
    "w5_20_w5_21_sliding_by_the_second": (
        "sliding",
        Limit(2, None),
        [(30, 1), (59.9, 1), (60, 1), (89.9, 1), (90, 1), (119.8, 1), (119.9, 1)],
        [True, True, False, False, True, False, True],
    ),
    "w5_20_fixed_by_the_minute": (
        "fixed",
        Limit(1, None),
        [(59.9, 1), (60, 1), (119.9, 1), (120, 1)],
        [True, True, False, True],
    ),
    "w5_20_bucket_bit_by_bit": (
        "bucket",
        Limit(2, None),
        [(0, 1), (0, 1), (29.9, 1), (30, 1), (59.9, 1), (60, 1), (180, 1), (180, 1), (180, 1)],
        [True, True, False, True, False, True, True, True, False],
    ),
    "no_limit": ("sliding", Limit(), [(0, 10**9)] * 50, [True] * 50),
    "no_limit_fixed": ("fixed", Limit(), [(0, 10**9)] * 50, [True] * 50),
    "no_limit_bucket": ("bucket", Limit(), [(0, 10**9)] * 50, [True] * 50),
    "nothing_at_all": ("sliding", Limit(0, None), [(0, 1), (600, 1)], [False, False]),
    "nothing_at_all_fixed": ("fixed", Limit(0, None), [(0, 1), (600, 1)], [False, False]),
    "nothing_at_all_bucket": ("bucket", Limit(0, None), [(0, 1), (600, 1)], [False, False]),
    "w5_18_two_large_caps_on_007": (
        "sliding",
        TEST_LIMITS["HCX-007"],
        [(0, 32_768 + 20), (10, 32_768 + 20), (60, 32_768 + 20)],
        [True, False, True],
    ),
}


@pytest.mark.parametrize(("kind", "limit", "asked", "admitted"), ADMITTED.values(), ids=ADMITTED)
def test_admitted(kind: WindowKind, limit: Limit, asked: Asked, admitted: list[bool]) -> None:
    """Each window admits what its kind allows, on the split second."""
    window = WINDOWS[kind](limit)
    assert [window.admit(EPOCH_MS / 1_000 + at, tokens).admitted for at, tokens in asked] == admitted


@pytest.mark.parametrize(
    "limits", [Limits(test={"*": Limit(1, None)}), Limits.of({"*": Limit(1, None)})], ids=["new", "of"]
)
def test_w5_20_w5_21_default_window(limits: Limits) -> None:
    """Without a word about it, the window slides."""
    clock = VirtualClock(EPOCH_MS / 1_000 + 59)
    limiter = _limiter(limits, clock)
    assert _ask(limiter).admitted
    clock.advance(59)
    assert not _ask(limiter).admitted
    clock.advance(1)
    assert _ask(limiter).admitted


RESETS: dict[str, tuple[WindowKind, Limit, Asked, tuple[float, float], tuple[int | None, int | None]]] = {
    "sliding_oldest_must_leave": ("sliding", Limit(2, None), [(0, 1), (10, 1), (54, 1)], (6, 0), (0, None)),
    "sliding_two_must_leave": ("sliding", Limit(None, 9), [(0, 3), (7, 3), (9, 3), (20, 6)], (0, 47), (None, 0)),
    "sliding_one_is_enough": ("sliding", Limit(5, 9), [(0, 3), (7, 3), (9, 3), (20, 3)], (0, 40), (2, 0)),
    "sliding_admitted": ("sliding", Limit(5, 9), [(0, 3), (20, 3)], (60, 60), (3, 3)),
    "fixed_next_minute": ("fixed", Limit(1, 5), [(70, 5), (80, 1)], (40, 40), (0, 0)),
    "fixed_admitted": ("fixed", Limit(2, None), [(80, 5)], (40, 0), (1, None)),
    "bucket_next_drop": ("bucket", Limit(10, 600), [(0, 600), (2, 50)], (0, 3), (9, 20)),
    "bucket_admitted": ("bucket", Limit(10, 600), [(0, 300)], (6, 30), (9, 300)),
    "never_sliding": ("sliding", Limit(5, 9), [(0, 10)], (0, 60), (5, 9)),
    "never_fixed": ("fixed", Limit(5, 9), [(59, 10)], (0, 60), (5, 9)),
    "never_bucket": ("bucket", Limit(5, 9), [(0, 10)], (0, 60), (5, 9)),
    "no_limit": ("sliding", Limit(), [(0, 10)], (0, 0), (None, None)),
}


@pytest.mark.parametrize(("kind", "limit", "asked", "resets", "remaining"), RESETS.values(), ids=RESETS)
def test_verdict(
    kind: WindowKind,
    limit: Limit,
    asked: Asked,
    resets: tuple[float, float],
    remaining: tuple[int | None, int | None],
) -> None:
    """A verdict tells what is left, and when there is room again (refused) or all of it is free again (admitted)."""
    window = WINDOWS[kind](limit)
    verdict = [window.admit(EPOCH_MS / 1_000 + at, tokens) for at, tokens in asked][-1]
    assert (verdict.reset_requests, verdict.reset_tokens) == resets
    assert (verdict.remaining_requests, verdict.remaining_tokens) == remaining


# Any traffic


class Traffic(RuleBasedStateMachine):
    """Requests on a virtual clock, beside a plain model of what each window promises."""

    kind: WindowKind

    def __init__(self) -> None:
        super().__init__()
        self.now = EPOCH_MS
        self.admitted: list[tuple[int, int]] = []
        self.limit = Limit()
        self.window = WINDOWS[self.kind](self.limit)

    def seconds(self) -> float:
        """Return the time as windows take it."""
        return self.now / 1_000

    @precondition(lambda self: not self.admitted)
    @rule(requests=st.none() | st.integers(0, 4), tokens=st.none() | st.integers(0, 30), offset=st.integers(0, 59_999))
    def configure(self, requests: int | None, tokens: int | None, offset: int) -> None:
        """Choose the limit and where in the minute the traffic starts."""
        self.limit = Limit(requests, tokens)
        self.now = EPOCH_MS + offset
        self.window = WINDOWS[self.kind](self.limit)

    @rule(milliseconds=st.integers(0, 90_000) | st.sampled_from([1, 59_999, 60_000, 60_001, 10**9]))
    def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now += milliseconds

    @rule(tokens=st.integers(0, 12) | st.integers(0, 40))
    def ask(self, tokens: int) -> None:
        """Ask, and check verdict and reset against the model."""
        before = deepcopy(self.window)
        verdict = self.window.admit(self.seconds(), tokens)
        assert verdict.admitted is self.fits(tokens)
        if verdict.admitted:
            self.admitted.append((self.now, tokens))
            self.check_idle(verdict)
        else:
            self.check_reset(before, verdict, tokens)

    @invariant()
    def usage_is_the_models(self) -> None:
        """What is shown as used is what the limit leaves no room for."""
        requests, tokens = deepcopy(self.window).used(self.seconds())
        for part, limit, used in ((1, self.limit.requests, requests), (2, self.limit.tokens, tokens)):
            if limit is not None:
                assert used == math.ceil(self.counted(part))

    def check_idle(self, verdict: Verdict) -> None:
        """After the reset of an admitted request, nothing is counted any more, and not before."""
        for part, limit, reset in (
            (0, self.limit.requests, verdict.reset_requests),
            (1, self.limit.tokens, verdict.reset_tokens),
        ):
            assert 0 <= reset <= 60
            if limit is not None:
                assert deepcopy(self.window).used(self.seconds() + reset)[part] == 0
            elif self.kind != "bucket":
                assert reset == 0
        if self.limit.requests is not None and verdict.reset_requests > 0.002:
            assert deepcopy(self.window).used(self.seconds() + verdict.reset_requests - 0.002)[0] > 0

    def check_reset(self, before: Window, verdict: Verdict, tokens: int) -> None:
        """Who waits for the reset is admitted, who waits noticeably less is not."""
        reset = max(verdict.reset_requests, verdict.reset_tokens)
        assert 0 < reset <= 60
        assert (verdict.reset_requests > 0, verdict.reset_tokens > 0) == (
            not self.has_room(1, 1),
            not self.has_room(2, tokens),
        )
        if self.limit.requests == 0 or (self.limit.tokens is not None and tokens > self.limit.tokens):
            assert reset == 60
            return
        assert deepcopy(before).admit(self.seconds() + reset, tokens).admitted
        assert deepcopy(self.window).admit(self.seconds() + reset, tokens).admitted
        if reset > 0.002:
            assert not deepcopy(before).admit(self.seconds() + reset - 0.002, tokens).admitted

    def fits(self, tokens: int) -> bool:
        """Return whether the model admits a request."""
        return self.has_room(1, 1) and self.has_room(2, tokens)

    def has_room(self, part: int, wanted: int) -> bool:
        """Return whether one counter has room."""
        limit = self.limit.requests if part == 1 else self.limit.tokens
        return limit is None or self.counted(part) + wanted <= limit

    def spent(self, part: int) -> list[tuple[int, int]]:
        """Return when how much was taken from one counter."""
        return [(at, 1 if part == 1 else tokens) for at, tokens in self.admitted]

    def counted(self, part: int) -> Fraction:
        """Return how much of one counter is taken now."""
        raise NotImplementedError


class SlidingTraffic(Traffic):
    """The sliding window counts what is younger than 60 s."""

    kind = "sliding"

    def counted(self, part: int) -> Fraction:
        """Return how much of one counter is taken now."""
        return Fraction(sum(amount for at, amount in self.spent(part) if at > self.now - MINUTE_MS))

    @invariant()
    def no_minute_holds_more(self) -> None:
        """No interval of 60 s, wherever it begins, holds more than the limit."""
        for part, limit in ((1, self.limit.requests), (2, self.limit.tokens)):
            spent = self.spent(part)
            for begin, _ in spent:
                held = sum(amount for at, amount in spent if begin <= at < begin + MINUTE_MS)
                assert limit is None or held <= limit


class FixedTraffic(Traffic):
    """The fixed window counts by the minutes of the clock."""

    kind = "fixed"

    def counted(self, part: int) -> Fraction:
        """Return how much of one counter is taken now."""
        return Fraction(sum(amount for at, amount in self.spent(part) if at // MINUTE_MS == self.now // MINUTE_MS))

    @invariant()
    def no_minute_holds_more(self) -> None:
        """No minute of the clock holds more than the limit."""
        for part, limit in ((1, self.limit.requests), (2, self.limit.tokens)):
            spent = self.spent(part)
            for minute in {at // MINUTE_MS for at, _ in spent}:
                held = sum(amount for at, amount in spent if at // MINUTE_MS == minute)
                assert limit is None or held <= limit


class BucketTraffic(Traffic):
    """The bucket is refilled by the limit in 60 s, and holds no more than that."""

    kind = "bucket"

    def counted(self, part: int) -> Fraction:
        """Return how much of one counter is taken now."""
        limit = self.limit.requests if part == 1 else self.limit.tokens
        missing, last = Fraction(0), EPOCH_MS
        for at, amount in [*self.spent(part), (self.now, 0)]:
            missing = max(missing - Fraction(at - last, MINUTE_MS) * (limit or 0), Fraction(0)) + amount
            last = at
        return missing

    @invariant()
    def no_interval_holds_more(self) -> None:
        """No interval holds more than the capacity and what is refilled meanwhile."""
        for part, limit in ((1, self.limit.requests), (2, self.limit.tokens)):
            spent = self.spent(part)
            for first, (begin, _) in enumerate(spent):
                held = 0
                for end, amount in spent[first:] if limit is not None else []:
                    held += amount
                    assert held <= (limit or 0) * (1 + Fraction(end - begin, MINUTE_MS))


TestSlidingTraffic = SlidingTraffic.TestCase
TestFixedTraffic = FixedTraffic.TestCase
TestBucketTraffic = BucketTraffic.TestCase
for _case in (TestSlidingTraffic, TestFixedTraffic, TestBucketTraffic):
    _case.settings = settings(deadline=None)


MOVES = st.lists(
    st.tuples(st.integers(-(10**7), 10**7) | st.integers(-100_000, 100_000), st.integers(0, 9)), max_size=30
)


@every_window
@settings(deadline=None)
@given(moves=MOVES, requests=st.none() | st.integers(1, 4), tokens=st.none() | st.integers(9, 20))
@pytest.mark.soak(every=2)
def test_a_clock_that_jumps(
    kind: WindowKind, moves: Sequence[tuple[int, int]], requests: int | None, tokens: int | None
) -> None:
    """However the clock jumps, a reset is at most a minute away and honest, and the count is never negative."""
    window, now = WINDOWS[kind](Limit(requests, tokens)), EPOCH_MS
    for milliseconds, wanted in moves:
        now += milliseconds
        verdict = window.admit(now / 1_000, wanted)
        reset = max(verdict.reset_requests, verdict.reset_tokens)
        assert 0 <= reset <= 60
        assert min(verdict.requests, verdict.tokens) >= 0
        assert verdict.admitted or deepcopy(window).admit(now / 1_000 + reset, wanted).admitted


@settings(deadline=None)
@given(moves=MOVES, most=st.integers(1, 4))
def test_setting_the_clock_back_gains_nothing(moves: Sequence[tuple[int, int]], most: int) -> None:
    """In 60 s of time that really passed there are never more requests than the limit, whatever the clock shows."""
    window, now, passed = SlidingWindow(Limit(most, None)), EPOCH_MS, 0
    admitted: list[int] = []
    for milliseconds, _ in moves:
        now, passed = now + milliseconds, passed + max(milliseconds, 0)
        if window.admit(now / 1_000, 1).admitted:
            admitted.append(passed)
    assert all(sum(begin <= at < begin + MINUTE_MS for at in admitted) <= most for begin in admitted)


@every_window
def test_a_clock_set_back_an_hour(kind: WindowKind) -> None:
    """After the clock was set back, requests are admitted within a minute, not when it has caught up."""
    clock = VirtualClock()
    limiter = _limiter(Limits.of({"*": Limit(1, None)}, window=kind), clock)
    assert _ask(limiter).admitted
    clock.advance(-3_600)
    assert not _ask(limiter).admitted
    clock.advance(60)
    assert _ask(limiter).admitted


@pytest.mark.parametrize("seconds", [0.1, 1.001, 2.2, 59.999])
def test_a_clock_keeps_its_time(seconds: float) -> None:
    """A thousand steps of a virtual clock lead to a thousand times the step, and back."""
    clock = VirtualClock(0)
    for _ in range(1_000):
        clock.advance(seconds)
    assert clock() == round(seconds * 1_000, 3)
    for _ in range(1_000):
        clock.advance(-seconds)
    assert clock() == 0


@every_window
def test_steps_add_up(kind: WindowKind) -> None:
    """Small steps of a virtual clock add up to a minute, to the microsecond."""
    clock = VirtualClock()
    limiter = _limiter(Limits.of({"*": Limit(1, None)}, window=kind), clock)
    assert _ask(limiter).admitted
    begin = clock()
    for _ in range(20):
        clock.advance(1.001)
        clock.advance(1.999)
    assert clock() == begin + 60
    assert _ask(limiter).admitted


def test_the_log_stays_small() -> None:
    """A sliding window forgets what no longer counts, so an hour of traffic takes no more room than two minutes."""
    window = SlidingWindow(Limit(60, None))
    for second in range(3_600):
        assert window.admit(EPOCH_MS / 1_000 + second, 1).admitted
    assert window.used(EPOCH_MS / 1_000 + 3_599) == (60, 60)
    assert len(window._log) <= 121


# The limiter as a whole


def test_made_up_keys_do_not_reset_a_limit() -> None:
    """Thousands of other accounts do not make the limiter forget one that is in use, nor grow without bound."""
    limiter = _limiter({"*": Limit(1, None)})
    assert _ask(limiter, account="mine").admitted
    for number in range(12_000):
        _ask(limiter, account=f"made up {number}")
        if number % 5_000 == 0:
            assert not _ask(limiter, account="mine").admitted
    assert not _ask(limiter, account="mine").admitted
    assert len(limiter.usage()) == 10_000


@contextmanager
def _hasty_threads() -> Iterator[ThreadPoolExecutor]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            yield pool
    finally:
        sys.setswitchinterval(interval)


@every_window
def test_threads(kind: WindowKind) -> None:
    """Threads that ask at once together get exactly what the limit allows."""
    limiter = _limiter(Limits.of({"*": Limit(100, None)}, window=kind))
    with _hasty_threads() as pool:
        admitted = list(pool.map(lambda _: _ask(limiter).admitted, range(800)))
    assert sum(admitted) == 100


def test_usage() -> None:
    """The snapshot shows each counter with its limit, in a steady order, and empties with time."""
    clock = VirtualClock()
    limiter = _limiter({"HCX-007": Limit(3, 100), "HCX-005": Limit(5, None)}, clock)
    assert limiter.usage() == []
    for model, tokens in (("HCX-007", 40), ("HCX-007", 50), ("HCX-007", 50), ("HCX-005", 7)):
        _ask(limiter, tokens, model=model)
    used = [
        Usage("a", "test", "HCX-005", 1, 7, Limit(5, None)),
        Usage("a", "test", "HCX-007", 2, 90, Limit(3, 100)),
    ]
    assert limiter.usage() == used
    clock.advance(60)
    assert limiter.usage() == [row._replace(requests=0, tokens=0) for row in used]


# Headers


def _refused(limit: Limit, requests: int, tokens: int, *resets: float) -> Verdict:
    return Verdict(False, limit, requests, tokens, *resets)  # noqa: FBT003  # the first field


def _admitted(limit: Limit, requests: int, tokens: int, *resets: float) -> Verdict:
    return replace(_refused(limit, requests, tokens, *resets), admitted=True)


VERDICT = _refused(Limit(60, 60_000), 60, 59_000, 5.91, 2.5)
HEADERS: dict[str, tuple[Verdict, Literal["observed", "full", "none"], bool, dict[str, str]]] = {
    "w1_4_05_w1_4_06_refusal": (
        VERDICT,
        "observed",
        True,
        {"x-ratelimit-reset-requests": "6s", "x-ratelimit-reset-tokens": "2.5s"},
    ),
    "w1_4_08_nothing_on_200": (VERDICT, "observed", False, {}),
    "w1_4_08_none": (VERDICT, "none", True, {}),
    "w1_4_08_w5_21_full": (
        VERDICT,
        "full",
        True,
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-limit-tokens": "60000",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-remaining-tokens": "1000",
            "x-ratelimit-reset-requests": "6s",
            "x-ratelimit-reset-tokens": "2.5s",
        },
    ),
    "w1_4_08_w5_21_full_on_200_without_a_limit_of_tokens": (
        _admitted(Limit(60, None), 1, 9, 60.0, 0.0),
        "full",
        False,
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "60s",
        },
    ),
    "no_limit": (_admitted(Limit(), 1, 9, 0.0, 0.0), "full", False, {}),
}


@pytest.mark.parametrize(("verdict", "style", "refused", "headers"), HEADERS.values(), ids=HEADERS)
def test_headers(
    verdict: Verdict, style: Literal["observed", "full", "none"], headers: dict[str, str], *, refused: bool
) -> None:
    """The headers are those of the style, and none for a counter without a limit."""
    assert rate_limit_headers(verdict, style=style, refused=refused) == headers


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (1e-6, "0.1s"), (0.1, "0.1s"), (2.5, "2.5s"), (2.500001, "2.6s"), (5.999, "6s"), (60.0, "60s")],
    ids=lambda value: f"w1_4_06_{value}",
)
def test_durations(seconds: float, text: str) -> None:
    """A reset is written with a unit, rounded up to a tenth of a second, without a fraction where there is none."""
    verdict = _refused(Limit(1, None), 1, 0, seconds, 0.0)
    headers = rate_limit_headers(verdict, style="observed", refused=True)
    assert headers == {"x-ratelimit-reset-requests": text}


@settings(deadline=None)
@given(st.integers(0, 60_000_000))
def test_w1_4_06_durations_are_honest(microseconds: int) -> None:
    """Who waits as long as the header says has waited long enough, and at most a tenth of a second too long."""
    verdict = _refused(Limit(None, 1), 1, 1, 0.0, microseconds / 1e6)
    text = rate_limit_headers(verdict, style="observed", refused=True)["x-ratelimit-reset-tokens"]
    assert re.fullmatch(r"\d+(\.[1-9])?s", text)
    assert 0 <= Fraction(text[:-1]) * 1_000_000 - microseconds < 100_000


# As a client sees it


def _post(client: TestClient, path: str = CHAT, **changes: Any) -> Any:
    body = {"messages": [USER], **({"model": "HCX-005"} if path == CHAT else {}), **changes}
    return client.post(path, json=body)


def _of_limits(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if "ratelimit" in name or name == "retry-after"}


def test_w5_19_w12_24_w1_4_05_w1_4_09_refusal(simulator: START) -> None:
    """Over the limit the answer is 429/42901 with the observed reset headers and no Retry-After."""
    clock = VirtualClock()
    client = simulator(limits=Limits.of({"*": Limit(1, 2_000)}), clock=clock)
    first = _post(client)
    assert (first.status_code, _of_limits(first.headers)) == (200, {})
    clock.advance(54)
    refused = _post(client)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "42901"
    assert _of_limits(refused.headers) == {"x-ratelimit-reset-requests": "6s", "x-ratelimit-reset-tokens": "0s"}
    clock.advance(6)
    assert _post(client).status_code == 200


def test_w5_19_w12_24_native(simulator: START) -> None:
    """The native API answers with the same code in its own envelope, and without the headers by default."""
    client = simulator(limits=Limits.of({"*": Limit(1, None)}))
    assert _post(client, NATIVE).status_code == 200
    refused = _post(client, NATIVE)
    assert (refused.status_code, refused.json()["status"]["code"]) == (429, "42901")
    assert _of_limits(refused.headers) == {}


@pytest.mark.parametrize(("path", "on"), [(CHAT, "openai"), (CHAT, "both"), (NATIVE, "both")])
def test_w5_21_w1_4_08_all_headers(simulator: START, path: str, on: Literal["openai", "both"]) -> None:
    """Behind an option every answer tells limit, rest and reset of both counters."""
    switches = Switches(limit_headers="full", limit_headers_on=on)
    client = simulator(limits=Limits.of({"*": Limit(5, 60_000)}), clock=VirtualClock(), switches=switches)
    headers = _of_limits(_post(client, path).headers)
    left = int(headers.pop("x-ratelimit-remaining-tokens"))
    assert 0 < left < 60_000
    assert headers == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-limit-tokens": "60000",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "60s",
        "x-ratelimit-reset-tokens": "60s",
    }


def test_w5_07_w12_22_tokens_are_input_and_cap(simulator: START) -> None:
    """The requested cap is counted with the input when a request is admitted, however short the answer is."""
    client = simulator(
        limits=Limits.of({"*": Limit(None, 60_000)}), clock=VirtualClock(), switches=Switches(limit_headers="full")
    )
    answer = _post(client, max_tokens=1_000)
    usage = answer.json()["usage"]
    assert usage["completion_tokens"] < 1_000
    assert int(answer.headers["x-ratelimit-remaining-tokens"]) == 60_000 - usage["prompt_tokens"] - 1_000


def test_w5_18_second_large_cap(simulator: START) -> None:
    """The second call of HCX-007 with the largest cap within a minute does not fit into a test key's tokens."""
    clock = VirtualClock()
    client = simulator(limits=Limits(), clock=clock)
    large: dict[str, Any] = {"model": "HCX-007", "max_completion_tokens": 32_768}
    assert [_post(client, **large).status_code for _ in range(2)] == [200, 429]
    assert _post(client, model="HCX-007", max_completion_tokens=512).status_code == 200
    clock.advance(60)
    assert _post(client, **large).status_code == 200


@pytest.mark.parametrize(
    ("task", "base", "other"), [("t7", "HCX-005", "HCX-DASH-002"), ("t2", "HCX-DASH-002", "HCX-005")]
)
def test_w5_04_tuned_model(simulator: START, task: str, base: str, other: str) -> None:
    """A call of a tuned model takes from the limit of its base model, and from no other."""
    key = Key(value="nv-test", tasks={"t7": "HCX-005", "t2": "HCX-DASH-002"})
    client = simulator(limits=Limits.of({"*": Limit(1, None)}), keys=[key])
    assert client.post(f"/v3/tasks/{task}/chat-completions", json={"messages": [USER]}).status_code == 200
    assert _post(client, model=base).status_code == 429
    assert _post(client, model=other).status_code == 200


def test_w5_01_w5_03_keys(simulator: START) -> None:
    """Keys of one account share a limit, test and service keys do not, and other accounts have their own."""
    keys = [
        Key(value="nv-test", account="acme"),
        Key(value="nv-second", account="acme"),
        Key(value="nv-service", account="acme", kind="service"),
        Key(value="nv-other"),
    ]
    client = simulator(limits=Limits.of({"*": Limit(1, None)}), keys=keys)
    answers = [
        client.post(
            CHAT, json={"model": "HCX-005", "messages": [USER]}, headers={"Authorization": f"Bearer {key.value}"}
        )
        for key in keys
    ]
    assert [answer.status_code for answer in answers] == [200, 429, 200, 200]


def test_w5_08_busy_within_the_limits(simulator: START) -> None:
    """A 42902 can come although the limits are far away."""
    client = simulator(limits=Limits(), faults=FaultPlan.parse("error; code=42902; times=1"))
    busy = _post(client)
    assert (busy.status_code, busy.json()["error"]["code"]) == (429, "42902")
    assert _post(client).status_code == 200
