"""Turns as a generator, without a model: every way an answer can be flawed, and what is asked next."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from clovax_agents.errors import (
    CallFacts,
    ClovaXError,
    ConfigurationError,
    ContextLengthError,
    EmptyAnswerError,
    InvalidResponseError,
    RateLimitError,
    RefusedAnswerError,
    RequestError,
    ServerError,
    UnsupportedFunctionError,
)
from clovax_agents.recovering import Recovery
from clovax_agents.recovering.steps import Reach, Step
from clovax_agents.recovering.turn import Ask, TurnCase, take_turn

UNKNOWN = UnsupportedFunctionError("Unsupported function", CallFacts(code="40009"))
WITHHELD = RequestError("Unavailable output", CallFacts(code="40005"))
EMPTY = AIMessage("", response_metadata={"finish_reason": "stop"})
DONE = AIMessage("완료", response_metadata={"finish_reason": "stop"})
CALL: Any = {"name": "pay", "args": {}, "id": "c1"}
CALLS = AIMessage("", tool_calls=[CALL])
CLOVAX = Reach(cap=1024, most=4096, effort="none", is_clovax=True)
THINKING = Reach(cap=5120, most=32_768, effort="high", is_clovax=True)

Outcome = AIMessage | ClovaXError


def _text(text: str, tokens: int | None = None) -> AIMessage:
    usage: Any = None if tokens is None else {"input_tokens": 1, "output_tokens": tokens - 1, "total_tokens": tokens}
    return AIMessage(text, response_metadata={"finish_reason": "length"}, usage_metadata=usage)


def _thought() -> AIMessage:
    thinking = {"thinking_content": "음..."}
    return AIMessage("", additional_kwargs=thinking, response_metadata={"finish_reason": "length"})


def _case(reach: Reach = CLOVAX, recovery: Recovery | None = None, **more: Any) -> TurnCase:
    messages = [SystemMessage("짧게"), HumanMessage("?")]
    fixed: dict[str, Any] = {"messages": messages, "options": {}, "names": ("pay", "receipt"), **more}
    return TurnCase(recovery=recovery or Recovery(), reach=lambda: reach, **fixed)


def _play(case: TurnCase, *outcomes: Outcome) -> tuple[list[Ask], AIMessage | ClovaXError]:
    """Answer each question with the next outcome, the last one for ever; return the questions and the end."""
    flow, asks = take_turn(case), []
    try:
        asks.append(next(flow))
        while True:
            assert len(asks) <= 200, "it never ends"
            outcome = outcomes[min(len(asks), len(outcomes)) - 1]
            asks.append(flow.send(outcome) if isinstance(outcome, AIMessage) else flow.throw(outcome))
    except StopIteration as stop:
        return asks, stop.value
    except ClovaXError as error:
        return asks, error


def _recoveries(answer: object) -> list[tuple[str, str]]:
    assert isinstance(answer, AIMessage)
    return [(entry["kind"], entry["step"]) for entry in answer.response_metadata["recoveries"]]


def test_a_good_answer_is_left_alone() -> None:
    """Nothing is asked twice, nothing is copied, nothing is marked."""
    asks, end = _play(_case(), DONE)
    assert end is DONE
    assert asks == [Ask([SystemMessage("짧게"), HumanMessage("?")], {}, None)]


def test_calls_are_for_the_tools_node_to_judge() -> None:
    """Even those that were cut off: what they need is in the history already."""
    cut = AIMessage("", tool_calls=[CALL], response_metadata={"finish_reason": "length"})
    assert _play(_case(), cut) == ([Ask([SystemMessage("짧게"), HumanMessage("?")], {}, None)], cut)


def test_an_unknown_tool_leads_down_the_whole_ladder() -> None:
    """The names, then emulated calls, then no tools, which the answer says."""
    asks, end = _play(_case(), UNKNOWN, UNKNOWN, UNKNOWN, DONE)
    assert "pay, receipt" in asks[1].messages[0].text
    assert asks[1].messages[0].text.startswith("짧게\n\n")
    assert [ask.options for ask in asks] == [
        {}, {}, {"tool_calling": "emulated"}, {"tool_calling": "native", "tool_choice": "none"},
    ]  # fmt: skip
    assert "cannot call a tool" in asks[3].messages[0].text
    assert "pay, receipt" not in asks[3].messages[0].text
    assert _recoveries(end) == [("unknown_tool", "hint"), ("unknown_tool", "emulated"), ("unknown_tool", "no_tools")]
    assert isinstance(end, AIMessage)
    assert end.response_metadata["no_tool_ran"] is True
    assert end.text == "완료"


@pytest.mark.parametrize(
    ("reach", "steps", "count"),
    [
        (CLOVAX, ("hint", "emulated", "no_tools"), 4),
        (CLOVAX, ("no_tools", "hint"), 3),
        (CLOVAX, (), 1),
        (Reach(), ("hint", "emulated", "no_tools"), 3),
        (Reach(is_clovax=True, is_emulated=True), ("emulated",), 1),
    ],
    ids=["all", "two", "none", "somebody-else-s", "emulated-already"],
)
def test_if_even_that_fails_there_is_one_clear_error(reach: Reach, steps: Any, count: int) -> None:
    """It counts how often the model was asked, says what may help, and keeps the service's code."""
    asks, end = _play(_case(reach, Recovery(unknown_tool=steps)), UNKNOWN)
    assert len(asks) == count
    assert isinstance(end, UnsupportedFunctionError)
    assert ("once" if count == 1 else f"{count} times") in str(end)
    assert "tool descriptions" in str(end)
    assert end.facts.code == "40009"
    assert end.__cause__ is UNKNOWN


def test_a_call_although_no_tool_was_allowed_is_not_taken() -> None:
    """It would run without anybody having offered it."""
    asks, end = _play(_case(), UNKNOWN, UNKNOWN, UNKNOWN, CALLS)
    assert len(asks) == 4
    assert isinstance(end, UnsupportedFunctionError)


def test_emulated_calls_that_come_to_nothing_are_the_next_rung() -> None:
    """Whether the prompt was not followed, or cannot be used with these settings."""
    for failure in (InvalidResponseError("not as asked"), ConfigurationError("not together")):
        asks, end = _play(_case(), UNKNOWN, UNKNOWN, failure, DONE)
        assert len(asks) == 4
        assert _recoveries(end)[-1] == ("unknown_tool", "no_tools")


def test_a_mistake_of_the_user_is_no_flaw_of_the_model() -> None:
    """Settings that cannot work are told at once."""
    error = ConfigurationError("tools and images exclude each other")
    assert _play(_case(), error) == ([Ask([SystemMessage("짧게"), HumanMessage("?")], {}, None)], error)


def test_an_agent_that_emulates_gives_up_thinking_then_tools() -> None:
    """Names and arguments that never come are mostly lost in thinking."""
    reach = Reach(effort="low", is_clovax=True, is_emulated=True)
    asks, end = _play(_case(reach), InvalidResponseError("not as asked"))
    assert [dict(ask.options) for ask in asks[1:]] == [
        {"thinking": {"effort": "none"}},
        {"thinking": {"effort": "none"}, "tool_choice": "none", "tool_calling": "native"},
    ]
    assert isinstance(end, InvalidResponseError)


def test_a_text_that_was_cut_off_is_asked_for_with_larger_caps() -> None:
    """Twice, each time with twice the cap; the answer says so, and what the others cost."""
    asks, end = _play(_case(), _text("가", 10), _text("가나", 20), DONE)
    assert [ask.options for ask in asks] == [{}, {"max_tokens": 2048}, {"max_tokens": 4096}]
    assert isinstance(end, AIMessage)
    assert end.response_metadata["recoveries"] == [
        {"kind": "truncated", "step": "max_tokens=2048", "tokens": 10},
        {"kind": "truncated", "step": "max_tokens=4096", "tokens": 20},
    ]


@pytest.mark.parametrize("last", [_text("가"), EMPTY, ServerError("500"), ContextLengthError("too long"), UNKNOWN])
def test_if_no_cap_is_enough_the_longest_text_is_kept_and_marked(last: Outcome) -> None:
    """Whatever the last attempt ends with: what there is, is not thrown away."""
    _, end = _play(_case(), _text("가나"), _text("가나다"), last)
    assert isinstance(end, AIMessage)
    assert end.text == "가나다"
    assert _recoveries(end)[-1][1] == "kept"
    assert end.response_metadata["finish_reason"] == "length"


@pytest.mark.parametrize("reach", [Reach(cap=None), Reach(cap=4096)], ids=["no-cap", "largest-cap"])
def test_a_cap_that_cannot_be_raised_is_not(reach: Reach) -> None:
    """The text is kept at once."""
    asks, end = _play(_case(reach), _text("가"))
    assert len(asks) == 1
    assert _recoveries(end) == [("truncated", "kept")]


def test_thinking_that_left_no_room_gets_more_and_then_thinks_less() -> None:
    """Larger cap, then each lower effort; never an empty answer."""
    asks, end = _play(_case(THINKING), _thought())
    assert [ask.options.get("max_tokens") for ask in asks] == [None, 10_240, 10_240, 10_240, 10_240]
    efforts = [ask.options.get("thinking", {}).get("effort") for ask in asks]
    assert efforts == [None, None, "medium", "low", "none"]
    assert isinstance(end, EmptyAnswerError)
    assert "larger max_tokens" in str(end)


def test_a_larger_cap_that_the_context_has_no_room_for_is_given_up() -> None:
    """The next step is taken with the old cap."""
    asks, end = _play(_case(THINKING), _thought(), ContextLengthError("too long"), DONE)
    assert asks[2].options == {"thinking": {"effort": "medium"}}
    assert isinstance(end, AIMessage)


@pytest.mark.parametrize(
    ("flawed", "kind"),
    [
        (EMPTY, EmptyAnswerError),
        (AIMessage(" \n"), EmptyAnswerError),
        (AIMessage([{"type": "reasoning", "reasoning": "음"}]), EmptyAnswerError),
        (_text(""), EmptyAnswerError),
        (_thought(), EmptyAnswerError),
        (AIMessage("", response_metadata={"finish_reason": "content_filter"}), RefusedAnswerError),
        (AIMessage("일부", response_metadata={"finish_reason": "content_filter"}), RefusedAnswerError),
        (AIMessage("", additional_kwargs={"refusal": "I cannot help"}), RefusedAnswerError),
        (WITHHELD, RefusedAnswerError),
    ],
    ids=["empty", "blank", "only-reasoning", "cut-to-nothing", "thought", "filter", "half", "refusal", "40005"],
)
def test_silence_is_asked_about_and_then_an_error(flawed: Outcome, kind: type[Exception]) -> None:
    """A second answer helps; a second silence is typed."""
    asks, end = _play(_case(THINKING), flawed, DONE)
    assert len(asks) == 2
    assert isinstance(end, AIMessage)
    assert end.text == "완료"
    _, end = _play(_case(THINKING), flawed)
    assert type(end) is kind
    asks, end = _play(_case(THINKING, Recovery.off()), flawed)
    assert len(asks) == 1
    assert type(end) is kind


def test_a_picture_is_no_silence() -> None:
    """Content without text can still be content."""
    answer = AIMessage([{"type": "image", "url": "data:,"}])
    assert _play(_case(), answer)[1] is answer


@pytest.mark.parametrize(("ran", "options"), [(False, {}), (True, {"tool_choice": "finish"})])
def test_prose_is_sent_back_once_where_a_final_tool_is_required(ran: bool, options: Any) -> None:  # noqa: FBT001
    """The tool is forced only when others have run: before that, prose is mostly a promise to look."""
    prose = AIMessage("확인해 보겠습니다", response_metadata={"finish_reason": "stop"})
    asks, end = _play(_case(final_tool="finish", ran=ran), prose, CALLS)
    assert asks[1].messages[-2] is prose
    assert "finish" in asks[1].messages[-1].text
    assert asks[1].options == options
    assert isinstance(end, AIMessage)
    assert end.tool_calls


def test_prose_again_is_the_end_and_marked() -> None:
    """The longest answer is worth more than an error."""
    asks, end = _play(_case(final_tool="finish"), AIMessage("길게 답합니다"), AIMessage("짧게"))
    assert len(asks) == 2
    assert isinstance(end, AIMessage)
    assert end.text == "길게 답합니다"
    assert _recoveries(end) == [("final_tool", "nudge"), ("final_tool", "kept")]


def test_a_whole_text_is_kept_before_a_longer_one_that_was_cut_off() -> None:
    """Half a sentence more is no better answer."""
    _, end = _play(_case(final_tool="finish"), _text("길게 답하다가 잘"), AIMessage("짧게"), ServerError("500"))
    assert isinstance(end, AIMessage)
    assert end.text == "짧게"


def test_other_errors_pass_as_they_are() -> None:
    """A refused key or a used-up limit is not the model's fault."""
    error = RateLimitError("429")
    asks, end = _play(_case(), error)
    assert end is error
    assert len(asks) == 1
    assert _play(_case(names=()), UNKNOWN)[1] is UNKNOWN


def test_in_a_loop_the_answer_is_asked_for_without_tools_or_the_fallback_is_given() -> None:
    """The run ends in words whatever the model does."""
    first = Step(kind="loop", step="no_tools", note="쓰지 마세요", options={"tool_choice": "none"})
    case = _case(first=first, fallback=AIMessage("멈췄습니다"))
    asks, end = _play(case, DONE)
    assert asks[0].options == {"tool_choice": "none"}
    assert "쓰지 마세요" in asks[0].messages[0].text
    assert _recoveries(end) == [("loop", "no_tools")]
    for outcome in (CALLS, UNKNOWN, EMPTY, ServerError("500")):
        _, end = _play(case, outcome)
        assert isinstance(end, AIMessage)
        assert end.text == "멈췄습니다"


OUTCOMES: Any = st.sampled_from(
    [
        DONE, CALLS, EMPTY, WITHHELD, UNKNOWN, _text("가"), _text(""), _thought(), AIMessage("산문"),
        AIMessage("", additional_kwargs={"refusal": "no"}), InvalidResponseError("x"), ContextLengthError("x"),
        ServerError("x"), ConfigurationError("x"),
    ]
)  # fmt: skip
REACHES = st.builds(
    Reach,
    cap=st.sampled_from([None, 1, 1024, 4096]),
    effort=st.sampled_from([None, "none", "low", "medium", "high"]),
    is_clovax=st.booleans(),
    is_emulated=st.booleans(),
)
RECOVERIES = st.builds(
    Recovery,
    unknown_tool=st.lists(st.sampled_from(["hint", "emulated", "no_tools"]), unique=True).map(tuple),
    truncated=st.integers(0, 4),
    empty=st.booleans(),
    final_tool=st.booleans(),
    most=st.integers(1, 9),
)


@given(
    st.lists(OUTCOMES, min_size=1, max_size=12), REACHES, RECOVERIES, st.sampled_from([None, "finish"]), st.booleans()
)
def test_whatever_a_model_does_it_is_asked_a_bounded_number_of_times_and_never_ends_in_silence(
    outcomes: list[Outcome],
    reach: Reach,
    recovery: Recovery,
    final_tool: str | None,
    ran: bool,  # noqa: FBT001
) -> None:
    """Every outcome is an answer that says or calls something, or a typed error; caps and efforts stay within reach."""
    asks, end = _play(_case(reach, recovery, final_tool=final_tool, ran=ran), *outcomes)
    assert len(asks) <= recovery.most
    if isinstance(end, AIMessage):
        assert end.text.strip() or end.tool_calls
        assert not (end.tool_calls and asks[-1].options.get("tool_choice") == "none")
    assert all(ask.options.get("max_tokens", 0) <= reach.most for ask in asks)
    assert all((ask.step is None) == (number == 0) for number, ask in enumerate(asks))
