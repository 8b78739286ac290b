"""Scripts through HTTP: what a test that plays the service's failures relies on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.errors import ConfigurationError
from clovax_agents.simulator import BrainReply, ChatRequest, ScriptBrain, ScriptStep
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
}


@pytest.mark.parametrize(("text", "source"), WRONG.items(), ids=WRONG.keys())
def test_a_mistake_in_a_script_is_named_with_its_place(text: str, source: str) -> None:
    """The step and the key that are wrong, when the script is read."""
    with pytest.raises(ConfigurationError) as raised:
        ScriptBrain.from_yaml(source)
    assert text in str(raised.value)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path that could not be read."""
    with pytest.raises(ConfigurationError, match=r"missing\.yaml"):
        ScriptBrain.from_yaml(tmp_path / "missing.yaml")


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
