"""What all answers have in common: ids, headers, token counts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, RuleBrain, Switches, ToolCall, tokens

CHAT = "/v1/openai/chat/completions"
START = Callable[..., TestClient]
TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "description": "x"}}


def _ask(client: TestClient, **changes: Any) -> Any:
    return client.post(CHAT, json={"model": "HCX-005", "messages": [{"role": "user", "content": "안녕"}], **changes})


def test_ids_repeat_when_a_seed_asks_for_it(simulator: START) -> None:
    """Recordings are the same twice; without a seed every id is fresh."""

    def ids(seed: int | None) -> list[str]:
        client = simulator(BrainReply(tool_calls=(ToolCall("f"),)), switches=Switches(id_seed=seed))
        body = _ask(client, tools=[TOOL], max_tokens=1024).json()
        return [body["id"], body["choices"][0]["message"]["tool_calls"][0]["id"]]

    assert ids(7) == ids(7)
    assert not set(ids(None)) & set(ids(None))


def test_every_response_says_that_it_is_simulated(simulator: START) -> None:
    """Answers, streams, lists, refusals and unknown paths alike carry x-clovax-simulator."""
    client = simulator()
    answers = [
        _ask(client), _ask(client, stream=True), _ask(client, model="no"), client.get("/"), client.get("/nowhere"),
        client.get("/v1/openai/models"), client.get(CHAT),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 400, 200, 404, 200, 404]
    assert all(answer.headers["x-clovax-simulator"] for answer in answers)


def test_the_banner_says_in_two_languages_what_this_is(simulator: START) -> None:
    """Whoever opens the address learns it."""
    banner = simulator().get("/").text
    assert "simulator" in banner.lower()
    assert "시뮬레이터" in banner


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.integers(-1, 40))
def test_pieces_join_to_the_text_and_cuts_are_beginnings(text: str, budget: int) -> None:
    """A unit test of the estimate: nothing is lost in a stream, and a cut never takes more than it may."""
    assert "".join(tokens.pieces(text)) == text
    cut, used = tokens.cut(text, budget)
    assert text.startswith(cut)
    assert used == tokens.count(cut) <= max(budget, 0)


@pytest.mark.parametrize(("text", "count"), [("가" * 200_000, 199_999), ("가나 다라마", 3), ("abcdefgh 1234", 4)])
def test_long_words_are_not_cheap(text: str, count: int) -> None:
    """A unit test of the estimate: every further syllable counts, with spaces or without."""
    assert tokens.count(text) == count


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_the_rule_brain_has_an_answer_to_everything(simulator: START, question: str) -> None:
    """Whatever is typed, a call with arguments in JSON or a text comes back."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}, "required": ["n"]}
    tool = {"type": "function", "function": {"name": "f", "description": "아무거나 합니다", "parameters": schema}}
    client = simulator(brain=RuleBrain())
    messages = [{"role": "user", "content": question}]
    answer = client.post(CHAT, json={"model": "HCX-005", "messages": messages, "tools": [tool], "max_tokens": 1024})
    message = answer.json()["choices"][0]["message"]
    assert message["content"] or isinstance(json.loads(message["tool_calls"][0]["function"]["arguments"])["n"], int)
