"""Budgets and usage: what may be set, and how it adds up."""

import math
import pickle
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.budgets import Budget, RunUsage, usage_of
from clovax_agents.budgets.usage import as_usage
from clovax_agents.errors import BudgetExceededError, ConfigurationError
from clovax_agents.spending import merge_spent, spent_by, spent_in


@pytest.mark.parametrize(
    "wrong",
    [
        {"model_calls": 0},
        {"model_calls": 2.5},
        {"model_calls": True},
        {"tool_calls": -1},
        {"tokens": 0},
        {"tokens": "many"},
        {"cost": 0},
        {"cost": -5},
        {"cost": math.inf},
        {"cost": math.nan},
        {"seconds": 0},
        {"seconds": "60"},
        {"seconds": False},
    ],
    ids=str,
)
def test_what_is_no_budget_is_refused_by_name(wrong: dict[str, Any]) -> None:
    """The error names the field and says what to give."""
    with pytest.raises(ConfigurationError, match=rf"Budget\({next(iter(wrong))}=.*give a"):
        Budget(**wrong)


def test_no_tool_calls_are_a_budget_and_nothing_is_endless() -> None:
    """An agent may be held to answer without tools."""
    assert not Budget(tool_calls=0).is_endless
    assert Budget().is_endless


def test_of_two_budgets_the_lower_limits_hold() -> None:
    """Each limit for itself, whichever budget it comes from."""
    one, other = Budget(model_calls=5, tokens=100), Budget(model_calls=3, tokens=900, cost=1.5)
    assert one.lowered(other) == other.lowered(one) == Budget(model_calls=3, tokens=100, cost=1.5)


def test_usage_of_a_history_counts_each_answer_at_its_own_price() -> None:
    """Models by their names, tools by their answers; a call that was refused for a budget did not run."""
    usage: Any = {"input_tokens": 1000, "output_tokens": 1000, "total_tokens": 2000}
    answers = [
        AIMessage("", usage_metadata=usage, response_metadata={"model_name": name})
        for name in ("HCX-007", "HCX-DASH-002", "gpt-x")
    ]
    tools = [
        ToolMessage("1", tool_call_id="a"),
        ToolMessage("Error", tool_call_id="b", response_metadata={"outcome": "budget"}),
    ]
    found = usage_of([HumanMessage("?"), *answers, *tools, AIMessage("stopped", response_metadata={"budget": {}})])
    assert found == RunUsage(
        model_calls=3, tool_calls=1, input_tokens=3000, output_tokens=3000, cost=7.5, unpriced_tokens=2000
    )
    assert found.tokens == 6000


def test_usage_of_steps_that_are_no_messages_is_counted_with_the_answer() -> None:
    """A step in between is named in the metadata of the answer that came of it."""
    usage: Any = {"input_tokens": 1000, "output_tokens": 0, "total_tokens": 1000}
    steps = [{"role": "vision", "model": "HCX-005", "usage": usage}, {"role": "reasoning", "model": "HCX-007"}]
    answer = AIMessage("네", usage_metadata=usage, response_metadata={"model_name": "HCX-005", "steps": steps})
    assert usage_of([answer]) == RunUsage(model_calls=3, input_tokens=2000, cost=2.5)


def test_usage_survives_json_and_strange_keys() -> None:
    """A state that a later version wrote can be read."""
    usage = RunUsage(model_calls=2, cost=1.25, seconds=0.5)
    assert as_usage({**usage.as_dict(), "later": 1}) == usage
    assert as_usage(None) == RunUsage()


def test_counters_of_the_state_only_grow() -> None:
    """Negative, endless and missing numbers are no way to refund anything."""
    before = merge_spent(None, {"run": "a", "used": {"model_calls": 3, "cost": 2.0}})
    for wrong in ({"model_calls": -3}, {"cost": math.nan}, {"cost": math.inf}, {"cost": -1.0}):
        assert merge_spent(before, {"run": "a", "used": wrong}) == before
    assert merge_spent(before, {}) == before


def test_a_run_that_has_ended_is_not_continued() -> None:
    """Its sum stays readable, and counts for the thread."""
    ended = merge_spent({}, {"run": "a", "used": {"tool_calls": 2}, "ended": True})
    assert ended["used"]["tool_calls"] == 2
    assert spent_by(ended, "a") == RunUsage()
    assert spent_in(ended).tool_calls == 2
    again = merge_spent(ended, {"run": "a", "used": {"tool_calls": 1}})
    assert (again["used"]["tool_calls"], again["thread"]["tool_calls"]) == (1, 3)


def test_the_error_survives_pickling() -> None:
    """With all that it knows."""
    error = BudgetExceededError("used up", name="cost", scope="run", limit=5, used=6)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (str(again), vars(again)) == (str(error), vars(error))
