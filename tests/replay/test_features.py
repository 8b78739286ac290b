"""Every feature over both APIs, from recorded exchanges: what one API answers, the other answers alike."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from pydantic import BaseModel, Field

from clovax_agents import ChatClovaX, tool

BOTH = pytest.mark.parametrize("api", ["openai", "native"])
THINKING = """
- repeat: true
  reply:
    thinking: 3을 세 번 곱하면 27이다.
    text: 27입니다.
"""
WRONG_ONCE = """
- reply: '{"high": "서른", "condition": "맑음"}'
- reply: '{"high": 30, "condition": "맑음"}'
"""


class Weather(BaseModel):
    """하루의 날씨."""

    high: int = Field(description="최고 기온")
    condition: str
    rain: int | None = None


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 준다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다"


def _merged(chunks: list[Any]) -> Any:
    merged = chunks[0]
    for chunk in chunks[1:]:
        merged += chunk
    return merged


@BOTH
@pytest.mark.clovax_cassette(script=THINKING)
@pytest.mark.parametrize("effort", ["low", "medium", "high"])
def test_thinking_at_every_effort(api: Any, effort: str) -> None:
    """Whole and streamed, the thinking is beside the answer."""
    chat = ChatClovaX(model="HCX-007", api=api, thinking={"effort": effort})
    whole, streamed = chat.invoke("3^3?"), _merged(list(chat.stream("3^3?")))

    assert whole.text == streamed.text == "27입니다."
    assert whole.additional_kwargs["thinking_content"] == streamed.additional_kwargs["thinking_content"]
    assert whole.response_metadata["finish_reason"] == streamed.response_metadata["finish_reason"] == "stop"


@BOTH
@pytest.mark.clovax_cassette(script=WRONG_ONCE)
def test_structured_output_with_a_repair(api: Any) -> None:
    """The second request says what was wrong with the first answer."""
    chat = ChatClovaX(model="HCX-007", api=api)
    assert chat.with_structured_output(Weather).invoke("분당 날씨는?") == Weather(high=30, condition="맑음")


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["HCX-005", "HCX-DASH-002", "HCX-007"])
def test_a_tool_and_its_result(api: Any, model: str) -> None:
    """The call, streamed or not, and the answer from its result."""
    chat = ChatClovaX(model=model, api=api).bind_tools([get_weather])
    message, streamed = chat.invoke("부산 날씨 알려줘"), _merged(list(chat.stream("부산 날씨 알려줘")))
    assert message.tool_calls[0]["args"] == streamed.tool_calls[0]["args"] == {"city": "부산"}

    answer = chat.invoke(
        [("user", "부산 날씨 알려줘"), message.model_copy(update={"tool_calls": [{**message.tool_calls[0], "id": "a"}],
         "additional_kwargs": {}}), ToolMessage("맑고 21도", tool_call_id="a")]
    )  # fmt: skip
    assert "21도" in answer.text


@BOTH
@pytest.mark.clovax_cassette
def test_emulated_calls_of_a_tuned_model(api: Any) -> None:
    """Names first, then arguments: two requests."""
    chat = ChatClovaX(model="ft:a1b2c3d4", api=api, tool_calling="emulated").bind_tools([get_weather])
    assert chat.invoke("부산 날씨 알려줘").tool_calls[0]["args"] == {"city": "부산"}


@BOTH
@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["HCX-003", "HCX-DASH-001", "ft:a1b2c3d4"])
def test_old_and_tuned_models_answer(api: Any, model: str) -> None:
    """Natively each has a path of its own."""
    chat = ChatClovaX(model=model, api=api)
    assert chat.invoke("안녕하세요").text == "".join(chunk.text for chunk in chat.stream("안녕하세요"))


@pytest.mark.clovax_cassette
def test_the_ai_filter() -> None:
    """Whole and streamed, natively."""
    chat = ChatClovaX(api="native", include_ai_filters=True, seed=7)
    whole, streamed = chat.invoke("안녕하세요"), _merged(list(chat.stream("안녕하세요")))

    assert whole.response_metadata["ai_filter"] == streamed.response_metadata["ai_filter"]
    assert whole.response_metadata["seed"] == 7
    assert streamed.usage_metadata == whole.usage_metadata
