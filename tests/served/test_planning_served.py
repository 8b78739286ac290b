"""The planner and the product researcher of the shop through the Agent Server, as Studio and chat clients use them."""

import asyncio
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
GRAPHS = pytest.mark.parametrize("graph", ["plan", "research"])
MODES: list[Any] = [
    "values",
    "updates",
    "messages",
    "messages-tuple",
    "tasks",
    "checkpoints",
    "debug",
    "events",
    "custom",
]
BOTH = "주문 ORD-20261118-0001의 상태와 배송 상태를 알려줘"
PAID = "ORD-20261120-0001"
QUESTIONS = {"plan": "주문 ORD-20261118-0001의 배송 상태를 알려줘", "research": "무선 이어폰 상품을 검색해줘"}
CANCEL = f"주문 {PAID}을 단순 변심으로 취소해줘"


def _input(text: str) -> Any:
    return {"messages": [{"role": "user", "content": text}]}


@pytest_asyncio.fixture(loop_scope="session")
async def thread(client: LangGraphClient) -> str:
    """Give a new thread, in a shop where nothing has been cancelled yet."""
    await asyncio.to_thread(Path(os.environ["CLOVAX_SHOP_DB"]).unlink, missing_ok=True)
    return str((await client.threads.create())["thread_id"])


async def _cancelled() -> list[str]:
    def read() -> list[str]:
        connection = sqlite3.connect(os.environ["CLOVAX_SHOP_DB"])
        try:
            with suppress(sqlite3.OperationalError):  # no tool has made the shop yet
                return [row[0] for row in connection.execute("SELECT order_id FROM cancellations")]
            return []
        finally:
            connection.close()

    return await asyncio.to_thread(read)


async def test_a_plan_and_its_statuses_are_in_the_state(client: LangGraphClient, thread: str) -> None:
    """With the results of both steps; the answer tells what was found."""
    state: Any = await client.runs.wait(thread, "plan", input=_input(BOTH))
    assert "163900" in state["messages"][-1]["content"]
    assert "775134874101" in state["messages"][-1]["content"]
    assert [step["status"] for step in state["plan"]] == ["completed", "completed"]
    kept: Any = await client.threads.get_state(thread)
    assert kept["values"]["plan"] == state["plan"]
    assert kept["next"] == []


async def test_files_are_given_and_kept(client: LangGraphClient, thread: str) -> None:
    """As plain texts by their paths, from one message to the next."""
    given = {**_input(QUESTIONS["research"]), "files": {"notes.md": "이어폰만 봅니다"}}
    state: Any = await client.runs.wait(thread, "research", input=given)
    assert state["files"]["/notes.md"] == "이어폰만 봅니다"
    assert "이어폰" in state["messages"][-1]["content"]
    again: Any = await client.runs.wait(thread, "research", input=_input("캠핑 의자 상품도 검색해줘"))
    assert again["files"]["/notes.md"] == "이어폰만 봅니다"


@GRAPHS
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.soak(every=17)
async def test_every_stream_mode_works(client: LangGraphClient, thread: str, graph: str, mode: Any) -> None:
    """Each mode gives its events and none an error."""
    events = [
        event
        async for event in client.runs.stream(
            thread, graph, input=_input(QUESTIONS[graph]), stream_mode=mode, stream_subgraphs=True
        )
    ]
    names = {event.event.partition("|")[0] for event in events}
    assert "error" not in names
    wanted = {"messages-tuple": "messages", "messages": "messages/partial", "custom": "metadata"}.get(mode, mode)
    assert wanted in names


@pytest.mark.parametrize("way", ["approve", "reject"])
@pytest.mark.soak(every=2)
async def test_a_step_asks_a_person_and_goes_on(client: LangGraphClient, thread: str, way: str) -> None:
    """The question from inside is the thread's; what is rejected is told."""
    asked: Any = await client.runs.wait(thread, "plan", input=_input(CANCEL))
    (question,) = [found["value"] for found in asked["__interrupt__"]]
    assert question["action_requests"][0]["name"] == "cancel_order"
    assert (await client.threads.get(thread))["status"] == "interrupted"
    command: Any = {"resume": {"decisions": [{"type": way}]}}
    state: Any = await client.runs.wait(thread, "plan", command=command)
    assert await _cancelled() == ([PAID] if way == "approve" else [])
    assert ("failed" in state["messages"][-1]["content"]) == (way == "reject")
    assert (await client.threads.get(thread))["status"] == "idle"


async def test_a_fork_from_before_the_plan_makes_another_one(client: LangGraphClient, thread: str) -> None:
    """What was rejected in one history is approved in the other, once."""
    await client.runs.wait(thread, "plan", input=_input(CANCEL))
    rejected: Any = {"resume": {"decisions": [{"type": "reject"}]}}
    await client.runs.wait(thread, "plan", command=rejected)
    history: Any = await client.threads.get_history(thread, limit=30)
    first = next(state for state in reversed(history) if state["next"] == ["plan"])
    asked: Any = await client.runs.wait(thread, "plan", input=None, checkpoint=first["checkpoint"])
    assert asked["__interrupt__"]
    approved: Any = {"resume": {"decisions": [{"type": "approve"}]}}
    await client.runs.wait(thread, "plan", command=approved)
    assert await _cancelled() == [PAID]


@pytest.mark.parametrize(
    ("graph", "inside"), [("prebuilt_plan_execute", {"step:tools"}), ("prebuilt_deep", {"model", "tools"})]
)
@pytest.mark.soak(every=2)
async def test_a_langgraph_json_can_name_the_modules_of_the_package(
    client: LangGraphClient, graph: str, inside: set[str]
) -> None:
    """Without a file of one's own: each loads, draws and calculates."""
    state: Any = await client.runs.wait(None, graph, input=_input("(12500+3000)*2를 계산해줘"))
    assert "31000" in state["messages"][-1]["content"].replace(",", "")
    drawing: Any = await client.assistants.get_graph(graph, xray=True)
    assert inside <= {node["id"] for node in drawing["nodes"]}


@GRAPHS
@pytest.mark.soak(every=2)
async def test_there_are_forms_for_input_and_context(client: LangGraphClient, graph: str) -> None:
    """Messages, and files where there are any; what may be set names nodes that are in the drawing."""
    schemas: Any = await client.assistants.get_schemas(str(uuid5(NAMESPACE_GRAPHS, graph)))
    given = set(schemas["input_schema"]["properties"])
    assert given == ({"messages"} if graph == "plan" else {"messages", "files"})
    kept = {"plan": {"plan", "reasoning"}, "research": {"todos", "files"}}[graph]
    assert kept <= set(schemas["state_schema"]["properties"])
    if graph == "plan":
        drawing: Any = await client.assistants.get_graph(graph)
        nodes = {node["id"] for node in drawing["nodes"]}
        fields = schemas["context_schema"]["properties"].values()
        assert {name for field in fields for name in field["langgraph_nodes"]} <= nodes
