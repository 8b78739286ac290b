"""LangChain's create_agent with our model: plain, streamed, structured, with middleware."""

from typing import Any

import pytest
from agentparts import calls, get_time, get_weather, results, script
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ModelCallLimitMiddleware, ToolRetryMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessageChunk
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

from clovax_agents import ChatClovaX
from clovax_agents.testing import LoopbackSimulator

QUESTION: Any = {"messages": [("user", "서울 날씨와 시각을 알려 줘")]}
BOTH = calls(("get_weather", {"city": "서울"}), ("get_time", {"city": "서울"}))
RESULTS = ["서울은 맑고 21도", "서울은 오후 3시"]
ANSWER = "서울은 맑고 21도, 오후 3시입니다."


BY_PROMPT = (
    '{"tools": ["get_weather"]}',
    '{"calls": [{"city": "서울"}]}',
    '{"tools": ["Report"]}',
    '{"calls": [{"city": "서울", "degrees": 21}]}',
)
"""What a model answers where it has to call one of several tools, which the service cannot force: asked by prompt."""


class Report(BaseModel):
    """날씨 보고."""

    city: str
    degrees: int


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_it_calls_both_tools_and_answers(chat: ChatClovaX, clovax_simulator: LoopbackSimulator, way: str) -> None:
    """Both calls of one message, answered in their order."""
    agent = create_agent(chat, [get_weather, get_time], system_prompt="짧게 답한다.")
    with clovax_simulator.using(script(BOTH, ANSWER)):
        found: Any = agent.invoke(QUESTION) if way == "invoke" else await agent.ainvoke(QUESTION)

    assert results(found["messages"]) == RESULTS
    assert found["messages"][-1].text == ANSWER


@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_it_streams_token_by_token(chat: ChatClovaX, clovax_simulator: LoopbackSimulator, way: str) -> None:
    """As LangGraph Studio asks for it; the calls come in pieces and are whole in the end."""
    agent = create_agent(chat, [get_weather, get_time])
    with clovax_simulator.using(script(BOTH, ANSWER)):
        pairs = (
            list(agent.stream(QUESTION, stream_mode="messages"))
            if way == "stream"
            else [pair async for pair in agent.astream(QUESTION, stream_mode="messages")]
        )

    pieces = [piece for piece, _ in pairs if isinstance(piece, AIMessageChunk)]
    assert "".join(piece.text for piece in pieces) == ANSWER
    assert sum(bool(piece.tool_call_chunks) for piece in pieces) > 2
    assert all(record.stream for record in clovax_simulator.requests)


@pytest.mark.parametrize("form", [ToolStrategy(Report), Report], ids=["ToolStrategy", "bare schema"])
def test_it_ends_with_a_structured_response(chat: ChatClovaX, clovax_simulator: LoopbackSimulator, form: Any) -> None:
    """The service has no schemas beside tools, so a bare schema becomes a tool, too."""
    agent = create_agent(chat, [get_weather], response_format=form)
    with clovax_simulator.using(script(*BY_PROMPT)):
        found: Any = agent.invoke(QUESTION)

    assert found["structured_response"] == Report(city="서울", degrees=21)


def test_a_thinker_is_told_not_to_think(clovax_simulator: LoopbackSimulator) -> None:
    """HCX-007 with tools works as it comes."""
    agent = create_agent(ChatClovaX(model="HCX-007"), [get_weather], response_format=Report)
    with clovax_simulator.using(script(*BY_PROMPT)):
        found: Any = agent.invoke(QUESTION)

    assert found["structured_response"].degrees == 21


def test_an_approved_call_runs_and_a_rejected_one_does_not(
    chat: ChatClovaX, clovax_simulator: LoopbackSimulator
) -> None:
    """A person decides in between; the thread goes on from its checkpoint."""
    middleware = [HumanInTheLoopMiddleware({"get_weather": True})]
    agent = create_agent(chat, [get_weather], middleware=middleware, checkpointer=InMemorySaver())
    for decision, expected in (("approve", "서울은 맑고 21도"), ("reject", "rejected")):
        config: Any = {"configurable": {"thread_id": decision}}
        with clovax_simulator.using(script(calls(("get_weather", {"city": "서울"})), ANSWER)):
            waiting: Any = agent.invoke(QUESTION, config)
            assert waiting["__interrupt__"][0].value["action_requests"][0]["args"] == {"city": "서울"}
            found: Any = agent.invoke(Command(resume={"decisions": [{"type": decision}]}), config)
        assert expected in results(found["messages"])[0]
        assert found["messages"][-1].text == ANSWER


def test_limits_and_retries_of_middleware_work(chat: ChatClovaX, clovax_simulator: LoopbackSimulator) -> None:
    """A failing tool is retried, a talkative model is stopped."""
    tries: list[str] = []

    def flaky(city: str) -> str:
        """도시의 날씨를 가끔 알려 준다."""
        tries.append(city)
        if len(tries) < 2:
            raise ConnectionError
        return "맑음"

    retry = ToolRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    limit = ModelCallLimitMiddleware(run_limit=2, exit_behavior="end")
    agent = create_agent(chat, [flaky], middleware=[retry, limit])
    with clovax_simulator.using(script(calls(("flaky", {"city": "서울"})), calls(("flaky", {"city": "부산"})))):
        found: Any = agent.invoke(QUESTION)

    assert results(found["messages"]) == ["맑음", "맑음"]
    assert tries == ["서울", "서울", "부산"]
    assert "limit" in found["messages"][-1].text
