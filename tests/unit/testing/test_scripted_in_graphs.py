"""The scripted model where models are used: our graphs, LangChain's agent, LangGraph's ToolNode."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from pydantic import BaseModel

from clovax_agents import tool
from clovax_agents.budgets import Budget
from clovax_agents.errors import UnsupportedFunctionError
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import extraction_agent, react_agent, supervisor_agent
from clovax_agents.recovering import Recovery
from clovax_agents.testing import ScriptedChatModel, ScriptedReply

QUESTION: Any = {"messages": [("user", "주문 A-1은 어디에 있나요?")]}
CALL = ("find_order", {"order_id": "A-1"})


class Order(BaseModel):
    """주문."""

    order_id: str


@tool
def find_order(order_id: str) -> str:
    """주문을 찾습니다."""
    return f"{order_id}: 배송 중"


def test_in_react_agent() -> None:
    """The whole graph runs, tools included."""
    model = ScriptedChatModel([CALL, "배송 중입니다."])
    found = react_agent(model=model, tools=[find_order]).compile().invoke(QUESTION)
    assert [message.text for message in found["messages"][2:]] == ["A-1: 배송 중", "배송 중입니다."]
    assert model.requests[1].messages[-1].text == "A-1: 배송 중"


async def test_streamed_in_react_agent() -> None:
    """Tokens come through the graph as they are scripted."""
    model = ScriptedChatModel([CALL, ScriptedReply(["배송 ", "중"])])
    graph = react_agent(model=model, tools=[find_order]).compile()
    heard = [message.text async for message, _ in graph.astream(QUESTION, stream_mode="messages")]
    assert [text for text in heard if text] == ["A-1: 배송 중", "배송 ", "중"]


def test_recoveries_can_be_scripted() -> None:
    """An error of the service as the first reply, and what becomes of it as the second."""
    model = ScriptedChatModel([UnsupportedFunctionError("no such tool"), CALL, "배송 중입니다."])
    found = react_agent(model=model, tools=[find_order]).compile().invoke(QUESTION)
    assert found["messages"][-1].text == "배송 중입니다."
    assert "find_order" in model.requests[1].system + model.requests[1].text


def test_budgets_count_what_is_scripted() -> None:
    """Tokens of a script are tokens, and a used-up budget asks no more."""
    model = ScriptedChatModel([ScriptedReply(calls=[CALL], usage=(900, 200))])
    graph = react_agent(model=model, tools=[find_order], budget=Budget(tokens=1_000)).compile()
    found = graph.invoke(QUESTION)
    assert "1,000" in found["messages"][-1].text
    assert len(model.requests) == 1


def test_in_a_team() -> None:
    """Every agent has a script of its own."""
    desk = react_agent(model=ScriptedChatModel([CALL, "배송 중입니다."]), tools=[find_order])
    lead = ScriptedChatModel([("transfer_to_orders", {}), "배송 중이라고 합니다."])
    team = supervisor_agent(agents=[Agent(runs=desk, name="orders", description="주문 담당")], model=lead)
    found = team.compile().invoke(QUESTION)
    assert found["messages"][-1].text == "배송 중이라고 합니다."


def test_in_an_extraction() -> None:
    """Objects are what an extraction asks for."""
    graph = extraction_agent(schema=Order, model=ScriptedChatModel([Order(order_id="A-1")])).compile()
    found = graph.invoke(QUESTION)
    assert found["result"] == {"order_id": "A-1"}


@pytest.mark.parametrize("form", [Order, ToolStrategy(Order)])
async def test_in_create_agent(form: Any) -> None:
    """LangChain's agent calls tools and has its structured answer."""
    model = ScriptedChatModel([CALL, Order(order_id="A-1")])
    agent: Any = create_agent(model, [find_order], response_format=form)
    found = await agent.ainvoke(QUESTION)
    assert found["structured_response"] == Order(order_id="A-1")
    assert model.requests[0].tool_names == ("find_order", "Order")


def test_with_tool_node() -> None:
    """A graph of one's own with LangGraph's node."""
    model = ScriptedChatModel([CALL, "배송 중입니다."])
    bound = model.bind_tools([find_order])
    builder = StateGraph(MessagesState)
    builder.add_node("model", lambda state: {"messages": [bound.invoke(state["messages"])]})
    builder.add_node("tools", ToolNode([find_order]))
    builder.add_edge(START, "model").add_conditional_edges("model", tools_condition).add_edge("tools", "model")
    graph: Any = builder.compile()
    assert graph.invoke(QUESTION)["messages"][-1].text == "배송 중입니다."


async def test_questions_side_by_side() -> None:
    """Each of many threads takes the replies that fit it, and each reply is said once."""
    replies = [ScriptedReply(f"답 {number}", when=f"질문 {number}!") for number in range(50)]
    model = ScriptedChatModel(replies)
    graph: Any = react_agent(model=model, recovery=Recovery.off()).compile()
    questions = [{"messages": [("user", f"질문 {number}!")]} for number in reversed(range(50))]
    found = await asyncio.gather(*map(graph.ainvoke, questions))
    assert [state["messages"][-1].text for state in found] == [f"답 {number}" for number in reversed(range(50))]
