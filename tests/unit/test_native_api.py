"""ChatClovaX over the native API: the same model, another codec, nothing that a caller could tell apart."""

import base64
import struct
import zlib
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from clovax_agents import ChatClovaX, tool
from clovax_agents.errors import ConfigurationError, RateLimitError, TruncatedStreamError
from clovax_agents.prebuilt import react_agent
from clovax_agents.simulator import BrainReply, Fault, FaultPlan, ScriptBrain, ScriptStep
from clovax_agents.testing import LoopbackSimulator

QUESTION = "서울 날씨 알려줘"


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


def _model(**options: Any) -> ChatClovaX:
    return ChatClovaX(**{"api": "native", "max_retries": 0, **options})


def _png() -> str:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    image = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 72)) + chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(image).decode()


PATHS = {
    "HCX-007": "/v3/chat-completions/HCX-007",
    "HCX-005": "/v3/chat-completions/HCX-005",
    "HCX-DASH-002": "/v3/chat-completions/HCX-DASH-002",
    "HCX-003": "/v1/chat-completions/HCX-003",
    "HCX-DASH-001": "/v1/chat-completions/HCX-DASH-001",
    "ft:a1b2c3": "/v3/tasks/a1b2c3/chat-completions",
}


@pytest.mark.parametrize(("model", "path"), PATHS.items())
def test_every_model_answers_on_its_own_path(clovax_simulator: LoopbackSimulator, model: str, path: str) -> None:
    """Whole and streamed answers say the same, and both know their tokens."""
    chat = _model(model=model)
    whole = chat.invoke("안녕하세요")
    streamed: Any = None
    for chunk in chat.stream("안녕하세요"):
        streamed = chunk if streamed is None else streamed + chunk

    assert whole.text == streamed.text == "안녕하세요! 무엇을 도와드릴까요?"
    assert whole.usage_metadata == streamed.usage_metadata != None  # noqa: E711  # a chain of comparisons
    assert whole.response_metadata["finish_reason"] == streamed.response_metadata["finish_reason"] == "stop"
    assert whole.response_metadata["model_name"] == model
    assert {request.path for request in clovax_simulator.requests} == {path}


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("model", ["HCX-005", "HCX-007", "HCX-DASH-002"])
def test_tools_are_called_and_answered(clovax_simulator: LoopbackSimulator, model: str, *, streaming: bool) -> None:
    """Call, result and answer, with the cap raised and HCX-007 told not to think."""
    chat = _model(model=model, streaming=streaming).bind_tools([get_weather])
    asked = chat.invoke(QUESTION)
    assert [(call["name"], call["args"]) for call in asked.tool_calls] == [("get_weather", {"city": "서울"})]

    result = ToolMessage("서울은 맑고 21도입니다", tool_call_id=asked.tool_calls[0]["id"])
    assert "21도" in chat.invoke([HumanMessage(QUESTION), asked, result]).text
    assert {request.cap for request in clovax_simulator.requests} == {1024}


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_thinking_comes_in_its_own_place(clovax_simulator: LoopbackSimulator, effort: str) -> None:
    """Thoughts are in additional_kwargs and counted, in a stream, too."""
    chat = _model(model="HCX-007", thinking={"effort": effort})
    whole = chat.invoke("3의 세제곱은?")
    streamed: Any = None
    for chunk in chat.stream("3의 세제곱은?"):
        streamed = chunk if streamed is None else streamed + chunk

    for message in (whole, streamed):
        assert message.additional_kwargs["thinking_content"] == whole.additional_kwargs["thinking_content"] != ""
        assert message.usage_metadata["output_token_details"]["reasoning"] > 0
    assert clovax_simulator.requests


def test_the_ai_filter_is_in_the_metadata(clovax_simulator: LoopbackSimulator) -> None:
    """Three entries, whole and streamed; over the other API the option is refused."""
    chat = _model(include_ai_filters=True)
    chunks = list(chat.stream("안녕하세요"))

    assert len(chat.invoke("안녕하세요").response_metadata["ai_filter"]) == 3
    assert len(chunks[-1].response_metadata["ai_filter"]) == 3
    with pytest.raises(ConfigurationError, match="api='native'"):
        ChatClovaX(include_ai_filters=True).invoke("안녕하세요")
    assert len(clovax_simulator.requests) == 2


def test_an_image_is_sent_as_a_data_uri(clovax_simulator: LoopbackSimulator) -> None:
    """The service reads the bytes, and counts the image."""
    content: list[Any] = [
        {"type": "image_url", "image_url": {"url": _png()}},
        {"type": "text", "text": "이 사진에 대해서 설명해줘"},
    ]
    answer = _model().invoke([HumanMessage(content)])

    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] > 1_478
    assert clovax_simulator.requests[0].status == 200


def test_each_generation_has_its_own_penalty(clovax_simulator: LoopbackSimulator) -> None:
    """The right name is sent, the other one refused with the way out."""
    assert _model(model="HCX-003", repeat_penalty=5.0).invoke("안녕하세요").text
    assert _model(model="HCX-005", repetition_penalty=1.1).invoke("안녕하세요").text
    with pytest.raises(ConfigurationError, match="set repeat_penalty"):
        _model(model="HCX-003", repetition_penalty=1.1).invoke("안녕하세요")
    with pytest.raises(ConfigurationError, match="set repetition_penalty"):
        _model(model="HCX-005", repeat_penalty=5.0).invoke("안녕하세요")
    assert len(clovax_simulator.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("error; code=42901", RateLimitError),
        ("error_event; at_event=2; code=42902", RateLimitError),
        ("end; at_event=2", TruncatedStreamError),
        ("truncate; at_event=9999, end; at_event=2", TruncatedStreamError),
    ],
)
def test_a_stream_that_fails_is_an_error(
    clovax_simulator: LoopbackSimulator, fault: str, kind: type[Exception]
) -> None:
    """Before the first byte, by an event in the middle, by a clean end that comes too early."""
    plan = FaultPlan.parse(*fault.split(", "))
    with clovax_simulator.using(faults=plan), pytest.raises(kind):
        list(_model().stream("안녕하세요"))


def test_a_missing_signal_is_no_fault(clovax_simulator: LoopbackSimulator) -> None:
    """With the result the answer is whole."""
    reply = BrainReply("하나", faults=(Fault(kind="end", at_event=2),))
    with clovax_simulator.using(ScriptBrain([ScriptStep(reply)])):
        assert "".join(chunk.text for chunk in _model().stream("안녕")) == "하나"


async def test_the_agent_does_not_notice(clovax_simulator: LoopbackSimulator) -> None:
    """The prebuilt agent runs on either API, with the same messages."""
    kinds = []
    for model in (_model(model="HCX-007"), ChatClovaX(model="HCX-007")):
        agent = react_agent(model=model, tools=[get_weather]).compile()
        messages = (await agent.ainvoke({"messages": [("user", QUESTION)]}))["messages"]
        assert isinstance(messages[-1], AIMessage)
        kinds.append([(message.type, message.text) for message in messages])

    assert kinds[0] == kinds[1]
    assert len(clovax_simulator.requests) == 4
