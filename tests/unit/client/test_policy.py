"""Deadlines and retries: arithmetic on seconds."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clovax_agents.client.policy import Deadlines, RetryPolicy
from clovax_agents.errors import (
    AuthenticationError,
    CallFacts,
    CallTimeoutError,
    ConfigurationError,
    ConnectionFailedError,
    ContextLengthError,
    RateLimitError,
    RequestError,
    ServerError,
    ServiceError,
    TruncatedStreamError,
    UnsupportedFunctionError,
)

PASSING = [CallTimeoutError, ConnectionFailedError, RateLimitError, ServerError, TruncatedStreamError]
LASTING = [AuthenticationError, ContextLengthError, RequestError, UnsupportedFunctionError]


@pytest.mark.parametrize("kind", PASSING)
def test_errors_that_may_pass_are_tried_again_up_to_the_limit(kind: type[ServiceError]) -> None:
    """Two retries mean three attempts."""
    policy = RetryPolicy(retries=2)
    assert [policy.delay(kind("x"), attempt, 60) is not None for attempt in (1, 2, 3)] == [True, True, False]


@pytest.mark.parametrize("kind", LASTING)
def test_errors_that_stay_are_not_tried_again(kind: type[ServiceError]) -> None:
    """A refused request is refused again (fault H05), and 40009 above all."""
    assert RetryPolicy().delay(kind("x"), 1, 60) is None


@given(st.integers(1, 10), st.integers(0, 2**32))
def test_a_drawn_wait_stays_under_its_doubling_bound(attempt: int, seed: int) -> None:
    """Full jitter: between nothing and base * 2^n, never above the ceiling."""
    policy = RetryPolicy(retries=10, base=0.5, ceiling=20, random=random.Random(seed))  # noqa: S311
    delay = policy.delay(ServerError("x"), attempt, 1000)
    assert delay is not None
    assert 0 <= delay <= min(0.5 * 2 ** (attempt - 1), 20)


@given(st.floats(0, 100, exclude_min=True), st.integers(0, 2**32))
def test_a_wait_that_the_service_asks_for_is_kept(hint: float, seed: int) -> None:
    """Never sooner than told, and at most a little later, so that clients spread (fault H01)."""
    error = RateLimitError("x", CallFacts(retry_after=hint))
    delay = RetryPolicy(random=random.Random(seed)).delay(error, 1, 1000)  # noqa: S311
    assert delay is not None
    assert hint <= delay <= hint + 0.1


@pytest.mark.parametrize("hint", [None, 0.0])
def test_a_limit_without_a_time_is_waited_out_longer(hint: float | None) -> None:
    """It is counted over a minute: three attempts within half a second would be for nothing."""
    policy = RetryPolicy(retries=10)
    error = RateLimitError("x", CallFacts(retry_after=hint))
    delays = [policy.delay(error, 3, 1000) or 0.0 for _ in range(200)]
    assert 2.0 < max(delays) <= 8.0


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    """Raising at once beats sleeping in vain (fault H03)."""
    assert RetryPolicy().delay(RateLimitError("x", CallFacts(retry_after=999_999)), 1, 120) is None


def test_a_long_answer_is_given_its_time() -> None:
    """The total grows with the cap (promise 10), and an explicit timeout wins."""
    assert Deadlines().for_cap(512).total == pytest.approx(85.6)
    assert Deadlines().for_cap(32_768).total == pytest.approx(1698.4)
    assert Deadlines(3).for_cap(32_768) == Deadlines(total=3, connect=3, first_token=3, idle=3, answer=3)


def test_our_own_refusals_are_not_service_errors() -> None:
    """Nothing that was refused before sending can be retried."""
    assert not issubclass(ConfigurationError, ServiceError)
