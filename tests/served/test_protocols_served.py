"""The graphs as tools of MCP and as agents of A2A, through the Agent Server."""

import json
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from langgraph_sdk.client import LangGraphClient
from servedgraphs import GRAPHS, input_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]

NAMESPACE_GRAPHS = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
BOTH = {"accept": "application/json, text/event-stream"}
CANCEL = "주문 ORD-20261120-0001을 단순 변심으로 취소해줘"
SUM = "(12500+3000)*2는 얼마야?"


async def _mcp(client: LangGraphClient, method: str, **params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = await client.http.client.post("/mcp", json=body, headers=BOTH)
    assert answer.status_code == 200
    return answer.json()["result"]


def _assistant(graph: str) -> str:
    return str(uuid5(NAMESPACE_GRAPHS, graph))


def _message(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "parts": [{"kind": "text", "text": text}], "messageId": str(uuid4()), **more}


async def _send(client: LangGraphClient, message: dict[str, Any]) -> Any:
    body = {"jsonrpc": "2.0", "id": "1", "method": "message/send", "params": {"message": message}}
    path = f"/a2a/{_assistant('react')}"
    answer = await client.http.client.post(path, json=body, headers={"accept": "application/json"})
    return answer.json()["result"]


def _texts(parts: Any) -> str:
    return " ".join(part.get("text", "") for part in parts)


async def test_mcp_lists_every_graph_as_a_tool(client: LangGraphClient) -> None:
    """With its description, and a form of plain types for its input."""
    tools = {tool["name"]: tool for tool in (await _mcp(client, "tools/list"))["tools"]}
    for graph in GRAPHS:
        assert len(tools[graph]["description"]) > 20
        assert tools[graph]["inputSchema"]["type"] == "object"
        assert tools[graph]["inputSchema"]["properties"]


@pytest.mark.parametrize("graph", GRAPHS)
async def test_mcp_calls_every_graph(client: LangGraphClient, graph: str) -> None:
    """The result is what the run has given, and no error."""
    result = await _mcp(client, "tools/call", name=graph, arguments=input_of(graph))
    assert not result.get("isError")
    assert result["content"][0]["text"] not in {"", "{}", "None"}


async def test_an_mcp_call_that_needs_a_person_says_so(client: LangGraphClient) -> None:
    """The question is in the result; nothing has happened, and the caller can show it."""
    result = await _mcp(
        client, "tools/call", name="react", arguments={"messages": [{"role": "user", "content": CANCEL}]}
    )
    text = result["content"][0]["text"]
    assert "__interrupt__" in text
    assert "cancel_order" in text
    assert "'cancelled': True" not in text


async def test_mcp_takes_a_context_and_says_what_is_wrong_with_it(client: LangGraphClient) -> None:
    """A run of a tool that may not use any tools, and one that names a tool that is not there."""
    asked = {"name": "react", "arguments": {"messages": [{"role": "user", "content": SUM}]}}
    found = await _mcp(client, "tools/call", **asked, context={"tools": []})
    assert "31000" not in found["content"][0]["text"].replace(",", "")
    wrong = await _mcp(client, "tools/call", **asked, context={"tools": ["no_such_tool"]})
    assert wrong["isError"]


@pytest.mark.parametrize("graph", GRAPHS)
async def test_every_graph_has_a_card(client: LangGraphClient, graph: str) -> None:
    """That says what it is called, what it is for, where it is asked, and that it streams."""
    answer = await client.http.client.get("/.well-known/agent-card.json", params={"assistant_id": _assistant(graph)})
    card = answer.json()
    assert card["name"] == graph
    assert len(card["description"]) > 20
    assert card["capabilities"]["streaming"]
    assert card["url"].endswith(f"/a2a/{_assistant(graph)}")


async def test_a2a_answers_and_remembers(client: LangGraphClient) -> None:
    """A task ends with its answer; the next message of its context goes on from there."""
    first = await _send(client, _message(SUM))
    assert first["status"]["state"] == "completed"
    assert "31000" in _texts(first["artifacts"][-1]["parts"]).replace(",", "")
    again = await _send(client, _message("주문 ORD-20261101-0001 조회해줘", contextId=first["contextId"]))
    assert again["contextId"] == first["contextId"]
    state: Any = await client.threads.get_state(first["contextId"])
    assert state["values"]["messages"][0]["content"] == SUM


async def test_a2a_asks_a_person_and_goes_on(client: LangGraphClient) -> None:
    """The task waits for input with the question as data; a decision as data ends it."""
    asked = await _send(client, _message(CANCEL))
    assert asked["status"]["state"] == "input-required"
    (question,) = [part["data"] for part in asked["artifacts"][0]["parts"] if part["kind"] == "data"]
    assert question["value"]["action_requests"][0]["name"] == "cancel_order"
    decision = {"kind": "data", "data": {"resume": {"decisions": [{"type": "reject"}]}}}
    message = {**_message(""), "parts": [decision], "contextId": asked["contextId"], "taskId": asked["id"]}
    ended = await _send(client, message)
    assert ended["status"]["state"] == "completed"
    assert (await client.threads.get(asked["contextId"]))["status"] == "idle"


async def test_a2a_streams(client: LangGraphClient) -> None:
    """The answer in growing pieces, then as a whole, then the end."""
    body = {"jsonrpc": "2.0", "id": "1", "method": "message/stream", "params": {"message": _message(SUM)}}
    path, events = f"/a2a/{_assistant('react')}", list[Any]()
    async with client.http.client.stream("POST", path, json=body, headers={"accept": "text/event-stream"}) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                events.append(json.loads(line[5:])["result"])
    kinds = [event["kind"] for event in events]
    assert (kinds[0], kinds[-2:]) == ("task", ["artifact-update", "status-update"])
    assert events[-1]["final"]
    assert events[-1]["status"]["state"] == "completed"
    assert "31000" in _texts(events[-2]["artifact"]["parts"]).replace(",", "")
    assert len([event for event in events if event["kind"] == "status-update"]) > 3
