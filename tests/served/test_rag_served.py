"""The shop's policies through the Agent Server, as Studio and chat clients use them."""

from typing import Any
from uuid import UUID, uuid5

import pytest
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
MODES: list[Any] = ["values", "updates", "messages", "messages-tuple", "tasks", "checkpoints", "debug", "events"]
QUESTION = "무이자 할부는 몇 개월까지 되고 현금영수증은 어떻게 신청해요?"


def _input(text: str) -> Any:
    return {"messages": [{"role": "user", "content": text}]}


async def test_a_question_is_answered_with_sources(client: LangGraphClient) -> None:
    """In the text and as data; the thread takes another message, which is refused where nothing supports an answer."""
    thread = str((await client.threads.create())["thread_id"])
    state: Any = await client.runs.wait(thread, "rag", input=_input(QUESTION))
    answer = state["messages"][-1]
    assert "최대 6개월 무이자 할부" in answer["content"]
    assert {source["source"] for source in state["sources"]} == {"payment.md"}
    assert answer["additional_kwargs"]["sources"] == state["sources"]
    again: Any = await client.runs.wait(thread, "rag", input=_input("오프라인 매장은 어디에 있어요?"))
    assert (again["outcome"], again["sources"]) == ("not_found", [])
    assert again["messages"][-1]["type"] == "ai"
    assert len(again["messages"]) == 4


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.soak(every=4)
async def test_every_stream_mode_works(client: LangGraphClient, mode: Any) -> None:
    """Each mode gives its events and none an error."""
    thread = str((await client.threads.create())["thread_id"])
    events = [event async for event in client.runs.stream(thread, "rag", input=_input(QUESTION), stream_mode=mode)]
    names = {event.event.partition("/")[0] for event in events}
    assert "error" not in names
    assert mode.partition("-")[0] in names


async def test_a_fork_from_before_the_search_answers_anew(client: LangGraphClient) -> None:
    """From a checkpoint of the history."""
    thread = str((await client.threads.create())["thread_id"])
    first: Any = await client.runs.wait(thread, "rag", input=_input(QUESTION))
    history: Any = await client.threads.get_history(thread, limit=30)
    before = next(state for state in history if state["next"] == ["retrieve"])
    again: Any = await client.runs.wait(thread, "rag", input=None, checkpoint=before["checkpoint"])
    assert again["messages"][-1]["content"] == first["messages"][-1]["content"]
    assert len(again["messages"]) == 2


@pytest.mark.parametrize("graph", ["rag", "prebuilt_rag"])
async def test_the_drawing_and_the_forms(client: LangGraphClient, graph: str) -> None:
    """All ways that there are; a chat needs messages alone, and settings stand at nodes that exist."""
    drawing: Any = await client.assistants.get_graph(graph)
    edges = {(edge["source"], edge["target"]) for edge in drawing["edges"]}
    assert {("decide", "retrieve"), ("grade", "rewrite"), ("cite", "answer"), ("cite", "refuse")} <= edges
    schemas: Any = await client.assistants.get_schemas(str(uuid5(NAMESPACE_GRAPHS, graph)))
    assert set(schemas["input_schema"]["properties"]) == {"messages"}
    assert set(schemas["output_schema"]["properties"]) == {"messages", "sources", "outcome"}
    nodes = {node["id"] for node in drawing["nodes"]}
    settings = schemas["context_schema"]["properties"].values()
    assert {name for setting in settings for name in setting["langgraph_nodes"]} <= nodes


async def test_a_langgraph_json_can_name_the_module_of_the_package(client: LangGraphClient) -> None:
    """Without a file of one's own, and without a document of one's own."""
    state: Any = await client.runs.wait(None, "prebuilt_rag", input=_input("반품은 며칠 안에 신청하나요?"))
    assert "7일" in state["messages"][-1]["content"]


async def test_settings_of_a_run_are_taken(client: LangGraphClient) -> None:
    """Another model for the answer, and a budget that ends in words."""
    state: Any = await client.runs.wait(None, "rag", input=_input(QUESTION), context={"model": "HCX-005"})
    assert state["outcome"] == "answered"
    ended: Any = await client.runs.wait(None, "rag", input=_input(QUESTION), context={"budget_model_calls": 1})
    assert ended["messages"][-1]["type"] == "ai"
    assert ended.get("sources") == []
