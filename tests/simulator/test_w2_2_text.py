"""Native chat of v3 with texts and images: fields, messages, limits, answers (docs/wire.md, section 2.2)."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from clovax_agents.simulator import BrainReply, ChatRequest, Message, Switches, ToolCall, tokens

START = Callable[..., TestClient]
OK = "200 20000 OK"
URL_ERROR = "400 40063 Invalid image url"
TOO_LONG = "400 40003 Context length exceeded"
USER: dict[str, Any] = {"role": "user", "content": "안녕"}
SYSTEM: dict[str, Any] = {"role": "system", "content": "친절하게 답변합니다."}
TOOL = {"type": "function", "function": {"name": "f", "description": "f를 합니다"}}
NOW = 1_744_710_905.25


def _post(client: TestClient, body: dict[str, Any], model: str = "HCX-005") -> Any:
    return client.post(f"/v3/chat-completions/{model}", json=body)


def _ask(client: TestClient, model: str = "HCX-005", **changes: Any) -> Any:
    return _post(client, {"messages": [USER], **changes}, model)


def _told(answer: Any) -> str:
    status = answer.json()["status"]
    return f"{answer.status_code} {status['code']} {status['message']}"


def _wrong(*names: str) -> str:
    return f"400 40001 Invalid parameter: {', '.join(names)}"


FIELDS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = {
    "w2_2_02_topP": ([{"topP": 0.01}, {"topP": 1}], [{"topP": 0}, {"topP": 1.01}, {"topP": "0.8"}], "topP"),
    "w2_2_03_topK": ([{"topK": 0}, {"topK": 128}], [{"topK": -1}, {"topK": 129}, {"topK": 0.5}], "topK"),
    "w2_2_04_maxTokens": (
        [{"maxTokens": 1}, {"maxTokens": 4096}],
        [{"maxTokens": 0}, {"maxTokens": 4097}, {"maxTokens": 1.5}],
        "maxTokens",
    ),
    "w2_2_07_maxCompletionTokens": (
        [{"maxCompletionTokens": 1}, {"maxCompletionTokens": 4096}],
        [{"maxCompletionTokens": 0}, {"maxCompletionTokens": 4097}],
        "maxCompletionTokens",
    ),
    "w2_2_08_temperature": (
        [{"temperature": 0}, {"temperature": 0.0}, {"temperature": 1}],
        [{"temperature": -0.01}, {"temperature": 1.01}, {"temperature": True}],
        "temperature",
    ),
    "w2_2_09_repetitionPenalty": (
        [{"repetitionPenalty": 0.01}, {"repetitionPenalty": 1.05}, {"repetitionPenalty": 2.0}],
        [{"repetitionPenalty": 0}, {"repetitionPenalty": 2.01}],
        "repetitionPenalty",
    ),
    "w2_2_10_stop": ([{"stop": []}, {"stop": ["끝", "END"]}], [{"stop": "끝"}, {"stop": [1]}], "stop"),
    "w2_2_12_seed": (
        [{"seed": 0}, {"seed": 1}, {"seed": 4_294_967_295}],
        [{"seed": -1}, {"seed": 4_294_967_296}, {"seed": 0.5}],
        "seed",
    ),
    "w2_2_13_includeAiFilters": (
        [{"includeAiFilters": True}, {"includeAiFilters": False}],
        [{"includeAiFilters": "true"}, {"includeAiFilters": 1}],
        "includeAiFilters",
    ),
    "w2_2_05_w2_2_07_both_caps": (
        [{"maxTokens": 9, "maxCompletionTokens": None}],
        [{"maxTokens": 9, "maxCompletionTokens": 9}],
        "maxTokens, maxCompletionTokens",
    ),
}


@pytest.mark.parametrize(("good", "bad", "name"), FIELDS.values(), ids=FIELDS.keys())
def test_a_field_has_its_range(
    simulator: START, good: list[dict[str, Any]], bad: list[dict[str, Any]], name: str
) -> None:
    """The ends of the range are accepted, the next value on either side and another type are refused by name."""
    client = simulator()
    assert [_told(_ask(client, **changes)) for changes in good] == [OK] * len(good)
    assert [_told(_ask(client, **changes)) for changes in bad] == [_wrong(name)] * len(bad)


def test_w2_2_02_every_field_but_messages_may_be_left_out(simulator: START) -> None:
    """There is a default for each."""
    assert _told(_post(simulator(), {"messages": [USER]})) == OK


def _says(**message: Any) -> dict[str, Any]:
    return {"messages": [USER, message]}


def _parts(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


TEXT = {"type": "text", "text": "안녕"}
PLACE = "messages[0].content[0]"
HEADER = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (300).to_bytes(4) + (200).to_bytes(4) + b"\x08\0\0\0\0\0\0\0\0"
BASE64 = base64.b64encode(HEADER).decode()
IMAGE = {"type": "image_url", "dataUri": {"data": f"data:image/png;base64,{BASE64}"}}
BARE = {"type": "image_url", "dataUri": {"data": BASE64}}
LINK = {"type": "image_url", "imageUrl": {"url": "https://x.kr/a.png"}}
NO_EXTENSION = {"type": "image_url", "imageUrl": {"url": "https://x.kr/a"}}
LETTER = {"type": "text", "text": "이 사진에 대해서 설명해줘"}
MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "w2_2_01_no_messages": ({}, _wrong("messages")),
    "w2_2_01_empty_list": ({"messages": []}, _wrong("messages")),
    "w2_2_01_no_list": ({"messages": "안녕"}, _wrong("messages")),
    "w2_2_14_no_role": (_says(content="안녕"), _wrong("messages[1].role")),
    "w2_2_14_unknown_role": (_says(role="developer", content="안녕"), _wrong("messages[1].role")),
    "w2_2_14_assistant": (_says(role="assistant", content="네"), OK),
    "w2_2_14_tool_without_a_call": (
        _says(role="tool", toolCallId="c1", content="맑음"),
        _wrong("messages[1].toolCallId"),
    ),
    "w2_2_15_one_system": ({"messages": [SYSTEM, USER]}, OK),
    "w2_2_15_two_systems": ({"messages": [SYSTEM, SYSTEM, USER]}, _wrong("messages")),
    "w2_2_15_two_systems_apart": ({"messages": [SYSTEM, USER, SYSTEM]}, _wrong("messages")),
    "w2_2_16_string": (_says(role="user", content="안녕"), OK),
    "w2_2_16_parts": (_says(role="user", content=[TEXT, TEXT]), OK),
    "w2_2_16_parts_of_a_system_message": ({"messages": [{"role": "system", "content": [TEXT]}, USER]}, OK),
    "w2_2_16_no_content": (_says(role="user"), _wrong("messages[1].content")),
    "w2_2_16_null": (_says(role="user", content=None), _wrong("messages[1].content")),
    "w2_2_16_object": (_says(role="user", content=TEXT), _wrong("messages[1].content")),
    "w2_2_16_list_of_strings": (_says(role="user", content=["안녕"]), _wrong("messages[1].content[0]")),
    "w2_2_17_empty_list": (_says(role="user", content=[]), _wrong("messages[1].content")),
    "w2_2_18_text": (_parts(TEXT), OK),
    "w2_2_18_image": (_parts(LINK), OK),
    "w2_2_18_no_type": (_parts({"text": "안녕"}), _wrong(PLACE)),
    "w2_2_18_another_type": (_parts({"type": "input_text", "text": "안녕"}), _wrong(PLACE)),
    "w2_2_19_no_text": (_parts({"type": "text"}), _wrong(PLACE)),
    "w2_2_19_text_is_no_string": (_parts({"type": "text", "text": 1}), _wrong(PLACE)),
    "w2_2_20_no_extension": (_parts(NO_EXTENSION), URL_ERROR),
    "w2_2_20_both_addresses": (_parts({**LINK, **IMAGE}), _wrong(f"{PLACE}.imageUrl", f"{PLACE}.dataUri")),
    "w2_2_20_neither_address": (_parts({"type": "image_url"}), _wrong(PLACE)),
    "w2_2_21_data": (_parts(IMAGE), OK),
    "w2_2_22_bare_base64": (_parts(BARE), _wrong(f"{PLACE}.dataUri.data")),
    "w2_2_28_two_images": (_parts(LINK, IMAGE), "400 40000 Each user message can contain only one image"),
    "w2_2_29_five_images": ({"messages": _parts(LINK)["messages"] * 5}, OK),
    "w2_2_29_six_images": ({"messages": _parts(LINK)["messages"] * 6}, "400 40003 Image limit exceeded"),
    "w2_2_31_image_alone": (_parts(LINK), OK),
    "w2_2_31_image_with_a_text": (_parts(LINK, LETTER), OK),
}


@pytest.mark.parametrize(("body", "told"), MESSAGES.values(), ids=MESSAGES.keys())
def test_messages_have_their_form(simulator: START, body: dict[str, Any], told: str) -> None:
    """What is wrong is refused with its place in the list of messages."""
    assert _told(_post(simulator(), body)) == told


class _Noting:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.seen: list[ChatRequest] = []

    def reply(self, request: ChatRequest) -> BrainReply:
        """Answer anything."""
        self.seen.append(request)
        return BrainReply("네")


def test_w2_2_16_the_model_reads_strings_and_parts_alike(simulator: START) -> None:
    """A part per line; an image is seen, not read."""
    brain = _Noting()
    messages = [SYSTEM, {"role": "user", "content": [LINK, TEXT, LETTER]}, {"role": "assistant", "content": "네"}, USER]
    _post(simulator(brain=brain), {"messages": messages})
    assert brain.seen[0].messages == (
        Message("system", "친절하게 답변합니다."),
        Message("user", "안녕\n이 사진에 대해서 설명해줘", images=1),
        Message("assistant", "네"),
        Message("user", "안녕"),
    )


def test_w2_2_06_without_a_cap_an_answer_has_100_tokens(simulator: START) -> None:
    """Today's page prints no default; the simulator keeps the older one."""
    result = _ask(simulator(BrainReply(" 가" * 101))).json()["result"]
    assert (result["usage"]["completionTokens"], result["finishReason"]) == (100, "length")
    result = _ask(simulator(BrainReply(" 가" * 100))).json()["result"]
    assert (result["usage"]["completionTokens"], result["finishReason"]) == (100, "stop")


def test_w2_2_11_thinking_and_stop_exclude_each_other(simulator: START) -> None:
    """HCX-007 takes stop sequences only when it is told not to think; an empty list never hurts."""
    client = simulator()
    assert _told(_ask(client, "HCX-007", stop=["끝"])) == _wrong("stop", "thinking")
    assert _told(_ask(client, "HCX-007", stop=["끝"], thinking={"effort": "none"})) == OK
    assert _told(_ask(client, "HCX-007", stop=[])) == OK


def test_w2_2_30_a_body_has_50_mb_at_most(simulator: START) -> None:
    """One byte more is 413/41300; spaces between the fields count."""
    most = 50 * 1024 * 1024
    start = b'{"messages":[{"role":"user","content":"hi"}]'
    path, headers = "/v3/chat-completions/HCX-005", {"content-type": "application/json"}
    for size, told in ((most, OK), (most + 1, "413 41300 Request body size exceeded")):
        body = start.ljust(size - 1) + b"}"
        assert _told(simulator().post(path, content=body, headers=headers)) == told


def _sized(count: int) -> dict[str, Any]:
    """Return a message of so many tokens, markers included."""
    return {"role": "user", "content": " 가" * (count - tokens.prompt_tokens([Message("user", "")]))}


SIZES: dict[str, tuple[str, int, int, str]] = {
    "w2_2_32_HCX-005_full": ("HCX-005", 127_999, 1, OK),
    "w2_2_32_HCX-005_full_with_an_answer": ("HCX-005", 123_904, 4_096, OK),
    "w2_2_32_HCX-005_one_too_many": ("HCX-005", 123_905, 4_096, TOO_LONG),
    "w2_2_32_HCX-005_input_alone_too_long": ("HCX-005", 128_001, 1, TOO_LONG),
    "w2_2_32_HCX-005_output": ("HCX-005", 100, 4_097, _wrong("maxTokens")),
    "w2_2_33_HCX-DASH-002_full": ("HCX-DASH-002", 31_999, 1, OK),
    "w2_2_33_HCX-DASH-002_full_with_an_answer": ("HCX-DASH-002", 27_904, 4_096, OK),
    "w2_2_33_HCX-DASH-002_one_too_many": ("HCX-DASH-002", 27_905, 4_096, TOO_LONG),
    "w2_2_33_HCX-DASH-002_input_alone_too_long": ("HCX-DASH-002", 32_001, 1, TOO_LONG),
    "w2_2_33_HCX-DASH-002_output": ("HCX-DASH-002", 100, 4_097, _wrong("maxTokens")),
}


@pytest.mark.parametrize(("model", "size", "cap", "told"), SIZES.values(), ids=SIZES.keys())
def test_input_and_cap_have_room_in_the_model(simulator: START, model: str, size: int, cap: int, told: str) -> None:
    """Both together count against the context, before anything is written."""
    answer = _post(simulator(), {"messages": [_sized(size)], "maxTokens": cap}, model)
    assert _told(answer) == told
    if told == OK:
        assert answer.json()["result"]["usage"]["promptTokens"] == size


@pytest.mark.parametrize(
    ("unit", "created"),
    [("seconds", 1_744_710_905), ("milliseconds", 1_744_710_905_250)],
    ids=["w2_2_35_seconds", "w2_2_34_milliseconds"],
)
def test_created_is_in_the_unit_of_the_switch(simulator: START, unit: Any, created: int) -> None:
    """Seconds as in the samples by default, milliseconds as in the table on request."""
    client = simulator(switches=Switches(native_created_unit=unit), clock=lambda: NOW)
    assert _ask(client).json()["result"]["created"] == created


def test_w2_2_36_w2_2_38_a_plain_answer_has_five_fields(simulator: START) -> None:
    """Message, usage, reason, seed and time; nothing about thinking, tools or filters."""
    result = _ask(simulator(BrainReply("네, 하나 둘")), seed=7).json()["result"]
    assert set(result) == {"created", "finishReason", "message", "seed", "usage"}
    assert result["message"] == {"role": "assistant", "content": "네, 하나 둘"}
    usage = result["usage"]
    assert set(usage) == {"promptTokens", "completionTokens", "totalTokens"}
    assert usage["totalTokens"] == usage["promptTokens"] + usage["completionTokens"]
    assert usage["completionTokens"] == tokens.count("네, 하나 둘")


def test_w2_2_37_w2_2_39_thinking_adds_its_text_and_its_tokens(simulator: START) -> None:
    """One field of the message, and one of the usage."""
    result = _ask(simulator(BrainReply("네", thinking="하나 둘 셋")), "HCX-007").json()["result"]
    assert result["message"] == {"role": "assistant", "content": "네", "thinkingContent": "하나 둘 셋"}
    assert result["usage"]["completionTokensDetails"] == {"thinkingTokens": 3}


def test_w2_2_40_tool_calls_stand_in_the_message(simulator: START) -> None:
    """Beside an empty content."""
    client = simulator(BrainReply(tool_calls=(ToolCall("f", {"a": 1}, id="call_1"),)))
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}
    message = _ask(client, tools=[TOOL], maxTokens=1024).json()["result"]["message"]
    assert message == {"role": "assistant", "content": "", "toolCalls": [call]}


REASONS: dict[str, tuple[BrainReply, dict[str, Any], str]] = {
    "w2_2_42_ordinary_end": (BrainReply("하나 둘"), {}, "stop"),
    "w2_2_42_stop_sequence": (BrainReply("하나 끝 둘"), {"stop": ["끝"]}, "stop"),
    "w2_2_41_cap": (BrainReply("하나 둘"), {"maxTokens": 1}, "length"),
    "w2_2_41_call": (BrainReply(tool_calls=(ToolCall("f"),)), {"tools": [TOOL]}, "tool_calls"),
}


@pytest.mark.parametrize(("reply", "changes", "reason"), REASONS.values(), ids=REASONS.keys())
def test_an_answer_says_why_it_ended(simulator: START, reply: BrainReply, changes: dict[str, Any], reason: str) -> None:
    """There are three reasons; a stop sequence has none of its own."""
    assert _ask(simulator(reply), **changes).json()["result"]["finishReason"] == reason


def test_w2_2_10_an_answer_ends_before_the_first_stop_sequence(simulator: START) -> None:
    """The sequence itself is not sent."""
    result = _ask(simulator(BrainReply("하나 둘 셋 넷")), stop=["넷", " 셋"]).json()["result"]
    assert result["message"]["content"] == "하나 둘"


@pytest.mark.parametrize("seed", [1, 4_294_967_295], ids=lambda seed: f"w2_2_43_seed_{seed}")
def test_a_seed_is_echoed(simulator: START, seed: int) -> None:
    """The answer names the seed of the request."""
    assert _ask(simulator(), seed=seed).json()["result"]["seed"] == seed


@pytest.mark.parametrize("changes", [{}, {"seed": 0}], ids=["w2_2_43_absent", "w2_2_43_zero"])
def test_a_seed_is_drawn(simulator: START, changes: dict[str, Any]) -> None:
    """Without one, each answer names another 32-bit number."""
    client = simulator()
    seeds = [_ask(client, **changes).json()["result"]["seed"] for _ in range(4)]
    assert len(set(seeds)) == 4
    assert all(1 <= seed <= 4_294_967_295 for seed in seeds)


FILTERS: dict[str, tuple[dict[str, Any], bool]] = {
    "w2_2_13_absent": ({}, False),
    "w2_2_44_off": ({"includeAiFilters": False}, False),
    "w2_2_44_on": ({"includeAiFilters": True}, True),
}


@pytest.mark.parametrize(("changes", "there"), FILTERS.values(), ids=FILTERS.keys())
def test_the_filter_is_asked_for(
    simulator: START,
    changes: dict[str, Any],
    there: bool,  # noqa: FBT001
) -> None:
    """Only then is it in the result."""
    assert ("aiFilter" in _ask(simulator(), **changes).json()["result"]) is there
