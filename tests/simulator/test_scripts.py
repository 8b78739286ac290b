"""Scripts through HTTP: what a test that plays the service's failures relies on."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import (
    BrainReply,
    ChatRequest,
    Message,
    QuirkBrain,
    RuleBrain,
    ScriptBrain,
    ScriptStep,
    load_brain,
)
from clovax_agents.simulator.brains.script import ScriptMatch

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]


def _ask(client: TestClient, text: str = "안녕", **changes: Any) -> Any:
    messages = changes.pop("messages", [{"role": "user", "content": text}])
    return client.post(CHAT, json={"model": "HCX-005", "messages": messages, **changes})


def _said(answer: Any) -> str:
    return str(answer.json()["choices"][0]["message"]["content"])


def test_steps_without_conditions_serve_in_their_order(simulator: START) -> None:
    """First come, first served, and then the script is over."""
    brain = ScriptBrain([ScriptStep(BrainReply("하나")), ScriptStep(BrainReply("둘"))])
    client = simulator(brain=brain)
    assert [_said(_ask(client)), _said(_ask(client))] == ["하나", "둘"]
    assert brain.unused == []
    over = _ask(client, "셋?")
    assert (over.status_code, over.json()["error"]["code"]) == (500, "50000")
    assert "셋?" in over.json()["error"]["message"]


MATCHES: list[tuple[ScriptMatch, bool]] = [
    (ScriptMatch(), True),
    (ScriptMatch(last_role="user"), True),
    (ScriptMatch(last_role="tool"), False),
    (ScriptMatch(contains="날씨"), True),
    (ScriptMatch(contains="주문"), False),
    (ScriptMatch(matches=r"^서울\s"), True),
    (ScriptMatch(matches="^날씨"), False),
    (ScriptMatch(tool="f"), True),
    (ScriptMatch(tool="g"), False),
    (ScriptMatch(model="HCX-005"), True),
    (ScriptMatch(model="HCX-007"), False),
    (ScriptMatch(turn=2), True),
    (ScriptMatch(turn=1), False),
    (ScriptMatch(contains="날씨", turn=1), False),
]


@pytest.mark.parametrize(("match", "applies"), MATCHES, ids=str)
def test_a_step_applies_when_all_its_conditions_hold(simulator: START, match: ScriptMatch, *, applies: bool) -> None:
    """Role, text, pattern, tool, model and turn."""
    history = [
        {"role": "user", "content": "안녕"},
        {"role": "assistant", "content": "네"},
        {"role": "user", "content": "서울 날씨"},
    ]
    tool = {"type": "function", "function": {"name": "f", "description": "x"}}
    client = simulator(brain=ScriptBrain([ScriptStep(BrainReply("네"), match)]))
    answer = _ask(client, messages=history, tools=[tool], max_tokens=1024)
    assert (answer.status_code == 200) == applies


SEARCH = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "검색",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    },
}
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "get_weather", "description": "날씨"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
RESULT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "짧게 답하라"},
        {"role": "user", "content": "날씨"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "맑음"},
    ],
    "tools": [WEATHER],
    "max_tokens": 1024,
}
FORCED = {"tools": [WEATHER], "max_tokens": 1024, "tool_choice": {"type": "function", "function": WEATHER["function"]}}
STRUCTURED = {
    "model": "HCX-007",
    "reasoning_effort": "none",
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
}
MORE: list[tuple[ScriptMatch, dict[str, Any], bool]] = [
    (ScriptMatch(system="짧게"), RESULT, True),
    (ScriptMatch(system="길게"), RESULT, False),
    (ScriptMatch(system="짧게"), {}, False),
    (ScriptMatch(result_of="get_weather"), RESULT, True),
    (ScriptMatch(result_of="get_time"), RESULT, False),
    (ScriptMatch(result_of="get_weather"), {"tools": [WEATHER], "max_tokens": 1024}, False),
    (ScriptMatch(tool_choice="get_weather"), FORCED, True),
    (ScriptMatch(tool_choice="auto"), FORCED, False),
    (ScriptMatch(tool_choice="auto"), {}, True),
    (ScriptMatch(tool_choice="none"), {**FORCED, "tool_choice": "none"}, True),
    (ScriptMatch(effort="low"), {"model": "HCX-007"}, True),
    (ScriptMatch(effort="high"), {"model": "HCX-007"}, False),
    (ScriptMatch(effort="none"), {}, True),
    (ScriptMatch(schema=True), STRUCTURED, True),
    (ScriptMatch(schema=False), STRUCTURED, False),
    (ScriptMatch(schema=False), {}, True),
    (ScriptMatch(stream=True), {"stream": True}, True),
    (ScriptMatch(stream=True), {}, False),
    (ScriptMatch(stream=False), {}, True),
    (ScriptMatch(api="openai"), {}, True),
    (ScriptMatch(api="native"), {}, False),
]


@pytest.mark.parametrize(("match", "changes", "applies"), MORE, ids=str)
def test_a_step_can_look_at_the_whole_request(
    simulator: START, match: ScriptMatch, changes: dict[str, Any], *, applies: bool
) -> None:
    """System message, the tool whose result came last, choice, effort, schema, stream and API."""
    client = simulator(brain=ScriptBrain([ScriptStep(BrainReply("네"), match)]))
    assert (_ask(client, **changes).status_code == 200) == applies


APIS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": (CHAT, {"model": "HCX-005"}),
    "native": ("/v3/chat-completions/HCX-005", {}),
    "v1": ("/v1/chat-completions/HCX-DASH-001", {}),
    "rag": ("/v1/api-tools/rag-reasoning", {"tools": [SEARCH], "maxTokens": 1024}),
}


@pytest.mark.parametrize("api", APIS)
def test_a_step_can_be_for_one_api(simulator: START, api: str) -> None:
    """Each API is answered by its own step."""
    steps = [ScriptStep(BrainReply(f"{name}입니다"), ScriptMatch(api=name)) for name in APIS]
    path, changes = APIS[api]
    answer = simulator(brain=ScriptBrain(steps)).post(
        path, json={"messages": [{"role": "user", "content": "안녕"}], **changes}
    )
    assert f"{api}입니다" in answer.text


def test_a_request_that_nothing_matches_is_told_why_nearest_miss_first(simulator: START) -> None:
    """It is quoted; each step that is left says what it wanted and what it met, used ones are left out."""
    script = """
- {match: {contains: 안녕}, reply: 반갑습니다}
- {match: {contains: 날씨, effort: high, turn: 2}, reply: 맑음}
- {match: {contains: 날씨}, reply: 흐림}
- {match: {contains: 날씨, effort: high}, reply: 비}
"""
    client = simulator(brain=ScriptBrain.from_yaml(script))
    assert _ask(client, "안녕").status_code == 200
    error = _ask(client, "주문 취소").json()["error"]
    assert error["code"] == "50000"
    assert "last message user '주문 취소'" in error["message"]
    places = [error["message"].index(f"steps[{number}] wants") for number in (2, 3, 1)]
    assert places == sorted(places)
    assert "steps[0]" not in error["message"]
    assert "steps[3] wants contains '날씨' (it is '주문 취소') and effort 'high' (it is 'none')" in error["message"]


def test_a_long_script_is_not_quoted_without_end(simulator: START) -> None:
    """Twenty steps are explained, the rest is counted; long texts are cut."""
    brain = ScriptBrain(ScriptStep(BrainReply("네"), ScriptMatch(contains="가" * 999)) for _ in range(300))
    message = _ask(simulator(brain=brain), "나" * 999).json()["error"]["message"]
    assert "and 280 more" in message
    assert len(message) < 6_000


def test_a_pattern_that_is_none_is_refused_in_python_too() -> None:
    """Where the step is made, not when a request comes."""
    with pytest.raises(ConfigurationError, match="matches is not a regular expression"):
        ScriptMatch(matches="(")


REPLIES = """
steps:
  - match: {contains: 구조}
    reply: {json: {도시: 서울, 기온: 21.5}}
  - match: {contains: 목록}
    reply: {json: [1, 2]}
  - match: {contains: 생각}
    reply: {thinking: 음, text: 답}
  - match: {contains: 둘}
    reply:
      faults: [{kind: end, at_event: 1}]
      text: 하나 둘 셋
  - match: {contains: 글}
    reply: {faults: ['end; at_event=1'], text: 하나 둘 셋}
"""


def test_replies_are_json_thoughts_and_faults(simulator: START) -> None:
    """An object is sent as JSON text; faults are written as a header has them, or as objects."""
    client = simulator(brain=load_brain(REPLIES))
    assert json.loads(_said(_ask(client, "구조"))) == {"도시": "서울", "기온": 21.5}
    assert _said(_ask(client, "목록")) == "[1,2]"
    thought = _ask(client, "생각", model="HCX-007").json()["choices"][0]["message"]
    assert (thought["content"], thought["reasoning_content"]) == ("답", "음")
    for text in ("둘", "글"):
        broken = _ask(client, text, stream=True).text
        assert (broken.count("data: "), "[DONE]" in broken) == (1, False)


def test_what_no_step_matches_can_go_to_the_rules(simulator: START) -> None:
    """The steps come first, the rules answer the rest; without `else`, the rest is a 500."""
    script = "steps: [{match: {contains: 비밀}, reply: 쉿}]\n"
    for read in (load_brain, ScriptBrain.from_yaml):
        client = simulator(brain=read(f"else: rules\n{script}"))
        assert [_said(_ask(client, "비밀")), _said(_ask(client))] == ["쉿", "안녕하세요! 무엇을 도와드릴까요?"]
    assert _ask(simulator(brain=load_brain(script))).status_code == 500


def test_a_script_becomes_the_brain_that_it_describes() -> None:
    """Steps alone are a script, quirks wrap it; reading only the script refuses to lose them."""
    plain, odd = "- reply: 네\n", "else: rules\nquirks: {code_fence: 1}\nseed: 3\n"
    assert isinstance(load_brain(plain), ScriptBrain)
    brain = load_brain(odd)
    assert isinstance(brain, QuirkBrain)
    assert isinstance(brain.inner, ScriptBrain)
    with pytest.raises(ConfigurationError, match="load_brain"):
        ScriptBrain.from_yaml(odd)


def test_the_seed_of_a_script_is_that_of_its_rules() -> None:
    """Other wordings for another seed, the same ones as the rules have with it."""
    request = ChatRequest("HCX-005", (Message("user", "삶이란 무엇인가"),))
    answers = [load_brain(f"else: rules\nseed: {seed}\n").reply(request) for seed in range(3)]
    assert answers == [RuleBrain(seed).reply(request) for seed in range(3)]
    assert len({answer.text for answer in answers}) > 1


FAILURES = """
- match: {contains: 느려}
  reply: {error: {status: 429, code: 42901, message: Too many requests, headers: {x-ratelimit-reset-requests: 6s}}}
- match: {contains: 끊어}
  reply: {text: 하나 둘 셋 넷, faults: 'end; at_event=2', event_delay: 0.001, delay: 0.001}
- match: {contains: 잘라}
  reply: {text: 하나, finish_reason: length}
- match: {contains: 깨진}
  reply: {tool_calls: [{name: f, arguments: '{"a', id: call_1}]}
- reply: 끝
  repeat: true
"""


def test_a_script_in_yaml_plays_every_failure(simulator: START, tmp_path: Path) -> None:
    """A rate limit with its header, a broken stream, a cut answer, broken arguments; from a file, too."""
    path = tmp_path / "script.yaml"
    path.write_text(FAILURES, encoding="utf-8")
    client = simulator(brain=ScriptBrain.from_yaml(path))
    limited = _ask(client, "느려", stream=True)
    assert (limited.status_code, limited.json()["error"]["code"]) == (429, "42901")
    assert limited.headers["x-ratelimit-reset-requests"] == "6s"
    broken = _ask(client, "끊어", stream=True).text
    assert (broken.count("data: "), "[DONE]" in broken) == (2, False)
    assert _ask(client, "잘라").json()["choices"][0]["finish_reason"] == "length"
    tool = {"type": "function", "function": {"name": "f", "description": "x"}}
    call = _ask(client, "깨진", tools=[tool], max_tokens=1024).json()["choices"][0]["message"]["tool_calls"][0]
    assert call == {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a'}}
    assert [_said(_ask(client)) for _ in range(3)] == ["끝", "끝", "끝"]


WRONG: dict[str, str] = {
    "steps[0] has no reply": "- match: {contains: a}\n",
    "steps[0].reply.txt is not a key here": "- reply: {txt: a}\n",
    "steps[1].match.turn has the wrong type str": "- reply: a\n- {match: {turn: one}, reply: b}\n",
    "is not a regular expression": "- {match: {matches: '('}, reply: a}\n",
    "steps[0].reply.tool_calls[0] has no name": "- reply: {tool_calls: [{id: a}]}\n",
    "needs status, code and message": "- reply: {error: {status: 429}}\n",
    "steps[0] must be an object": "- hello\n- there\n",
    "the script.steps has the wrong type": "steps: 5\n",
    "not YAML": "a: [\n",
    "steps[0].match.contians is not a key here (did you mean contains?)": "- {match: {contians: a}, reply: b}\n",
    "steps[0].repply is not a key here (did you mean reply?)": "- {repply: a}\n",
    "the script.stps is not a key here (did you mean steps?)": "stps: []\n",
    "the script has neither 'steps' nor 'else'": "seed: 1\n",
    "the script.else is 'rule', which it cannot be (did you mean rules?)": "else: rule\n",
    "the script.quirks: 'lazy' is no quirk": "else: rules\nquirks: {lazy: 1}\n",
    "the script.quirks: 1 is no quirk": "else: rules\nquirks: {1: 1}\n",
    "a script is a list of steps": "hello\n",
    "steps[0].match.effort is 'hihg', which it cannot be (did you mean high?)": "- {match: {effort: hihg}, reply: a}\n",
    "steps[0].match.api is 'opnai', which it cannot be (did you mean openai?)": "- {match: {api: opnai}, reply: a}\n",
    "steps[0].match.last_role is 'bot'": "- {match: {last_role: bot}, reply: a}\n",
    "steps[0].match.turn is 0": "- {match: {turn: 0}, reply: a}\n",
    "steps[0].match.contains has the wrong type int; it should be a text (put it into quotes)": (
        "- {match: {contains: 119}, reply: a}\n"
    ),
    "steps[0].match.stream has the wrong type int; it should be true or false": "- {match: {stream: 1}, reply: a}\n",
    "steps[0].reply.faults: 'rest' is no fault (did you mean reset?)": "- reply: {faults: rest}\n",
    "steps[1].reply.faults: the fault reset has no parameter 'at'": (
        "- reply: a\n- reply: {faults: [{kind: reset, at: 1}]}\n"
    ),
    "steps[0].reply has text and json": "- reply: {text: a, json: {}}\n",
    "steps[0].reply.json cannot be written as JSON": "- reply: {json: {1: 2}}\n",
    "steps[0].reply.tool_calls[0].arguments cannot be": "- reply: {tool_calls: [{name: f, arguments: {1: 2}}]}\n",
    "steps[0].reply.delay is -1": "- reply: {delay: -1}\n",
    "steps[0].reply.event_delay is nan": "- reply: {event_delay: .nan}\n",
    "steps[0].reply.text has half of a surrogate pair": '- reply: {text: "\\ud800"}\n',
    "steps[0].reply.error.status 99 is not": "- reply: {error: {status: 99, code: 1, message: a}}\n",
    "is not a header": "- reply: {error: {status: 429, code: 1, message: a, headers: {x: 한글}}}\n",
}


@pytest.mark.parametrize(("text", "source"), WRONG.items(), ids=WRONG.keys())
def test_a_mistake_in_a_script_is_named_with_its_place(text: str, source: str) -> None:
    """The step and the key that are wrong, when the script is read."""
    with pytest.raises(ConfigurationError) as raised:
        ScriptBrain.from_yaml(source)
    assert text in str(raised.value)


def test_a_mistake_in_a_file_is_named_with_the_file(tmp_path: Path) -> None:
    """File, step and key."""
    path = tmp_path / "answers.yaml"
    path.write_text("- reply: a\n- {match: {contians: a}, reply: b}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"answers\.yaml: steps\[1\]\.match\.contians .* contains\?"):
        load_brain(path)


def test_a_script_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The path, and why."""
    with pytest.raises(ConfigurationError, match=r"missing\.yaml: No such file"):
        ScriptBrain.from_yaml(tmp_path / "missing.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("- reply: 안녕\n".encode("cp949"))
    with pytest.raises(ConfigurationError, match=r"latin\.yaml: it is not UTF-8"):
        load_brain(latin)
    with pytest.raises(ConfigurationError, match="not a path"):
        load_brain("a\0b")


NAMES = """
    steps else quirks seed match reply repeat text json thinking tool_calls error delay faults name arguments status
    code message headers contains matches turn schema api invented_name kind at_event
"""
KEYS = st.sampled_from(NAMES.split())
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=5) | KEYS
TREES = st.recursive(
    ATOMS | st.sampled_from(["rules", "reset; at_byte=1", "openai", "(", 429]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | ATOMS, inner, max_size=4),
    max_leaves=12,
)
STEPS = st.lists(st.fixed_dictionaries({"reply": TREES}, optional={"match": TREES, "repeat": TREES}), max_size=3)
SCRIPTS = TREES | STEPS | st.fixed_dictionaries({"steps": STEPS}, optional={"else": TREES, "quirks": TREES})
TAGS = ("!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!omap", "!!set", "!!map", "!!seq", "!!str")
VALUES = ("''", "x", "0b", "[1]", "{a: 1}", "1:60", "2026-99-99", "&a [*a]", "'\\ud800'", "[[", "\0", "*b")
TAGGED = st.tuples(st.sampled_from(TAGS), st.sampled_from(VALUES)).map(lambda it: f"- reply: {it[0]} {it[1]}\n")


def _brain_or_message(text: str) -> None:
    """Read a script; what comes is a brain that answers, or an error of ours."""
    with suppress(ConfigurationError):
        reply = load_brain(text).reply(ChatRequest("HCX-005", (Message("user", "서울 날씨"),)))
        assert isinstance(reply, BrainReply)


@settings(max_examples=400, deadline=None)
@given(SCRIPTS)
@pytest.mark.soak
def test_any_document_is_a_brain_or_a_message(document: Any) -> None:
    """Whatever stands where a step, a condition or a reply should, no traceback comes of it."""
    _brain_or_message(yaml.safe_dump(document, allow_unicode=True) + "\n")


@settings(max_examples=300, deadline=None)
@given(TAGGED | st.text(max_size=60).map("{}\n".format) | st.text("-[]{}:!&*#|>'\" \nab1?%@`,", max_size=30))
def test_any_text_is_a_brain_or_a_message(text: str) -> None:
    """No YAML, broken YAML, tags that do not fit: the same."""
    _brain_or_message(text)


class _Broken:
    def reply(self, request: ChatRequest) -> BrainReply:
        raise LookupError(f"no answer to {request.question}")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_brain_that_fails_is_a_500_that_says_why(simulator: START, *, streamed: bool) -> None:
    """The exception's name and text, so that a test's author finds the mistake."""
    answer = _ask(simulator(brain=_Broken()), "왜?", stream=streamed)
    assert answer.status_code == 500
    assert "LookupError: no answer to 왜?" in answer.json()["error"]["message"]
    assert answer.headers["x-clovax-simulator"]
