"""Loops, as functions of the messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from clovax_agents.recovering import Recovery
from clovax_agents.recovering.loops import Loop, loop_of
from clovax_agents.recovering.steps import Reach
from clovax_agents.recovering.stopping import loop_step, stopped_by

Turn = list[BaseMessage]
A, B, C = ("a", {"x": 1, "y": 2}), ("b", {}), ("c", {})


def _turn(*calls: tuple[str, dict[str, Any]], result: str = "x") -> Turn:
    made: Any = [{"name": name, "args": args, "id": f"c{n}"} for n, (name, args) in enumerate(calls)]
    answers = [ToolMessage(result, tool_call_id=call["id"]) for call in made]
    return [AIMessage("", tool_calls=made), *answers]


def _severity(*turns: Turn, recovery: Recovery | None = None, polling: tuple[str, ...] = ()) -> str | None:
    messages = [HumanMessage("?"), *(message for turn in turns for message in turn)]
    loop = loop_of(messages, recovery or Recovery(), polling)
    return None if loop is None else loop.severity


@pytest.mark.parametrize(
    ("count", "severity"),
    [(1, None), (2, None), (3, "note"), (4, "no_tools"), (5, "stop"), (6, "stop")],
)
@pytest.mark.parametrize(
    "pattern", [[_turn(A)], [_turn(A), _turn(B)], [_turn(A), _turn(B), _turn(C)], [_turn(A, B)]],
    ids=["same", "ping-pong", "three", "two-at-once"],
)  # fmt: skip
def test_a_pattern_is_noted_then_answered_without_tools_then_stopped(
    pattern: list[Turn], count: int, severity: str | None
) -> None:
    """Whatever its length, what counts is how often it came in a row."""
    assert _severity(*pattern * count) == severity


def test_a_pattern_may_begin_anywhere() -> None:
    """What came before it does not hide it, and half a pattern behind it does not either."""
    assert _severity(_turn(C), *[_turn(A)] * 3) == "note"
    assert _severity(_turn(A), *[_turn(B), _turn(A)] * 3) == "note"


def test_the_order_of_arguments_and_of_calls_makes_no_difference() -> None:
    """They say the same."""
    turned = ("a", {"y": 2, "x": 1})
    assert _severity(_turn(A, B), _turn(B, turned), _turn(A, B)) == "note"


@pytest.mark.parametrize(
    "turns",
    [
        [_turn(A), _turn(("a", {"x": 2, "y": 2})), _turn(A)],
        [_turn(A), _turn(A), _turn(B), _turn(A)],
        [_turn(A), _turn(A), [HumanMessage("응")], _turn(A)],
        [_turn(A), _turn(A), [AIMessage("답")], _turn(A)],
        [_turn(("a", {"x": 1})), _turn(("a", {"x": 1.0})), _turn(("a", {"x": True}))],
    ],
    ids=["arguments", "another-tool", "the-user", "an-answer", "types"],
)
def test_what_is_new_ends_a_pattern(turns: list[Turn]) -> None:
    """Other arguments, another tool, or the user."""
    assert _severity(*turns) is None


def test_calls_whose_results_differ_may_be_twice_as_many() -> None:
    """They may be waiting for something; but not for ever."""
    seen = [_severity(*[_turn(A, result=f"{n} %") for n in range(count)]) for count in range(11)]
    assert seen == [None] * 6 + ["note", "note", "note", "no_tools", "stop"]


def test_a_tool_that_polls_is_no_loop() -> None:
    """Neither alone nor beside another one."""
    assert _severity(*[_turn(A)] * 9, polling=("a",)) is None
    assert _severity(*[_turn(A, B)] * 9, polling=("a",)) is None
    assert _severity(*[_turn(B)] * 9, polling=("a",)) == "stop"


def test_limits_are_settings() -> None:
    """A loop can be noted only, stopped only, or left alone."""
    assert _severity(*[_turn(A)] * 9, recovery=Recovery(stop_at=None)) == "note"
    assert _severity(*[_turn(A)] * 2, recovery=Recovery(note_at=None, stop_at=2)) == "stop"
    assert _severity(*[_turn(A)] * 9, recovery=Recovery.off()) is None


def test_arguments_that_are_no_json_are_no_reason_to_fail() -> None:
    """A call that a program wrote may hold anything."""
    assert _severity(*[_turn(("a", {"x": float("nan")}))] * 5) is None


def test_a_call_that_cannot_be_read_counts_by_what_was_written() -> None:
    """The same broken call beside the same good one is the same turn."""
    broken: Any = {"name": "b", "args": "{", "id": "c9", "error": "cut", "type": "invalid_tool_call"}
    turn = _turn(A)
    turn[0] = turn[0].model_copy(update={"invalid_tool_calls": [broken]})
    assert _severity(*[turn] * 3) == "note"


@given(st.lists(st.sampled_from([A, B, C]), max_size=14), st.integers(0, 3))
def test_any_history_is_judged_by_the_repeats_at_its_end(calls: list[Any], results: int) -> None:
    """A stop means a pattern of at most three turns that came five times, as counted by hand."""
    turns = [_turn(call, result=str(n % (results + 1))) for n, call in enumerate(calls)]
    stopped = _severity(*turns) == "stop"
    names = [name for name, _ in calls]
    strict = [(name, n % (results + 1)) for n, name in enumerate(names)]

    def often(items: list[Any], period: int, times: int) -> bool:
        tail = items[-period * times :]
        return len(tail) == period * times and tail == items[-period:] * times

    assert stopped == any(often(strict, period, 5) or often(names, period, 10) for period in (1, 2, 3))


def test_a_loop_is_answered_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which tools, and how often; in Korean, too; names of the model's making stay in their line."""
    loop = Loop("no_tools", ("get\nweather", "b"), 5)
    assert "get weather, b was called 5 times" in stopped_by(loop).text
    assert loop_step(loop, Reach(is_clovax=True)).options == {"tool_choice": "none", "tool_calling": "native"}
    assert loop_step(loop, Reach()).options == {}
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert "연달아 5번" in stopped_by(loop).text
    assert "연달아 5번" in loop_step(loop, Reach()).note
