"""deepagents, langgraph-supervisor and langgraph-swarm with our model, as they come."""

from typing import Any

import pytest
from agentparts import calls, get_time, get_weather, results, script
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from langgraph_supervisor import create_supervisor
from langgraph_swarm import create_handoff_tool, create_swarm

from clovax_agents import ChatClovaX
from clovax_agents.testing import LoopbackSimulator

QUESTION: Any = {"messages": [("user", "서울 날씨를 알려 줘")]}
WEATHER = calls(("get_weather", {"city": "서울"}))


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
async def test_a_deep_agent_writes_reads_and_answers(
    chat: ChatClovaX, clovax_simulator: LoopbackSimulator, way: str
) -> None:
    """Its own tools, with nested schemas, are taken by the service as well as the user's."""
    agent = create_deep_agent(chat, [get_weather], system_prompt="결과를 파일에 적고 답한다.")
    write = calls(("write_file", {"file_path": "/weather.md", "content": "맑고 21도"}))
    read = calls(("read_file", {"file_path": "/weather.md"}))
    with clovax_simulator.using(script(WEATHER, write, read, "맑고 21도입니다.")):
        found: Any = agent.invoke(QUESTION) if way == "invoke" else await agent.ainvoke(QUESTION)

    weather, _, content = results(found["messages"])
    assert weather == "서울은 맑고 21도"
    assert "맑고 21도" in content
    assert "/weather.md" in found["files"]
    assert found["messages"][-1].text == "맑고 21도입니다."
    assert clovax_simulator.requests[0].tools > 5


def test_a_deep_agent_asks_a_subagent(chat: ChatClovaX, clovax_simulator: LoopbackSimulator) -> None:
    """The subagent has a model call and tools of its own."""
    weather: Any = {
        "name": "weather",
        "description": "날씨 담당",
        "system_prompt": "날씨를 답한다.",
        "tools": [get_weather],
    }
    agent = create_deep_agent(chat, [get_time], subagents=[weather])
    task = calls(("task", {"description": "서울 날씨", "subagent_type": "weather"}))
    with clovax_simulator.using(script(task, WEATHER, "맑고 21도", "서울은 맑습니다.")):
        found: Any = agent.invoke(QUESTION)

    assert results(found["messages"]) == ["맑고 21도"]
    assert found["messages"][-1].text == "서울은 맑습니다."


@pytest.mark.filterwarnings("ignore:create_react_agent has been moved")  # by langgraph-supervisor itself
def test_a_supervisor_hands_over_and_gets_the_answer(chat: ChatClovaX, clovax_simulator: LoopbackSimulator) -> None:
    """To the worker it chose, and back."""
    weather = create_agent(chat, [get_weather], name="weather_expert")
    clock = create_agent(chat, [get_time], name="time_expert")
    graph: Any = create_supervisor([weather, clock], model=chat, prompt="알맞은 담당자에게 맡긴다.").compile()
    handoff = calls(("transfer_to_weather_expert", {}))
    with clovax_simulator.using(script(handoff, WEATHER, "맑고 21도입니다.", "서울은 맑습니다.")):
        found = graph.invoke(QUESTION)

    assert found["messages"][-1].text == "서울은 맑습니다."
    assert any(message.name == "weather_expert" and message.text == "맑고 21도입니다." for message in found["messages"])
    assert [record.status for record in clovax_simulator.requests] == [200] * 4


def test_a_swarm_stays_with_the_agent_that_took_over(chat: ChatClovaX, clovax_simulator: LoopbackSimulator) -> None:
    """Over two turns of a thread."""
    to_weather = create_handoff_tool(agent_name="weather_expert", description="날씨 담당에게 넘긴다")
    front = create_agent(chat, [to_weather, get_time], name="front")
    weather = create_agent(chat, [get_weather], name="weather_expert")
    graph: Any = create_swarm([front, weather], default_active_agent="front").compile(checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    handoff = calls(("transfer_to_weather_expert", {}))
    with clovax_simulator.using(script(handoff, WEATHER, "맑고 21도입니다.", "내일도 맑습니다.")):
        first = graph.invoke(QUESTION, config)
        second = graph.invoke({"messages": [("user", "내일은?")]}, config)

    assert first["active_agent"] == second["active_agent"] == "weather_expert"
    assert first["messages"][-1].text == "맑고 21도입니다."
    assert second["messages"][-1].text == "내일도 맑습니다."
    assert [record.tools for record in clovax_simulator.requests] == [2, 1, 1, 1]
