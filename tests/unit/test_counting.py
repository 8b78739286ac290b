"""Counting tokens through LangChain's interface, by estimate and by the service's calculators."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, trim_messages
from langchain_core.tools import tool

from clovax_agents import ChatClovaX, tokens
from clovax_agents.errors import ConfigurationError
from clovax_agents.testing import LoopbackSimulator

DATA = Path(__file__).parents[1] / "data" / "functionchat-singlecall.jsonl"
HISTORY = [
    SystemMessage("쇼핑몰 상담원입니다."),
    HumanMessage("환불 규정을 알려 주세요"),
    AIMessage("7일 안에 환불할 수 있습니다."),
    HumanMessage("배송비는요?"),
]


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다."""
    return city


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, clovax_simulator: LoopbackSimulator) -> None:
    """Begin without what other tests have taught."""
    del clovax_simulator  # only has to run
    monkeypatch.setattr(tokens, "_estimators", {})


def utterances() -> list[str]:
    """Return real Korean requests."""
    lines = DATA.read_text(encoding="utf-8").splitlines()
    return [query["content"] for line in lines for query in json.loads(line)["query"]]


@pytest.mark.parametrize("api", ["openai", "native"])
def test_the_estimate_meets_what_the_service_counts_once_it_has_answered(
    clovax_simulator: LoopbackSimulator, api: Any
) -> None:
    """Over real utterances, with a tool bound: 30 answers later, within a fifth in sum and a third each."""
    chat = ChatClovaX(api=api)
    bound = chat.bind_tools([get_weather])
    texts = utterances()
    for text in texts[:30]:
        bound.invoke(text)
    estimated = [chat.get_num_tokens_from_messages([HumanMessage(text)], [get_weather]) for text in texts[30:60]]
    counted = []
    for text in texts[30:60]:
        bound.invoke(text)
        counted.append(clovax_simulator.requests[-1].prompt_tokens)

    assert 0.8 <= sum(estimated) / sum(counted) <= 1.2
    assert max(abs(one / other - 1) for one, other in zip(estimated, counted, strict=True)) <= 0.35


def test_streams_teach_it_too(clovax_simulator: LoopbackSimulator) -> None:
    """Where they tell their usage."""
    chat = ChatClovaX(api="native")
    before = chat.get_num_tokens_from_messages(HISTORY)
    for _ in range(40):
        list(chat.stream(HISTORY))
    after = chat.get_num_tokens_from_messages(HISTORY)

    counted = clovax_simulator.requests[-1].prompt_tokens
    assert abs(after - counted) <= min(abs(before - counted), 2)


@pytest.mark.parametrize("model", ["HCX-005", "HCX-007", "HCX-DASH-002", "HCX-003"])
def test_the_service_counts_where_it_is_asked_to(clovax_simulator: LoopbackSimulator, model: str) -> None:
    """Exactly what a call is then billed for."""
    chat = ChatClovaX(model=model, count_tokens="service")
    counted = chat.get_num_tokens_from_messages(HISTORY)
    assert "/api-tools/chat-tokenize/" in clovax_simulator.requests[-1].path
    chat.invoke(HISTORY)

    assert counted == clovax_simulator.requests[-1].prompt_tokens
    assert chat.get_num_tokens("환불 규정을 알려 주세요") > 4


def test_the_service_counts_calls_results_and_tools(clovax_simulator: LoopbackSimulator) -> None:
    """A whole turn of an agent."""
    call = {"name": "get_weather", "args": {"city": "서울"}, "id": "call_1"}
    turn = [HumanMessage("날씨는?"), AIMessage("", tool_calls=[call]), ToolMessage("맑음", tool_call_id="call_1")]
    chat = ChatClovaX(count_tokens="service")
    counted = chat.get_num_tokens_from_messages(turn, [get_weather])
    chat.bind_tools([get_weather]).invoke(turn)

    assert counted == clovax_simulator.requests[-1].prompt_tokens
    assert counted > chat.get_num_tokens_from_messages(turn) > 0


@pytest.mark.parametrize("count", ["estimate", "service"])
def test_histories_are_trimmed_by_it(count: Any) -> None:
    """LangChain's trim_messages takes the model as its counter."""
    chat = ChatClovaX(count_tokens=count)
    most = chat.get_num_tokens_from_messages(HISTORY) - 1
    kept = trim_messages(HISTORY, max_tokens=most, token_counter=chat, strategy="last", include_system=True)

    assert kept[0] is HISTORY[0] or kept[0] == HISTORY[0]
    assert kept[-1] == HISTORY[-1]
    assert 2 <= len(kept) < len(HISTORY)


def test_a_function_of_the_users_counts_before_all() -> None:
    """As LangChain has it for every model."""
    chat = ChatClovaX(custom_get_token_ids=lambda text: list(range(len(text))))
    assert chat.get_num_tokens("환불 규정") == 5
    assert chat.get_token_ids("환불") == [0, 1]
    assert chat.get_num_tokens_from_messages([HumanMessage("환불")]) > 2


def test_ids_of_tokens_are_nobodys_to_tell() -> None:
    """The sentence says what there is instead."""
    with pytest.raises(ConfigurationError, match=r"not public.*get_num_tokens"):
        ChatClovaX().get_token_ids("환불")


@pytest.mark.parametrize(
    "settings", [{"model": "ft:a1b2c3d4"}, {"base_url": "http://127.0.0.1:9/v1", "model": "SEED"}], ids=["tuned", "own"]
)
def test_the_service_is_not_asked_about_what_it_does_not_know(settings: dict[str, Any]) -> None:
    """Tuned models, and servers of one's own; the estimate works for them."""
    with pytest.raises(ConfigurationError, match="count_tokens='estimate'"):
        ChatClovaX(count_tokens="service", **settings).get_num_tokens("환불")
    assert ChatClovaX(**settings).get_num_tokens("환불 규정") == 3


def test_nothing_has_no_tokens(clovax_simulator: LoopbackSimulator) -> None:
    """However it is counted; LangChain's trimming counts empty histories on its way."""
    for count in ("estimate", "service"):
        chat = ChatClovaX(count_tokens=count)
        assert (chat.get_num_tokens(""), chat.get_num_tokens_from_messages([])) == (0, 0)
    assert not clovax_simulator.requests
