"""CLOVA Studio's own API over recorded exchanges: calls at once, limits, async, and tools by prompt."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from clovax_agents import ChatClovaX
from clovax_agents.errors import RateLimitError
from clovax_agents.images import image_block
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling import tool

if TYPE_CHECKING:
    from clovax_agents.testing import Cassette

SEOUL_AND_BUSAN = """
- reply:
    tool_calls:
      - {name: get_weather, arguments: {city: 서울}, id: call_seoul}
      - {name: get_weather, arguments: {city: 부산, days: 3}, id: call_busan}
- match: {last_role: tool}
  reply: 서울은 맑고 부산은 사흘 동안 맑습니다.
"""
RATE_LIMITED = """
- reply:
    error: {status: 429, code: "42901", message: Too many requests - rate exceeded, headers: {retry-after: "7"}}
"""
BUSY_TWICE = """
- reply:
    error: {status: 429, code: "42901", message: Too many requests - rate exceeded, headers: {retry-after-ms: "10"}}
- reply:
    error: {status: 429, code: "42900", message: Too many requests, headers: {x-ratelimit-reset-tokens: 10ms}}
- reply: 이제 답할 수 있습니다.
"""
THOUGHT_AND_CALLED = """
- reply: {thinking: 날씨를 묻고 있으니 get_weather가 필요하다., text: '{"tools": ["get_weather"]}'}
- reply: {thinking: 도시는 부산이다., text: '{"calls": [{"city": "부산"}]}'}
"""
THOUGHT_AND_ANSWERED = """
- reply: {thinking: 도구가 필요 없다., text: '{"tools": []}'}
- reply: {thinking: 인사에는 인사로 답한다., text: 안녕하세요.}
"""
SEEN_AND_CALLED = """
- reply: '{"tools": ["get_weather"]}'
- reply: '{"calls": [{"city": "제주"}]}'
"""
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 64) + b"\x08\x02\x00\x00\x00"
QUESTION = "서울과 부산 날씨를 비교해 줘"
EXPECTED = [("call_seoul", {"city": "서울"}), ("call_busan", {"city": "부산", "days": 3})]
BOTH = pytest.mark.parametrize("api", ["openai", "native"])
WAYS = pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])


@tool
def get_weather(city: str, days: int = 1) -> str:
    """도시의 날씨를 알려 줍니다.

    Args:
        city: 도시 이름
        days: 며칠 동안
    """
    return f"{city}은 {days}일 동안 맑습니다."


async def ask(chat: Any, way: str, question: Any) -> Any:
    """Ask in one of the four ways and return the whole message."""
    if way == "invoke":
        return chat.invoke(question)
    if way == "ainvoke":
        return await chat.ainvoke(question)
    parts = list(chat.stream(question)) if way == "stream" else [part async for part in chat.astream(question)]
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    return whole


def statuses(cassette: Cassette) -> list[int]:
    """Return the status of each recorded answer."""
    return [exchange.response.status for exchange in cassette.exchanges]


@WAYS
@pytest.mark.clovax_cassette(script=SEOUL_AND_BUSAN)
async def test_parallel_tool_calls(way: str) -> None:
    """Two calls in one answer stay two, in their order and whole, and are answered together."""
    chat = ChatClovaX(model="HCX-005", api="native").bind_tools([get_weather])
    message = await ask(chat, way, QUESTION)
    assert [(call["id"], call["args"]) for call in message.tool_calls] == EXPECTED
    assert message.response_metadata["finish_reason"] == "tool_calls"

    results = [ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in message.tool_calls]
    assert (await ask(chat, way, [HumanMessage(QUESTION), message, *results])).text.startswith("서울은 맑고")


@pytest.mark.clovax_cassette(script=SEOUL_AND_BUSAN)
async def test_an_agent_runs_parallel_calls() -> None:
    """Both run in one step, and the model sees what both of them found."""
    agent = react_agent(model=ChatClovaX(model="HCX-007", api="native"), tools=[get_weather]).compile()
    messages = (await agent.ainvoke({"messages": [("human", QUESTION)]}))["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "tool", "ai"]
    assert [message.text for message in messages[2:4]] == ["서울은 1일 동안 맑습니다.", "부산은 3일 동안 맑습니다."]


@WAYS
@pytest.mark.clovax_cassette(script=RATE_LIMITED)
async def test_rate_limit_is_reported(way: str) -> None:
    """A 429 in CLOVA's own envelope is an error with its code and the wait that it asks for."""
    with pytest.raises(RateLimitError) as caught:
        await ask(ChatClovaX(api="native", max_retries=0), way, "안녕하세요")
    assert (caught.value.facts.code, caught.value.facts.status, caught.value.facts.retry_after) == ("42901", 429, 7.0)


@WAYS
@pytest.mark.clovax_cassette(script=BUSY_TWICE)
@pytest.mark.soak(every=3)
async def test_rate_limit_is_waited_for(clovax_cassette: Cassette, way: str) -> None:
    """After two of them the third attempt is the answer, streamed or not."""
    assert (await ask(ChatClovaX(api="native"), way, "안녕하세요")).text == "이제 답할 수 있습니다."
    assert statuses(clovax_cassette) == [429, 429, 200]


@pytest.mark.clovax_cassette
@pytest.mark.parametrize("model", ["HCX-005", "HCX-007", "HCX-DASH-002", "HCX-003", "ft:a1b2c3d4"])
async def test_async_answers(model: str) -> None:
    """Each model answers on its own path, whole and streamed alike, with the tokens that it took."""
    chat = ChatClovaX(model=model, api="native", seed=1)
    whole, streamed = await chat.ainvoke("안녕하세요"), await ask(chat, "astream", "안녕하세요")
    assert whole.text == streamed.text != ""
    assert whole.usage_metadata == streamed.usage_metadata
    assert whole.response_metadata["model_name"] == model


@pytest.mark.clovax_cassette
async def test_async_tools() -> None:
    """The call, streamed, and the answer from its result."""
    chat = ChatClovaX(model="HCX-DASH-002", api="native", seed=1).bind_tools([get_weather])
    message = await ask(chat, "astream", "부산 날씨 알려줘")
    assert message.tool_calls[0]["args"]["city"] == "부산"
    assert message.invalid_tool_calls == []
    result = ToolMessage("맑고 21도", tool_call_id=message.tool_calls[0]["id"])
    assert "21도" in (await chat.ainvoke([HumanMessage("부산 날씨 알려줘"), message, result])).text


@BOTH
@WAYS
@pytest.mark.clovax_cassette(script=SEEN_AND_CALLED)
async def test_tools_by_prompt_with_an_image(clovax_cassette: Cassette, api: Any, way: str) -> None:
    """No model has both, so the tools are told in words: the image goes along with each of the two requests."""
    chat = ChatClovaX(model="HCX-005", api=api, tool_calling="emulated").bind_tools([get_weather])
    question = [HumanMessage([{"type": "text", "text": "사진 속 도시의 날씨는?"}, image_block(PNG)])]
    message = await ask(chat, way, question)

    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("get_weather", {"city": "제주"})]
    bodies = [json.loads(exchange.request.body) for exchange in clovax_cassette.exchanges]
    assert ["tools" in body for body in bodies] == [False, False]
    assert ["iVBORw0KGgo" in json.dumps(body["messages"]) for body in bodies] == [True, True]


@BOTH
@WAYS
@pytest.mark.clovax_cassette(script=THOUGHT_AND_CALLED)
async def test_tools_by_prompt_with_thinking(clovax_cassette: Cassette, api: Any, way: str) -> None:
    """HCX-007 thinks about which tool to call and with what; the thoughts are beside the call."""
    chat = ChatClovaX(model="HCX-007", api=api, tool_calling="emulated", thinking={"effort": "low"})
    message = await ask(chat.bind_tools([get_weather]), way, "부산 날씨 알려줘")

    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("get_weather", {"city": "부산"})]
    assert "get_weather가 필요하다" in message.additional_kwargs["thinking_content"]
    assert statuses(clovax_cassette) == [200, 200]


@BOTH
@WAYS
@pytest.mark.clovax_cassette(script=THOUGHT_AND_ANSWERED)
async def test_an_answer_with_thinking_where_tools_are_by_prompt(api: Any, way: str) -> None:
    """Where no tool is needed, the answer is the model's own, streamed or not."""
    chat = ChatClovaX(model="HCX-007", api=api, tool_calling="emulated", thinking={"effort": "low"})
    message = await ask(chat.bind_tools([get_weather]), way, "안녕하세요")

    assert (message.text, message.tool_calls) == ("안녕하세요.", [])
    assert "인사에는 인사로" in message.additional_kwargs["thinking_content"]
