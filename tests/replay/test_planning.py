"""Whole runs of plans and of deep agents, over recorded exchanges in which something goes wrong and ends well."""

from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from teams import check_valid, on_thread

from clovax_agents import ToolPolicy, tool
from clovax_agents.handoffs import Agent
from clovax_agents.prebuilt import deep_agent, plan_execute_agent

CLOSED = """
- match: {system: Make a plan, last_role: user, matches: 합계}
  reply:
    thinking: 먼저 두 주문을 조회해야 합니다. 두 조회는 서로 기다릴 필요가 없습니다.
    text: '{"steps": [{"task": "창고 시스템에서 주문 A-1 조회", "after": []}, {"task": "합계 계산", "after": [1]}]}'
- match: {system: 담당, last_role: user, matches: 창고}
  reply:
    tool_calls: [{name: ask_warehouse, arguments: {order_id: A-1}}]
- match: {system: 담당, last_role: tool, matches: 점검}
  reply: 창고 시스템이 점검 중입니다.
- match: {system: Make a plan, last_role: user, matches: failed}
  reply: |-
    창고 대신 주문 조회 도구를 씁니다.
    ```json
    {"steps": [{"task": "주문 A-1 조회", "after": []}]}
    ```
- match: {system: 담당, last_role: user, matches: 주문 A-1 조회}
  reply:
    tool_calls: [{name: get_order, arguments: {order_id: A-1}}]
- match: {system: 담당, last_role: tool, matches: 결제완료}
  reply: 주문 A-1은 10,000원이고 결제완료 상태입니다.
- match: {system: 상담}
  reply: 주문 A-1은 10,000원이며 결제가 끝났습니다. 창고 시스템은 점검 중이라 확인하지 못했습니다.
"""
CUT_OFF = """
- match: {system: Make a plan}
  reply: {text: '{"steps": [{"task": "주문 A-1 취소", "af', finish_reason: length}
- match: {system: Make a plan}
  reply: '{"steps": [{"task": "주문 A-1 조회", "after": []}, {"task": "주문 A-1 취소", "after": [1]}]}'
- match: {system: 담당, last_role: user, matches: A-1 조회$}
  reply:
    tool_calls: [{name: get_order, arguments: {order_id: A-1}}]
- match: {system: 담당, last_role: tool, matches: 결제완료}
  reply: 결제완료, 10,000원
- match: {system: 담당, last_role: user, matches: A-1 취소$}
  reply:
    tool_calls: [{name: cancel_order, arguments: {order_id: A-1}}]
- match: {system: 담당, last_role: tool, matches: 기한}
  reply: 취소 기한이 지나 담당자가 거절했습니다.
- match: {system: Make a plan, matches: failed}
  reply: '{"steps": []}'
- match: {system: 상담}
  reply: 주문 A-1은 결제완료 상태이며, 기한이 지나 취소하지 못했습니다.
"""
RESEARCH = """
- match: {system: 조사 담당, last_role: user}
  reply:
    tool_calls:
      - {name: write_todos, arguments: {todos: ["[>] 이어폰 찾기", "[ ] 보고서 쓰기"]}}
      - {name: task, arguments: {description: 무선 이어폰의 상품평을 조사해, subagent_type: searcher}}
- match: {system: 검색 담당, last_role: user}
  reply:
    tool_calls: [{name: read_reviews, arguments: '{"product": "무선 이'}]
    finish_reason: length
- match: {system: 검색 담당}
  reply:
    tool_calls: [{name: read_reviews, arguments: {product: 무선 이어폰}}]
- match: {system: 검색 담당, last_role: tool}
  reply:
    tool_calls: [{name: grep, arguments: {pattern: 소음}}]
- match: {system: 검색 담당, last_role: tool}
  reply: 상품평 300개 가운데 소음 차단을 칭찬한 것이 있습니다.
- match: {system: 조사 담당, last_role: tool}
  reply:
    tool_calls:
      - {name: write_file, arguments: {file_path: report.md, content: "이어폰 비교\\n평점 ?"}}
      - {name: edit_file, arguments: {file_path: /report.md, old_string: 평점 없음, new_string: 평점 4.5}}
- match: {system: 조사 담당, last_role: tool}
  reply:
    tool_calls:
      - {name: edit_file, arguments: {file_path: /report.md, old_string: "평점 ?", new_string: 평점 4.5}}
      - {name: write_todos, arguments: {todos: ["[x] 이어폰 찾기", "[x] 보고서 쓰기"]}}
- match: {system: 조사 담당, last_role: tool}
  reply: 소음 차단이 좋은 이어폰을 추천합니다. 자세한 내용은 /report.md에 있습니다.
"""
RAN: list[str] = []


@tool(policy=ToolPolicy(effect="read"))
def ask_warehouse(order_id: str) -> str:
    """창고 시스템에서 주문을 찾습니다.

    Args:
        order_id: 주문 번호
    """
    raise OSError(f"{order_id}: 창고 시스템 점검 중")


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """주문을 조회합니다.

    Args:
        order_id: 주문 번호
    """
    return f"{order_id}: 결제완료, 10,000원"


@tool(policy=ToolPolicy(approval=True))
def cancel_order(order_id: str) -> str:
    """주문을 취소합니다.

    Args:
        order_id: 주문 번호
    """
    RAN.append(order_id)
    return "취소했습니다"


@tool(policy=ToolPolicy(effect="read"))
def read_reviews(product: str) -> list[str]:
    """상품평을 모두 읽습니다.

    Args:
        product: 상품 이름
    """
    return [
        f"{product} 상품평 {number}: {'소음 차단이 좋아요' if number == 250 else '잘 쓰고 있습니다'}"
        for number in range(300)
    ]


@pytest.mark.clovax_cassette(script=CLOSED)
async def test_a_step_whose_tool_fails_is_planned_anew() -> None:
    """The planner thinks, another way is found, and the user learns what could not be seen."""
    graph = plan_execute_agent(
        tools=[ask_warehouse, get_order], prompt="고객 상담", step_prompt="실무 담당", answer="HCX-005"
    ).compile()
    state: Any = await graph.ainvoke({"messages": [("user", "주문 A-1의 합계를 알려줘")]})
    assert [(step["task"], step["status"]) for step in state["plan"]] == [
        ("창고 시스템에서 주문 A-1 조회", "failed"),
        ("주문 A-1 조회", "completed"),
    ]
    said, _, told = state["messages"][-1].text.partition("\n\n")
    assert said == "주문 A-1은 10,000원이며 결제가 끝났습니다. 창고 시스템은 점검 중이라 확인하지 못했습니다."
    assert told == "Not done:\n- 창고 시스템에서 주문 A-1 조회 (failed)"


@pytest.mark.clovax_cassette(script=CUT_OFF)
def test_a_plan_that_was_cut_off_and_a_person_that_says_no() -> None:
    """Half a plan is asked for again; what is rejected is not done, and the answer says so."""
    RAN.clear()
    graph = plan_execute_agent(
        tools=[get_order, cancel_order], prompt="고객 상담", step_prompt="실무 담당", answer="HCX-005"
    ).compile(InMemorySaver())
    asked: Any = graph.invoke({"messages": [("user", "주문 A-1을 확인하고 취소해줘")]}, on_thread())
    assert [step["status"] for step in asked["plan"]] == ["completed", "in_progress"]
    rejected: Any = Command(resume={"decisions": [{"type": "reject", "message": "취소 기한이 지났습니다"}]})
    state: Any = graph.invoke(rejected, on_thread())
    assert RAN == []
    assert [step["status"] for step in state["plan"]] == ["completed", "failed"]
    assert state["messages"][-1].text.startswith("주문 A-1은 결제완료 상태이며, 기한이 지나 취소하지 못했습니다.")


@pytest.mark.clovax_cassette(script=RESEARCH)
async def test_a_deep_agent_gets_over_a_truncated_call_and_a_wrong_edit() -> None:
    """The sub-agent's long result is in a file, and so is the report; the list is done."""
    searcher = deep_agent(tools=[read_reviews], prompt="검색 담당", general_purpose=False, max_result_tokens=500)
    team = [Agent(name="searcher", description="상품평 조사", runs=searcher)]
    graph = deep_agent(subagents=team, prompt="조사 담당", general_purpose=False).compile()
    state: Any = await graph.ainvoke({"messages": [("user", "무선 이어폰을 추천해줘")]})
    check_valid(state["messages"])
    assert state["files"]["/report.md"] == "이어폰 비교\n평점 4.5"
    (long,) = [path for path in state["files"] if path.startswith("/large_tool_results/read_reviews-")]
    assert "상품평 250: 소음 차단이 좋아요" in state["files"][long]
    assert [todo["status"] for todo in state["todos"]] == ["completed", "completed"]
    failed = [
        message for message in state["messages"] if isinstance(message, ToolMessage) and message.status == "error"
    ]
    assert ["is not in /report.md" in message.text for message in failed] == [True]
    assert state["messages"][-1].text == "소음 차단이 좋은 이어폰을 추천합니다. 자세한 내용은 /report.md에 있습니다."
