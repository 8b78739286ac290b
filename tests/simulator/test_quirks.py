"""Bad habits on demand: each shows when it should, never when it should not, and the same way for the same seed."""

import json
from collections.abc import Callable
from contextlib import suppress
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
NAMES = ("invented_name", "repeated_call", "broken_arguments", "code_fence", "forgotten_call", "translated_enum")


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


def test_w2_5_46_w12_30_an_invented_name_loses_the_whole_answer(simulator: START) -> None:
    """400 with code 40009 over both APIs, and nothing of the answer."""
    client = simulator(brain=_brain(invented_name=1))
    native = client.post("/v3/chat-completions/HCX-005", json={"messages": [QUESTION], "tools": [WEATHER]})

    assert _post(client).json()["error"] == {
        "message": "Unsupported function",
        "type": None,
        "param": None,
        "code": "40009",
    }
    assert (native.status_code, native.json()) == (
        400,
        {"status": {"code": "40009", "message": "Unsupported function"}},
    )


def test_a_repeated_call_comes_after_its_result(simulator: START) -> None:
    """The same tool with the same arguments and a new id, instead of an answer."""
    call = _message(_post(simulator(brain=_brain(repeated_call=1)), messages=ANSWERED))["tool_calls"][0]

    assert call["function"] == CALL["function"]
    assert call["id"] != "c1"


def test_broken_arguments_are_no_json(simulator: START) -> None:
    """Whatever the seed, what should be an object is none; natively it arrives as text."""
    for seed in range(12):
        text = _arguments(_post(simulator(brain=_brain(seed, broken_arguments=1))))
        with pytest.raises(ValueError, match=r"."):
            json.loads(text)
    native = simulator(brain=_brain(broken_arguments=1)).post(
        "/v3/chat-completions/HCX-005", json={"messages": [QUESTION], "tools": [WEATHER]}
    )
    assert isinstance(native.json()["result"]["message"]["toolCalls"][0]["function"]["arguments"], str)


def test_a_code_fence_is_around_arguments_and_structured_answers(simulator: START) -> None:
    """Inside of the fence is the JSON that should stand alone."""
    client = simulator(brain=_brain(code_fence=1))
    for text in (_arguments(_post(client)), _message(_post(client, **SCHEMA))["content"]):
        assert text.startswith("```json\n")
        assert text.endswith("\n```")
        assert json.loads(text.removeprefix("```json\n").removesuffix("\n```"))


def test_a_forgotten_call_is_a_promise_in_words(simulator: START) -> None:
    """No call, and a text that says one will be made; for a finishing tool, its arguments as text."""
    message = _message(_post(simulator(brain=_brain(forgotten_call=1))))
    assert "tool_calls" not in message
    assert any(word in message["content"] for word in ("확인", "조회"))

    reply = BrainReply(tool_calls=(ToolCall("submit_answer", {"answer": "맑음"}),))
    request = ChatRequest("HCX-005", (Message("user", "?"),), tools=(ToolSpec("submit_answer", "x"),))
    assert QuirkBrain(_Saying(reply), Quirks(forgotten_call=1)).reply(request).text == '{"answer":"맑음"}'


def test_a_translated_enum_is_in_the_enum_no_more(simulator: START) -> None:
    """섭씨 becomes celsius, and the rest of the arguments stays."""
    arguments = json.loads(_arguments(_post(simulator(brain=_brain(translated_enum=1)))))

    assert arguments == {"city": "서울", "unit": "celsius"}


def test_w2_4_15_thinking_can_eat_the_whole_cap(simulator: START) -> None:
    """HTTP 200, empty content, finish reason length, and as many tokens as the cap; only where thinking is on."""
    client = simulator(brain=_brain(empty_after_thinking=1))
    body = _post(client, model="HCX-007", tools=None, max_tokens=200).json()

    assert body["choices"][0]["message"]["content"] == ""
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 200
    assert _message(_post(client, tools=None, max_tokens=None))["content"]


@pytest.mark.parametrize("name", [*NAMES, "empty_after_thinking"])
def test_a_probability_of_zero_means_never(simulator: START, name: str) -> None:
    """What is not asked for does not happen, and what gives no occasion does not either."""
    never = simulator(brain=_brain(**{name: 0.0}))
    assert json.loads(_arguments(_post(never))) == {"city": "서울", "unit": "섭씨"}
    small_talk = simulator(brain=_brain(**{name: 1.0}))
    greeting = [{"role": "user", "content": "안녕하세요"}]
    assert _message(_post(small_talk, messages=greeting, tools=None))["content"] == "안녕하세요! 무엇을 도와드릴까요?"


def _fates(brain: QuirkBrain, questions: range) -> list[str]:
    tools = (ToolSpec("get_weather", "도시의 날씨를 알려 준다"),)
    return [
        brain.reply(ChatRequest("HCX-005", (Message("user", f"{number}번 도시 날씨 알려줘"),), tools)).quirk
        for number in questions
    ]


@pytest.mark.parametrize("sticky", [True, False])
def test_w2_5_47_w12_29_the_rate_is_the_one_that_was_asked_for(*, sticky: bool) -> None:
    """Of 1,000 different questions as many fail as the probability says, whatever they are about."""
    fates = _fates(_brain(7, invented_name=0.037, sticky=sticky), range(1_000))

    assert 20 <= fates.count("invented_name") <= 56


def test_the_same_seed_makes_the_same_mistakes() -> None:
    """A course of mistakes repeats with its seed, and another seed makes another course."""
    fates = [_fates(_brain(seed, invented_name=0.3), range(60)) for seed in (1, 1, 2)]

    assert fates[0] == fates[1] != fates[2]


def test_w2_5_48_a_plain_retry_meets_the_same_fate_and_tool_choice_none_does_not(simulator: START) -> None:
    """As in the field: the unchanged request fails again, one without tools to choose succeeds."""
    client = simulator(brain=_brain(3, invented_name=0.5))
    cities = ("서울", "부산", "대구", "인천", "광주", "대전", "울산", "제주", "수원", "춘천")
    questions = [[{"role": "user", "content": f"{city} 날씨 알려줘"}] for city in cities]
    failing = [messages for messages in questions if _post(client, messages=messages).status_code == 400]

    assert failing
    for messages in failing:
        assert {_post(client, messages=messages).status_code for _ in range(5)} == {400}
        assert _post(client, messages=messages, tool_choice="none").status_code == 200


def test_without_sticky_a_retry_throws_new_dice(simulator: START) -> None:
    """The unchanged request sometimes fails and sometimes does not."""
    client = simulator(brain=_brain(3, invented_name=0.5, sticky=False))

    assert {_post(client).status_code for _ in range(30)} == {200, 400}


class _Saying:
    """A brain that always says the same."""

    def __init__(self, reply: BrainReply) -> None:
        self._reply = reply

    def reply(self, request: ChatRequest) -> BrainReply:
        """Say it."""
        assert request.messages
        return self._reply


def test_an_error_stays_an_error() -> None:
    """A reply that fails already is left as it is."""
    failed = BrainReply(error=BrainError(429, "42901", "Too many requests"))
    brain = QuirkBrain(_Saying(failed), Quirks(**dict.fromkeys(NAMES, 1.0)))

    assert brain.reply(ChatRequest("HCX-005", (Message("user", "?"),))) == failed


def test_a_script_can_have_bad_habits(simulator: START) -> None:
    """Quirks and seed stand beside the steps."""
    script = "quirks: {invented_name: 1}\nseed: 5\nsteps:\n  - reply: {tool_calls: [{name: get_weather}]}\n"

    assert _post(simulator(brain=load_brain(script))).json()["error"]["code"] == "40009"


WRONG = {
    "lazy=1": "invented_name",
    "invented_nam=1": "did you mean invented_name",
    "code_fence": "name=probability",
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


@given(st.text(alphabet="abcdefimnostuvy_=,.01 ", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text for --quirks ends in a traceback."""
    with suppress(ConfigurationError):
        assert isinstance(Quirks.parse(text), Quirks)
