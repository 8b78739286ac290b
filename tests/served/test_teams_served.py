"""The support desk as a router and as a supervisor through the Agent Server, as Studio and chat clients use them."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

TEAMS = pytest.mark.parametrize("graph", ["support", "supervisor"])
PAID, REASON = "ORD-20261120-0001", "단순 변심"
BOTH = "주문 ORD-20261118-0001의 상태와 배송 상태를 알려줘"
CANCEL = f"주문 {PAID}을 {REASON}으로 취소해줘"


def _input(text: str) -> Any:
    return {"messages": [{"role": "user", "content": text}]}


@pytest_asyncio.fixture(loop_scope="session")
async def thread(client: LangGraphClient) -> str:
    """Give a new thread, in a shop where nothing has been cancelled yet."""
    await asyncio.to_thread(Path(os.environ["CLOVAX_SHOP_DB"]).unlink, missing_ok=True)
    return str((await client.threads.create())["thread_id"])


async def _cancelled() -> list[str]:
    def read() -> list[str]:
        path = Path(os.environ["CLOVAX_SHOP_DB"])
        if not path.exists():
            return []
        connection = sqlite3.connect(path)
        try:
            return [row[0] for row in connection.execute("SELECT order_id FROM cancellations")]
        finally:
            connection.close()

    return await asyncio.to_thread(read)


@TEAMS
async def test_two_specialists_answer_one_question(client: LangGraphClient, thread: str, graph: str) -> None:
    """What both found is in the answer, and the thread takes another message."""
    state: Any = await client.runs.wait(thread, graph, input=_input(BOTH))
    answer = state["messages"][-1]
    assert answer["type"] == "ai"
    assert "163900" in answer["content"]
    assert "775134874101" in answer["content"]
    again: Any = await client.runs.wait(thread, graph, input=_input("주문 ORD-20261101-0001 조회해줘"))
    assert "ORD-20261101-0001" in again["messages"][-1]["content"]
    assert (await client.threads.get_state(thread))["next"] == []


@TEAMS
@pytest.mark.soak(every=2)
async def test_streams_show_what_happens_inside(client: LangGraphClient, thread: str, graph: str) -> None:
    """With the specialists' names."""
    given: Any = {"stream_mode": ["updates", "values", "tasks"], "stream_subgraphs": True}
    events = [event async for event in client.runs.stream(thread, graph, input=_input(BOTH), **given)]
    for mode in given["stream_mode"]:
        inside = {event.event.partition("|")[2].partition(":")[0] for event in events if event.event.startswith(mode)}
        assert inside >= {"orders", "delivery"}


@TEAMS
@pytest.mark.parametrize("way", ["approve", "reject"])
@pytest.mark.soak(every=4)
async def test_a_specialist_asks_a_person_and_goes_on(
    client: LangGraphClient, thread: str, graph: str, way: str
) -> None:
    """The question from inside is the thread's; the answer reaches the one that asked, once."""
    asked: Any = await client.runs.wait(thread, graph, input=_input(CANCEL))
    (question,) = [found["value"] for found in asked["__interrupt__"]]
    assert question["action_requests"][0]["name"] == "cancel_order"
    assert (await client.threads.get(thread))["status"] == "interrupted"
    command: Any = {"resume": {"decisions": [{"type": way}]}}
    state: Any = await client.runs.wait(thread, graph, command=command)
    assert await _cancelled() == ([PAID] if way == "approve" else [])
    assert state["messages"][-1]["type"] == "ai"
    assert (await client.threads.get(thread))["status"] == "idle"


@TEAMS
@pytest.mark.soak(every=2)
async def test_a_fork_from_before_the_question_asks_anew(client: LangGraphClient, thread: str, graph: str) -> None:
    """From a checkpoint of the history; what was rejected there can be approved here, once."""
    await client.runs.wait(thread, graph, input=_input(CANCEL))
    rejected: Any = {"resume": {"decisions": [{"type": "reject"}]}}
    await client.runs.wait(thread, graph, command=rejected)
    history: Any = await client.threads.get_history(thread, limit=30)
    first = next(state for state in reversed(history) if state["next"] in (["classify"], ["model"]))
    asked: Any = await client.runs.wait(thread, graph, input=None, checkpoint=first["checkpoint"])
    assert asked["__interrupt__"]
    approved: Any = {"resume": {"decisions": [{"type": "approve"}]}}
    await client.runs.wait(thread, graph, command=approved)
    assert await _cancelled() == [PAID]


async def test_the_router_asks_back(client: LangGraphClient, thread: str) -> None:
    """In the shape that chat clients answer; the reply is part of the conversation."""
    asked: Any = await client.runs.wait(thread, "support", input=_input("안녕하세요"))
    (question,) = [found["value"] for found in asked["__interrupt__"]]
    assert question["review_configs"][0]["allowed_decisions"] == ["respond"]
    reply: Any = {"resume": {"decisions": [{"type": "respond", "message": BOTH}]}}
    state: Any = await client.runs.wait(thread, "support", command=reply)
    assert [message["type"] for message in state["messages"]] == ["human", "ai", "human", "ai"]


@pytest.mark.parametrize("graph", ["prebuilt_router", "prebuilt_supervisor", "prebuilt_swarm"])
@pytest.mark.soak(every=2)
async def test_a_langgraph_json_can_name_the_modules_of_the_package(client: LangGraphClient, graph: str) -> None:
    """Without a file of one's own: each loads, draws and calculates."""
    state: Any = await client.runs.wait(None, graph, input=_input("(12500+3000)*2를 계산해줘"))
    assert "31000" in state["messages"][-1]["content"].replace(",", "")
    inside: Any = await client.assistants.get_graph(graph, xray=True)
    assert {"calculation:tools", "clock:tools"} <= {node["id"] for node in inside["nodes"]}


@TEAMS
async def test_the_drawing_shows_the_specialists_and_what_is_inside(client: LangGraphClient, graph: str) -> None:
    """All ways in and out; with xray, the tools of each."""
    drawing: Any = await client.assistants.get_graph(graph)
    edges = {(edge["source"], edge["target"]) for edge in drawing["edges"]}
    first, last = ("classify", "merge") if graph == "support" else ("model", "model")
    assert {(first, name) for name in ("orders", "products", "delivery")} <= edges
    assert {(name, last) for name in ("orders", "products", "delivery")} <= edges
    inside: Any = await client.assistants.get_graph(graph, xray=True)
    assert {"orders:model", "orders:approval", "delivery:tools"} <= {node["id"] for node in inside["nodes"]}
