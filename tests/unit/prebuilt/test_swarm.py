"""The swarm: peers hand the conversation over, and who has it keeps it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from langgraph_swarm import create_handoff_tool
from scriptedmodel import ScriptedModel, asks
from teams import ASKED, check_valid, on_thread, scripted, shape

from clovax_agents import ToolPolicy, tool
from clovax_agents.errors import ConfigurationError
from clovax_agents.handoffs import Agent, handoff_to
from clovax_agents.prebuilt import react_agent, swarm_agent

WAYS = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
RAN: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@tool(policy=ToolPolicy(effect="read"))
def get_order(order_id: str) -> str:
    """Look an order up."""
    return f"{order_id}: 결제완료"


@tool(policy=ToolPolicy(approval=True, scopes={"orders:write"}))
def cancel(order_id: str) -> str:
    """Cancel an order."""
    RAN.append(order_id)
    return f"{order_id}: 취소됨"


def over(agent: str, key: str) -> AIMessage:
    """Return the message that hands over to an agent."""
    return asks((f"transfer_to_{agent}", {}), key=key)


def desk(sales: ScriptedModel, refunds: ScriptedModel, **more: Any) -> Any:
    """Return a swarm of two."""
    team = {
        "sales": react_agent(model=sales, tools=[get_order, handoff_to("refunds", "환불 담당")], prompt="판매"),
        "refunds": react_agent(model=refunds, tools=[cancel, handoff_to("sales", "판매 담당")], prompt="환불"),
    }
    return swarm_agent(agents=team, **more)


def _run(graph: Any, given: Any, config: Any = None, *, is_async: bool = False) -> Any:
    return asyncio.run(graph.ainvoke(given, config)) if is_async else graph.invoke(given, config)


@WAYS
def test_who_has_the_conversation_keeps_it(is_async: bool) -> None:  # noqa: FBT001
    """Over turns, until it is handed back; nobody reads calls of tools that are not its own."""
    sales = scripted(over("refunds", "s1"), AIMessage("무엇을 더 찾으세요?", id="s2"))
    refunds = scripted(AIMessage("환불입니다", id="r1"), AIMessage("네", id="r2"), over("sales", "r3"))
    graph = desk(sales, refunds).compile(InMemorySaver())
    states = [
        _run(graph, {"messages": [("user", text)]}, on_thread(), is_async=is_async)
        for text in ("환불해줘", "고마워", "다른 상품")
    ]

    assert [state["active_agent"] for state in states] == ["refunds", "refunds", "sales"]
    assert [shape(state["messages"])[-1] for state in states] == [
        ("ai", "refunds", "환불입니다"),
        ("ai", "refunds", "네"),
        ("ai", "sales", "무엇을 더 찾으세요?"),
    ]
    for seen in (*sales.seen, *refunds.seen, states[-1]["messages"]):
        check_valid(seen)
    read = {call["name"] for seen in refunds.seen for m in seen if isinstance(m, AIMessage) for call in m.tool_calls}
    assert read <= {"transfer_to_sales"}
    assert refunds.seen[0][0].text == "환불"


def test_the_next_agent_reads_what_was_found() -> None:
    """The result beside the hand-over, in words."""
    sales = scripted(asks(("get_order", {"order_id": "A-1"}), ("transfer_to_refunds", {}), key="s1"))
    refunds = scripted(AIMessage("환불합니다", id="r1"))
    desk(sales, refunds).compile().invoke(ASKED)
    assert "[result of get_order]\nA-1: 결제완료" in refunds.seen[0][-1].text
    assert "handed over" not in refunds.seen[0][-1].text


@WAYS
@pytest.mark.parametrize("most", [1, 2, 6])
def test_ping_pong_ends_with_a_message_to_the_user(is_async: bool, most: int) -> None:  # noqa: FBT001
    """The one that wanted a hand-over too many is told to answer, and then stopped (fault G01)."""
    sales = scripted(*[over("refunds", f"s{number}") for number in range(20)])
    refunds = scripted(*[over("sales", f"r{number}") for number in range(20)])
    graph = desk(sales, refunds, max_handoffs=most).compile(InMemorySaver())
    state = _run(graph, ASKED, on_thread(), is_async=is_async)

    texts = [message.text for message in state["messages"]]
    assert sum(text.startswith("handed over") for text in texts) == most
    assert sum("answer the user yourself" in text for text in texts) == 2
    assert "so I stopped" in texts[-1]
    assert len(sales.seen) + len(refunds.seen) == most + 2
    check_valid(state["messages"])
    assert graph.get_state(on_thread()).next == ()

    refunds.replies[:] = sales.replies[:] = [AIMessage("네, 말씀하세요", id="last")]
    again = _run(graph, {"messages": [("user", "환불해줘")]}, on_thread(), is_async=is_async)
    assert again["messages"][-1].text == "네, 말씀하세요"


def test_one_that_is_told_to_answer_can() -> None:
    """The refusal is a result like any other."""
    sales = scripted(over("refunds", "s1"), over("refunds", "s2"), AIMessage("제가 답할게요", id="s3"))
    refunds = scripted(over("sales", "r1"))
    state = desk(sales, refunds, max_handoffs=2).compile().invoke(ASKED)
    assert shape(state["messages"])[-1] == ("ai", "sales", "제가 답할게요")
    assert "do not hand over again" in sales.seen[-1][-1].text


def test_one_that_gets_the_conversation_back_reads_so() -> None:
    """The result of its own hand-over says who has handed back."""
    sales = scripted(over("refunds", "s1"), AIMessage("제가 답할게요", id="s2"))
    state = desk(sales, scripted(over("sales", "r1"))).compile().invoke(ASKED)
    assert sales.seen[-1][-1].text == "handed over to refunds. refunds has handed the conversation back to you"
    assert "handed over to refunds" in [message.text for message in state["messages"]]


def test_an_agent_cannot_hand_over_to_itself() -> None:
    """It is told that it has the conversation."""
    model = scripted(over("solo", "s1"), AIMessage("답", id="s2"))
    team = {"solo": react_agent(model=model, tools=[handoff_to("solo")])}
    state = swarm_agent(agents=team).compile().invoke(ASKED)
    assert [text for kind, _, text in shape(state["messages"]) if kind == "tool"] == [
        "solo has the conversation already: answer the user"
    ]


def test_a_person_is_asked_from_inside_and_the_swarm_goes_on_in_another_process(tmp_path: Path) -> None:
    """Handed over, asked, answered after a restart: it runs once, with the run's scopes."""
    config = on_thread(scopes=["orders:write"])
    refunds_says = [asks(("cancel", {"order_id": "A-1"}), key="r1"), AIMessage("취소했습니다", id="r2")]
    for given, replies in ((ASKED, refunds_says[:1]), (Command(resume=[{"type": "accept"}]), refunds_says[1:])):
        with SqliteSaver.from_conn_string(str(tmp_path / "threads.sqlite")) as saver:
            graph = desk(scripted(over("refunds", "s1")), scripted(*replies)).compile(saver)
            state = graph.invoke(given, config)
    assert RAN == ["A-1"]
    assert state["active_agent"] == "refunds"
    assert shape(state["messages"])[-1] == ("ai", "refunds", "취소했습니다")
    check_valid(state["messages"])


def test_an_agent_has_its_share_of_the_scopes() -> None:
    """What the run may do and the agent may not, it may not."""
    refunds = scripted(asks(("cancel", {"order_id": "A-1"}), key="r1"), AIMessage("권한이 없습니다", id="r2"))
    runs = react_agent(model=refunds, tools=[cancel])
    graph = swarm_agent(agents=[Agent(runs=runs, name="refunds", scopes={"orders:read"})]).compile(InMemorySaver())  # type: ignore[arg-type]
    state = graph.invoke(ASKED, on_thread(scopes=["orders:write"]))
    assert any("permission" in text for kind, _, text in shape(state["messages"]) if kind == "tool")
    assert RAN == []


def test_tools_of_langgraph_swarm_hand_over_too() -> None:
    """Its agents move here as they are, and their ways are drawn."""
    alice = react_agent(
        model=scripted(asks(("transfer_to_bob", {}), key="a")), tools=[create_handoff_tool(agent_name="Bob")]
    )
    bob = react_agent(model=scripted(AIMessage("Bob here", id="b")))
    graph = swarm_agent(agents={"Alice": alice, "Bob": bob}).compile()
    assert ("Alice", "Bob") in {(edge.source, edge.target) for edge in graph.get_graph().edges}
    assert graph.invoke(ASKED)["active_agent"] == "Bob"


def test_one_that_has_left_the_team_has_the_conversation_no_longer() -> None:
    """A thread that an older version of the swarm has begun goes on with the default."""
    graph = swarm_agent(agents={"sales": lambda _: "네"}).compile()
    state = graph.invoke({"messages": [("user", "?")], "active_agent": "gone"})
    assert state["active_agent"] == "sales"


def test_a_run_may_begin_with_any_agent() -> None:
    """Whoever starts it says so."""
    graph = swarm_agent(agents={"a": lambda _: "A", "b": lambda _: "B"}, default="b").compile()
    assert graph.invoke({"messages": [("user", "?")]})["messages"][-1].text == "B"
    assert graph.invoke({"messages": [("user", "?")], "active_agent": "a"})["messages"][-1].text == "A"


def test_an_error_of_an_agent_ends_the_run_and_the_run_can_be_taken_up_again() -> None:
    """There is nobody to tell; the thread goes on where it stopped."""
    broken = [True]

    def moody(_: Any) -> str:
        if broken:
            raise OSError("the database is closed")
        return "이제 됩니다"

    graph = swarm_agent(agents=[moody]).compile(InMemorySaver())
    with pytest.raises(OSError, match="database is closed"):
        graph.invoke(ASKED, on_thread())
    broken.clear()
    assert graph.invoke(None, on_thread())["messages"][-1].text == "이제 됩니다"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"agents": {"a": len}, "default": "b"}, "default='b' is none of the agents: a"),
        ({"agents": {"a": len}, "max_handoffs": 0}, "at least 1"),
        ({"agents": {"a": react_agent(tools=[handoff_to("b")])}}, "hands over to 'b', which is none of the agents: a"),
        ({"agents": [Agent(runs=len, name="a", as_tool=True)]}, "peers only"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(options: Any, text: str) -> None:
    """With what to do about it."""
    with pytest.raises(ConfigurationError, match=text):
        swarm_agent(**options)


def test_names_that_no_model_takes_are_refused() -> None:
    """With the way out: another name for the tool."""
    with pytest.raises(ConfigurationError, match="give the agent a name of"):
        handoff_to("환불")
    assert handoff_to("환불", "환불 담당", name="to_refunds").name == "to_refunds"
