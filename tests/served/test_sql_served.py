"""Questions over the shop's data, and the front that asks back, through the Agent Server."""

import asyncio
import os
import sqlite3
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
MODES: list[Any] = ["values", "updates", "messages-tuple", "tasks", "checkpoints", "debug", "events"]
COUNT = "상품은 모두 몇 개야?"


def _input(text: str) -> Any:
    return {"messages": [{"role": "user", "content": text}]}


async def _new(client: LangGraphClient) -> str:
    await asyncio.to_thread(Path(os.environ["CLOVAX_SHOP_DB"]).unlink, missing_ok=True)
    return str((await client.threads.create())["thread_id"])


async def test_the_shop_answers_questions_about_its_data(client: LangGraphClient) -> None:
    """With the query; the shop is made by the first of them, and the next is another one on the same thread."""
    thread = await _new(client)
    state: Any = await client.runs.wait(thread, "sql", input=_input(COUNT))
    assert "300" in state["messages"][-1]["content"]
    assert "```sql\nSELECT count(*) AS n FROM products\n```" in state["messages"][-1]["content"]
    assert (state["columns"], state["rows"], state["complete"]) == (["n"], [[300]], True)
    state = await client.runs.wait(thread, "sql", input=_input("가장 비싼 상품은?"))
    assert len(state["rows"]) == 1
    assert (await client.threads.get_state(thread))["next"] == []


async def test_nothing_is_changed_and_customers_are_left_out(client: LangGraphClient) -> None:
    """The refusal is an answer in words, and not an error."""
    thread = await _new(client)
    state: Any = await client.runs.wait(thread, "sql", input=_input("주문 ORD-20261118-0001을 삭제해줘"))
    assert "조회만" in state["messages"][-1]["content"]
    assert state["sql"] == ""
    inner: Any = await client.threads.get_state(thread)
    assert "customers --" not in inner["values"]["tables"]
    assert "orders -- 주문" in inner["values"]["tables"]

    def left() -> int:
        connection = sqlite3.connect(os.environ["CLOVAX_SHOP_DB"])
        try:
            return int(connection.execute("SELECT count(*) FROM orders WHERE id = 'ORD-20261118-0001'").fetchone()[0])
        finally:
            connection.close()

    assert await asyncio.to_thread(left) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.soak(every=5)
async def test_every_stream_mode_works(client: LangGraphClient, mode: Any) -> None:
    """Each mode gives its events and none an error."""
    thread = await _new(client)
    stream = client.runs.stream(thread, "sql", input=_input(COUNT), stream_mode=mode)
    names = {event.event.partition("|")[0] async for event in stream}
    assert "error" not in names
    assert {"messages-tuple": "messages"}.get(mode, mode) in names


async def test_the_drawing_and_the_forms(client: LangGraphClient) -> None:
    """All ways, messages alone to begin with, and settings at nodes that exist."""
    drawing: Any = await client.assistants.get_graph("sql")
    edges = {(edge["source"], edge["target"]) for edge in drawing["edges"]}
    steps = ["__start__", "schema", "write", "check", "run", "answer", "__end__"]
    assert set(pairwise(steps)) | {("check", "write"), ("run", "write")} <= edges
    schemas: Any = await client.assistants.get_schemas(str(uuid5(NAMESPACE_GRAPHS, "sql")))
    assert set(schemas["input_schema"]["properties"]) == {"messages"}
    assert set(schemas["output_schema"]["properties"]) == {"messages", "sql", "columns", "rows", "complete"}
    nodes = {node["id"] for node in drawing["nodes"]}
    for setting in schemas["context_schema"]["properties"].values():
        assert set(setting.get("langgraph_nodes", [])) <= nodes


async def test_a_setting_reaches_the_model(client: LangGraphClient) -> None:
    """A model that does not exist is an error whose text reaches the client."""
    thread, wrong = await _new(client), {"answer_model": "HCX-900"}
    failed: Any = await client.runs.wait(thread, "sql", input=_input(COUNT), context=wrong, raise_error=False)
    assert "40080" in failed["__error__"]["message"]


async def test_a_langgraph_json_can_name_the_modules_of_the_package(client: LangGraphClient) -> None:
    """A small shop of its own, and an agent with a front, which calculates and asks nothing without need."""
    state: Any = await client.runs.wait(None, "prebuilt_sql", input=_input("판매 기록은 몇 건이야?"))
    assert state["rows"] == [[8]]
    state = await client.runs.wait(None, "prebuilt_clarify", input=_input("(12500+3000)*2를 계산해줘"))
    assert "31000" in state["messages"][-1]["content"].replace(",", "")
    drawing: Any = await client.assistants.get_graph("prebuilt_clarify")
    assert {"clarity", "clarify", "model", "tools"} <= {node["id"] for node in drawing["nodes"]}


@pytest.mark.parametrize("graph", ["support", "supervisor"])
@pytest.mark.soak(every=2)
async def test_the_desk_takes_an_order_back(client: LangGraphClient, graph: str) -> None:
    """The specialist for it asks a person; the refund can be looked up then."""
    thread = await _new(client)
    question = "주문 ORD-20261114-0001을 단순 변심으로 반품 접수해줘"
    asked: Any = await client.runs.wait(thread, graph, input=_input(question))
    names = [call["name"] for found in asked["__interrupt__"] for call in found["value"]["action_requests"]]
    assert names == ["request_refund"]
    await client.runs.wait(thread, graph, command={"resume": {"decisions": [{"type": "approve"}]}})
    state: Any = await client.runs.wait(thread, graph, input=_input("ORD-20261114-0001 환불 조회해줘"))
    assert "182900" in state["messages"][-1]["content"].replace(",", "")


@pytest.mark.parametrize("graph", ["support", "supervisor"])
@pytest.mark.soak(every=2)
async def test_the_desk_knows_coupons(client: LangGraphClient, graph: str) -> None:
    """Those of a customer, with what they are worth."""
    state: Any = await client.runs.wait(await _new(client), graph, input=_input("김서연 고객의 쿠폰을 조회해줘"))
    assert "WELCOME10" in state["messages"][-1]["content"]
