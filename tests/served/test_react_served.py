"""The react graph through the Agent Server, as Studio uses it."""

from typing import Any
from uuid import UUID, uuid5

import pytest
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
QUESTION = "주문 ORD-20261118-0001 배송은 어디까지 왔어? 그리고 (12500+3000)*2는 얼마야?"
INPUT: dict[str, Any] = {"messages": [{"role": "user", "content": QUESTION}]}
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


def _kinds(messages: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


async def test_a_run_ends_with_both_tools_results_in_the_answer(client: LangGraphClient) -> None:
    """Wait for a run on a thread; the thread keeps it."""
    thread = await client.threads.create()
    result: Any = await client.runs.wait(thread["thread_id"], "react", input=INPUT)
    assert _kinds(result["messages"]) == ["human", "ai", "tool", "tool", "ai"]
    assert {message["name"] for message in result["messages"] if message["type"] == "tool"} == {
        "get_delivery_status", "calculate",
    }  # fmt: skip
    assert "31000" in result["messages"][-1]["content"].replace(",", "")
    state = await client.threads.get_state(thread["thread_id"])
    assert state["next"] == []
    assert len(state["values"]["messages"]) == 5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.soak(every=8)
async def test_a_budget_from_the_form_ends_the_run_in_words_in_every_stream_mode(
    client: LangGraphClient, mode: Any
) -> None:
    """What the nodes note of it is JSON for whoever watches, and the thread goes on afterwards."""
    thread = (await client.threads.create())["thread_id"]
    context = {"budget_model_calls": 1}
    events = [
        event async for event in client.runs.stream(thread, "react", input=INPUT, stream_mode=mode, context=context)
    ]
    assert "error" not in {event.event.partition("|")[0] for event in events}
    state: Any = (await client.threads.get_state(thread))["values"]
    last = state["messages"][-1]
    assert last["response_metadata"]["budget"]["name"] == "model_calls"
    assert state["spent"]["thread"]["model_calls"] == 1
    again: Any = await client.runs.wait(thread, "react", input=INPUT)
    assert "31000" in again["messages"][-1]["content"].replace(",", "")


async def test_the_answer_is_streamed_token_by_token(client: LangGraphClient) -> None:
    """Chat clients see the text grow, and no tool call before it is whole."""
    pieces: list[Any] = [
        event.data[0]
        async for event in client.runs.stream(None, "react", input=INPUT, stream_mode="messages-tuple")
        if event.event == "messages"
    ]
    texts = [piece["content"] for piece in pieces if piece["type"] == "AIMessageChunk" and piece["content"]]
    assert len(texts) > 5
    assert all(not piece["tool_calls"] for piece in pieces if piece.get("tool_call_chunks"))


async def test_the_drawing_shows_the_nodes_and_their_ways(client: LangGraphClient) -> None:
    """Studio's picture: conditional ways between model, person and tools."""
    drawing: Any = await client.assistants.get_graph("react")
    assert {node["id"] for node in drawing["nodes"]} == {"__start__", "model", "approval", "tools", "__end__"}
    edges = {(edge["source"], edge["target"]): edge.get("conditional", False) for edge in drawing["edges"]}
    assert edges[("model", "tools")]
    assert edges[("model", "approval")]
    assert edges[("approval", "tools")]
    assert edges[("approval", "model")]
    assert edges[("tools", "model")]
    assert edges[("model", "__end__")]
    assert not edges[("__start__", "model")]


async def test_the_schemas_make_forms(client: LangGraphClient) -> None:
    """Studio's chat needs messages alone; its settings form needs the context's fields, each on its node."""
    assistant = str(uuid5(NAMESPACE_GRAPHS, "react"))
    schemas: Any = await client.assistants.get_schemas(assistant)
    assert set(schemas["input_schema"]["properties"]) == {"messages"}
    settings = schemas["context_schema"]["properties"]
    assert settings["prompt"]["langgraph_type"] == "prompt"
    nodes = {name: setting["langgraph_nodes"] for name, setting in settings.items()}
    budgets = {f"budget_{name}": ["model"] for name in ("model_calls", "tokens", "cost", "seconds")}
    tools = {"tools": ["model", "tools"], "scopes": ["tools"], "budget_tool_calls": ["tools"]}
    assert nodes == {"prompt": ["model"], "model": ["model"], "max_tokens": ["model"], **budgets, **tools}


async def test_the_context_reaches_the_model_and_is_checked(client: LangGraphClient) -> None:
    """A model that does not exist, and a cap that is none, are errors whose text reaches the client."""
    thread = await client.threads.create()
    failed: Any = await client.runs.wait(
        thread["thread_id"], "react", input=INPUT, context={"model": "HCX-900"}, raise_error=False
    )
    assert "40080" in failed["__error__"]["message"]
    wrong: Any = await client.runs.wait(
        thread["thread_id"], "react", input=INPUT, context={"max_tokens": -1}, raise_error=False
    )
    assert "max_tokens" in wrong["__error__"]["message"]


async def test_the_assistant_has_its_description(client: LangGraphClient) -> None:
    """langgraph.json says what the graph is for."""
    (assistant,) = await client.assistants.search(graph_id="react")
    assert "support desk" in (assistant.get("description") or "").lower()
