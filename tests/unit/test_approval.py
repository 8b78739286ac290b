"""What a person is asked, and what the answer means: every shape that clients send, and nothing else (promise 8)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents.approval import (
    Decision,
    UnreadableAnswerError,
    decide,
    hitl_request,
    read_decisions,
    written_down,
)
from clovax_agents.execution import TurnCall
from clovax_agents.execution.approvals import approval_key, approve, asked, merge_approvals, why_not
from clovax_agents.execution.calls import calls_of
from clovax_agents.execution.canonical import arguments_hash

PAY = TurnCall("c1", "pay", {"amount": 10}, None, 0, "m1")
SHIP = TurnCall("c2", "ship", {"to": "서울"}, None, 1, "m1")
NEW = {"amount": 5}
JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["approve", "accept", "edit", "reject", "respond", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "args", "decisions", "message"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_the_question_has_langchains_shape() -> None:
    """Agent Chat UI and Studio draw it as it is: one request and one configuration for each call."""
    request = hitl_request([(PAY, "Pay money."), (SHIP, "Send it.")])
    assert [(action["name"], action["args"]) for action in request["action_requests"]] == [
        ("pay", {"amount": 10}), ("ship", {"to": "서울"}),
    ]  # fmt: skip
    assert [config["action_name"] for config in request["review_configs"]] == ["pay", "ship"]
    assert set(request["review_configs"][0]["allowed_decisions"]) == {"approve", "edit", "reject", "respond"}
    assert "Pay money." in request["action_requests"][0]["description"]
    assert json.loads(json.dumps(request)) == request


def test_a_second_question_says_what_was_wrong_with_the_answer() -> None:
    """The person reads the problem where the call is described."""
    assert "no such thing" in hitl_request([(PAY, "Pay.")], "no such thing")["action_requests"][0]["description"]


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ({"decisions": [{"type": "approve"}]}, Decision("approve")),
        ([{"type": "approve"}], Decision("approve")),
        ({"type": "approve"}, Decision("approve")),
        ("approve", Decision("approve")),
        ([{"type": "accept", "args": None}], Decision("approve")),
        ("accept", Decision("approve")),
        ({"decisions": [{"type": "edit", "edited_action": {"name": "pay", "args": NEW}}]}, Decision("edit", NEW)),
        ({"decisions": [{"type": "edit", "args": NEW}]}, Decision("edit", NEW)),
        ([{"type": "edit", "args": {"action": "pay", "args": NEW}}], Decision("edit", NEW)),
        ({"decisions": [{"type": "reject", "message": "too much"}]}, Decision("reject", message="too much")),
        ({"decisions": [{"type": "reject"}]}, Decision("reject")),
        ([{"type": "ignore", "args": None}], Decision("reject")),
        ("reject", Decision("reject")),
        ({"decisions": [{"type": "respond", "message": "paid already"}]}, Decision("respond", message="paid already")),
        ([{"type": "response", "args": "paid already"}], Decision("respond", message="paid already")),
    ],
)
def test_every_known_shape_is_read(answer: Any, decision: Decision) -> None:
    """LangChain's, the older HumanInterrupt's as Agent Inbox sends it, one alone, and a plain word."""
    assert read_decisions(answer, [PAY]) == [decision]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"decisions": []}, "1 calls to decide about, and 0 decisions"),
        ({"decisions": [{"type": "approve"}, {"type": "approve"}]}, "2 decisions"),
        (None, "type is one of"),
        (True, "type is one of"),
        ({"type": ["approve"]}, "type is one of"),
        ("yes", "type is one of"),
        ("APPROVE", "type is one of"),
        ({"decisions": "approve all"}, "type is one of"),
        ({"decisions": [{"type": "edit"}]}, "carries the new arguments"),
        ("edit", "carries the new arguments"),
        ({"type": "edit", "args": "amount=5"}, "carries the new arguments"),
        ({"type": "edit", "edited_action": {"name": "ship", "args": NEW}}, "not the tool"),
        ({"type": "edit", "args": {"action": "ship", "args": NEW}}, "not the tool"),
        ({"type": "respond"}, "carries its text"),
        ("respond", "carries its text"),
    ],
)
def test_an_answer_that_is_not_clear_is_no_answer(answer: Any, problem: str) -> None:
    """Nothing is guessed: the error says what is expected."""
    with pytest.raises(UnreadableAnswerError, match=problem):
        read_decisions(answer, [PAY])


@given(JSON)
def test_no_answer_breaks_the_reading_and_none_approves_by_accident(answer: Any) -> None:
    """Whatever comes in, there are as many decisions as calls, or a problem; only the words for it approve."""
    try:
        decisions = read_decisions(answer, [PAY, SHIP])
    except UnreadableAnswerError:
        return
    entries = answer["decisions"] if isinstance(answer, dict) else answer
    said = [entry if isinstance(entry, str) else entry["type"] for entry in entries]
    assert [decision.kind == "approve" for decision in decisions] == [word in {"approve", "accept"} for word in said]


def _message() -> AIMessage:
    calls: Any = [
        {"name": "pay", "args": {"amount": 10}, "id": "c1"},
        {"name": "ship", "args": {"to": "서울"}, "id": "c2"},
    ]
    raw = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": json.dumps(call["args"])},
        }
        for call in calls
    ]
    return AIMessage("", id="m1", tool_calls=calls, additional_kwargs={"tool_calls": raw, "thinking_content": "..."})


def test_an_edit_stands_in_the_models_own_message() -> None:
    """Under the same ids, in the calls and in the raw text, so that the model sees what has run."""
    message = _message()
    decided = decide(
        [HumanMessage("?"), message],
        [(PAY, Decision("edit", {"amount": 5})), (SHIP, Decision("approve"))],
        user="kim",
        now=100.0,
    )
    (edited,) = decided.messages
    assert isinstance(edited, AIMessage)
    assert [(call.id, call.name, call.arguments, call.problem) for call in calls_of(edited)] == [
        ("c1", "pay", {"amount": 5}, None), ("c2", "ship", {"to": "서울"}, None),
    ]  # fmt: skip
    raw = edited.additional_kwargs["tool_calls"]
    assert [json.loads(entry["function"]["arguments"]) for entry in raw] == [{"amount": 5}, {"to": "서울"}]
    assert (edited.id, edited.additional_kwargs["thinking_content"]) == ("m1", "...")
    assert message == _message()
    record = decided.approvals[approval_key(PAY)]
    assert record is not None
    assert (record["decision"], record["arguments"], record["user"]) == ("edit", arguments_hash({"amount": 5}), "kim")


def test_a_call_without_an_id_is_edited_too() -> None:
    """It is found by its place, and has an id from then on (fault T20)."""
    calls: Any = [{"name": "pay", "args": {"amount": 10}, "id": None}]
    message = AIMessage("", id="m1", tool_calls=calls)
    (call,) = calls_of(message)
    (edited,) = decide([message], [(call, Decision("edit", NEW))], user=None, now=0.0).messages
    assert isinstance(edited, AIMessage)
    assert [(made["id"], made["args"]) for made in edited.tool_calls] == [(call.id, NEW)]


def test_a_rejection_and_a_response_are_the_calls_answers() -> None:
    """The model reads the person's words; neither leaves a record that could let the call run."""
    decided = decide(
        [_message()],
        [(PAY, Decision("reject", message="too much")), (SHIP, Decision("respond", message="sent by hand"))],
        user=None,
        now=0.0,
    )
    rejected, answered = decided.messages
    assert isinstance(rejected, ToolMessage)
    assert isinstance(answered, ToolMessage)
    assert (rejected.tool_call_id, rejected.status, rejected.response_metadata) == (
        "c1", "error", {"outcome": "rejected"},
    )  # fmt: skip
    assert "too much" in rejected.text
    assert (answered.tool_call_id, answered.status, answered.text) == ("c2", "success", "sent by hand")
    assert merge_approvals({approval_key(PAY): asked(PAY, "h")}, decided.approvals) == {}


HASH = arguments_hash(PAY.arguments)
RECORD: Any = approve(PAY, HASH, decision="approve", user="kim", now=1000.0)


@pytest.mark.parametrize(
    ("record", "digest", "user", "now", "problem"),
    [
        (RECORD, HASH, "kim", 1000.0, None),
        (RECORD, HASH, "kim", 4599.0, None),
        (RECORD, HASH, "kim", 4600.0, "expired"),
        (RECORD, arguments_hash({"amount": 11}), "kim", 1000.0, "other arguments"),
        (RECORD, HASH, "lee", 1000.0, "another user"),
        (RECORD, HASH, None, 1000.0, "another user"),
        ({**RECORD, "tool": "ship"}, HASH, "kim", 1000.0, "other arguments"),
        (None, HASH, "kim", 1000.0, "nobody has"),
        (asked(PAY, HASH), HASH, None, -1.0, "nobody has"),
        ({}, HASH, None, 0.0, "other arguments"),
    ],
)
def test_a_record_lets_exactly_its_call_run(
    record: Any, digest: str, user: str | None, now: float, problem: str | None
) -> None:
    """The same tool, arguments and user, for an hour (fault G11)."""
    found = why_not(record, PAY, digest, user=user, now=now)
    assert (found is None) == (problem is None)
    assert problem is None or problem in str(found)


def test_records_are_merged_by_call_and_taken_away_by_none() -> None:
    """Two calls do not touch each other's."""
    first, second = asked(PAY, "h1"), asked(SHIP, "h2")
    both = merge_approvals({"m1:c1": first}, {"m1:c2": second})
    assert merge_approvals(both, {"m1:c1": None}) == {"m1:c2": second}
    assert merge_approvals(None, None) == {}


def test_what_was_asked_decides_what_an_answer_is_about() -> None:
    """Calls without a record are not asked about later, and a changed one is noticed."""
    records = {approval_key(PAY): asked(PAY, HASH)}
    same = written_down([PAY, SHIP], records)
    assert same is not None
    assert (same.calls, same.is_changed) == ([PAY], False)
    more = TurnCall("c1", "pay", {"amount": 99}, None, 0, "m1")
    changed = written_down([more], records)
    assert changed is not None
    assert changed.is_changed
    assert written_down([SHIP], {}) is None
    assert written_down([], records) is None
