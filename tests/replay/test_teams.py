"""Whole runs of agents that work together, over recorded exchanges in which something goes wrong and ends well."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from teams import check_valid, on_thread, shape

from clovax_agents import ToolPolicy, tool
from clovax_agents.handoffs import Agent, handoff_to
from clovax_agents.prebuilt import react_agent, router_agent, supervisor_agent, swarm_agent

CLOSED = """
- match: {system: 팀장, last_role: user}
  reply:
    tool_calls: [{name: transfer_to_orders, arguments: {}}, {name: transfer_to_delivery, arguments: {}}]
- match: {system: 주문, last_role: user}
  reply:
    tool_calls: [{name: get_order, arguments: {order_id: A-1001}}]
- match: {system: 배송, last_role: user}
  reply: 주문 A-1001은 내일 도착합니다.
- match: {system: 주문, last_role: tool}
  reply: 주문 시스템이 점검 중이라 지금은 조회할 수 없습니다.
- match: {system: 팀장, last_role: tool}
  reply: 내일 도착합니다. 주문 내역은 점검이 끝난 뒤에 알려 드리겠습니다.
"""
REJECTED = """
- match: {system: 판매, last_role: user}
  reply:
    tool_calls: [{name: transfer_to_refunds, arguments: {}}]
- match: {system: 환불, last_role: user}
  reply:
    tool_calls: [{name: refund, arguments: {order_id: A-1001}}]
- match: {system: 환불, last_role: tool}
  reply: 담당자가 환불을 거절했습니다. 자세한 사유는 고객센터에서 안내해 드립니다.
- match: {system: 환불, last_role: user}
  reply: 네, 더 궁금한 점이 있으면 말씀해 주세요.
"""
TOO_LONG = """
- match: {last_role: user, tool: ask_orders}
  reply:
    tool_calls: [{name: ask_delivery, arguments: {}}, {name: ask_orders, arguments: {}}]
- match: {last_role: tool}
  reply: 주문 A-1001은 결제완료 상태이고, 배송은 내일 도착할 예정이며, 그 밖에 궁금한 점이 있으면 언제든 말씀해 주세요.
- match: {last_role: user}
  reply: 결제완료, 내일 도착합니다.
"""
RAN: list[str] = []


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """주문을 조회합니다.

    Args:
        order_id: 주문 번호
    """
    raise OSError(f"{order_id}: 데이터베이스 점검 중")


@tool(policy=ToolPolicy(approval=True))
def refund(order_id: str) -> str:
    """환불합니다.

    Args:
        order_id: 주문 번호
    """
    RAN.append(order_id)
    return "환불했습니다"


@pytest.mark.clovax_cassette(script=CLOSED)
def test_a_supervisor_answers_although_a_tool_of_one_agent_fails() -> None:
    """What the other one found is in the answer, and so is what could not be found."""
    team = [
        Agent(name="orders", description="주문 조회", runs=react_agent(tools=[get_order], prompt="주문 담당")),
        Agent(name="delivery", description="배송 조회", runs=react_agent(prompt="배송 담당")),
    ]
    graph = supervisor_agent(agents=team, prompt="상담 팀장").compile()
    # one after the other, so that the exchanges have an order
    config: Any = {"max_concurrency": 1}
    messages = graph.invoke({"messages": [("user", "주문 A-1001 내역과 배송을 알려줘")]}, config)["messages"]
    check_valid(messages)
    assert [name for kind, name, _ in shape(messages) if kind == "ai"] == ["", "orders", "delivery", ""]
    assert messages[-1].text == "내일 도착합니다. 주문 내역은 점검이 끝난 뒤에 알려 드리겠습니다."


@pytest.mark.clovax_cassette(script=REJECTED)
async def test_a_swarm_goes_on_after_a_person_has_rejected_a_call() -> None:
    """The agent that has taken over says so, and keeps the conversation."""
    RAN.clear()
    sales = react_agent(tools=[handoff_to("refunds", "환불 담당")], prompt="판매 담당")
    refunds = react_agent(tools=[refund, handoff_to("sales", "판매 담당")], prompt="환불 담당")
    graph = swarm_agent(agents={"sales": sales, "refunds": refunds}).compile(InMemorySaver())
    asked: Any = await graph.ainvoke({"messages": [("user", "A-1001 환불해줘")]}, on_thread())
    assert asked["__interrupt__"]
    rejected: Any = Command(resume={"decisions": [{"type": "reject", "message": "기한이 지났습니다"}]})
    await graph.ainvoke(rejected, on_thread())
    state: Any = await graph.ainvoke({"messages": [("user", "알겠어요")]}, on_thread())
    assert RAN == []
    check_valid(state["messages"])
    assert shape(state["messages"])[-1] == ("ai", "refunds", "네, 더 궁금한 점이 있으면 말씀해 주세요.")
    assert state["active_agent"] == "refunds"


@pytest.mark.clovax_cassette(script=TOO_LONG)
async def test_a_router_has_an_answer_written_anew_that_is_too_long() -> None:
    """Of two branches' results; the second answer passes."""

    def orders(_: Any) -> str:
        """주문 조회."""
        return "A-1001: 결제완료"

    def delivery(_: Any) -> str:
        """배송 조회."""
        return "내일 도착"

    def check(_question: str, answer: str) -> str | None:
        return None if len(answer) <= 20 else "20자 이내로 줄이세요"

    graph = router_agent(branches=[orders, delivery], check=check).compile()
    state: Any = await graph.ainvoke({"messages": [("user", "주문 A-1001 내역과 배송을 알려줘")]})
    assert shape(state["messages"])[1:] == [("ai", "", "결제완료, 내일 도착합니다.")]
