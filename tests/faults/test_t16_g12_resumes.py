"""T16, G12: what runs again when a graph is resumed, and what does not; each person's answer reaches its own call."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import MessagesState, StateGraph
from langgraph.types import Command, interrupt
from toolruns import call, calls, outcomes

from clovax_agents import ToolExecutor, ToolPolicy, tool
from clovax_agents.execution.journal import SqliteJournal
from clovax_agents.execution.journal.base import Claim

RAN: list[str] = []
THREAD: Any = {"configurable": {"thread_id": "t"}}


@tool
def pay(amount: int) -> str:
    """Pay."""
    RAN.append(f"pay {amount}")
    return f"paid {amount}"


@tool(policy=ToolPolicy(interrupts=True))
def ask(question: str) -> str:
    """Ask a person."""
    return f"{question}: {interrupt(question)}"


@tool
def undeclared(question: str) -> str:
    """Ask a person, without having said that it may."""
    return f"{question}: {interrupt(question)}"


@tool(policy=ToolPolicy(interrupts=True))
async def ask_twice(question: str) -> str:
    """Ask a person two things."""
    return f"{question}: {interrupt(question)} {interrupt(question + '!')}"


def _graph(saver: Any) -> Any:
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolExecutor([pay, ask, undeclared, ask_twice]))
    graph.add_edge("__start__", "tools")
    return graph.compile(checkpointer=saver)


def _answers(state: dict[str, Any]) -> list[str]:
    return [message.text for message in state["messages"] if isinstance(message, ToolMessage)]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("name", ["ask", "undeclared"])
def test_each_answer_reaches_its_call_and_nothing_runs_twice(kind: str, name: str, tmp_path: Path) -> None:
    """A payment beside two questions in one plain node: paid once, asked one by one, answered each."""
    RAN.clear()
    path = tmp_path / "checkpoints.sqlite"
    with SqliteSaver.from_conn_string(str(path)) as sqlite:
        graph = _graph(InMemorySaver() if kind == "memory" else sqlite)
        made = calls(call(name, "a", question="first"), call("pay", "b", amount=1), call(name, "c", question="second"))
        state = graph.invoke({"messages": made}, THREAD)
        assert [found.value for found in state["__interrupt__"]] == ["first"]
        state = graph.invoke(Command(resume="one"), THREAD)
        assert [found.value for found in state["__interrupt__"]] == ["second"]
        state = graph.invoke(Command(resume="two"), THREAD)
    assert _answers(state) == ["first: one", "paid 1", "second: two"]
    assert RAN == ["pay 1"]


async def test_the_same_for_async_graphs(tmp_path: Path) -> None:
    """With a tool that asks two things, beside others that ask, too."""
    RAN.clear()
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver:
        graph = _graph(saver)
        made = calls(call("ask_twice", "a", question="x"), call("ask", "b", question="y"), call("pay", "c", amount=2))
        state = await graph.ainvoke({"messages": made}, THREAD)
        for answer, asked in (("1", "x!"), ("2", "y")):
            state = await graph.ainvoke(Command(resume=answer), THREAD)
            assert [found.value for found in state["__interrupt__"]] == [asked]
        state = await graph.ainvoke(Command(resume="3"), THREAD)
    assert _answers(state) == ["x: 1 2", "y: 3", "paid 2"]
    assert RAN == ["pay 2"]


def test_a_fork_over_an_effect_does_not_repeat_it(tmp_path: Path) -> None:
    """Replayed from before the tools, the thread has the stored result; the effect is not there twice (G12)."""
    RAN.clear()
    with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver:
        graph = _graph(saver)
        graph.invoke({"messages": calls(call("pay", "a", amount=3))}, THREAD)
        before = next(found for found in graph.get_state_history(THREAD) if found.next == ("tools",))
        again = graph.invoke(None, before.config)
    assert _answers(again) == ["paid 3"]
    assert RAN == ["pay 3"]


def test_an_error_that_ends_the_run_loses_no_sibling(tmp_path: Path) -> None:
    """Errors are for the graph if one says so; the payment beside it is not made again when the run is resumed."""
    RAN.clear()
    fails = [True]

    @tool(policy=ToolPolicy(effect="read"))
    def look() -> str:
        """Look."""
        if fails:
            raise ConnectionError("down")
        return "seen"

    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolExecutor([pay, look], handle_tool_errors=False))
    graph.add_edge("__start__", "tools")
    with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver:
        compiled = graph.compile(checkpointer=saver)
        with pytest.raises(ConnectionError):
            compiled.invoke({"messages": calls(call("pay", "a", amount=4), call("look", "b"))}, THREAD)
        fails.clear()
        state = compiled.invoke(None, THREAD)
    assert _answers(state) == ["paid 4", "seen"]
    assert RAN == ["pay 4"]


async def test_a_call_that_ends_the_process_is_quarantined(tmp_path: Path) -> None:
    """Three processes died in it: it is not run a fourth time, and the call beside it is (T16)."""
    ran: list[str] = []

    @tool(policy=ToolPolicy(effect="read"))
    def poison() -> str:
        """Do harm."""
        ran.append("poison")
        return "survived"

    @tool(policy=ToolPolicy(effect="read"))
    def good() -> str:
        """Do good."""
        ran.append("good")
        return "fine"

    journal = _Deadly(SqliteJournal(tmp_path / "j.sqlite"), times=3)
    executor = ToolExecutor([poison, good], journal=journal)
    made = AIMessage("", id="m", tool_calls=[call("poison", "a"), call("good", "b")])
    messages = await executor.ainvoke([made], THREAD)
    assert outcomes(messages) == ["quarantined", "success"]
    assert "ended the process 3 times" in messages[0].text
    assert ran == ["good"]


class _Deadly:
    """A journal in which so many processes have begun the first call, and died."""

    durable = True

    def __init__(self, journal: SqliteJournal, times: int) -> None:
        self._journal = journal
        self._times = times

    def begin(self, claims: Any) -> Any:
        first = claims[0]
        while self._times:
            self._times -= 1
            self._journal.begin([Claim(key=first.key, effect=first.effect)])
            with self._journal._transaction() as connection:
                connection.execute("UPDATE clovax_journal SET owner = 'gone|1|0|0', lease_until = 0")
        return self._journal.begin(claims)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)
