"""The AI filter, masking, and what native chat does not have (docs/wire.md, sections 2.8 and 2.9)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, ChatRequest, Switches

START = Callable[..., TestClient]
OK = "200 20000 OK"
USER: dict[str, Any] = {"role": "user", "content": "안녕"}


def _ask(client: TestClient, model: str = "HCX-005", *, accept: str = "application/json", **changes: Any) -> Any:
    version = "v1" if model in ("HCX-003", "HCX-DASH-001") else "v3"
    body = {"messages": [USER], **changes}
    return client.post(f"/{version}/chat-completions/{model}", json=body, headers={"accept": accept})


def _told(answer: Any) -> str:
    status = answer.json()["status"]
    return f"{answer.status_code} {status['code']} {status['message']}"


def _wrong(name: str) -> str:
    return f"400 40001 Invalid parameter: {name}"


def _filter(client: TestClient, model: str = "HCX-005") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(client, model, includeAiFilters=True).json()["result"]["aiFilter"]
    return found


@pytest.mark.parametrize(
    "model", ["HCX-005", "HCX-007", "HCX-DASH-002", "HCX-003"], ids=lambda model: f"w2_8_01_{model}"
)
def test_the_filter_has_three_entries_of_four_fields(simulator: START, model: str) -> None:
    """The same for every model."""
    entries = _filter(simulator(), model)
    assert all(list(entry) == ["groupName", "name", "score", "result"] for entry in entries)
    assert len(entries) == 3


def test_w2_8_02_the_entries_have_their_names(simulator: START) -> None:
    """Two of one group, one of another."""
    assert [(entry["groupName"], entry["name"]) for entry in _filter(simulator())] == [
        ("curse", "insult"),
        ("curse", "discrimination"),
        ("unsafeContents", "sexualHarassment"),
    ]


SCORES: dict[str, tuple[str, list[str]]] = {
    "w2_8_03_w2_8_04_harmless": ("오늘은 맑습니다.", ["2", "2", "2"]),
    "w2_8_03_w2_8_04_insult": ("이런 바보", ["0", "2", "2"]),
    "w2_8_03_w2_8_04_discrimination": ("인종차별은 안 됩니다", ["2", "0", "2"]),
    "w2_8_03_w2_8_04_harassment": ("성희롱 예방 교육", ["2", "2", "0"]),
}


@pytest.mark.parametrize(("text", "scores"), SCORES.values(), ids=SCORES.keys())
def test_a_score_is_a_string(simulator: START, text: str, scores: list[str]) -> None:
    """Zero is likely, two is unlikely; the result is OK in both cases."""
    entries = _filter(simulator(BrainReply(text)))
    assert [entry["score"] for entry in entries] == scores
    assert {entry["result"] for entry in entries} == {"OK"}


@pytest.mark.parametrize(("before", "score"), [(498, "0"), (499, "2")], ids=["w2_8_05_within", "w2_8_05_beyond"])
def test_the_filter_reads_500_characters(simulator: START, before: int, score: str) -> None:
    """A word that ends behind the 500th is not seen."""
    text = "가" * before + "바보"
    result = _ask(simulator(BrainReply(text)), includeAiFilters=True, maxTokens=4096).json()["result"]
    assert result["message"]["content"] == text
    assert result["aiFilter"][0]["score"] == score


def test_w2_8_06_the_filter_blocks_nothing(simulator: START) -> None:
    """The text is the same with it and without it, streamed or not."""
    client = simulator(BrainReply("이런 바보 같은 일이"))
    texts = [_ask(client, includeAiFilters=on).json()["result"]["message"]["content"] for on in (True, False)]
    streamed = _ask(client, accept="text/event-stream", includeAiFilters=True).text
    result = json.loads(re.findall(r"event:result\ndata:(.*)", streamed)[0])
    assert {*texts, result["message"]["content"]} == {"이런 바보 같은 일이"}
    assert result["aiFilter"][0]["score"] == "0"


CONTACT = "전화 010-1234-5678, https://x.kr/a"
MASKS: dict[str, tuple[bool, str]] = {
    "w2_8_07_off": (False, CONTACT),
    "w2_8_07_on": (True, "전화 *************, **************"),
}


@pytest.mark.parametrize(("mask", "text"), MASKS.values(), ids=MASKS.keys())
def test_masking_is_a_switch(
    simulator: START,
    mask: bool,  # noqa: FBT001
    text: str,
) -> None:
    """Off by default, so that tests may compare texts; the real one cannot be turned off, and masks streams too."""
    client = simulator(BrainReply(CONTACT), switches=Switches(mask=mask))
    assert _ask(client).json()["result"]["message"]["content"] == text
    streamed = _ask(client, accept="text/event-stream").text
    told = [json.loads(data)["message"]["content"] for data in re.findall(r"event:token\ndata:(.*)", streamed)]
    assert "".join(told) == text


def test_w2_9_02_the_input_is_all_messages(simulator: START) -> None:
    """Each message of the history counts, not only the last."""
    client = simulator()
    system, answer = {"role": "system", "content": "비서입니다."}, {"role": "assistant", "content": "네"}
    histories = [[USER], [system, USER], [system, USER, answer, USER]]
    counts = [_ask(client, messages=history).json()["result"]["usage"]["promptTokens"] for history in histories]
    assert counts == sorted(set(counts))


ABSENT: dict[str, tuple[dict[str, Any], str]] = {
    "w2_9_03_n": ({"n": 2}, "n"),
    "w2_9_04_logprobs": ({"logprobs": True}, "logprobs"),
    "w2_9_04_top_logprobs": ({"topLogprobs": 3}, "topLogprobs"),
    "w2_9_07_prompt_cache_key": ({"prompt_cache_key": "a"}, "prompt_cache_key"),
    "w2_9_07_cache_control": ({"cacheControl": {"type": "ephemeral"}}, "cacheControl"),
    "w2_9_08_previous_response": ({"previousResponseId": "a"}, "previousResponseId"),
}


@pytest.mark.parametrize(("changes", "name"), ABSENT.values(), ids=ABSENT.keys())
def test_a_field_of_other_services_has_no_effect(simulator: START, changes: dict[str, Any], name: str) -> None:
    """It is ignored like any unknown field, or, by a switch, refused; the answer has nothing of it."""
    result = _ask(simulator(), seed=1, **changes).json()["result"]
    assert set(result) == {"created", "finishReason", "message", "seed", "usage"}
    assert set(result["usage"]) == {"promptTokens", "completionTokens", "totalTokens"}
    assert set(result["message"]) == {"role", "content"}
    refusing = simulator(switches=Switches(unknown_native_fields="refuse"))
    assert _told(_ask(refusing, **changes)) == f"400 40002 Unsupported parameter: {name}"


TOOLS = [{"type": "function", "function": {"name": "f", "description": "f를 합니다"}}]
MISSING: dict[str, tuple[str, dict[str, Any], str]] = {
    "w2_9_05_required": ("HCX-005", {"tools": TOOLS, "toolChoice": "required"}, _wrong("toolChoice")),
    "w2_9_06_no_schema": ("HCX-007", {"responseFormat": {"type": "json"}}, _wrong("responseFormat.schema")),
    "w2_9_06_json_object": ("HCX-007", {"responseFormat": {"type": "json_object"}}, _wrong("responseFormat.type")),
}


@pytest.mark.parametrize(("model", "changes", "told"), MISSING.values(), ids=MISSING.keys())
def test_a_value_of_other_services_is_refused(simulator: START, model: str, changes: dict[str, Any], told: str) -> None:
    """The field exists, the value does not."""
    assert _told(_ask(simulator(), model, **changes)) == told


def test_w2_9_08_every_call_stands_alone(simulator: START) -> None:
    """What was said before is not there unless it is sent, and paid for, again."""
    seen: list[ChatRequest] = []

    class Noting:
        def reply(self, request: ChatRequest) -> BrainReply:
            seen.append(request)
            return BrainReply("네")

    client = simulator(brain=Noting())
    _ask(client, messages=[{"role": "user", "content": "제 이름은 하나입니다"}])
    counts = [_ask(client).json()["result"]["usage"]["promptTokens"] for _ in range(2)]
    assert [message.text for message in seen[1].messages] == ["안녕"]
    assert counts[0] == counts[1]
    history = [USER, {"role": "assistant", "content": "네"}, USER]
    assert _ask(client, messages=history).json()["result"]["usage"]["promptTokens"] > counts[0]
