"""G05: dangling, orphaned and misordered tool messages never reach the service."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from agentparts import get_weather, script
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from clovax_agents import ChatClovaX
from clovax_agents.errors import ClovaXError
from clovax_agents.prebuilt import react_agent
from clovax_agents.repair import repair_history
from clovax_agents.simulator import BrainReply, ChatRequest, SimulatorServer

Api = Literal["openai", "native"]
APIS = pytest.mark.parametrize("api", ["openai", "native"])
USER = HumanMessage("서울 날씨는?")


class _Answers:
    """A brain that has one answer to everything."""

    def reply(self, _: ChatRequest) -> BrainReply:
        return BrainReply("네")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Start a strict simulator."""
    with SimulatorServer(brain=_Answers()) as server:
        yield server.base_url


def _model(url: str, api: Api) -> Any:
    return ChatClovaX(api_key="nv-test", base_url=url, api=api, max_retries=0).bind_tools([get_weather])


def _ai(*ids: str, broken: bool = False) -> AIMessage:
    wrong: Any = [{"name": "get_weather", "args": "{", "id": "x", "error": "cut", "type": "invalid_tool_call"}]
    calls: Any = [{"name": "get_weather", "args": {"city": "서울"}, "id": key} for key in ids]
    return AIMessage("", tool_calls=calls, invalid_tool_calls=wrong if broken else [])


def _tool(key: str) -> ToolMessage:
    return ToolMessage("맑음", tool_call_id=key)


BROKEN: dict[str, list[BaseMessage]] = {
    "no answer": [USER, _ai("a"), USER],
    "half of the answers": [USER, _ai("a", "b"), _tool("a"), USER],
    "an orphan": [USER, _tool("z")],
    "misordered": [USER, _ai("a", "b"), _tool("b"), _tool("a"), USER],
    "answered late": [USER, _ai("a"), USER, _tool("a")],
    "answered twice": [USER, _ai("a"), _tool("a"), _tool("a")],
    "one id for two calls": [USER, _ai("a", "a"), _tool("a"), _tool("a")],
    "an invalid call alone": [USER, _ai(broken=True), USER],
}


@APIS
def test_g05_the_service_refuses_such_a_history_as_it_is(url: str, api: Api) -> None:
    """What the other tests repair does break a request, so they show something."""
    with pytest.raises(ClovaXError):
        _model(url, api).invoke(BROKEN["no answer"])
    with pytest.raises(ClovaXError):
        _model(url, api).invoke(BROKEN["an orphan"])


@APIS
@pytest.mark.parametrize("history", BROKEN.values(), ids=BROKEN.keys())
def test_g05_a_repaired_history_is_taken_by_both_apis(url: str, api: Api, history: list[BaseMessage]) -> None:
    """The strict simulator answers each of them."""
    assert _model(url, api).invoke(repair_history(history)).text == "네"


MESSAGES: Any = st.one_of(
    st.just(USER),
    st.builds(_tool, st.sampled_from(["a", "b"])),
    st.builds(
        lambda ids, broken: _ai(*ids, broken=broken),
        st.lists(st.sampled_from(["a", "b", ""]), max_size=3),
        st.booleans(),
    ),
)


@APIS
def test_g05_any_history_that_begins_with_a_question_is_taken(url: str, api: Api) -> None:
    """Whatever stands behind the question, in whatever order."""
    model = _model(url, api)

    @settings(max_examples=25, deadline=None)
    @given(st.lists(MESSAGES, max_size=8))
    def check(history: list[BaseMessage]) -> None:
        assert model.invoke(repair_history([USER, *history])).text == "네"

    check()


async def test_g05_a_thread_that_was_left_dangling_goes_on() -> None:
    """A run that died between a call and its answer costs a turn, not the conversation; the call is not run then."""
    brain = script("이어서 답합니다")
    with SimulatorServer(brain=brain) as server:
        model = ChatClovaX(api_key="nv-test", base_url=server.base_url, max_retries=0)
        graph = react_agent(model=model, tools=[get_weather]).compile(checkpointer=InMemorySaver())
        config: Any = {"configurable": {"thread_id": "t"}}
        dangling: Any = {"messages": [USER, _ai("a"), HumanMessage("됐어")]}
        messages = (await graph.ainvoke(dangling, config))["messages"]
    assert [message.type for message in messages] == ["human", "ai", "human", "ai"]
    assert messages[-1].text == "이어서 답합니다"
