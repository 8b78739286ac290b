"""The rule brain makes plans, does their steps and tells the results, as the prompts of our own planner ask for it."""

import json
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from clovax_agents import ToolPolicy, tool
from clovax_agents.planning.asking import plan_input
from clovax_agents.prebuilt import plan_execute_agent
from clovax_agents.simulator import ChatRequest, Message, RuleBrain

LANGUAGES = pytest.mark.parametrize("language", ["en", "ko"])
QUESTION = "주문 A-1001의 상태와 배송 위치를 알려줘"


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """주문 하나의 상태와 금액을 조회합니다.

    Args:
        order_id: 주문 번호. 예: "A-1001".
    """
    return f"{order_id}은 결제완료"


@tool(policy=ToolPolicy(effect="read"))
def get_delivery(order_id: str) -> str:
    """주문의 배송 위치를 조회합니다.

    Args:
        order_id: 주문 번호. 예: "A-1001".
    """
    return f"{order_id}은 옥천 허브"


def _asked(question: str, plan: Any = ()) -> str:
    told = plan_input([HumanMessage(question)], [get_order, get_delivery], 8, plan)
    roles = {"human": "user", "system": "system"}
    request = ChatRequest("HCX-007", tuple(Message(roles[message.type], str(message.text)) for message in told))
    return RuleBrain().reply(request).text


@LANGUAGES
def test_a_question_of_two_parts_is_a_plan_of_two_steps(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small talk is none; what is planned anew has nothing left."""
    monkeypatch.setenv("CLOVAX_LANG", language)
    assert len(json.loads(_asked(QUESTION))["steps"]) == 2
    assert json.loads(_asked("안녕하세요")) == {"steps": []}
    step = {"id": "1", "task": "조회", "after": [], "status": "failed", "result": "점검 중"}
    assert json.loads(_asked(QUESTION, [step])) == {"steps": []}


@LANGUAGES
@pytest.mark.usefixtures("clovax_simulator")
def test_an_agent_that_plans_works_without_a_key(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step calls the tool of its task alone, and both results are in the answer."""
    monkeypatch.setenv("CLOVAX_LANG", language)
    graph = plan_execute_agent(tools=[get_order, get_delivery]).compile()
    state: Any = graph.invoke({"messages": [("user", QUESTION)]})
    results = [step["result"] for step in state["plan"]]
    assert ["결제완료" in result for result in results] == [True, False]
    assert ["옥천 허브" in result for result in results] == [False, True]
    assert "결제완료" in state["messages"][-1].text
    assert "옥천 허브" in state["messages"][-1].text
