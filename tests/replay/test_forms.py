"""Whole runs of extraction and reflection over recorded exchanges in which something goes wrong and ends well."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from clovax_agents import ToolPolicy, tool
from clovax_agents.prebuilt import extraction_agent, react_agent, reflection_agent

WRONG_AND_CUT_OFF = """
- match: {schema: true}
  reply: '{"order_id": "A-1001", "amount": "1만 2천원", "reason": "단순 변심"}'
- match: {tool: edit_form, contains: 1만 2천원}
  reply:
    tool_calls: [{name: edit_form, arguments: '{"edits": [{"op": "replace", "path": "/amount", "value": 1'}]
    finish_reason: length
- match: {tool: edit_form, contains: 1만 2천원}
  reply:
    tool_calls: [{name: edit_form, arguments: {edits: [{op: replace, path: /amount, value: 12000}]}}]
"""
MISSING = """
- match: {tool: Refund, tool_choice: Refund, turn: 1}
  reply:
    tool_calls: [{name: Refund, arguments: {order_id: A-1001, reason: 단순 변심}}]
- match: {tool: edit_form, contains: /amount}
  reply:
    tool_calls: [{name: edit_form, arguments: {edits: []}}]
"""
REJECTED = """
- match: {tool: get_order, last_role: user}
  reply:
    tool_calls: [{name: get_order, arguments: '{"order_id": "A-10'}]
    finish_reason: length
- match: {tool: get_order, last_role: tool}
  reply:
    tool_calls: [{name: get_order, arguments: {order_id: A-1001}}]
- match: {tool: get_order, last_role: tool}
  reply: 배송 중.
- match: {schema: true, contains: 배송 중.}
  reply: '{"problem": "존댓말이 아니고 도착일이 없습니다.", "score": 3, "passes": false}'
- match: {tool: get_order, contains: 존댓말이 아니고}
  reply: 주문 A-1001은 배송 중이며 내일 도착합니다.
- match: {schema: true, contains: 내일 도착합니다.}
  reply: '{"problem": "", "score": 9, "passes": true}'
"""
RAN: list[str] = []


class Refund(BaseModel):
    """환불 신청서."""

    order_id: str = Field(description="주문 번호")
    amount: Annotated[int, Field(ge=0, description="금액(원)")]
    reason: str | None = Field(default=None, description="사유")


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """주문을 조회합니다.

    Args:
        order_id: 주문 번호
    """
    RAN.append(order_id)
    return f"{order_id}: 배송 중, 내일 도착"


def _asked(text: str) -> Any:
    return {"messages": [("user", text)]}


@pytest.mark.clovax_cassette(script=WRONG_AND_CUT_OFF)
def test_a_wrong_number_is_patched_although_the_first_edit_was_cut_off() -> None:
    """Half an edit changes nothing; what was right stays as it was."""
    graph = extraction_agent(schema=Refund).compile()
    state: Any = graph.invoke(_asked("주문 A-1001 환불이요. 금액은 1만 2천원이고 단순 변심입니다."))
    assert state["result"] == {"order_id": "A-1001", "amount": 12_000, "reason": "단순 변심"}
    assert state["errors"] == []


@pytest.mark.clovax_cassette(script=MISSING)
async def test_what_nobody_has_said_is_asked_of_the_user() -> None:
    """By a model that calls a tool; what was found is kept."""
    graph = extraction_agent(schema=Refund, model="HCX-005").compile()
    state: Any = await graph.ainvoke(_asked("주문 A-1001 환불이요. 단순 변심입니다."))
    assert state["candidate"] == {"order_id": "A-1001", "reason": "단순 변심"}
    assert "amount (금액(원))" in state["messages"][-1].text


@pytest.mark.clovax_cassette(script=REJECTED)
async def test_an_answer_that_the_judge_rejects_is_written_anew() -> None:
    """From what was looked up already, once, although the first call was cut off."""
    RAN.clear()
    agent = react_agent(tools=[get_order], prompt="주문 담당")
    graph = reflection_agent(agent=agent, check="존댓말로, 도착일을 알려 주어야 한다").compile()
    state: Any = await graph.ainvoke(_asked("주문 A-1001은 어디쯤 왔나요?"))
    assert [message.text for message in state["messages"][1:]] == ["주문 A-1001은 배송 중이며 내일 도착합니다."]
    assert [each["outcome"] for each in state["attempts"]] == ["rejected", "passed"]
    assert RAN == ["A-1001"]
