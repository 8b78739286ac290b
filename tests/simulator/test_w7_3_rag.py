"""RAG reasoning: tools are called to search, and what they find is cited (docs/wire.md, section 7.3)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, ChatRequest, Message, RuleBrain, ToolCall

START = Callable[..., TestClient]
RAG = "/v1/api-tools/rag-reasoning"
REMOTE = "재택근무는 주 2회까지 가능합니다. 신청은 전날 오후 6시까지 그룹웨어에서 합니다. 점심시간은 같습니다."
CANTEEN = "구내식당은 11시 30분부터 1시 30분까지 엽니다."
QUERY = "재택근무는 어떻게 신청하나요?"
SEARCH: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "search_rules",
        "description": "사내 규정을 검색합니다",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "검색어"}},
            "required": ["query"],
        },
    },
}
USER: dict[str, Any] = {"role": "user", "content": QUERY}
FOUND = {"search_result": [{"id": "doc-179", "doc": REMOTE}, {"id": "doc-3", "doc": CANTEEN}]}


def _ask(client: TestClient, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Post a body; return the result, or the status of the refusal."""
    answer = client.post(path, json=body, headers=headers)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == int(found["status"]["code"][:3])
    return found.get("result") or found["status"]


def _words(number: int) -> str:
    """Return a text of that many tokens."""
    return "가" + " 가" * (number - 1)


def _step_2(content: str, question: str = QUERY) -> list[dict[str, Any]]:
    call = {"id": "call_1", "type": "function", "function": {"name": "search_rules", "arguments": {"query": "재택"}}}
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "", "toolCalls": [call]},
        {"role": "tool", "toolCallId": "call_1", "content": content},
    ]


def _rag(client: TestClient, **changes: Any) -> dict[str, Any]:
    return _ask(client, RAG, {"messages": [USER], "tools": [SEARCH], **changes})


def _without(name: str) -> dict[str, Any]:
    return {**SEARCH, "function": {key: value for key, value in SEARCH["function"].items() if key != name}}


RAG_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "w7_3_02_content_in_parts": ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}, "40001"),
    "w7_3_02_unknown_role": ({"messages": [{"role": "developer", "content": "a"}]}, "40001"),
    "w7_3_02_tool_message_without_a_call": ({"messages": [USER, _step_2("{}")[2]]}, "40001"),
    "w7_3_03_no_tools": ({"tools": None}, "40001"),
    "w7_3_03_empty_list_of_tools": ({"tools": []}, "40001"),
    "w7_3_03_tool_without_parameters": ({"tools": [_without("parameters")]}, "40001"),
    "w7_3_03_tool_without_description": ({"tools": [_without("description")]}, "40001"),
    "w7_3_04_required_does_not_exist": ({"toolChoice": "required"}, "40001"),
    "w7_3_04_unknown_tool": ({"toolChoice": {"type": "function", "function": {"name": "f"}}}, "40001"),
    "w7_3_05_top_p_0": ({"topP": 0}, "40001"),
    "w7_3_05_top_p_above_1": ({"topP": 1.01}, "40001"),
    "w7_3_06_top_k_below_0": ({"topK": -1}, "40001"),
    "w7_3_06_top_k_129": ({"topK": 129}, "40001"),
    "w7_3_07_cap_1023": ({"maxTokens": 1023}, "40001"),
    "w7_3_07_cap_4096": ({"maxTokens": 4096}, "40001"),
    "w7_3_08_temperature_0": ({"temperature": 0}, "40001"),
    "w7_3_08_temperature_above_1": ({"temperature": 1.01}, "40001"),
    "w7_3_09_repetition_penalty_0": ({"repetitionPenalty": 0}, "40001"),
    "w7_3_09_repetition_penalty_above_2": ({"repetitionPenalty": 2.01}, "40001"),
    "w7_3_10_stop_is_a_text": ({"stop": "끝"}, "40001"),
    "w7_3_10_seed_below_0": ({"seed": -1}, "40001"),
    "w7_3_10_seed_of_33_bits": ({"seed": 4_294_967_296}, "40001"),
    "w7_3_11_filters_as_text": ({"includeAiFilters": "yes"}, "40001"),
}


@pytest.mark.parametrize(("changes", "code"), RAG_REFUSED.values(), ids=RAG_REFUSED.keys())
def test_rag_refusals(simulator: START, changes: dict[str, Any], code: str) -> None:
    """What the page excludes is 40001, and the message names the field; tools need parameters in lenient mode, too."""
    for strict in (True, False):
        status = _rag(simulator(strict=strict), **changes)
        assert status["code"] == code
        assert next(iter(changes)) in status["message"]


RAG_ACCEPTED: dict[str, dict[str, Any]] = {
    "w7_3_02_system_message": {"messages": [{"role": "system", "content": "짧게"}, USER]},
    "w7_3_04_auto": {"toolChoice": "auto"},
    "w7_3_04_forced": {"toolChoice": {"type": "function", "function": {"name": "search_rules"}}},
    "w7_3_05_top_p": {"topP": 1},
    "w7_3_06_top_k": {"topK": 128},
    "w7_3_07_cap_1024": {"maxTokens": 1024},
    "w7_3_07_cap_4095": {"maxTokens": 4095},
    "w7_3_07_no_cap": {"maxTokens": None},
    "w7_3_08_temperature": {"temperature": 1},
    "w7_3_08_little_temperature": {"temperature": 0.01},
    "w7_3_09_repetition_penalty": {"repetitionPenalty": 2.0},
    "w7_3_10_stop_and_seed": {"stop": ["끝"], "seed": 4_294_967_295},
    "w2_5_36_unknown_fields": {"thinking": {"effort": "none"}},
}


@pytest.mark.parametrize("changes", RAG_ACCEPTED.values(), ids=RAG_ACCEPTED.keys())
def test_rag_step_1(simulator: START, changes: dict[str, Any]) -> None:
    """The first step calls a tool with an object of arguments, and thinks."""
    message = _rag(simulator(brain=RuleBrain()), **changes)["message"]

    assert [call["function"]["name"] for call in message["toolCalls"]] == ["search_rules"]
    assert isinstance(message["toolCalls"][0]["function"]["arguments"]["query"], str)
    assert message["content"] == ""
    assert message["thinkingContent"]


def test_w7_3_01_w7_3_14_w7_3_16_shape(simulator: START) -> None:
    """Step 1 has calls and thoughts; the result has message and usage, the filter if asked, and no finish reason."""
    client = simulator(BrainReply(thinking="찾아보자", tool_calls=(ToolCall("search_rules", {"query": "재택"}),)))

    result = _rag(client, includeAiFilters=False)

    assert result.keys() == {"message", "usage"}
    assert result["message"].keys() == {"role", "content", "thinkingContent", "toolCalls"}
    assert result["message"]["thinkingContent"] == "찾아보자"
    assert result["usage"]["totalTokens"] == result["usage"]["promptTokens"] + result["usage"]["completionTokens"]


def test_w7_3_11_filters_are_on_by_default(simulator: START) -> None:
    """Unlike elsewhere, the filter annotates unless it is turned off."""
    client = simulator()

    assert len(_rag(client)["aiFilter"]) == 3
    assert "aiFilter" not in _rag(client, includeAiFilters=False)


def test_w7_3_04_none_calls_no_tool(simulator: START) -> None:
    """With ``toolChoice: "none"`` the answer is text."""
    assert "toolCalls" not in _rag(simulator(brain=RuleBrain()), toolChoice="none")["message"]


def test_w7_3_12_input_of_128000_tokens(simulator: START) -> None:
    """128,000 tokens of input are read with any cap, one more is 40003."""
    client = simulator()
    base = _rag(client, messages=[{"role": "user", "content": "가"}])["usage"]["promptTokens"] - 1
    most, over = ([{"role": "user", "content": _words(128_000 + more - base)}] for more in (0, 1))

    assert _rag(client, messages=most, maxTokens=4095)["usage"]["promptTokens"] == 128_000
    assert _rag(client, messages=over)["code"] == "40003"


def test_w7_3_13_w7_3_15_step_2_cites_by_id(simulator: START) -> None:
    """The documents of a search result are quoted with their own ids."""
    content = json.dumps(FOUND, ensure_ascii=False)

    message = _rag(simulator(brain=RuleBrain()), messages=_step_2(content))["message"]

    quotes = re.findall(r"<(doc-\d+)>(.+?)</\1>", message["content"])
    assert ("doc-179", "신청은 전날 오후 6시까지 그룹웨어에서 합니다.") in quotes
    assert {mark for mark, _ in quotes} == {"doc-179"}
    assert "toolCalls" not in message


@pytest.mark.parametrize(
    ("content", "question", "answer"),
    [
        ({"search_result": []}, QUERY, "검색 결과에서 질문에 대한 답을 찾지 못했습니다."),
        ({"search_result": [{"id": "a", "doc": CANTEEN}]}, QUERY, "검색 결과에서 질문에 대한 답을 찾지 못했습니다."),
        ({"search_result": [{"id": 5}, 7]}, "Who?", "The search results do not answer the question."),
        ({"검색": "1건"}, QUERY, "확인한 내용을 알려드립니다.\n\n- 검색: 1건"),
    ],
    ids=["nothing_found", "nothing_fits", "other_entries", "w7_3_13_another_form"],
)
def test_step_2_is_honest(simulator: START, content: dict[str, Any], question: str, answer: str) -> None:
    """Without a document that fits it says so; results of another form are told like those of any tool."""
    messages = _step_2(json.dumps(content, ensure_ascii=False), question)

    assert _rag(simulator(brain=RuleBrain()), messages=messages)["message"]["content"] == answer


def test_w7_3_15_only_rag_cites(simulator: START) -> None:
    """The same conversation over the chat API gets an ordinary answer."""
    body = {"messages": _step_2(json.dumps(FOUND, ensure_ascii=False)), "maxTokens": 1024}

    message = _ask(simulator(brain=RuleBrain()), "/v3/chat-completions/HCX-005", body)["message"]

    assert "<doc-179>" not in message["content"]


def test_w7_3_10_stop_ends_the_answer_although_it_thinks(simulator: START) -> None:
    """A stop sequence cuts the final text; unlike in chat, it goes together with thinking."""
    client = simulator(BrainReply("재택근무는 주 2회입니다. 끝. 더 있습니다.", thinking="음"))

    message = _rag(client, messages=_step_2("{}"), stop=["끝"])["message"]

    assert message["content"] == "재택근무는 주 2회입니다. "


def test_rag_is_not_streamed(simulator: START) -> None:
    """Section 7 knows no streaming for it: whatever the Accept header says, JSON comes back."""
    answer = simulator().post(
        RAG, json={"messages": [USER], "tools": [SEARCH]}, headers={"Accept": "text/event-stream"}
    )

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["result"]["message"]["content"]


def test_numbered_passages_are_quoted_with_their_numbers() -> None:
    """As an agent gives them to any model: each sentence bears its mark, and what is asked for stands for nothing."""
    found = Message(
        "tool", "[1] id: a (배송)\n  배송은 이틀 걸립니다.\n[2] id: b\n  - 환불은 7일 안에 됩니다.", tool_call_id="c"
    )
    asked = Message("assistant", tool_calls=(ToolCall("search_documents", {}, "c"),))

    def answer(question: str, *system: Message) -> str:
        messages = (*system, Message("user", question), asked, found)
        return RuleBrain().reply(ChatRequest("HCX-005", messages)).text

    assert answer("환불은 며칠 안에 되나요?") == "환불은 7일 안에 됩니다. [2]"
    assert answer("비트코인 시세?", Message("system", "If they do not tell, write [0].")) == "[0]"
    assert "찾지 못했습니다" in answer("비트코인 시세?")
