"""Runs of the SQL agent and of the front that asks back, over recorded exchanges in which something goes wrong."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from teams import check_valid, on_thread

from clovax_agents import ToolPolicy, tool
from clovax_agents.prebuilt import react_agent, sql_agent, with_clarify

COUNT = "SELECT count(*) AS n FROM orders WHERE status = '배송완료'"
CORRECTED = """
- match: {schema: true, contains: no such column}
  reply: {json: {sql: "SELECT count(*) AS n FROM orders WHERE status = '배송 완료'", reason: ""}}
- match: {schema: true, contains: "배송 완료' is not in the data"}
  reply: {json: {sql: "SELECT count(*) AS n FROM orders WHERE status = '배송완료'", reason: ""}}
- match: {schema: true}
  reply: {json: {sql: "SELECT count(*) FROM orders WHERE state = 'done'", reason: ""}}
- match: {last_role: tool}
  reply: 배송이 끝난 주문은 3건입니다.
- match: {contains: not in the result}
  reply: 배송이 끝난 주문은 2건입니다.
"""
REJECTED = """
- match: {schema: true, contains: 날씨}
  reply: {json: {sql: "", reason: "이 데이터로는 날씨를 알 수 없습니다."}}
- match: {schema: true}
  reply: {json: {sql: "SELECT count(*) AS n FROM orders WHERE status = '배송완료'", reason: ""}}
"""
VAGUE = """
- match: {tool: Clarity, contains: 그거}
  reply:
    tool_calls: [{name: Clarity, arguments: {decision: ask_back, question: "어느 주문을 취소할까요?"}}]
- match: {tool: Clarity}
  reply:
    tool_calls: [{name: Clarity, arguments: {decision: proceed}}]
- match: {last_role: tool}
  reply: 주문 A-1001은 이미 발송되어 취소할 수 없습니다. 받으신 뒤에 반품을 신청해 주세요.
- match: {tool: cancel}
  reply:
    tool_calls: [{name: cancel, arguments: {order_id: A-1001}}]
"""
ASKED: Any = {"messages": [("user", "배송이 끝난 주문은 몇 건이야?")]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a small shop."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript("""
            CREATE TABLE orders ( -- 주문
                id INTEGER PRIMARY KEY, -- 주문 번호
                status TEXT NOT NULL -- 주문 상태
            );
            INSERT INTO orders VALUES (1, '배송완료'), (2, '배송완료'), (3, '배송중');
        """)
    return tmp_path / "shop.db"


@tool(policy=ToolPolicy(effect="read"))
def cancel(order_id: str) -> str:
    """주문을 취소합니다.

    Args:
        order_id: 주문 번호
    """
    return f"{order_id}: 이미 발송한 주문입니다"


@pytest.mark.clovax_cassette(script=CORRECTED)
def test_an_sql_agent_corrects_a_column_a_value_and_a_number(path: Path) -> None:
    """A column that is not there, a status that is written otherwise, and a number that is not in the rows."""
    state = sql_agent(database=path).compile().invoke(ASKED)
    check_valid(state["messages"])
    assert state["messages"][-1].text == f"배송이 끝난 주문은 2건입니다.\n\n```sql\n{COUNT}\n```"
    assert state["rows"] == [[2]]


@pytest.mark.clovax_cassette(script=REJECTED)
async def test_an_sql_agent_goes_on_after_a_person_has_rejected_a_query(path: Path) -> None:
    """Nothing is run, the user is told, and the next question is refused in words, because no table answers it."""
    graph: Any = sql_agent(database=path, approve=True).compile(InMemorySaver())
    asked = await graph.ainvoke(ASKED, on_thread())
    assert asked["__interrupt__"][0].value["action_requests"][0]["args"] == {"sql": COUNT}
    rejected: Any = Command(resume={"decisions": [{"type": "reject", "message": "지금은 안 됩니다"}]})
    state = await graph.ainvoke(rejected, on_thread())
    assert "지금은 안 됩니다" in state["messages"][-1].text
    state = await graph.ainvoke({"messages": [("user", "내일 날씨는?")]}, on_thread())
    check_valid(state["messages"])
    assert (state["messages"][-1].text, state["sql"], state["rows"]) == ("이 데이터로는 날씨를 알 수 없습니다.", "", [])


@pytest.mark.clovax_cassette(script=VAGUE)
async def test_an_agent_with_a_front_asks_which_order_is_meant() -> None:
    """The reply is looked at again, and the agent works with it, although its tool then refuses."""
    built = with_clarify(react_agent(tools=[cancel], prompt="주문 담당"), about="주문 취소")
    graph: Any = built.compile(InMemorySaver())
    asked = await graph.ainvoke({"messages": [("user", "그거 취소해줘")]}, on_thread())
    assert asked["__interrupt__"][0].value["action_requests"][0]["args"] == {"question": "어느 주문을 취소할까요?"}
    state = await graph.ainvoke(Command(resume="A-1001이요"), on_thread())
    check_valid(state["messages"])
    assert state["messages"][-1].text.startswith("주문 A-1001은 이미 발송되어 취소할 수 없습니다.")
