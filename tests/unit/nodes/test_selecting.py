"""Which tools a model call is given, as a function of the messages."""

from collections.abc import Collection
from typing import Any

import pytest
from agentparts import get_time, get_weather
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.nodes.selecting import ToolSelector, mentioned_names
from clovax_agents.tooling import Toolbox, ToolSearch


@tool(policy=ToolPolicy(scopes=["admin"]))
def delete_weather(city: str) -> str:
    """도시의 날씨 기록을 삭제한다."""
    return city


BOX = Toolbox(get_weather, get_time, delete_weather)
SELECT = ToolSelector(BOX, ToolSearch(k=1, morphemes=False))
NAMES = st.sampled_from(["get_weather", "get_time", "delete_weather", "search_tools", "nowhere", ""])
KEYS = st.sampled_from(["a", "b"])
TEXTS = st.sampled_from(["날씨", "시각", "get_time: 시각", "", "delete_weather"])


def _calls(*names: str, key: str = "a") -> AIMessage:
    made: Any = [{"name": name, "args": {}, "id": key} for name in names]
    return AIMessage("", tool_calls=made)


MESSAGES = st.lists(
    st.one_of(
        st.builds(HumanMessage, TEXTS),
        st.builds(SystemMessage, TEXTS),
        st.builds(_calls, NAMES, key=KEYS),
        st.builds(lambda text, key: ToolMessage(text, tool_call_id=key), TEXTS, KEYS),
    ),
    max_size=8,
)


@given(MESSAGES, st.sets(NAMES))
def test_any_history_gives_tools_that_there_are(messages: list[BaseMessage], hidden: set[str]) -> None:
    """In the order of the box, each once, none that is hidden, all that were called, the same every time."""
    names = SELECT(messages, hidden)
    order = [*BOX.names, "search_tools"]
    assert list(names) == [name for name in order if name in names]
    assert not set(names) & hidden
    called = {call["name"] for message in messages if isinstance(message, AIMessage) for call in message.tool_calls}
    assert called & set(order) <= {*names, *hidden}
    assert SELECT(messages, hidden) == names


@pytest.mark.parametrize(
    ("messages", "names"),
    [
        ([], ()),
        ([HumanMessage("현재 날씨 알려줘")], ("get_weather",)),
        ([HumanMessage("현재 날씨 알려줘"), HumanMessage("지금 시각은?")], ("get_time",)),
        ([HumanMessage([{"type": "text", "text": "지금 시각은?"}])], ("get_time",)),
        ([_calls("get_time"), HumanMessage("?")], ("get_time",)),
        ([_calls("search_tools"), ToolMessage("get_time: 시각", tool_call_id="a")], ("get_time",)),
        ([_calls("get_weather"), ToolMessage("see get_time", tool_call_id="a")], ("get_weather",)),
        ([ToolMessage("get_time", tool_call_id="a", response_metadata={"outcome": "unknown_tool"})], ("get_time",)),
    ],
    ids=["nothing", "question", "last-question", "blocks", "called", "found", "result-is-no-search", "corrected"],
)
def test_what_speaks_for_a_tool(messages: list[BaseMessage], names: tuple[str, ...]) -> None:
    """The last question, calls, results of searches, corrections; not whatever a tool has returned."""
    assert SELECT(messages) == (*names, "search_tools")


def test_a_hidden_tool_makes_room_for_the_next() -> None:
    """What a run must not see does not use up what a search may find."""
    assert SELECT([HumanMessage("도시의 날씨 기록 삭제")]) == ("delete_weather", "search_tools")
    assert SELECT([HumanMessage("도시의 날씨 기록 삭제")], {"delete_weather"}) == ("get_weather", "search_tools")


def test_calls_that_cannot_be_read_name_tools_too() -> None:
    """A call with broken arguments is made again, so its tool stays."""
    broken: Any = [{"name": "get_time", "args": "{", "id": "a", "error": "cut", "type": "invalid_tool_call"}]
    assert "get_time" in set(mentioned_names([AIMessage("", invalid_tool_calls=broken)]))


async def test_a_search_finds_nothing_that_is_hidden_from_the_run() -> None:
    """The run's configuration decides."""

    def hidden(state: Any, config: RunnableConfig) -> Collection[str]:
        assert [message.type for message in state["messages"]] == ["ai"]
        granted = config.get("configurable", {}).get("scopes", [])
        return [made.name for made in BOX if not BOX.policy(made.name).scopes <= set(granted)]

    select = ToolSelector(BOX, ToolSearch(morphemes=False), hidden=hidden)
    executor = ToolExecutor([select.tool])
    made: Any = [{"name": "search_tools", "args": {"query": "기록 삭제"}, "id": "c1"}]
    asked = {"messages": [AIMessage("", tool_calls=made)]}
    nobody = await executor.ainvoke(asked, {"configurable": {"thread_id": "t"}})
    admin = await executor.ainvoke(asked, {"configurable": {"thread_id": "t", "scopes": ["admin"]}})
    assert "delete_weather" not in nobody["messages"][-1].text
    assert admin["messages"][-1].text.startswith("delete_weather: 도시의 날씨 기록을 삭제한다.")
    assert admin["messages"][-1].artifact[0]["name"] == "delete_weather"
