"""Accounts: calls side by side cannot share the last place, and agents inside of tools draw from their caller's."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from clovax_agents.budgets import Budget, RunUsage
from clovax_agents.budgets.accounts import Account
from clovax_agents.errors import BudgetExceededError, ConfigurationError


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_many_threads_get_exactly_as_many_calls_as_there_are() -> None:
    """Checking and counting are one step."""
    outer = Account(Budget(model_calls=50))
    inner = [Account(Budget(), outer=outer) for _ in range(8)]

    def ask(number: int) -> bool:
        try:
            inner[number % 8].begin_call("HCX-005")
        except BudgetExceededError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(400))) == 50
    assert outer.used.model_calls == 50
    assert sum(account.used.model_calls for account in inner) == 50


def test_the_tightest_budget_of_the_chain_decides_on_tools() -> None:
    """Those that fit are counted everywhere, and the budget that forbids the others is named."""
    thread = Account(Budget(tool_calls=5), scope="thread", used=RunUsage(tool_calls=2))
    run = Account(Budget(tool_calls=4), outer=thread)
    granted, tightest = run.grant_tools(10)
    assert granted == 3
    assert tightest is not None
    assert (tightest.scope, tightest.limit) == ("thread", 5)
    assert (run.used.tool_calls, thread.used.tool_calls) == (3, 5)
    assert run.grant_tools(1)[0] == 0


def test_time_before_this_process_counts_and_a_wait_between_does_not() -> None:
    """A run that has been at work for 40 s before has 20 s left, whenever it goes on."""
    clock = _Clock()
    account = Account(Budget(seconds=60), used=RunUsage(seconds=40), clock=clock)
    assert account.left() == 20
    clock.now += 19
    assert account.exceeded() is None
    clock.now += 1
    over = account.exceeded()
    assert over is not None
    assert (over.name, over.used) == ("seconds", 60)


def test_what_is_recorded_is_recorded_once() -> None:
    """Each record holds what is new; together they are everything since the beginning."""
    clock = _Clock()
    account = Account(Budget(), used=RunUsage(model_calls=7, seconds=3), clock=clock)
    account.begin_call("HCX-005")
    account.add_tokens("HCX-005", 1000, 1000)
    clock.now += 2
    first = account.unrecorded()
    assert first == RunUsage(model_calls=1, input_tokens=1000, output_tokens=1000, cost=6.25, seconds=2.0)
    assert account.unrecorded() == RunUsage()


def test_without_a_limit_there_is_no_end() -> None:
    """An empty budget counts, and forbids nothing."""
    account = Account(Budget())
    account.add(RunUsage(model_calls=10**9, cost=1e12))
    assert (account.left(), account.exceeded()) == (math.inf, None)


def test_a_budget_of_cost_needs_a_price() -> None:
    """What cannot be priced cannot be limited; nothing is sent, and the error says what to do."""
    inner = Account(Budget(), outer=Account(Budget(cost=10)))
    with pytest.raises(ConfigurationError, match="register_model"):
        inner.begin_call("ft:abc")
    assert inner.used.model_calls == 0


def test_a_count_below_nothing_gives_nothing_back() -> None:
    """Some servers send one where they do not know."""
    account = Account(Budget(tokens=100))
    account.add_tokens("HCX-005", -1000, 60)
    account.add_tokens("HCX-005", 60, -1)
    assert (account.used.tokens, account.used.cost > 0) == (120, True)
    assert account.exceeded() is not None
