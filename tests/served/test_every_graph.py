"""Every graph of langgraph.json through the Agent Server, as Studio and chat clients use it."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient
from servedgraphs import CANCELLING, GRAPHS, input_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
EVERY = pytest.mark.parametrize("graph", GRAPHS)
GATED = pytest.mark.parametrize("graph", CANCELLING)
MODES: Any = ["values", "updates", "messages", "messages-tuple", "tasks", "checkpoints", "debug", "events", "custom"]
PAID, PREPARED, REASON = "ORD-20261120-0001", "ORD-20261119-0001", "단순 변심"
CANCEL: Any = {"messages": [{"role": "user", "content": f"주문 {PAID}을 {REASON}으로 취소해줘"}]}
EDITED = {"name": "cancel_order", "args": {"order_id": PREPARED, "reason": "상담원 확인"}}
DECISIONS = {
    "approve": ({"type": "approve"}, [PAID]),
    "edit": ({"type": "edit", "edited_action": EDITED}, [PREPARED]),
    "reject": ({"type": "reject", "message": "고객과 통화했습니다"}, []),
}


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


async def _schemas(client: LangGraphClient, graph: str) -> Any:
    return await client.assistants.get_schemas(str(uuid5(NAMESPACE_GRAPHS, graph)))


async def _to_the_end(client: LangGraphClient, thread: str, graph: str, state: Any) -> Any:
    """Approve whatever a run asks about, so that it ends."""
    for _ in range(5):
        if "__interrupt__" not in state:
            break
        asked = [found["value"] for found in state["__interrupt__"]]
        kind = "approve" if "approve" in asked[0]["review_configs"][0]["allowed_decisions"] else "respond"
        answers = [[{"type": kind, "message": "주문 상태"}] * len(one["action_requests"]) for one in asked]
        command: Any = {"resume": {"decisions": answers[0]}}
        state = await client.runs.wait(thread, graph, command=command)
    return state


@EVERY
@pytest.mark.soak(every=8)
async def test_a_run_ends_and_the_thread_takes_another(client: LangGraphClient, thread: str, graph: str) -> None:
    """The state is there afterwards, and nothing is left to do."""
    for _ in range(2):
        state: Any = await client.runs.wait(thread, graph, input=input_of(graph))
        state = await _to_the_end(client, thread, graph, state)
        assert state
        assert "__error__" not in state
        found: Any = await client.threads.get_state(thread)
        assert found["next"] == []
        assert (await client.threads.get(thread))["status"] == "idle"


@EVERY
@pytest.mark.soak(every=8)
async def test_all_stream_modes_at_once(client: LangGraphClient, thread: str, graph: str) -> None:
    """With what happens inside: each mode has its events, none is an error, and all of it is JSON."""
    events = [
        event
        async for event in client.runs.stream(
            thread, graph, input=input_of(graph), stream_mode=MODES, stream_subgraphs=True
        )
    ]
    names = {event.event.partition("|")[0] for event in events}
    assert "error" not in names
    assert names >= {"metadata", "values", "updates", "tasks", "checkpoints", "debug", "events"}
    assert {name for name in names if name.startswith("messages")}


@EVERY
@pytest.mark.soak(every=8)
async def test_each_stream_mode_alone(client: LangGraphClient, graph: str) -> None:
    """A client that asks for one gets that one; they run side by side."""

    async def stream(mode: Any) -> set[str]:
        given: Any = {"input": input_of(graph), "stream_mode": mode}
        return {event.event.partition("|")[0] async for event in client.runs.stream(None, graph, **given)}

    found = dict(zip(MODES, await asyncio.gather(*map(stream, MODES)), strict=True))
    assert not any("error" in names for names in found.values())
    for mode in ("values", "updates", "tasks", "debug", "events"):
        assert mode in found[mode], mode
    streamed = {"messages/partial", "messages/complete"} & found["messages"]
    assert ("messages" in found["messages-tuple"]) is bool(streamed)


@EVERY
@pytest.mark.soak(every=2)
async def test_the_schemas_make_forms(client: LangGraphClient, graph: str) -> None:
    """None is missing, fields say what they are and have examples, and the nodes that they name exist."""
    schemas = await _schemas(client, graph)
    assert [name for name, schema in schemas.items() if name != "graph_id" and not schema] == []
    assert schemas["input_schema"]["properties"]
    drawing: Any = await client.assistants.get_graph(graph)
    nodes = {node["id"] for node in drawing["nodes"]}
    for name, field in (schemas["context_schema"].get("properties") or {}).items():
        assert field.get("description"), name
        assert set(field.get("langgraph_nodes", [])) <= nodes, name
        assert field.get("langgraph_type", "prompt") == "prompt"
    for name, field in schemas["input_schema"]["properties"].items():
        assert field.get("examples") or field.get("default") or field.get("enum"), name


@EVERY
async def test_the_drawing_has_no_loose_ends(client: LangGraphClient, graph: str) -> None:
    """With and without what is inside: every node can be reached, and the end from every one of them."""
    for xray in (False, True):
        drawing: Any = await client.assistants.get_graph(graph, xray=xray)
        nodes = {str(node["id"]) for node in drawing["nodes"]}
        ways = {(str(edge["source"]), str(edge["target"])) for edge in drawing["edges"]}
        assert {end for way in ways for end in way} <= nodes
        assert _within("__start__", ways) == nodes
        assert _within("__end__", {(target, source) for source, target in ways}) == nodes


def _within(first: str, ways: set[tuple[str, str]]) -> set[str]:
    """Return what can be reached from a node."""
    reached, waiting = {first}, [first]
    while waiting:
        here = waiting.pop()
        new = {target for source, target in ways if source == here} - reached
        reached |= new
        waiting += new
    return reached


@EVERY
async def test_the_assistant_says_what_it_is_for(client: LangGraphClient, graph: str) -> None:
    """As langgraph.json does; the server's lists show it."""
    (assistant,) = await client.assistants.search(graph_id=graph)
    assert len(assistant.get("description") or "") > 20


@GATED
@pytest.mark.parametrize("way", DECISIONS)
@pytest.mark.soak(every=8)
async def test_what_a_person_decides_happens(client: LangGraphClient, thread: str, graph: str, way: str) -> None:
    """Approved, edited or rejected: once or not at all, and the run goes on to its end."""
    asked: Any = await client.runs.wait(thread, graph, input=CANCEL)
    assert asked["__interrupt__"][0]["value"]["action_requests"][0]["name"] == "cancel_order"
    decision, effect = DECISIONS[way]
    command: Any = {"resume": {"decisions": [decision]}}
    state: Any = await client.runs.wait(thread, graph, command=command)
    assert await _cancelled() == effect
    assert state["messages"][-1]["type"] == "ai"
    assert (await client.threads.get(thread))["status"] == "idle"


@EVERY
@pytest.mark.soak(every=7)
async def test_a_fork_from_history_goes_its_own_way(client: LangGraphClient, thread: str, graph: str) -> None:
    """From where the run began, with a state that was changed; what was before stays in the history."""
    first: Any = await client.runs.wait(thread, graph, input=input_of(graph))
    await _to_the_end(client, thread, graph, first)
    history: Any = await client.threads.get_history(thread, limit=50)
    if "messages" not in history[0]["values"]:
        pytest.skip("a graph without a conversation: nothing to change in it")
    start = next(one for one in reversed(history) if one["next"] and one["next"] != ["__start__"])
    more: Any = {"messages": [{"role": "user", "content": "주문 ORD-20261101-0001 조회해줘"}]}
    forked: Any = await client.threads.update_state(thread, more, checkpoint=start["checkpoint"], as_node="__start__")
    state: Any = await client.runs.wait(thread, graph, input=None, checkpoint=forked["checkpoint"])
    state = await _to_the_end(client, thread, graph, state)
    assert "__error__" not in state
    assert any("ORD-20261101-0001" in str(message["content"]) for message in state["messages"])
    later: Any = await client.threads.get_history(thread, limit=100)
    known = {one["checkpoint"]["checkpoint_id"] for one in later}
    assert {one["checkpoint"]["checkpoint_id"] for one in history} < known


@EVERY
@pytest.mark.soak(every=8)
async def test_an_error_reaches_the_client_in_words(client: LangGraphClient, thread: str, graph: str) -> None:
    """A setting that cannot be is named, in the result and in the stream; the thread goes on afterwards."""
    schemas = await _schemas(client, graph)
    fields = schemas["context_schema"].get("properties") or {}
    wrong: Any = {"scopes": "one text"} if "scopes" in fields else None
    if wrong is None:
        pytest.skip("a graph without settings")
    failed: Any = await client.runs.wait(thread, graph, input=input_of(graph), context=wrong, raise_error=False)
    assert "scopes" in failed["__error__"]["message"]
    events = [event async for event in client.runs.stream(thread, graph, input=input_of(graph), context=wrong)]
    (error,) = [event.data for event in events if event.event == "error"]
    assert "scopes" in error["message"]
    state: Any = await client.runs.wait(thread, graph, input=input_of(graph))
    assert "__error__" not in state
