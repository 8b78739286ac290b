"""`ChatClovaX` over recorded exchanges: answers, streams, tool calls, thinking and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovax_agents import ChatClovaX
from clovax_agents.errors import RateLimitError, RequestError
from clovax_agents.tooling import tool

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk

    from clovax_agents.testing import Cassette

SEOUL_AND_BUSAN = """
- reply:
    tool_calls:
      - {name: get_weather, arguments: {city: 서울}, id: call_seoul}
      - {name: get_weather, arguments: {city: 부산}, id: call_busan}
"""
RATE_LIMITED = """
- reply:
    error:
      status: 429
      code: "42901"
      message: Too many requests - rate exceeded
      headers: {x-ratelimit-reset-requests: 6s, x-ratelimit-reset-tokens: 2.5s, x-ratelimit-remaining-requests: "0"}
"""
BUSY_FOR_A_MOMENT = """
- reply:
    error: {status: 429, code: "42900", message: Too many requests, headers: {x-ratelimit-reset-requests: 10ms}}
- reply: 이제 답할 수 있습니다.
"""
THINKING = """
- reply:
    thinking: 사용자가 12와 30의 합을 묻고 있다. 12 더하기 30은 42이다.
    text: 답은 42입니다.
"""


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 줍니다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다."


def merged(chunks: list[Any]) -> AIMessageChunk:
    """Add the chunks of a stream up, as LangChain does."""
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


@pytest.mark.clovax_cassette
def test_plain_answer() -> None:
    """A question gets an answer, with the tokens that it took."""
    answer = ChatClovaX(model="HCX-005", seed=1).invoke("안녕하세요")
    assert answer.content
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] > 0


@pytest.mark.clovax_cassette
async def test_plain_answer_async() -> None:
    """The async model answers as well."""
    answer = await ChatClovaX(model="HCX-DASH-002", seed=1, temperature=0.1).ainvoke(
        [("system", "한 문장으로 답하세요."), ("human", "고마워요 😊")]
    )
    assert answer.content
    assert answer.response_metadata["model_name"] == "HCX-DASH-002"


@pytest.mark.clovax_cassette
def test_streamed_answer() -> None:
    """A streamed answer comes in pieces that add up to a whole message."""
    chunks = list(ChatClovaX(model="HCX-005", seed=1).stream("안녕하세요"))
    whole = merged(chunks)
    assert len(chunks) > 2
    assert whole.content
    assert whole.response_metadata["finish_reason"] == "stop"


@pytest.mark.clovax_cassette(script=["첫째 줄입니다.\n둘째 줄입니다. 😊\n"])
async def test_streamed_answer_async() -> None:
    """The async stream gives the text exactly as it was written, line feeds and emoji included."""
    chunks = [chunk async for chunk in ChatClovaX(model="HCX-005").astream("두 줄로 인사해 줘")]
    assert merged(chunks).content == "첫째 줄입니다.\n둘째 줄입니다. 😊\n"


@pytest.mark.clovax_cassette
def test_one_tool_call() -> None:
    """A question that a tool can answer becomes a call with arguments that may be run."""
    answer = ChatClovaX(model="HCX-005", seed=1).bind_tools([get_weather]).invoke("서울 날씨 알려줘")
    (call,) = answer.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "서울"})
    assert answer.response_metadata["finish_reason"] == "tool_calls"
    assert get_weather.invoke(call).content == "서울은 맑고 21도입니다."


@pytest.mark.clovax_cassette(script=SEOUL_AND_BUSAN)
def test_parallel_tool_calls() -> None:
    """Two calls in one answer stay two, in their order."""
    answer = ChatClovaX(model="HCX-005").bind_tools([get_weather]).invoke("서울과 부산 날씨를 비교해 줘")
    assert [(call["id"], call["args"]) for call in answer.tool_calls] == [
        ("call_seoul", {"city": "서울"}),
        ("call_busan", {"city": "부산"}),
    ]


@pytest.mark.clovax_cassette(script=SEOUL_AND_BUSAN)
def test_streamed_tool_calls() -> None:
    """Calls that are streamed in fragments are put together again."""
    model = ChatClovaX(model="HCX-005").bind_tools([get_weather])
    whole = merged(list(model.stream("서울과 부산 날씨를 비교해 줘")))
    assert [(call["id"], call["args"]) for call in whole.tool_calls] == [
        ("call_seoul", {"city": "서울"}),
        ("call_busan", {"city": "부산"}),
    ]
    assert whole.invalid_tool_calls == []


@pytest.mark.clovax_cassette(script=SEOUL_AND_BUSAN)
async def test_streamed_tool_calls_async() -> None:
    """The async stream puts them together as well."""
    model = ChatClovaX(model="HCX-DASH-002").bind_tools([get_weather])
    whole = merged([chunk async for chunk in model.astream("서울과 부산 날씨를 비교해 줘")])
    assert [call["args"]["city"] for call in whole.tool_calls] == ["서울", "부산"]


@pytest.mark.clovax_cassette(script=THINKING)
def test_thinking() -> None:
    """HCX-007 shows what it thought, apart from its answer."""
    answer = ChatClovaX(model="HCX-007", thinking={"effort": "low"}).invoke("12 더하기 30은?")
    assert answer.content == "답은 42입니다."
    assert "12 더하기 30은 42이다" in answer.additional_kwargs["thinking_content"]
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_token_details"]["reasoning"] > 0


@pytest.mark.clovax_cassette(script=THINKING)
async def test_streamed_thinking() -> None:
    """Thoughts are streamed before the answer, and add up."""
    model = ChatClovaX(model="HCX-007", thinking={"effort": "low"})
    chunks = [chunk async for chunk in model.astream("12 더하기 30은?")]
    whole = merged(chunks)
    assert "thinking_content" in chunks[0].additional_kwargs
    assert whole.additional_kwargs["thinking_content"].startswith("사용자가")
    assert whole.content == "답은 42입니다."


@pytest.mark.clovax_cassette
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_unknown_model_is_refused(streamed: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    """A 400 says what was wrong, with the service's code, and is not tried again."""
    model = ChatClovaX(model="HCX-404")
    with pytest.raises(RequestError) as caught:
        list(model.stream("안녕하세요")) if streamed else model.invoke("안녕하세요")
    assert caught.value.facts.status == 400
    assert caught.value.facts.code is not None
    assert caught.value.facts.attempts == 1


@pytest.mark.clovax_cassette(script=RATE_LIMITED)
def test_rate_limit_is_reported() -> None:
    """A 429 becomes an error that knows how long to wait: the longest that the headers ask for."""
    with pytest.raises(RateLimitError) as caught:
        ChatClovaX(model="HCX-005", max_retries=0).invoke("안녕하세요")
    assert caught.value.facts.code == "42901"
    assert caught.value.facts.retry_after == 6.0


@pytest.mark.clovax_cassette(script=BUSY_FOR_A_MOMENT)
async def test_rate_limit_is_waited_for(clovax_cassette: Cassette) -> None:
    """After a 429 the same request is sent again, and its answer is the answer."""
    answer = await ChatClovaX(model="HCX-005", max_retries=1).ainvoke("안녕하세요")
    assert answer.content == "이제 답할 수 있습니다."
    assert [exchange.response.status for exchange in clovax_cassette.exchanges] == [429, 200]
