"""What a stream carries besides answers: progress of tools, thinking; and what blocks the server's loop."""

from typing import Any

import pytest
from langgraph_sdk.client import LangGraphClient

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.filterwarnings("default")]


def _input(text: str) -> Any:
    return {"messages": [{"role": "user", "content": text}]}


async def test_a_tools_progress_is_seen_while_it_runs(client: LangGraphClient) -> None:
    """As custom events with the call that they belong to, before its result."""
    given: Any = {"input": _input("무선 이어폰 재고를 세어줘"), "stream_mode": ["custom", "updates"]}
    events = [event async for event in client.runs.stream(None, "counting", **given)]
    told = [event.data for event in events if event.event == "custom"]
    assert [one["value"] for one in told] == [{"shelf": shelf, "of": 3} for shelf in (1, 2, 3)]
    assert {(one["type"], one["tool"]) for one in told} == {("tool_progress", "count_stock")}
    order = [event.event if event.event == "custom" else next(iter(event.data)) for event in events[1:]]
    assert order == ["model", "custom", "custom", "custom", "tools", "model"]
    called: Any = next(event.data["model"] for event in events if event.event == "updates")
    assert {one["tool_call_id"] for one in told} == {called["messages"][0]["tool_calls"][0]["id"]}


async def test_thinking_is_streamed_apart_from_the_answer(client: LangGraphClient) -> None:
    """It grows before the answer does, and stays beside it in the end."""
    given: Any = {"input": _input("3의 세제곱은?"), "stream_mode": ["messages-tuple", "values"]}
    events = [event async for event in client.runs.stream(None, "thinking", **given)]
    pieces: list[Any] = [event.data[0] for event in events if event.event == "messages"]
    thinking = [number for number, one in enumerate(pieces) if one["additional_kwargs"].get("thinking_content")]
    answering = [number for number, one in enumerate(pieces) if one["content"]]
    assert len(thinking) > 1
    assert max(thinking) < min(answering)
    final: Any = events[-1].data["messages"][-1]
    assert final["additional_kwargs"]["thinking_content"]
    assert final["additional_kwargs"]["thinking_content"] not in final["content"]


async def test_what_blocks_the_loop_fails(client: LangGraphClient) -> None:
    """The server watches: since every other test runs under it, no node of ours blocks."""
    failed: Any = await client.runs.wait(None, "blocking", input=_input("go"), raise_error=False)
    assert "lock" in failed["__error__"]["error"] + failed["__error__"]["message"]
    assert failed["__error__"]["error"] == "BlockingError"
