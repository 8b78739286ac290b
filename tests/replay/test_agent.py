"""Whole runs of the ReAct agent over recorded exchanges."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from clovax_agents import ChatClovaX
from clovax_agents.prebuilt import react_agent
from clovax_agents.tooling import tool

QUESTION = "서울 날씨와 주문 A-1001의 배송 상태를 알려줘"
CUT_OFF = """
- reply:
    tool_calls: [{name: order_status, arguments: '{"order_id": "A-10', id: call_cut}]
    finish_reason: length
- reply:
    tool_calls: [{name: order_status, arguments: {order_id: A-1001}, id: call_whole}]
- match: {last_role: tool}
  reply: 주문 A-1001은 배송 중이며 내일 도착합니다.
"""

INVENTED = """
- reply:
    tool_calls: [{name: get_order_status, arguments: {order_id: A-1001}, id: call_invented}]
- reply:
    tool_calls: [{name: order_status, arguments: {order_id: A-1001}, id: call_real}]
- reply: {text: "", finish_reason: stop}
- reply: 주문 A-1001은 배송 중이며 내일 도착합니다.
"""


@tool
def get_weather(city: str) -> str:
    """도시의 현재 날씨를 알려 줍니다.

    Args:
        city: 도시 이름
    """
    return f"{city}은 맑고 21도입니다."


@tool
async def order_status(order_id: str) -> dict[str, str]:
    """주문의 배송 상태를 조회합니다.

    Args:
        order_id: 주문 번호, 예: A-1001
    """
    return {"주문": order_id, "상태": "배송 중", "도착 예정": "내일"}


def check_answer(messages: list[AIMessage | ToolMessage]) -> None:
    """Check that both tools ran in one step, and that the answer tells what they found."""
    calling = messages[1]
    assert isinstance(calling, AIMessage)
    assert sorted(call["name"] for call in calling.tool_calls) == ["get_weather", "order_status"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "tool", "ai"]
    assert "21도" in messages[-1].text
    assert "배송 중" in messages[-1].text


@pytest.mark.clovax_cassette
def test_two_tools_at_once() -> None:
    """The agent runs two tools for one question, and answers with what both of them found."""
    agent = react_agent(model=ChatClovaX(model="HCX-005", seed=1), tools=[get_weather, order_status]).compile()
    check_answer(agent.invoke({"messages": [("human", QUESTION)]})["messages"])


@pytest.mark.clovax_cassette
async def test_two_tools_at_once_async() -> None:
    """The async run does the same, with the default model and a system prompt."""
    agent = react_agent(tools=[get_weather, order_status], prompt="존댓말로 답하세요.").compile()
    check_answer((await agent.ainvoke({"messages": [("human", QUESTION)]}))["messages"])


@pytest.mark.clovax_cassette
async def test_tokens_of_the_answer_are_streamed() -> None:
    """Streaming the agent's messages gives the tokens of its answer as they come."""
    agent = react_agent(model=ChatClovaX(model="HCX-005", seed=1), tools=[get_weather]).compile()
    stream = agent.astream({"messages": [("human", "서울 날씨 알려줘")]}, stream_mode="messages")
    texts = [message.text async for message, _ in stream if isinstance(message, AIMessage) and message.text]
    assert len(texts) > 1
    assert "21도" in "".join(texts)


@pytest.mark.clovax_cassette(script=CUT_OFF)
async def test_a_call_that_was_cut_off_is_asked_for_again() -> None:
    """Of a call that was cut off nothing runs; asked again with a larger cap, the model finishes it."""
    asked_for: list[str] = []

    @tool(name="order_status")
    async def recorded_status(order_id: str) -> str:
        """주문의 배송 상태를 조회합니다.

        Args:
            order_id: 주문 번호
        """
        asked_for.append(order_id)
        return "배송 중, 내일 도착"

    agent = react_agent(model=ChatClovaX(model="HCX-005"), tools=[recorded_status]).compile()
    result = await agent.ainvoke({"messages": [("human", "주문 A-1001은 언제 와요?")]})
    assert asked_for == ["A-1001"]
    assert result["messages"][-1].text == "주문 A-1001은 배송 중이며 내일 도착합니다."


@pytest.mark.clovax_cassette(script=INVENTED)
async def test_a_name_that_does_not_exist_and_an_empty_answer_are_got_over() -> None:
    """The service throws an answer away (40009), then the model says nothing: the user gets an answer all the same."""
    agent = react_agent(model=ChatClovaX(model="HCX-005"), tools=[get_weather, order_status]).compile()
    messages = (await agent.ainvoke({"messages": [("human", "주문 A-1001은 언제 와요?")]}))["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert messages[1].response_metadata["recoveries"][0]["step"] == "hint"
    assert messages[3].response_metadata["recoveries"][0]["kind"] == "empty"
    assert messages[3].text == "주문 A-1001은 배송 중이며 내일 도착합니다."
