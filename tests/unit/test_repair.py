"""Repaired histories: any list of messages becomes one that a service takes (promise 4, faults G05 and T20)."""

import copy
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from clovax_agents.execution.call_ids import with_unique_ids
from clovax_agents.execution.calls import calls_of
from clovax_agents.repair import repair_history

IDS = st.sampled_from(["a", "b", "c"])
CALL_IDS = st.sampled_from(["a", "b", "c", "", None])
USER = HumanMessage("?")


def _ai(*ids: str | None, broken: tuple[str | None, ...] = ()) -> AIMessage:
    wrong: Any = [{"name": "g", "args": "{", "id": key, "error": "cut", "type": "invalid_tool_call"} for key in broken]
    valid: Any = [{"name": "f", "args": {"n": number}, "id": key} for number, key in enumerate(ids)]
    return AIMessage("", tool_calls=valid, invalid_tool_calls=wrong)


def _tool(key: str, text: str = "x") -> ToolMessage:
    return ToolMessage(text, tool_call_id=key)


def _raw(key: str | None, arguments: str) -> dict[str, Any]:
    return {"id": key, "type": "function", "function": {"name": "f", "arguments": arguments}}


MESSAGES: Any = st.one_of(
    st.builds(lambda: HumanMessage("h")),
    st.builds(lambda: SystemMessage("s")),
    st.builds(_tool, IDS, st.sampled_from(["one", "two"])),
    st.builds(
        lambda ids, broken: _ai(*ids, broken=tuple(broken)),
        st.lists(CALL_IDS, max_size=3),
        st.lists(CALL_IDS, max_size=2),
    ),
)
HISTORIES: Any = st.lists(MESSAGES, max_size=12)


def _problem(messages: list[BaseMessage]) -> str | None:
    """Say what a service would refuse, written from the rule alone."""
    index = 0
    while index < len(messages):
        message = messages[index]
        index += 1
        if isinstance(message, ToolMessage):
            return "an answer without its call"
        if not isinstance(message, AIMessage):
            continue
        ids = [call["id"] for call in (*message.tool_calls, *message.invalid_tool_calls)]
        if len(set(ids)) < len(ids) or not all(ids):
            return "ids that are missing or not unique"
        behind = messages[index : index + len(ids)]
        if [getattr(answer, "tool_call_id", None) for answer in behind] != ids:
            return "calls that are not answered in order"
        index += len(ids)
    return None


@given(HISTORIES)
def test_any_history_becomes_valid_and_stays_as_it_is_then(history: list[BaseMessage]) -> None:
    """One answer per call, directly behind it and in order; a second repair changes nothing."""
    repaired = repair_history(history)
    assert _problem(repaired) is None
    again = repair_history(repaired)
    assert len(again) == len(repaired)
    assert all(one is other for one, other in zip(again, repaired, strict=True))


@given(HISTORIES)
def test_nothing_that_was_said_is_lost_and_the_input_is_left_alone(history: list[BaseMessage]) -> None:
    """Messages of people, system and model stay in order; no message is changed in place."""
    before = copy.deepcopy(history)
    spoken = [message for message in repair_history(history) if not isinstance(message, ToolMessage)]
    kept = [message for message in history if not isinstance(message, ToolMessage)]
    assert [message.type for message in spoken] == [message.type for message in kept]
    assert [message.content for message in spoken] == [message.content for message in kept]
    assert history == before


@given(HISTORIES)
def test_an_answer_of_a_call_that_has_no_other_is_never_lost(history: list[BaseMessage]) -> None:
    """Where an id was asked for once, its first answer is the one that is kept, wherever it stood."""
    asked = Counter(
        call["id"]
        for message in history
        if isinstance(message, AIMessage)
        for call in (*message.tool_calls, *message.invalid_tool_calls)
    )
    repaired = repair_history(history)
    for key in [key for key, times in asked.items() if times == 1 and key]:
        given = [message for message in history if isinstance(message, ToolMessage) and message.tool_call_id == key]
        kept = [message for message in repaired if isinstance(message, ToolMessage) and message.tool_call_id == key]
        assert len(kept) == 1
        assert kept[0] is given[0] if given else kept[0].response_metadata["outcome"] == "cancelled"


def test_a_valid_history_keeps_its_very_messages() -> None:
    """What is right is not copied."""
    history = [USER, _ai("a", "b"), _tool("a"), _tool("b"), AIMessage("done")]
    assert all(one is other for one, other in zip(repair_history(history), history, strict=True))


def test_a_call_without_a_result_is_told_to_the_model_without_a_claim() -> None:
    """It may have run or not; the model reads that nobody knows."""
    answer = repair_history([USER, _ai("a"), HumanMessage("그만")])[2]
    assert isinstance(answer, ToolMessage)
    assert (answer.status, answer.name, answer.response_metadata) == ("error", "f", {"outcome": "cancelled"})
    assert "do not assume" in answer.text


def test_a_late_answer_is_moved_to_its_turn_and_replaces_the_one_that_was_made_up() -> None:
    """What really happened wins over our own stand-in, in either order."""
    stopped = repair_history([USER, _ai("a"), HumanMessage("그만")])
    late = _tool("a", "late")
    assert repair_history([*stopped, late])[2] is late
    assert repair_history([USER, _ai("a"), late, stopped[2], HumanMessage("그만")])[2] is late


def test_ids_that_come_back_belong_to_their_own_turn() -> None:
    """An answer goes to the nearest turn before it, never to an older one with the same id."""
    first, second = _tool("a", "first"), _tool("a", "second")
    repaired = repair_history([USER, _ai("a"), first, USER, _ai("a"), USER, second])
    assert [message.content for message in repaired if isinstance(message, ToolMessage)] == ["first", "second"]
    unanswered = repair_history([USER, _ai("a"), USER, _ai("a"), second])
    assert [message.content == "second" for message in unanswered if isinstance(message, ToolMessage)] == [False, True]


def test_an_orphan_and_a_second_answer_go() -> None:
    """The first answer stays."""
    repaired = repair_history([_tool("z"), USER, _ai("a"), _tool("a", "1"), _tool("a", "2")])
    assert [message.content for message in repaired] == ["?", "", "1"]


def test_answers_under_one_id_reach_the_calls_that_shared_it() -> None:
    """Two calls that came under one id get their own ids, and each its own answer."""
    repaired = repair_history([USER, _ai("a", "a"), _tool("a", "1"), _tool("a", "2")])
    assert [message.content for message in repaired[2:]] == ["1", "2"]
    assert len({message.tool_call_id for message in repaired[2:] if isinstance(message, ToolMessage)}) == 2


@pytest.mark.parametrize("ids", [("a", "a"), ("", ""), (None, "a"), ("a", "a_1", "a"), (None, None, "call_0")])
def test_each_call_gets_an_id_of_its_own(ids: tuple[str | None, ...]) -> None:
    """The service's id stays where it is the only one, the same each time, and in the raw entries too (fault T20)."""
    entries = [_raw(key, f'{{"n": {number}}}') for number, key in enumerate(ids)]
    message = _ai(*ids).model_copy(update={"additional_kwargs": {"tool_calls": entries}, "id": "m"})
    unique = with_unique_ids(message)
    made = [call["id"] for call in unique.tool_calls]
    assert len(set(made)) == len(made)
    assert all(made)
    assert {key for key in ids if key} <= set(made)
    assert [entry["id"] for entry in unique.additional_kwargs["tool_calls"]] == made
    assert with_unique_ids(message) == unique
    assert with_unique_ids(unique) is unique
    assert (unique.id, [call["id"] for call in message.tool_calls]) == ("m", list(ids))


@pytest.mark.parametrize("shared", ["a", "", None])
def test_a_broken_call_does_not_take_the_good_one_down_with_it(shared: str | None) -> None:
    """Of two calls under one id, the one that is well written still runs (fault T20)."""
    valid: Any = {"name": "f", "args": {"n": 1}, "id": shared}
    broken: Any = {"name": "f", "args": '{"n":', "id": shared, "error": "cut", "type": "invalid_tool_call"}
    raw = [_raw(shared, '{"n":'), _raw(shared, '{"n": 1}')]
    for entries in (raw, raw[::-1]):
        message = AIMessage(
            "", tool_calls=[valid], invalid_tool_calls=[broken], additional_kwargs={"tool_calls": entries}
        )
        read = calls_of(message)
        assert [call.problem is None for call in read] == [entry is raw[1] for entry in entries]
        assert [call.arguments for call in read if call.problem is None] == [{"n": 1}]


@pytest.mark.parametrize("raw", ["text", {"a": 1}, [None], ["x"], [{"id": "a"}], [{"id": "a", "function": {}}]])
def test_foreign_forms_of_raw_calls_are_passed_over(raw: Any) -> None:
    """A history that another client has written is read by its calls alone."""
    message = _ai("a").model_copy(update={"additional_kwargs": {"tool_calls": raw}})
    assert [call.arguments for call in calls_of(message)] == [{"n": 0}]
    assert len(repair_history([USER, message])) == 3


def _seconds(turns: int) -> float:
    """Return the best of three times that it takes to repair so many turns and an orphan."""
    parts = [part for number in range(turns) for part in (USER, _ai(f"c{number}"), _tool(f"c{number}"), AIMessage("a"))]
    broken = [*parts, _tool("orphan")]
    taken: list[float] = []
    for _ in range(3):
        begun = time.perf_counter()
        repair_history(broken)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def test_the_work_grows_with_the_history_and_no_faster() -> None:
    """Sixteen times the messages take far less than the 256 times that looking at every pair would."""
    assert _seconds(4_800) / _seconds(300) < 100


def test_a_missing_result_is_told_in_the_language_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says neither that the call has run nor that it has not."""
    history = [AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "c1"}]), HumanMessage("다음")]
    assert "may have taken effect or not" in repair_history(history)[1].text
    monkeypatch.setenv("CLOVAX_LANG", "ko")
    assert repair_history(history)[1].text.startswith("오류: 이 호출의 결과가 기록에 없습니다")
