"""Routing and recovery: pure functions over histories."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from clovax_agents.recovery import larger_cap, unusable_turns
from clovax_agents.routing import model_turns, route_after_model, route_after_tools

CALL = {"name": "f", "args": {}, "id": "c1"}
BROKEN: Any = {"name": "f", "args": '{"a":', "id": "c1", "error": "cut", "type": "invalid_tool_call"}
USER = HumanMessage("?")


def _cut() -> list[BaseMessage]:
    message = AIMessage("", invalid_tool_calls=[BROKEN], response_metadata={"finish_reason": "length"})
    return [message, ToolMessage("Error", tool_call_id="c1", status="error")]


@pytest.mark.parametrize(
    ("messages", "target"),
    [
        ([USER, AIMessage("done")], "__end__"),
        ([USER, AIMessage("", tool_calls=[CALL])], "tools"),
        ([USER, AIMessage("", invalid_tool_calls=[BROKEN])], "tools"),
        ([USER, AIMessage("", tool_calls=[CALL]), ToolMessage("x", tool_call_id="c1")], "__end__"),
        ([USER], "__end__"),
    ],
)
def test_the_tools_are_next_while_a_call_is_open(messages: list[BaseMessage], target: str) -> None:
    """An invalid call alone never ends a run in silence (fault G03)."""
    assert route_after_model(messages) == target


@pytest.mark.parametrize(
    ("name", "status", "target"),
    [("direct", "success", "__end__"), ("direct", "error", "model"), ("other", "success", "model")],
)
def test_a_direct_result_ends_the_run_only_if_it_is_one(name: str, status: Any, target: str) -> None:
    """An error of a return_direct tool goes back to the model."""
    answer = ToolMessage("x", tool_call_id="c1", name=name, status=status)
    assert route_after_tools([USER, AIMessage("", tool_calls=[CALL]), answer], {"direct"}) == target


def test_turns_are_counted_from_the_last_question() -> None:
    """An earlier conversation does not use up this one's turns."""
    history = [USER, AIMessage("a"), USER, *_cut(), AIMessage("b")]
    assert model_turns(history) == 2


@pytest.mark.parametrize(
    ("cuts", "configured", "cap"),
    [
        (0, None, None),
        (0, 2000, 2000),
        (1, None, 2048),
        (2, None, 4096),
        (3, None, 4096),
        (1, 1500, 3000),
        (1, 100, 2048),
    ],
)
def test_the_cap_doubles_with_each_answer_that_was_cut_off(cuts: int, configured: int | None, cap: int | None) -> None:
    """Up to the model's own limit; without a cut nothing changes (promise 3)."""
    history = [USER, *[message for _ in range(cuts) for message in _cut()]]
    assert larger_cap(history, configured, 4096) == cap


def test_a_call_that_ran_or_a_new_question_resets_the_count() -> None:
    """Only failures in a row count."""
    worked = [AIMessage("", tool_calls=[CALL]), ToolMessage("x", tool_call_id="c1")]
    assert len(unusable_turns([USER, *_cut(), *_cut()])) == 2
    assert unusable_turns([USER, *_cut(), *worked]) == []
    assert unusable_turns([USER, *_cut(), USER]) == []
