"""Bad habits on demand: each shows when it should, never when it should not, and the same way for the same seed."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import (
    BrainError,
    BrainReply,
    ChatRequest,
    Message,
    QuirkBrain,
    Quirks,
    RuleBrain,
    ToolCall,
    ToolSpec,
    load_brain,
    parse_faults,
)

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "도시의 날씨를 알려 준다",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["섭씨", "화씨"]}},
            "required": ["city", "unit"],
        },
    },
}
QUESTION: dict[str, Any] = {"role": "user", "content": "서울 날씨를 섭씨로 알려줘"}
CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
ANSWERED: list[dict[str, Any]] = [
    QUESTION,
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": '{"날씨": "맑음"}'},
]
SCHEMA: dict[str, Any] = {
    "model": "HCX-007",
    "reasoning_effort": "none",
    "tools": None,
    "max_tokens": None,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
    },
}
TALK = {"tools": None, "max_tokens": None}
PLAN: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "plan_days",
        "description": "날마다의 계획을 세운다",
        "parameters": {
            "type": "object",
            "properties": {"days": {"type": "array", "items": {"$ref": "#/$defs/Day"}}},
            "$defs": {
                "Day": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "sky": {"anyOf": [{"enum": ["맑음", "sunny", "강한비"]}, {"type": "null"}]},
                    },
                }
            },
        },
    },
}
CALLED = BrainReply(tool_calls=(ToolCall("get_weather", {"city": "서울", "unit": "섭씨"}),))


class _Saying:
    """A brain that always says the same."""

    def __init__(self, reply: BrainReply) -> None:
        self._reply = reply

    def reply(self, request: ChatRequest) -> BrainReply:
        """Say it."""
        assert request.messages
        return self._reply


def _brain(seed: int = 0, **quirks: Any) -> QuirkBrain:
    return QuirkBrain(RuleBrain(), Quirks(**quirks), seed)


def _post(client: TestClient, **changes: Any) -> Any:
    body = {"model": "HCX-005", "messages": [QUESTION], "tools": [WEATHER], "max_tokens": 1024, **changes}
    return client.post(CHAT, json={name: value for name, value in body.items() if value is not None})


def _message(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]


def _arguments(answer: Any) -> str:
    return str(_message(answer)["tool_calls"][0]["function"]["arguments"])


def _said(answer: Any) -> str:
    return str(_message(answer)["content"])


def _lost(answer: Any) -> bool:
    return bool(answer.status_code == 400 and answer.json()["error"]["code"] == "40009")


def _called_again(answer: Any) -> bool:
    calls = _message(answer).get("tool_calls", [])
    return [call["function"] for call in calls] == [CALL["function"]] and calls[0]["id"] != CALL["id"]


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _ate_the_cap(answer: Any) -> bool:
    choice, usage = answer.json()["choices"][0], answer.json()["usage"]
    used = (usage["completion_tokens"], usage["completion_tokens_details"]["reasoning_tokens"])
    return (choice["message"]["content"], choice["finish_reason"], used) == ("", "length", (300, 300))


@dataclass(frozen=True)
class _Habit:
    """How one bad habit is provoked, and how it shows."""

    shows: Callable[[Any], bool]
    good: BrainReply = CALLED
    changes: dict[str, Any] = field(default_factory=dict)
    history: tuple[dict[str, Any], ...] = ()


HABITS: dict[str, _Habit] = {
    "invented_name": _Habit(_lost),
    "repeated_call": _Habit(_called_again, BrainReply("맑습니다."), history=tuple(ANSWERED[1:])),
    "broken_arguments": _Habit(lambda answer: not _is_json(_arguments(answer))),
    "code_fence": _Habit(lambda answer: _said(answer).startswith("```json\n"), BrainReply('{"a":"b"}'), SCHEMA),
    "forgotten_call": _Habit(lambda answer: "tool_calls" not in _message(answer)),
    "translated_enum": _Habit(lambda answer: json.loads(_arguments(answer))["unit"] not in ("섭씨", "화씨")),
    "empty_after_thinking": _Habit(
        _ate_the_cap, BrainReply("네", "음"), {"model": "HCX-007", "tools": None, "max_tokens": 300}
    ),
}
EACH = pytest.mark.parametrize("name", HABITS)


def test_every_quirk_is_provoked_here() -> None:
    """No habit is without the tests below."""
    assert {item.name for item in fields(Quirks)} == {*HABITS, "sticky"}


def _shown(start: START, name: str, quirks: Quirks, number: int, seed: int = 0) -> list[bool]:
    """Ask so many different questions, and return which answers show the habit."""
    habit = HABITS[name]
    client = start(brain=QuirkBrain(_Saying(habit.good), quirks, seed))
    questions = ({"role": "user", "content": f"{i}번 도시의 날씨를 섭씨로 알려줘"} for i in range(number))
    return [habit.shows(_post(client, messages=[asked, *habit.history], **habit.changes)) for asked in questions]


@EACH
@pytest.mark.soak(every=2)
def test_a_probability_of_one_means_always_and_zero_never(simulator: START, name: str) -> None:
    """Each shows in every answer that gives occasion to it, or in none."""
    assert all(_shown(simulator, name, Quirks(**{name: 1.0}), 20))
    assert not any(_shown(simulator, name, Quirks(**{name: 0.0}), 20))


@EACH
@pytest.mark.soak(every=7)
def test_the_rate_over_500_requests_is_the_one_that_was_asked_for(simulator: START, name: str) -> None:
    """With 0.3, some 150; fewer than 117 or more than 183 would be three and a quarter standard deviations off."""
    assert 117 <= sum(_shown(simulator, name, Quirks(**{name: 0.3}), 500)) <= 183


@EACH
@pytest.mark.soak(every=3)
def test_the_same_seed_makes_the_same_mistakes(simulator: START, name: str) -> None:
    """A course of mistakes repeats with its seed, and another seed makes another course."""
    courses = [_shown(simulator, name, Quirks(**{name: 0.3}), 40, seed) for seed in (1, 1, 2)]

    assert courses[0] == courses[1] != courses[2]


@EACH
@pytest.mark.parametrize("sticky", [True, False])
@pytest.mark.soak(every=2)
def test_an_unchanged_retry_meets_the_same_fate_only_if_it_is_sticky(
    simulator: START, name: str, *, sticky: bool
) -> None:
    """The same request again and again: always the same outcome, or both."""
    habit = HABITS[name]
    client = simulator(brain=QuirkBrain(_Saying(habit.good), Quirks(**{name: 0.5}, sticky=sticky), 3))
    outcomes = {habit.shows(_post(client, messages=[QUESTION, *habit.history], **habit.changes)) for _ in range(40)}

    assert len(outcomes) == (1 if sticky else 2)


CHANGED: dict[str, dict[str, Any]] = {
    "message": {"messages": [{"role": "user", "content": "서울 날씨를 섭씨로 알려 주세요"}]},
    "system": {"messages": [{"role": "system", "content": "짧게"}, QUESTION]},
    "cap": {"max_tokens": 2048},
    "tool_choice": {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
    "model": {"model": "HCX-DASH-002"},
    "description": {"tools": [{**WEATHER, "function": {**WEATHER["function"], "description": "오늘의 기상 정보"}}]},
}


@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED.keys())
@pytest.mark.soak(every=6)
def test_w2_5_48_a_changed_request_throws_new_dice(simulator: START, changes: dict[str, Any]) -> None:
    """Of those whose plain request fails, about half recover."""
    recovered = []
    for seed in range(60):
        client = simulator(brain=QuirkBrain(_Saying(CALLED), Quirks(invented_name=0.5), seed))
        if _lost(_post(client)):
            recovered.append(not _lost(_post(client, **changes)))

    assert 0.2 < sum(recovered) / len(recovered) < 0.8


def test_the_way_of_an_answer_changes_no_fate(simulator: START) -> None:
    """Ids of earlier calls, a seed and a stream are nothing that the model sees: they repeat the fate."""
    client = simulator(brain=QuirkBrain(_Saying(CALLED), Quirks(invented_name=0.5), 3))
    for city in ("서울", "부산", "대구", "인천", "광주", "대전"):
        asked = {"role": "user", "content": f"{city} 날씨 알려줘"}
        call = {**CALL, "id": "other"}
        again = [{"role": "assistant", "content": "", "tool_calls": [call]}, {**ANSWERED[2], "tool_call_id": "other"}]
        statuses = {_post(client, messages=[asked, *history]).status_code for history in (ANSWERED[1:], again)}
        statuses |= {
            _post(client, messages=[asked, *again], **way).status_code for way in ({"seed": 7}, {"stream": True})
        }
        assert len(statuses) == 1


def test_w2_5_46_w12_30_an_invented_name_loses_the_whole_answer(simulator: START) -> None:
    """400 with code 40009 over both APIs, and nothing of the answer."""
    client = simulator(brain=_brain(invented_name=1))
    native = client.post("/v3/chat-completions/HCX-005", json={"messages": [QUESTION], "tools": [WEATHER]})
    error = {"message": "Unsupported function", "type": None, "param": None, "code": "40009"}

    assert _post(client).json()["error"] == error
    assert (native.status_code, native.json()) == (
        400,
        {"status": {"code": "40009", "message": "Unsupported function"}},
    )


def test_w2_5_46_the_invented_names_are_similar_or_plausible() -> None:
    """Many different ones over many questions, some of them almost the right one, and none that is offered."""
    brain = QuirkBrain(_Saying(CALLED), Quirks(invented_name=1))
    search = ToolSpec("search_web", "웹을 검색한다")
    names = {
        brain.reply(ChatRequest("HCX-005", (Message("user", f"{i}?"),), (search,))).tool_calls[0].name
        for i in range(100)
    }

    assert len(names) > 8
    assert names & {"fetch_weather", "getWeather", "get_weather_info"}
    assert "search_web" not in names


def test_w2_5_47_w12_29_the_measured_rate_does_not_depend_on_the_request(simulator: START) -> None:
    """3.7 % of 270 questions are ten, whatever they are about, sticky or not."""
    assert Quirks(invented_name=0.037) == Quirks.FIELD
    for quirks in (Quirks.FIELD, Quirks(invented_name=0.037, sticky=False)):
        assert 3 <= sum(_shown(simulator, "invented_name", quirks, 270, seed=7)) <= 18


def test_w2_5_48_a_plain_retry_recovers_none_of_27_and_tool_choice_none_all(simulator: START) -> None:
    """As in the field: the unchanged request fails again, one without tools to choose from succeeds."""
    client = simulator(brain=_brain(3, invented_name=0.5))
    questions = [[{"role": "user", "content": f"{day}일 서울 날씨 알려줘"}] for day in range(1, 90)]
    failing = [messages for messages in questions if _lost(_post(client, messages=messages))][:27]

    assert len(failing) == 27
    assert all(_lost(_post(client, messages=messages)) for messages in failing)
    assert all(_said(_post(client, messages=messages, tool_choice="none")) for messages in failing)


def test_a_repeated_call_comes_after_its_result_only(simulator: START) -> None:
    """The same tool with the same arguments and a new id, instead of an answer; at first, nothing is repeated."""
    client = simulator(brain=_brain(repeated_call=1))

    assert _called_again(_post(client, messages=ANSWERED))
    assert json.loads(_arguments(_post(client))) == {"city": "서울", "unit": "섭씨"}
    assert _said(_post(client, messages=[*ANSWERED, {"role": "user", "content": "고마워"}], **TALK))


def test_a_call_that_a_brain_repeats_itself_is_no_quirk() -> None:
    """The log only names what the quirk did."""
    call = ToolCall("get_weather", '{"city": "서울", "unit": "섭씨"}', "c1")
    messages = (Message("user", "?"), Message("assistant", tool_calls=(call,)), Message("tool", tool_call_id="c1"))
    request = ChatRequest("HCX-005", messages, (ToolSpec("get_weather", "날씨"),))

    assert QuirkBrain(_Saying(CALLED), Quirks(repeated_call=1)).reply(request) == CALLED


def test_broken_arguments_are_broken_in_every_way_that_was_seen(simulator: START) -> None:
    """Cut off, single quotes, a comma too many, quotes and line feeds that nothing escapes; natively they are text."""
    sent = ToolCall("get_weather", {"city": "서울 강남"})
    brain = QuirkBrain(_Saying(BrainReply(tool_calls=(sent,))), Quirks(broken_arguments=1, sticky=False))
    client = simulator(brain=brain)
    native = client.post("/v3/chat-completions/HCX-005", json={"messages": [QUESTION], "tools": [WEATHER]})

    assert {_arguments(_post(client)) for _ in range(60)} == {
        '{"city":',
        "{'city':'서울 강남'}",
        '{"city":"서울 강남",}',
        '{"city":"서울 "강남""}',
        '{"city":"서울 강남\n"}',
    }
    assert isinstance(native.json()["result"]["message"]["toolCalls"][0]["function"]["arguments"], str)


ODD: dict[str, tuple[Any, bool]] = {
    "nothing": ({}, True),
    "a number": ({"n": 1}, True),
    "text": ('{"n": 1}', True),
    "escapes": ({"q": 'a "b" \\'}, True),
    "broken already": ('{"n": ', False),
}


@pytest.mark.parametrize(("arguments", "breaks"), ODD.values(), ids=ODD.keys())
def test_any_arguments_can_be_broken_unless_they_are_already(arguments: Any, *, breaks: bool) -> None:
    """Whatever the dice say, an object becomes text that is none."""
    reply = BrainReply(tool_calls=(ToolCall("f", arguments),))
    brain = QuirkBrain(_Saying(reply), Quirks(broken_arguments=1, sticky=False))
    for _ in range(30):
        made = brain.reply(ChatRequest("HCX-005", (Message("user", "?"),)))
        assert (made.quirk == "broken_arguments") == breaks
        assert not _is_json(made.tool_calls[0].arguments_text())


def test_a_code_fence_is_around_arguments_and_structured_answers(simulator: START) -> None:
    """Inside of the fence is the JSON that should stand alone; words are left without."""
    client = simulator(brain=_brain(code_fence=1))
    for text in (_arguments(_post(client)), _said(_post(client, **SCHEMA))):
        assert text.startswith("```json\n")
        assert text.endswith("\n```")
        assert json.loads(text.removeprefix("```json\n").removesuffix("\n```"))
    assert "```" not in _said(_post(client, messages=ANSWERED))


FORGOTTEN: dict[str, tuple[str, ToolCall, tuple[str, ...]]] = {
    "promise": ("서울 날씨 알려줘", ToolCall("get_weather"), ("확인해 보겠습니다", "조회하겠습니다")),
    "promise in English": ("How is the weather?", ToolCall("get_weather"), ("Let me check", "I will look")),
    "answer of a finishing tool": ("알려줘", ToolCall("submit_answer", {"answer": "맑습니다."}), ("맑습니다.",)),
    "report of a finishing tool": ("알려줘", ToolCall("finish", '{"합계": 3, "통화": "원"}'), ("합계: 3", "통화: 원")),
    "no finishing tool": ("찾아줘", ToolCall("autocomplete_address", {"q": "서울"}), ("겠습니다",)),
}


@pytest.mark.parametrize(("question", "call", "told"), FORGOTTEN.values(), ids=FORGOTTEN.keys())
def test_a_forgotten_call_is_a_text(question: str, call: ToolCall, told: tuple[str, ...]) -> None:
    """A promise that one will be made; for a finishing tool, what it was to be given, in words."""
    brain = QuirkBrain(_Saying(BrainReply(tool_calls=(call,))), Quirks(forgotten_call=1))
    made = brain.reply(ChatRequest("HCX-005", (Message("user", question),), (ToolSpec(call.name, "x"),)))

    assert made.tool_calls == ()
    assert any(text in made.text for text in told)
    assert not made.text.startswith("{")


def test_a_tool_that_the_request_names_is_not_forgotten(simulator: START) -> None:
    """Asking again with the tool as the choice brings the call."""
    client = simulator(brain=_brain(forgotten_call=1))

    assert _said(_post(client))
    assert _arguments(_post(client, tool_choice={"type": "function", "function": {"name": "get_weather"}}))


TRANSLATED: dict[str, tuple[list[str], str, str]] = {
    "to English": (["맑음", "흐림"], "맑음", "sunny"),
    "to Korean": (["in_transit", "delivered"], "in_transit", "배송중"),
    "with a blank": (["배송 완료"], "배송 완료", "delivered"),
    "word by word": (["price_asc"], "price_asc", "가격 오름"),
    "an enum in both languages": (["맑음", "sunny"], "맑음", "맑음 값"),
    "a name in Hangul": (["강남", "송파"], "강남", "gangnam"),
    "a name in Latin letters": (["express_air"], "express_air", "Express Air"),
    "a number": (["1", "2"], "1", "1 값"),
}


@pytest.mark.parametrize(("enum", "value", "other"), TRANSLATED.values(), ids=TRANSLATED.keys())
def test_a_translated_enum_is_in_the_enum_no_more(enum: list[str], value: str, other: str) -> None:
    """A word of the dictionary, else what a model would make of it; the rest of the arguments stays."""
    schema: dict[str, object] = {"type": "object", "properties": {"n": {"type": "integer"}, "kind": {"enum": enum}}}
    reply = BrainReply(tool_calls=(ToolCall("f", {"n": 1, "kind": value}),))
    request = ChatRequest("HCX-005", (Message("user", "?"),), (ToolSpec("f", "x", schema),))
    made = QuirkBrain(_Saying(reply), Quirks(translated_enum=1)).reply(request)

    assert made.tool_calls[0].arguments == {"n": 1, "kind": other}
    assert other not in enum


def test_an_enum_deep_in_the_arguments_is_translated_too(simulator: START) -> None:
    """Behind a reference, in an object in a list; only one value is."""
    days = [{"name": "월", "sky": None}, {"name": "화", "sky": "강한비"}, {"name": "수", "sky": "맑음"}]
    reply = BrainReply(tool_calls=(ToolCall("plan_days", {"days": days}),))
    client = simulator(brain=QuirkBrain(_Saying(reply), Quirks(translated_enum=1)))
    sent = json.loads(_arguments(_post(client, tools=[PLAN])))["days"]

    assert (sent[0], sent[2]) == (days[0], days[2])
    assert sent[1] == {"name": "화", "sky": "ganghanbi"}


@pytest.mark.parametrize("cap", [1, 7, 200, 5_000])
def test_w2_4_15_thinking_can_eat_the_whole_cap(simulator: START, cap: int) -> None:
    """HTTP 200, empty content, finish reason length, and as many tokens as the cap; only where thinking is on."""
    client = simulator(brain=_brain(empty_after_thinking=1))
    body = _post(client, model="HCX-007", tools=None, max_tokens=cap).json()

    assert body["choices"][0]["message"]["content"] == ""
    assert body["choices"][0]["message"]["reasoning_content"]
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == cap
    assert _said(_post(client, model="HCX-007", reasoning_effort="none", tools=None, max_tokens=200))


@pytest.mark.parametrize("name", HABITS)
def test_small_talk_gives_no_occasion(simulator: START, name: str) -> None:
    """Without a tool, a schema and thinking, every habit stays away."""
    client = simulator(brain=_brain(**{name: 1.0}))

    assert _said(_post(client, messages=[{"role": "user", "content": "안녕하세요"}], **TALK)).startswith("안녕하세요!")


def test_at_most_one_shows_and_the_first_in_their_order_wins() -> None:
    """With all of them certain, only the first that finds an occasion is applied; the log gets its name."""
    brain = QuirkBrain(_Saying(CALLED), Quirks(**dict.fromkeys(HABITS, 1.0)))
    tools = (ToolSpec("get_weather", "날씨"),)
    asked = brain.reply(ChatRequest("HCX-005", (Message("user", "?"),), tools))
    thinking = brain.reply(ChatRequest("HCX-007", (Message("user", "?"),), effort="low"))

    assert (asked.quirk, asked.tool_calls[0].arguments) == ("invented_name", CALLED.tool_calls[0].arguments)
    assert thinking.quirk == "invented_name"


def test_how_a_reply_travels_stays_as_it_was() -> None:
    """Delays and faults of a scripted reply outlive each habit."""
    for name, habit in HABITS.items():
        good = replace(habit.good, delay=0.5, event_delay=0.25, faults=parse_faults("reset"))
        messages = (
            Message("user", "날씨"),
            Message("assistant", tool_calls=(ToolCall("get_weather", {}, "c1"),)),
            Message("tool", tool_call_id="c1"),
        )
        enum: dict[str, object] = {"properties": {"unit": {"enum": ["섭씨", "화씨"]}}}
        request = ChatRequest("HCX-007", messages, (ToolSpec("get_weather", "x", enum),), effort="low")
        made = QuirkBrain(_Saying(good), Quirks(**{name: 1.0})).reply(request)
        assert made.quirk == name
        assert (made.delay, made.event_delay, made.faults) == (0.5, 0.25, good.faults)


def test_an_error_stays_an_error() -> None:
    """A reply that fails already is left as it is."""
    failed = BrainReply(error=BrainError(429, "42901", "Too many requests"))
    brain = QuirkBrain(_Saying(failed), Quirks(**dict.fromkeys(HABITS, 1.0)))

    assert brain.reply(ChatRequest("HCX-005", (Message("user", "?"),))) == failed


def test_a_script_can_have_bad_habits(simulator: START) -> None:
    """Quirks and seed stand beside the steps."""
    script = "quirks: {invented_name: 1}\nseed: 5\nsteps:\n  - reply: {tool_calls: [{name: get_weather}]}\n"

    assert _lost(_post(simulator(brain=load_brain(script))))


WRONG = {
    "lazy=1": "invented_name",
    "invented_nam=1": "did you mean invented_name",
    "code_fence": "name=probability.*known: invented_name",
    "stiky=true": "did you mean sticky",
    "code_fence=0.1, code_fence=0.2": "code_fence is given twice",
    "code_fence=-0.1": "from 0 to 1",
    "code_fence=2": "from 0 to 1",
    "code_fence=nan": "from 0 to 1",
    "code_fence=often": "from 0 to 1",
    "sticky=perhaps": "neither true nor false",
}


@pytest.mark.parametrize(("text", "message"), WRONG.items(), ids=WRONG.keys())
def test_quirks_that_make_no_sense_are_refused(text: str, message: str) -> None:
    """The message says what would make sense."""
    with pytest.raises(ConfigurationError, match=message):
        Quirks.parse(text)


@pytest.mark.parametrize("value", [True, "often", None, -0.1, 1.1, float("nan")], ids=str)
def test_what_is_no_probability_is_refused(value: Any) -> None:
    """Whoever builds the habits in Python is told the same."""
    with pytest.raises(ConfigurationError, match=r"code_fence.*from 0 to 1"):
        Quirks(code_fence=value)


PART = st.tuples(
    st.sampled_from([*HABITS, "sticky", "lazy", ""]),
    st.sampled_from(["=", "", "=="]),
    st.sampled_from(["0", "1", "0.5", "1e-3", "nan", "inf", "true", "False", "-1", ""]) | st.floats().map(str),
).map("".join)


@given(st.lists(PART, max_size=4).map(",".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text for --quirks ends in a traceback, and what is read holds probabilities."""
    with suppress(ConfigurationError):
        quirks = Quirks.parse(text)
        assert all(0 <= getattr(quirks, name) <= 1 for name in HABITS)


CHANCES = st.fixed_dictionaries({}, optional={name: st.floats(0, 1) for name in HABITS} | {"sticky": st.booleans()})


@given(CHANCES)
def test_what_is_written_is_what_is_read(chances: dict[str, Any]) -> None:
    """Every set of probabilities can be asked for on the command line."""
    text = ", ".join(f"{name}={value}" for name, value in chances.items())

    assert Quirks.parse(text) == Quirks(**chances) == Quirks.from_mapping(chances)
