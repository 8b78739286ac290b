"""A tool that hands over to another agent takes the results of all calls beside it along, whoever is asked."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import MessagesState, StateGraph
from langgraph.prebuilt import InjectedState
from langgraph.types import Command, Send, interrupt
from langgraph_swarm import create_handoff_tool, create_swarm
from scriptedmodel import ScriptedModel, asks

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.prebuilt import react_agent

HERE: Any = {"configurable": {"thread_id": "t"}}
START: Any = {"messages": [("user", "?")]}
RAN: list[str] = []
State = Annotated[dict[str, Any], InjectedState]
CallId = Annotated[str, InjectedToolCallId]


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


def _over(state: Any, call_id: str) -> Command[Any]:
    answer = ToolMessage("handed over", tool_call_id=call_id)
    return Command(goto="refunds", graph=Command.PARENT, update={"messages": [*state["messages"], answer]})


@tool
def transfer(state: State, call_id: CallId) -> Any:
    """Hand over to the agent for refunds."""
    RAN.append("transfer")
    return _over(state, call_id)


@tool
def send_over(state: State, call_id: CallId) -> Any:
    """Hand over with a history of one's own choice."""
    RAN.append("send")
    answer = ToolMessage("handed over", tool_call_id=call_id)
    given = {"messages": [*state["messages"], answer]}
    return Command(goto=[Send("refunds", given)], graph=Command.PARENT)


@tool(policy=ToolPolicy(interrupts=True))
def ask(question: str) -> str:
    """Ask a person."""
    RAN.append(f"{question}={interrupt(question)}")
    return RAN[-1]


@tool(policy=ToolPolicy(interrupts=True))
def ask_and_transfer(question: str, state: State, call_id: CallId) -> Any:
    """Hand over if a person agrees."""
    RAN.append(f"{question}={interrupt(question)}")
    return _over(state, call_id)


@tool
def pay(amount: int) -> str:
    """Pay."""
    RAN.append(f"paid {amount}")
    return f"paid {amount}"


@tool
def elsewhere(call_id: CallId) -> Any:
    """Go on in another node of the same graph."""
    RAN.append("elsewhere")
    return Command(goto="other", update={"messages": [ToolMessage("on the way", tool_call_id=call_id)]})


TOOLS = [transfer, send_over, ask, ask_and_transfer, pay, elsewhere]


def _agents(*calls: tuple[str, dict[str, Any]], saver: Any = None) -> tuple[ScriptedModel, ScriptedModel, Any]:
    """Return the models of an agent for sales and of one for refunds, and a graph of both."""
    sales = ScriptedModel(replies=[asks(*calls), AIMessage("sales is done", id="s")])
    refunds = ScriptedModel(replies=[AIMessage("refunds is done", id="r")])
    graph: Any = StateGraph(MessagesState)
    graph.add_node("sales", react_agent(model=sales, tools=TOOLS).compile(), destinations=("refunds",))
    graph.add_node("refunds", react_agent(model=refunds, tools=[pay]).compile())
    graph.add_edge("__start__", "sales")
    return sales, refunds, graph.compile(checkpointer=saver or InMemorySaver())


def _told(messages: Any) -> list[tuple[str, str]]:
    """Return what stands under each call, in order; there is one answer for each."""
    found = [(message.tool_call_id, message.text) for message in messages if isinstance(message, ToolMessage)]
    assert len({call for call, _ in found}) == len(found)
    return found


PAY: tuple[str, dict[str, Any]] = ("pay", {"amount": 1})
ASK: tuple[str, dict[str, Any]] = ("ask", {"question": "q"})
OVER: tuple[str, dict[str, Any]] = ("transfer", {})
CASES: dict[str, tuple[list[tuple[str, dict[str, Any]]], list[str]]] = {
    "alone": ([OVER], ["handed over"]),
    "beside a payment": ([OVER, PAY], ["handed over", "paid 1"]),
    "behind a payment": ([PAY, OVER], ["paid 1", "handed over"]),
    "beside a question": ([OVER, ASK], ["handed over", "q=yes"]),
    "between both": ([ASK, OVER, PAY], ["q=yes", "handed over", "paid 1"]),
    "asking itself": ([("ask_and_transfer", {"question": "q"})], ["handed over"]),
    "asking itself, beside a payment": ([("ask_and_transfer", {"question": "q"}), PAY], ["handed over", "paid 1"]),
    "asking itself, beside a question": (
        [ASK, ("ask_and_transfer", {"question": "p"}), PAY],
        ["q=yes", "handed over", "paid 1"],
    ),
    "by Send": ([PAY, ("send_over", {})], ["paid 1", "handed over"]),
    "by Send, beside a question": ([ASK, ("send_over", {}), PAY], ["q=yes", "handed over", "paid 1"]),
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("case", CASES)
def test_the_next_agent_reads_what_became_of_every_call(case: str, is_async: bool) -> None:  # noqa: FBT001
    """Nothing is lost on the way and nothing runs twice; who is asked is waited for before it is handed over."""
    calls, results = CASES[case]
    sales, refunds, graph = _agents(*calls)

    def run(given: Any) -> Any:
        return asyncio.run(graph.ainvoke(given, HERE)) if is_async else graph.invoke(given, HERE)

    state = run(START)
    while pending := state.get("__interrupt__"):
        assert refunds.seen == []
        state = run(Command(resume={question.id: "yes" for question in pending[:1]}))

    expected = [(f"c{number}", text) for number, text in enumerate(results)]
    assert [message.type for message in refunds.seen[-1]] == ["human", "ai", *["tool"] * len(calls)]
    assert _told(refunds.seen[-1]) == expected
    assert state["messages"][-1].text == "refunds is done"
    assert len(sales.seen) == 1
    assert len(RAN) == len(set(RAN)) == len(calls)
    assert graph.get_state(HERE).next == ()


def test_a_hand_over_outlives_the_process(tmp_path: Path) -> None:
    """It waits in the checkpoint while a person thinks; another process goes on, and repeats nothing."""
    for given, done in ((START, ["transfer", "paid 1"]), (Command(resume="yes"), ["transfer", "paid 1", "q=yes"])):
        with SqliteSaver.from_conn_string(str(tmp_path / "threads.sqlite")) as saver:
            _, refunds, graph = _agents(ASK, OVER, PAY, saver=saver)
            graph.invoke(given, HERE)
        assert sorted(RAN) == sorted(done)
    assert _told(refunds.seen[-1]) == [("c0", "q=yes"), ("c1", "handed over"), ("c2", "paid 1")]


def test_of_several_hand_overs_the_first_counts() -> None:
    """The others have their answers, too."""
    _, refunds, graph = _agents(ASK, OVER, ("send_over", {}), saver=InMemorySaver())
    graph.invoke(START, HERE)
    graph.invoke(Command(resume="yes"), HERE)
    assert _told(refunds.seen[-1]) == [("c0", "q=yes"), ("c1", "handed over"), ("c2", "handed over")]
    assert len(refunds.seen) == 1


@pytest.mark.parametrize("beside", [[], [ASK]], ids=["alone", "beside a question"])
def test_a_tool_may_go_on_in_the_same_graph(beside: list[Any]) -> None:
    """Where it says, and nowhere else: the model is not asked meanwhile."""
    model = ScriptedModel(replies=[asks(("elsewhere", {}), PAY, *beside), AIMessage("not asked", id="m2")])
    graph: Any = react_agent(model=model, tools=TOOLS)
    graph.add_node("other", lambda state: {"messages": [AIMessage(f"{len(state['messages'])} messages", id="o")]})
    compiled = graph.compile(checkpointer=InMemorySaver())
    state = compiled.invoke(START, HERE)
    if beside:
        assert "other" not in compiled.get_state(HERE).next
        state = compiled.invoke(Command(resume="yes"), HERE)

    assert len(model.seen) == 1
    assert _told(state["messages"]) == [("c0", "on the way"), ("c1", "paid 1"), ("c2", "q=yes")][: 2 + len(beside)]
    assert state["messages"][-1].text == f"{4 + len(beside)} messages"
    assert compiled.get_state(HERE).values.get("handoffs") in (None, {})


def test_a_hand_over_that_was_not_carried_out_is_forgotten() -> None:
    """A person asks something else instead of answering: the old calls lead nowhere any more."""
    sales, refunds, graph = _agents(ASK, OVER)
    graph.invoke(START, HERE)
    state = graph.invoke({"messages": [("user", "됐어요")]}, HERE)
    assert state["messages"][-1].text == "sales is done"
    assert refunds.seen == []
    assert len(sales.seen) == 2


def test_a_node_of_ones_own_keeps_the_results_too() -> None:
    """The executor as a plain node in a graph that is somebody's subgraph."""
    inner: Any = StateGraph(MessagesState)
    inner.add_node("tools", ToolExecutor(TOOLS))
    inner.add_edge("__start__", "tools")
    outer: Any = StateGraph(MessagesState)
    outer.add_node("sales", inner.compile(), destinations=("refunds",))
    outer.add_node("refunds", lambda _: {"messages": [AIMessage("refunds is done", id="r")]})
    outer.add_edge("__start__", "sales")
    state = outer.compile().invoke({"messages": [asks(PAY, OVER, ("pay", {"amount": 2}))]})
    assert _told(state["messages"]) == [("c0", "paid 1"), ("c1", "handed over"), ("c2", "paid 2")]
    assert state["messages"][-1].text == "refunds is done"


def test_agents_of_a_swarm_hand_over_beside_a_question() -> None:
    """With langgraph-swarm's own tool, whose Command carries the whole state."""
    sales = ScriptedModel(replies=[asks(("transfer_to_refunds", {}), ASK, PAY)])
    refunds = ScriptedModel(replies=[AIMessage("refunds is done", id="r")])
    to_refunds = create_handoff_tool(agent_name="refunds", name="transfer_to_refunds")
    agents = [
        react_agent(model=sales, tools=[to_refunds, ask, pay]).compile(name="sales"),
        react_agent(model=refunds, tools=[pay]).compile(name="refunds"),
    ]
    graph = create_swarm(agents, default_active_agent="sales").compile(checkpointer=InMemorySaver())
    graph.invoke(START, HERE)
    state = graph.invoke(Command(resume="yes"), HERE)
    assert [call for call, _ in _told(refunds.seen[-1])] == ["c0", "c1", "c2"]
    assert "q=yes" in dict(_told(refunds.seen[-1])).values()
    assert state["messages"][-1].text == "refunds is done"
    assert state["active_agent"] == "refunds"
