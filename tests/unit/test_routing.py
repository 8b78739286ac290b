"""Routing and recovery: pure functions over histories."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.types import Command, Send

from clovax_agents.execution import TurnCall
from clovax_agents.recovering.unusable import larger_cap, unusable_turns
from clovax_agents.routing import (
    answers_in,
    has_route,
    model_turns,
    route_after_approval,
    route_after_model,
    route_after_tools,
)

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


def _call(name: str, key: str, **args: Any) -> Any:
    return {"name": name, "args": args, "id": key}


def test_calls_that_may_interrupt_go_to_the_tools_in_tasks_of_their_own() -> None:
    """Each of them alone, the others together, so that an answer cannot reach another call."""
    calls = [_call("ask", "c1", n=1), _call("look", "c2"), _call("ask", "c3", n=2), _call("look", "c4")]
    sent = route_after_model([USER, AIMessage("", tool_calls=calls, id="m1")], interrupts={"ask"})
    assert all(isinstance(send, Send) and send.node == "tools" for send in sent)
    assert [[call["id"] for call in send.arg] for send in sent] == [["c2", "c4"], ["c1"], ["c3"]]
    assert sent[1].arg == [{"name": "ask", "args": {"n": 1}, "id": "c1", "type": "tool_call", "message_id": "m1"}]


@pytest.mark.parametrize(
    "message",
    [
        AIMessage("", tool_calls=[_call("ask", "c1")]),
        AIMessage("", tool_calls=[_call("look", "c1"), _call("look", "c2")]),
        AIMessage("", tool_calls=[_call("look", "c1")], invalid_tool_calls=[{**BROKEN, "name": "ask", "id": "c2"}]),
    ],
)
def test_one_call_or_none_that_may_interrupt_needs_no_tasks(message: AIMessage) -> None:
    """A task per call costs time; one that cannot run cannot interrupt either."""
    assert route_after_model([USER, message], interrupts={"ask"}) == "tools"


def test_a_person_comes_first_if_one_call_that_can_run_needs_one() -> None:
    """A call that is answered or cannot run anyway is nothing to ask about."""

    def asks(call: TurnCall) -> bool:
        return call.name == "pay"

    mixed = AIMessage("", tool_calls=[_call("look", "c1"), _call("pay", "c2")])
    broken = AIMessage("", tool_calls=[_call("look", "c1")], invalid_tool_calls=[{**BROKEN, "name": "pay", "id": "c2"}])
    assert route_after_model([USER, mixed], asks=asks) == "approval"
    assert route_after_model([USER, mixed, ToolMessage("no", tool_call_id="c2")], asks=asks) == "tools"
    assert route_after_model([USER, broken], asks=asks) == "tools"


def test_after_approval_only_what_is_still_open_goes_to_the_tools() -> None:
    """If the person has answered everything, the model is next."""
    message = AIMessage("", tool_calls=[_call("pay", "c1"), _call("ask", "c2"), _call("look", "c3")])
    rejected = ToolMessage("no", tool_call_id="c1", status="error")
    sent = route_after_approval([USER, message, rejected], interrupts={"ask"})
    assert [[call["id"] for call in send.arg] for send in sent] == [["c3"], ["c2"]]
    others = [ToolMessage("x", tool_call_id="c2"), ToolMessage("x", tool_call_id="c3")]
    assert route_after_approval([USER, message, rejected, *others]) == "model"


def test_a_tool_that_says_where_to_go_is_heard() -> None:
    """A hand-off routes by itself; a Command that only writes does not."""
    assert has_route([Command(goto="other")])
    assert has_route([{"messages": []}, Command(graph=Command.PARENT, update={})])
    assert not has_route([Command(update={"messages": []}), {"messages": []}])


def test_answers_are_found_in_whatever_a_node_returns() -> None:
    """States, commands and plain lists."""
    first, second, third = (ToolMessage("x", tool_call_id=key) for key in ("c1", "c2", "c3"))
    updates = [{"messages": [first]}, Command(update={"messages": [second]}), [third], {"other": 1}, Command(goto="x")]
    assert answers_in(updates) == [first, second, third]


def test_an_answer_whose_calls_all_cannot_run_is_unusable_however_it_is_written() -> None:
    """Cut off behind a whole call, or raw text that is not strict JSON: it counts (fault G03)."""
    whole = AIMessage("", tool_calls=[CALL], response_metadata={"finish_reason": "length"})
    lax = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1,}'}}]
    repaired = AIMessage("", tool_calls=[CALL], additional_kwargs={"tool_calls": lax})
    half = AIMessage("", tool_calls=[CALL], invalid_tool_calls=[{**BROKEN, "id": "c2"}])
    assert len(unusable_turns([USER, whole, repaired])) == 2
    assert unusable_turns([USER, half]) == []
    assert larger_cap([USER, whole], None, 4096) == 2048
